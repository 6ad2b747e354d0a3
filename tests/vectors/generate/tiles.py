"""The log as files: names of tiles, whole small logs, policies, and proofs that leave with them."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace

from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name, sign_log
from ledger.core.hashing import sha256
from ledger.core.identifiers import LogIndex, NodeId
from ledger.core.merkle import leaf_hash
from ledger.core.note import Kind, Note, NoteKey, parse_note
from ledger.core.policy import committee_policy
from ledger.core.record import Record, decode_record
from ledger.core.tile_tree import TileTree
from ledger.core.tiles import INDEX_MAX, TilePath, bundles_of, encode_bundle
from ledger.core.tlog_proof import TlogProof, tlog_proof
from tests.vectors.generate.keys import key_cases
from tests.vectors.generate.receipts import bent
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SmallNetwork, signer, small_record

CENTRE = NodeId("node-centre")


def vectors() -> dict[str, Cases]:
    """`tiles/…`, `policy/…` and `tlog_proof/…`."""
    small, large = network(2), network(265)
    return {
        "tiles/paths.json": _paths(),
        "tiles/refused_paths.json": _refused_paths(),
        "tiles/bundles.json": _bundles(),
        "tiles/logs.json": [_log("a log of 3 leaves", small), _log("a log of 268 leaves", large)],
        "policy/files.json": _policies(small),
        "policy/refused.json": _refused_policies(small),
        "policy/checkpoints.json": _judged(small),
        "tlog_proof/accepted.json": _proofs(small, large),
        "tlog_proof/refused.json": _refused_proofs(small),
    }


def network(count: int) -> SmallNetwork:
    """A log of one large block, and of a small one where there are many records."""
    made = SmallNetwork()
    made.commit([made.bundle([small_record(f"{each}") for each in range(count)])])
    if count > 200:
        made.commit([made.bundle([small_record("last")])])
    return made


# Tiles.


def _paths() -> Cases:
    chosen = [
        *(TilePath(0, 0), TilePath(0, 0, 1), TilePath(0, 999, 255), TilePath(0, 1000)),
        *(TilePath(1, 1_234_067), TilePath(63, 5, 9), TilePath(10, 1_000_000_000)),
        *(TilePath(None, 0), TilePath(None, 70_000, 112), TilePath(0, INDEX_MAX)),
    ]
    return [
        {
            "name": str(path),
            "level": "entries" if path.level is None else path.level,
            "index": str(path.index),
            "width": path.width,
        }
        for path in chosen
    ]


def _refused_paths() -> Cases:
    wrong = {
        "without a level": "tile/000",
        "with a first slash": "/tile/0/000",
        "with a last slash": "tile/0/000/",
        "level with a leading zero": "tile/00/000",
        "level 64": "tile/64/000",
        "level below nought": "tile/-1/000",
        "level of letters": "tile/data/000",
        "index of one digit": "tile/0/0",
        "index of four digits": "tile/0/1000",
        "index in more groups than needed": "tile/0/x000/001",
        "group without x": "tile/0/001/000",
        "last group with x": "tile/0/x001",
        "capital X": "tile/0/X001/000",
        "width 0": "tile/0/000.p/0",
        "width 256": "tile/0/000.p/256",
        "width with a leading zero": "tile/0/000.p/01",
        "width left out": "tile/0/000.p/",
        "digits of another script": "tile/0/٠٠٠",
        "newline at the end": "tile/0/000\n",
        "index whose end is beyond every log": str(TilePath(0, INDEX_MAX + 1)),
    }
    return [{"name": name, "path": path, "code": "tile.path"} for name, path in wrong.items()]


def _bundles() -> Cases:
    leaves = [b"", b"a", bytes(300)]
    good, longest = encode_bundle(leaves), bytes(1024)

    def case(name: str, data: bytes, width: int, code: str | None = "tile.bundle") -> Case:
        return {"name": name, "data": data.hex(), "width": width, "code": code}

    return [
        {**case("three leaves", good, 3, None), "leaves": [leaf.hex() for leaf in leaves]},
        case("one leaf more than the width", good, 2),
        case("one leaf fewer than the width", good, 4),
        case("last leaf cut short", good[:-1], 3),
        case("a byte behind the last leaf", good + b"\0", 3),
        case("half a length behind the last leaf", good + b"\0", 4),
        case("nothing", b"", 1),
        {**case("longest leaf", encode_bundle([longest]), 1, None), "leaves": [longest.hex()]},
        case("leaf of 1,025 bytes", encode_bundle([longest + b"\0"]), 1),
    ]


def files_of(made: SmallNetwork) -> dict[str, bytes]:
    """Every file of a log but its checkpoint."""
    tree = TileTree()
    files = {str(path): data for path, data in tree.add(map(leaf_hash, made.leaves))}
    files |= {str(path): data for path, data in tree.partials()}
    for path in bundles_of(len(made.leaves)):
        leaves = made.leaves[path.first : path.first + path.width]
        files[str(path)] = encode_bundle(leaves)
    return files


def _log(name: str, made: SmallNetwork) -> Case:
    return {
        "name": name,
        "origin": made.trust.origin,
        "size": len(made.leaves),
        "root": made.root().hex(),
        "policy": _policy(made).decode(),
        "checkpoint": made.note(),
        "files": {path: data.hex() for path, data in sorted(files_of(made).items())},
    }


# Policies.


def _policy(made: SmallNetwork) -> bytes:
    return committee_policy(made.trust.origin, made.trust.committee, CENTRE).format()


def _key(name: str, kind: Kind = Kind.COSIGNATURE) -> str:
    return NoteKey(f"{name}.example", kind, signer(f"witness {name}").public_key).vkey()


def _named(name: str, kind: Kind) -> str:
    """The same public key under another name."""
    return NoteKey("other.example", kind, signer(f"witness {name}").public_key).vkey()


def _policies(made: SmallNetwork) -> Cases:
    a, b, c = (f"witness {name} {_key(name)}\n" for name in "abc")
    log = f"log {_key('log', Kind.LOG)}"

    def case(name: str, text: str | bytes, **counts: object) -> Case:
        return {"name": name, **_spelled(text), **counts}

    return [
        case("of a network", _policy(made).decode(), logs=1, witnesses=4, groups=1),
        case(
            "of 64 logs, 64 witnesses and 64 groups",
            _crowd(64, 64, 64),
            logs=64,
            witnesses=64,
            groups=64,
        ),
        case(
            "of octets that are no UTF-8, outside key names",
            b"# \xff\n"
            + a.replace(" a ", " \xe9 ").strip().encode("latin-1")
            + b" https://\xfc.example/\nquorum \xe9\n",
            logs=0,
            witnesses=1,
            groups=0,
        ),
        case("of nothing but witnesses", f"{a}quorum a\n", logs=0, witnesses=1, groups=0),
        case("without witnesses", f"{log}\nquorum none\n", logs=1, witnesses=0, groups=0),
        case(
            "with blanks, comments and addresses",
            f"# policy\n\n \t{log}\thttps://log.example/ \n{a}  # not here\n"
            f"{b}group all-of-it\tall a  b\nquorum all-of-it\n",
            logs=1,
            witnesses=2,
            groups=1,
        ),
        case(
            "of groups in groups",
            f"{a}{b}{c}group inner any a b\ngroup outer 2 inner c\nquorum outer\n",
            logs=0,
            witnesses=3,
            groups=2,
        ),
        case(
            "with names beyond ASCII",
            f"witness 公证处 {_key('a')}\nquorum 公证处\n",
            logs=0,
            witnesses=1,
            groups=0,
        ),
    ]


def _refused_policies(made: SmallNetwork) -> Cases:
    a, b = f"witness a {_key('a')}\n", f"witness b {_key('b')}\n"
    log = f"log {_key('log', Kind.LOG)}\n"
    wrong = {
        "empty": "",
        "without a quorum": a,
        "with two quorums": f"{a}quorum a\nquorum a\n",
        "quorum that nobody defined": f"{a}quorum b\n",
        "quorum before what it names": f"quorum a\n{a}",
        "last line without its newline": f"{a}quorum a",
        "lines that end as on Windows": f"{a}quorum a\n".replace("\n", "\r\n"),
        "line of another kind": f"{a}quorum a\nmirror a\n",
        "two witnesses of one name": f"{a}{b.replace(' b ', ' a ')}quorum a\n",
        "two witnesses of one key": f"{a}{a.replace(' a ', ' b ')}quorum a\n",
        "two logs of one key": f"{log}{log}{a}quorum a\n",
        "witness called none": f"{a.replace(' a ', ' none ')}quorum none\n",
        "group called like a witness": f"{a}{b}group a any a b\nquorum a\n",
        "group of nobody": f"{a}group g any\nquorum a\n",
        "group that asks for more than it has": f"{a}{b}group g 3 a b\nquorum g\n",
        "group that asks for nobody": f"{a}{b}group g 0 a b\nquorum g\n",
        "group whose number has a leading zero": f"{a}{b}group g 01 a b\nquorum g\n",
        "group that names one member twice": f"{a}group g 2 a a\nquorum g\n",
        "group that names itself": f"{a}group g any g\nquorum g\n",
        "witness in two groups": f"{a}{b}group g any a\ngroup h any a b\nquorum h\n",
        "quorum as a member": f"{a}group g any none\nquorum g\n",
        "witness with the key of a log": f"witness a {_key('a', Kind.LOG)}\nquorum a\n",
        "log with the key of a witness": f"log {_key('log')}\nquorum none\n",
        "witness with three more words": f"{a.strip()} https://a.example b\nquorum a\n",
        "separated by a wide blank": f"{a}quorum\u3000a\n",
        "name in other octets of the same letter": f"{a.replace(' a ', ' K ')}quorum \u212a\n",
        "with a delete": f"# \x7f\n{a}quorum a\n",
        "with a bell": f"# \x07\n{a}quorum a\n",
        "two witnesses of one public key": f"{a}witness b {_named('a', Kind.COSIGNATURE)}\nquorum a\n",
        "two logs of one public key": f"{log}log {_named('log', Kind.LOG)}\n{a}quorum a\n",
        "65 logs": _crowd(65, 1, 0),
        "65 witnesses": _crowd(0, 65, 0),
        "65 groups": _crowd(0, 64, 65),
        "a byte above 64 KiB": f"{a}quorum a\n".ljust((64 << 10), "#") + "\n",
        "two keys that no note tells apart": _alike(),
    }
    cases = [
        {"name": name, **_spelled(text), "code": "policy.invalid"} for name, text in wrong.items()
    ]
    for name, key, code in _refused_keys():
        text = f"witness a {key}\nquorum a\n".encode(errors="surrogateescape")
        cases.append({"name": name, **_spelled(text), "code": code})
    return cases


def _refused_keys() -> list[tuple[str, str, str]]:
    """Verifier keys that are none, and those of a public key that may not be enrolled."""
    good = _key("a")
    name, key_id, encoded = good.split("+", 2)
    octets = b64decode(encoded)
    weak = [each for each in key_cases() if not each["fit"] and len(each["public_key"]) == 64]
    return [
        ("key id bent", good.replace("+", "+0", 1), "note.invalid"),
        ("key id of another name", f"a2.example+{key_id}+{encoded}", "note.invalid"),
        ("key id in capitals", f"{name}+{key_id.upper()}+{encoded}", "note.invalid"),
        ("key of another type", _vkey(name, b"\x02" + octets[1:]), "note.invalid"),
        ("key of 31 bytes", _vkey(name, octets[:-1]), "note.invalid"),
        ("key of 33 bytes", _vkey(name, octets + b"\0"), "note.invalid"),
        ("key whose name is no UTF-8", _vkey("\udcff", octets), "note.invalid"),
        *(
            (
                f"key that is not fit: {each['name']}",
                _vkey(name, b"\x04" + bytes.fromhex(each["public_key"])),
                "key.weak",
            )
            for each in weak
        ),
    ]


def _vkey(name: str, material: bytes) -> str:
    """A verifier key, whatever its bytes are."""
    key_id = sha256(name.encode(errors="surrogateescape") + b"\n" + material)[:4]
    return f"{name}+{key_id.hex()}+{b64encode(material).decode()}"


def _spelled(text: str | bytes) -> Case:
    """A policy as text, or as octets in hex where it is none."""
    if isinstance(text, str):
        return {"policy": text}
    try:
        return {"policy": text.decode()}
    except UnicodeDecodeError:
        return {"policy": None, "octets": text.hex()}


def _crowd(logs: int, witnesses: int, groups: int) -> str:
    """A policy with so many of each; the first witness is asked for."""
    lines = [f"log {_key(f'log{place}', Kind.LOG)}" for place in range(logs)]
    keys = [_key(f"w{place}") for place in range(witnesses)]
    lines += [f"witness w{place} {key}" for place, key in enumerate(keys)]
    lines += [f"group g{place} any w{place}" for place in range(min(groups, witnesses))]
    lines += [f"group g{place} any g{place - 1}" for place in range(witnesses, groups)]
    return "\n".join([*lines, "quorum w0", ""])


def _alike() -> str:
    """Two witnesses whose keys have one name and one id; found by trying some 70,000 seeds."""
    keys = [signer(f"alike {place}").public_key for place in (37_666, 74_378)]
    one, other = (NoteKey("alike", Kind.COSIGNATURE, key).vkey() for key in keys)
    if one.split("+")[1] != other.split("+")[1]:
        raise SystemExit("their ids differ")
    return f"witness a {one}\nwitness b {other}\nquorum a\n"


def _judged(made: SmallNetwork) -> Cases:
    good, policy = made.note(), _policy(made).decode()
    note = parse_note(good.encode())
    log, *cosigned = note.signatures

    def case(name: str, text: str, code: str | None, by: str = policy) -> Case:
        return {"name": name, "policy": by, "checkpoint": text, "code": code}

    def signed(*lines: object) -> str:
        return Note(note.text, tuple(lines)).format().decode()  # type: ignore[arg-type]

    other = sign_log(signer("log registry"), made.trust.origin, _checkpoint(made))
    stranger = cosign(
        signer("node centre"), cosigner_name(made.trust.origin, NodeId("x")), _checkpoint(made), 1
    )
    false_line = replace(cosigned[0], signature=cosigned[1].signature)
    elsewhere = NoteKey("elsewhere.example", Kind.LOG, signer("log registry").public_key)
    two_logs = f"log {elsewhere.vkey()}\n{policy}"
    theirs = sign_log(signer("log registry"), elsewhere.name, _checkpoint(made))
    false_log = replace(theirs, signature=bytes(64))
    return [
        case("log and all of the committee", good, None),
        case("log and just the quorum", signed(log, *cosigned[1:]), None),
        case("log and one too few", signed(log, *cosigned[2:]), "policy.quorum"),
        case("the log alone", signed(log), "policy.quorum"),
        case("no log", signed(*cosigned), "policy.log"),
        case("the log key of another node", signed(other, *cosigned), "policy.log"),
        case(
            "one key under another name does not count",
            signed(log, *cosigned[2:], stranger),
            "policy.quorum",
        ),
        case("one cosignature false", signed(log, false_line, *cosigned[1:]), "note.signature"),
        case("nobody known", signed(stranger), "note.unknown_key"),
        case("root bent", good.replace("\n3\n", "\n4\n"), "note.signature"),
        case("another listed log has signed, too", signed(log, theirs, *cosigned), None, two_logs),
        case(
            "another listed log alone has signed",
            signed(theirs, *cosigned),
            "policy.log",
            two_logs,
        ),
        case(
            "false line of another listed log",
            signed(log, false_log, *cosigned),
            "note.signature",
            two_logs,
        ),
        case(
            "a policy that asks for all",
            signed(log, *cosigned[1:]),
            "policy.quorum",
            policy.replace("committee 3", "committee all"),
        ),
    ]


def _checkpoint(made: SmallNetwork) -> Checkpoint:
    return Checkpoint(made.trust.origin, len(made.leaves), made.root())


# Proofs.


def _proofs(*networks: SmallNetwork) -> Cases:
    cases = []
    for made in networks:
        for index in sorted({0, len(made.leaves) // 2, len(made.leaves) - 2}):
            receipt = made.receipt(_record(made, index))
            cases.append(
                {
                    "name": f"leaf {index} of {len(made.leaves)}",
                    "trust": json.loads(made.trust.encode()),
                    "policy": _policy(made).decode(),
                    "proof": tlog_proof(receipt).format().decode(),
                    "record_id": receipt.record_id.hex(),
                    "leaf": receipt.entry.hex(),
                    "index": index,
                }
            )
    return cases


def _record(made: SmallNetwork, index: int) -> Record:
    return decode_record(made.placed[index].record)


def _refused_proofs(made: SmallNetwork) -> Cases:
    good = tlog_proof(made.receipt(small_record("0")))
    text = good.format().decode()
    first, extra, index, *rest = text.split("\n")

    def case(name: str, proof: str, code: str = "tlog_proof.invalid") -> Case:
        return {"name": name, "proof": proof, "code": code}

    def lines(*parts: str) -> str:
        return "\n".join(parts)

    def spelled(change: Callable[[TlogProof], TlogProof]) -> str:
        return change(good).format().decode()

    loose = b64encode(good.extra + b" ").decode()
    return [
        case("empty", ""),
        case("another version", text.replace("@v1", "@v2")),
        case("lines that end as on Windows", text.replace("\n", "\r\n")),
        case("without an index", lines(first, extra, *rest)),
        case("index with a leading zero", lines(first, extra, "index 00", *rest)),
        case("index below nought", lines(first, extra, "index -1", *rest)),
        case("index beyond every log", lines(first, extra, f"index {1 << 63}", *rest)),
        case("extra behind the index", lines(first, index, extra, *rest)),
        case("extra twice", lines(first, extra, extra, index, *rest)),
        case("extra empty", lines(first, "extra ", index, *rest)),
        case("hash of 31 bytes", lines(first, extra, index, b64encode(bytes(31)).decode(), *rest)),
        case("hash in hex", lines(first, extra, index, "00" * 32, *rest)),
        case("64 hashes", lines(first, extra, index, *[rest[0]] * 62, *rest)),
        case("no empty line", text.replace("\n\n", "\n", 1)),
        case("base64 without its padding", text.replace("=\n", "\n", 1)),
        case("no extra data", lines(first, index, *rest), "tlog_proof.bare"),
        case(
            "another index than the receipt's",
            spelled(lambda proof: replace(proof, index=LogIndex(1))),
            "tlog_proof.other",
        ),
        case(
            "another path than the receipt's",
            spelled(lambda proof: replace(proof, path=bent(proof.path))),
            "tlog_proof.other",
        ),
        case(
            "another checkpoint than the receipt's",
            spelled(lambda proof: replace(proof, checkpoint=made.note(["centre"]))),
            "tlog_proof.other",
        ),
        case(
            "a receipt in another spelling",
            lines(first, f"extra {loose}", index, *rest),
            "tlog_proof.other",
        ),
        case(
            "extra data that is no receipt",
            spelled(lambda proof: replace(proof, extra=b"{}")),
            "format.shape",
        ),
    ]
