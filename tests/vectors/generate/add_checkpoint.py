"""What logs ask of a witness, and what it answers: every status of C2SP tlog-witness."""

import json
from dataclasses import replace

from ledger.core.add_checkpoint import BODY_BYTES_MAX, AddCheckpoint
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name, sign_log
from ledger.core.identifiers import Digest, NodeId
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.note import Kind, Note, NoteKey, NoteSignature, parse_note, to_base64
from tests.reference import merkle as reference
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import NAMES, SECOND, START_MS, SmallNetwork, signer, small_record

NAME = "witness.court.example/w1"
KEY = "witness court"
TIME_S = START_MS // SECOND + 60


def vectors() -> dict[str, Cases]:
    """`add_checkpoint/…`."""
    witness = NoteKey(NAME, Kind.COSIGNATURE, signer(KEY).public_key)
    about = {
        "name": "the witness of all exchanges",
        "vkey": witness.vkey(),
        "time_s": TIME_S,
        "trust": json.loads(SmallNetwork().trust.encode()),
    }
    good = grown(5)
    return {
        "add_checkpoint/witness.json": [about],
        "add_checkpoint/exchanges.json": [*_answered(good), *_refused(good), *_unread(good)],
    }


def grown(blocks: int, mark: str = "") -> SmallNetwork:
    """A log of so many blocks with one record each: two leaves a block."""
    made = SmallNetwork()
    for each in range(blocks):
        made.commit([made.bundle([small_record(f"{mark}{each}")])])
    return made


def note_of(head: Checkpoint, members: tuple[str, ...] = tuple(NAMES)) -> Note:
    """A head with one log signature, cosigned by some of the committee."""
    lines = [sign_log(signer("log centre"), head.origin, head)]
    lines += [cosigned(head, f"node {member}", f"node-{member}") for member in members]
    return Note(head.text(), tuple(lines))


def cosigned(head: Checkpoint, key: str, node: str) -> NoteSignature:
    """The line of one committee node."""
    return _cosign(signer(key), cosigner_name(head.origin, NodeId(node)), head)


def _cosign(key: object, name: str, head: Checkpoint) -> NoteSignature:
    """As `cosign`, for heads too that nobody honest signs."""
    if head.size:
        return cosign(key, name, head, TIME_S)  # type: ignore[arg-type]
    real = cosign(key, name, replace(head, size=1), TIME_S)  # type: ignore[arg-type]
    message = f"cosignature/v1\ntime {TIME_S}\n{head.text()}".encode()
    return replace(real, signature=real.signature[:8] + key.sign(message))  # type: ignore[attr-defined]


def head_of(made: SmallNetwork, size: int) -> Checkpoint:
    """The head of the first `size` leaves."""
    root = reference.mth(made.leaves[:size])
    return Checkpoint(made.trust.origin, size, Digest(root))


def path_of(made: SmallNetwork, old: int, new: int) -> tuple[Digest, ...]:
    """RFC 6962's path between two sizes; empty where there is nothing to prove."""
    if old in {0, new}:
        return ()
    return tuple(map(Digest, reference.proof(old, made.leaves[:new])))


def request_for(made: SmallNetwork, old: int, new: int) -> AddCheckpoint:
    """What an honest log asks."""
    return AddCheckpoint(old, path_of(made, old, new), note_of(head_of(made, new)))


def _held(made: SmallNetwork, size: int) -> str | None:
    """The note that the witness keeps after it cosigned a head."""
    if not size:
        return None
    head = head_of(made, size)
    note = note_of(head)
    line = cosign(signer(KEY), NAME, head, TIME_S - 1)
    return Note(note.text, (*note.signatures, line)).format().decode()


def case(
    name: str,
    held: str | None,
    body: bytes | AddCheckpoint,
    status: int,
    code: str | None = None,
    **more: object,
) -> Case:
    """One request to a witness that holds a head."""
    spelled = body.format() if isinstance(body, AddCheckpoint) else body
    return {
        "name": name,
        "held": held,
        "request": spelled.decode(),
        "status": status,
        "code": code,
        "answer": None,
        **more,
    }


def _answered(made: SmallNetwork) -> Cases:
    def accepted(name: str, held: int, request: AddCheckpoint) -> Case:
        head = head_of(made, int(request.note.text.split("\n")[1]))
        line = cosign(signer(KEY), NAME, head, TIME_S).line()
        return case(name, _held(made, held), request, 200, answer=f"{line}\n")

    first, bare = request_for(made, 0, 4), note_of(head_of(made, 8))
    own = cosign(signer(KEY), NAME, head_of(made, 8), 1)
    return [
        accepted("the first head", 0, first),
        accepted("a later head", 4, request_for(made, 4, 10)),
        accepted("a head between two blocks' ends", 4, request_for(made, 4, 7)),
        accepted("the same head again", 4, request_for(made, 4, 4)),
        accepted(
            "a head with just the quorum",
            6,
            replace(request_for(made, 6, 8), note=Note(bare.text, bare.signatures[:4])),
        ),
        accepted(
            "a head without a log signature",
            6,
            replace(request_for(made, 6, 8), note=Note(bare.text, bare.signatures[1:])),
        ),
        accepted(
            "a head with lines of strangers",
            6,
            replace(request_for(made, 6, 8), note=Note(bare.text, (*bare.signatures, own))),
        ),
    ]


def _refused(made: SmallNetwork) -> Cases:
    held, fork = _held(made, 4), grown(5, "fork ")
    good = request_for(made, 4, 8)
    log, *lines = good.note.signatures
    head = head_of(made, 8)

    def signed(*some: NoteSignature) -> AddCheckpoint:
        return replace(good, note=Note(head.text(), some))

    other = replace(head, origin="other.example/0123456789abcdef")
    false_line = replace(lines[0], signature=lines[1].signature)
    false_log = replace(log, signature=bytes(64))
    named = cosigned(head, "node centre", "node-x")
    empty = note_of(Checkpoint(head.origin, 0, EMPTY_ROOT))
    wrong = replace(good, path=(*good.path[:-1], Digest(bytes(32))))
    stale = {"code": "witness.size", "answer": "4\n"}
    body = good.format()
    return [
        case(
            "a body above its cap",
            held,
            body.ljust(BODY_BYTES_MAX + 1, b"\n"),
            413,
            "format.too_large",
        ),
        case(
            "a body of just its cap, which is none",
            held,
            body.ljust(BODY_BYTES_MAX, b"\n"),
            400,
            "note.invalid",
        ),
        case(
            "a log that is not known", held, replace(good, note=note_of(other)), 404, "witness.log"
        ),
        case("one cosignature too few", held, signed(log, *lines[:2]), 403, "receipt.quorum"),
        case("the log alone", held, signed(log), 403, "receipt.quorum"),
        case("nobody known", held, signed(named), 403, "note.unknown_key"),
        case(
            "one key under two names", held, signed(log, *lines[:2], named), 403, "receipt.quorum"
        ),
        case("one cosignature false", held, signed(false_line, *lines[1:]), 403, "note.signature"),
        case("log signature false", held, signed(false_log, *lines), 403, "note.signature"),
        case("a size of nothing in between", held, request_for(made, 2, 8), 409, **stale),
        case("a size that is not here yet", held, request_for(made, 6, 8), 409, **stale),
        case("old size 0 though a head is held", held, request_for(made, 0, 8), 409, **stale),
        case("an older head again", held, request_for(made, 2, 2), 409, **stale),
        case(
            "a path from another size than the first head's",
            None,
            good,
            409,
            "witness.size",
            answer="0\n",
        ),
        case("a fork", held, request_for(fork, 4, 8), 422, "proof.consistency"),
        case("a fork of the same size", held, request_for(fork, 4, 4), 422, "proof.consistency"),
        case("a path bent", held, wrong, 422, "proof.consistency"),
        case("a path too short", held, replace(good, path=()), 422, "proof.consistency"),
        case(
            "a path too long",
            held,
            replace(good, path=(*good.path, Digest(bytes(32)))),
            422,
            "proof.consistency",
        ),
        case(
            "a path to the same size",
            held,
            replace(request_for(made, 4, 4), path=good.path),
            422,
            "proof.consistency",
        ),
        case("a path from 0", None, replace(good, old_size=0), 422, "proof.consistency"),
        case("an empty log", None, AddCheckpoint(0, (), empty), 422, "witness.empty"),
    ]


def _unread(made: SmallNetwork) -> Cases:
    good = request_for(made, 4, 8).format()
    first, rest = good.split(b"\n", 1)
    path, note = rest.split(b"\n\n", 1)
    held = _held(made, 4)

    def bad(name: str, body: bytes, code: str = "witness.request") -> Case:
        return case(name, held, body, 400, code)

    return [
        bad("nothing", b""),
        bad("old size above the new one", good.replace(b"old 4", b"old 9")),
        bad("no old size", rest),
        bad("old size with a leading zero", good.replace(b"old 4", b"old 04")),
        bad("old size below nought", good.replace(b"old 4", b"old -4")),
        bad("old size with two blanks", good.replace(b"old 4", b"old  4")),
        bad("old size beyond every log", good.replace(b"old 4", b"old 9223372036854775808")),
        bad("lines that end as on Windows", good.replace(b"\n", b"\r\n")),
        bad("no empty line", first + b"\n" + path + b"\n" + note),
        bad("a path hash in hex", first + b"\n" + b"00" * 32 + b"\n\n" + note),
        bad(
            "a path hash of 31 bytes",
            first + b"\n" + to_base64(bytes(31)).encode() + b"\n\n" + note,
        ),
        bad("64 path hashes", first + (b"\n" + path.split(b"\n")[0]) * 64 + b"\n\n" + note),
        bad(
            "base64 without its padding",
            first + b"\n" + path.replace(b"=", b"") + b"\n\n" + note,
        ),
        bad("an empty line more", good.replace(b"\n\n", b"\n\n\n", 1), "note.invalid"),
        bad("no signature", good.partition("—".encode())[0], "note.invalid"),
        bad(
            "an extension line",
            AddCheckpoint(
                4, path_of(made, 4, 8), replace(parse_note(note), text=_extended(note))
            ).format(),
            "note.invalid",
        ),
        bad("a line cut short", good[:-8] + b"\n", "note.invalid"),
    ]


def _extended(note: bytes) -> str:
    return parse_note(note).text + "extension\n"
