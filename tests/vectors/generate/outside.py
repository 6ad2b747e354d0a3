"""Receipts with the word of bodies outside the committee, and policies that ask for it."""

from collections.abc import Sequence
from dataclasses import replace

from ledger.core.checkpoint import Checkpoint, cosign
from ledger.core.identifiers import Digest, NodeId
from ledger.core.note import Kind, Note, NoteKey, parse_note
from ledger.core.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness, committee_policy
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import OutsideHead
from tests.bits import flipped
from tests.reference.merkle import proof
from tests.vectors.generate.receipts import bent, fails, holds
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SmallNetwork, signer, small_record

COURT, INSPECTION = "court", "inspection"
FIRST = 2
"""Leaves of the log under the first block."""


def vectors() -> dict[str, Cases]:
    """`outside_accepted.json` and `outside_refused.json`."""
    network = SmallNetwork()
    network.commit([network.bundle([small_record("first")])])
    early = network.receipt(small_record("first"))
    network.commit([network.bundle([small_record("second"), small_record("third")])])
    network.commit([network.bundle([small_record("last")])])
    return {
        "receipt/outside_accepted.json": _accepted(network, early),
        "receipt/outside_refused.json": [
            *_fail_decode(network, early),
            *_fail_heads(network, early),
            *_fail_policy(network, early),
        ],
    }


def outside(network: SmallNetwork, bodies: Sequence[str], size: int = 0) -> OutsideHead:
    """A head that `bodies` cosigned, with the path from the first block's head to it."""
    path = tuple(map(Digest, proof(FIRST, network.leaves[: size or None])))
    return OutsideHead(network.outside_note(bodies, size), path)


def demanding(network: SmallNetwork, needed: int, *bodies: str) -> Policy:
    """The committee's quorum, and `needed` of `bodies`."""
    inside = committee_policy(
        network.trust.origin, network.genesis.committee, NodeId("node-centre")
    )
    keys = [witness_key(body) for body in bodies]
    witnesses = tuple(PolicyWitness(key.name, key) for key in keys)
    group = PolicyGroup("outside", needed, tuple(key.name for key in keys))
    both = PolicyGroup("both", 2, ("committee", "outside"))
    groups = (*inside.groups, group, both)
    return Policy(inside.logs, (*inside.witnesses, *witnesses), groups, "both")


def witness_key(body: str) -> NoteKey:
    """The key under which a body outside the committee cosigns."""
    public = signer(f"witness {body}").public_key
    return NoteKey(f"{body}.example/witness", Kind.COSIGNATURE, public)


def _accepted(network: SmallNetwork, early: Receipt) -> Cases:
    later = replace(early, cosignatures=(outside(network, [COURT, INSPECTION]),))
    same = replace(early, cosignatures=(outside(network, [COURT], FIRST),))
    two = replace(
        early, cosignatures=(outside(network, [COURT], 5), outside(network, [INSPECTION]))
    )
    one, both = demanding(network, 1, COURT, INSPECTION), demanding(network, 2, COURT, INSPECTION)
    inside = committee_policy(
        network.trust.origin, network.genesis.committee, NodeId("node-centre")
    )
    named = [f"{body}.example/witness" for body in (COURT, INSPECTION)]

    def case(name: str, receipt: Receipt, policy: Policy | None, found: list[str]) -> Case:
        told = None if policy is None else policy.format().decode()
        return {**holds(name, network, receipt), "policy": told, "witnesses": found}

    return [
        case("the committee's own policy", early, inside, []),
        case("a policy without a log", early, replace(inside, logs=()), []),
        case("a later head, no policy", later, None, []),
        case("a later head that two bodies cosigned", later, both, named),
        case("one of two bodies is enough", same, one, named[:1]),
        case("two bodies under two heads", two, both, named),
        case(
            "a body that the policy does not know", later, demanding(network, 1, COURT), named[:1]
        ),
        case("a policy that asks for nobody", later, replace(both, quorum="none"), named),
        case(
            "the committee's lines under the later head too", _repeated(network, later), both, named
        ),
    ]


def _repeated(network: SmallNetwork, receipt: Receipt) -> Receipt:
    """With the committee's lines of the later head beside the outside ones."""
    (head,) = receipt.cosignatures
    note = parse_note(head.checkpoint.encode())
    own = parse_note(network.note().encode())
    lines = Note(note.text, (*own.signatures[1:], *note.signatures)).format().decode()
    return replace(receipt, cosignatures=(replace(head, checkpoint=lines),))


def _with_policy(case: Case, policy: Policy | None) -> Case:
    return {**case, "policy": None if policy is None else policy.format().decode()}


def _fail_decode(network: SmallNetwork, early: Receipt) -> Cases:
    first, last = outside(network, [COURT], 5), outside(network, [COURT])
    extended = first.checkpoint.replace("\n\n", "\nextension\n\n")

    def case(code: str, name: str, *heads: OutsideHead) -> Case:
        return _with_policy(fails(1, code, name, replace(early, cosignatures=heads)), None)

    return [
        case("receipt.cosignatures", "outside heads descend", last, first),
        case("receipt.cosignatures", "one outside head twice", first, first),
        case("note.invalid", "outside head without lines", _but(first, first.checkpoint[:40])),
        case("note.invalid", "outside head with an extension line", _but(first, extended)),
        case("note.invalid", "outside head without any text", _but(first, "")),
    ]


def _but(head: OutsideHead, checkpoint: str) -> OutsideHead:
    return replace(head, checkpoint=checkpoint)


def _fail_heads(network: SmallNetwork, early: Receipt) -> Cases:
    """Heads that are not the receipt's log, or not later; nobody asks for them."""
    other = SmallNetwork()
    other.commit([other.bundle([small_record("another first")])])
    other.commit([other.bundle([small_record("second"), small_record("third")])])
    good = outside(network, [COURT])
    foreign = _but(good, network.outside_note([COURT], origin="other.example/0123456789abcdef"))
    late = replace(
        network.receipt(small_record("first")), cosignatures=(outside(network, [COURT], 5),)
    )
    fork = OutsideHead(other.outside_note([COURT]), outside(other, [COURT]).path)
    loose = replace(outside(network, [COURT], FIRST), path=good.path)

    def case(code: str, name: str, head: OutsideHead) -> Case:
        return _with_policy(fails(8, code, name, replace(early, cosignatures=(head,))), None)

    return [
        case("receipt.origin", "outside head of another log", foreign),
        _with_policy(
            fails(8, "receipt.cosignatures", "outside head below the receipt's", late), None
        ),
        case("proof.consistency", "outside head of a fork", fork),
        case(
            "proof.consistency",
            "path to the outside head bent",
            replace(good, path=bent(good.path)),
        ),
        case(
            "proof.consistency",
            "path to the outside head too short",
            replace(good, path=good.path[:-1]),
        ),
        case(
            "proof.consistency",
            "path to the outside head too long",
            replace(good, path=(*good.path, Digest(bytes(32)))),
        ),
        case("proof.consistency", "a path to the same head", loose),
        case(
            "proof.consistency",
            "another root at the same size",
            _but(outside(network, [COURT], FIRST), other.outside_note([COURT], FIRST)),
        ),
    ]


def _fail_policy(network: SmallNetwork, early: Receipt) -> Cases:
    court, both = demanding(network, 1, COURT), demanding(network, 2, COURT, INSPECTION)
    seen = replace(early, cosignatures=(outside(network, [COURT]),))
    elsewhere = NoteKey("other.example/log", Kind.LOG, signer("log elsewhere").public_key)
    stranger = replace(
        early, cosignatures=(_signed(network, "mallory", f"{COURT}.example/witness"),)
    )
    (head,) = seen.cosignatures
    note = parse_note(head.checkpoint.encode())
    (line,) = note.signatures
    forged = Note(note.text, (replace(line, signature=flipped(line.signature)),))
    moved = Note(note.text, parse_note(network.outside_note([COURT], 5).encode()).signatures)
    crowd = replace(
        both,
        witnesses=tuple(
            replace(each, key=replace(each.key, public_key=signer("nobody").public_key))
            if each.name.endswith("node-centre")
            else each
            for each in both.witnesses
        ),
    )
    all_four = replace(
        court, groups=tuple(replace(each, needed=len(each.members)) for each in court.groups)
    )
    three = replace(seen, checkpoint=_without(early.checkpoint, 2))

    def case(code: str, name: str, receipt: Receipt, policy: Policy) -> Case:
        return _with_policy(fails(8, code, name, receipt), policy)

    def put(note: Note) -> Receipt:
        return replace(seen, cosignatures=(_but(head, note.format().decode()),))

    return [
        case("policy.quorum", "a body is demanded and nobody cosigned", early, court),
        case("policy.quorum", "two are demanded and one cosigned", seen, both),
        case("policy.quorum", "another body cosigned", seen, demanding(network, 1, INSPECTION)),
        case("policy.quorum", "a stranger under the body's name", stranger, court),
        case("policy.quorum", "more of the committee is demanded than signed", three, all_four),
        case(
            "policy.log",
            "a policy for another log",
            seen,
            replace(court, logs=(PolicyLog(elsewhere),)),
        ),
        case("note.signature", "the body's line flipped", put(forged), court),
        case("note.signature", "the body's line of another head", put(moved), court),
        case("policy.quorum", "the demanded node key is another", three, crowd),
    ]


def _without(checkpoint: str, place: int) -> str:
    """Without the line at `place`; the log's is the first."""
    note = parse_note(checkpoint.encode())
    lines = (*note.signatures[:place], *note.signatures[place + 1 :])
    return Note(note.text, lines).format().decode()


def _signed(network: SmallNetwork, key: str, name: str) -> OutsideHead:
    """The newest head under a stranger's key that bears a body's name."""
    head = outside(network, [COURT])
    note = parse_note(head.checkpoint.encode())
    checkpoint = Checkpoint(network.trust.origin, len(network.leaves), network.root())
    line = cosign(signer(key), name, checkpoint, network.headers[-1].time_ms // 1000)
    return _but(head, Note(note.text, (line,)).format().decode())
