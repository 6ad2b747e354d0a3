"""Evidence of misconduct: what proves it, and every way in which two statements prove nothing."""

import json
from dataclasses import replace

from ledger.core.canonical import Value, decode, encode
from ledger.core.certificate import Slot, vote_body
from ledger.core.checkpoint import Checkpoint
from ledger.core.epoch_link import EpochLink
from ledger.core.genesis import Genesis
from ledger.core.identifiers import Digest, Epoch, HeaderHash, Height, NetworkId, NodeId, View
from ledger.core.merkle import leaf_hash, root
from ledger.core.merkle_stored import consistency_path_from
from ledger.core.misconduct import (
    PROOF_BYTES_MAX,
    Fault,
    FaultKind,
    Grown,
)
from ledger.core.misconduct_file import MisconductFile, decode_misconduct_file
from ledger.core.note import cosigned_message
from ledger.core.statements import Statement, Word, new_view_body, slot_values, view_change_body
from ledger.culprit import verify_misconduct
from ledger.errors import LedgerError
from ledger.trust import decode_trust, trust_root
from tests.vectors.generate.epoch_links import grown
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import seed, signer, small_genesis

GENESIS = small_genesis()
NETWORK = GENESIS.network_id
WHO = "notary"
ONE, TWO = (HeaderHash(Digest(seed(f"block {name}"))) for name in ("one", "two"))
SETS = [Digest(seed(f"set {name}")) for name in ("one", "two")]
K = FaultKind


class Leaves:
    """A log in memory, as `merkle_stored` reads one."""

    def __init__(self, name: str, count: int) -> None:
        self.hashes = [leaf_hash(f"{name} {number}".encode()) for number in range(count)]

    def node(self, level: int, index: int) -> Digest:
        return root(self.hashes[index << level : (index + 1) << level])

    def root(self, size: int) -> Digest:
        return root(self.hashes[:size])

    def grown(self, old: int, new: int) -> Grown:
        return Grown(self.root(old), consistency_path_from(self, old, new))


OURS, FORK = Leaves("ours", 20), Leaves("fork", 20)


def vectors() -> dict[str, Cases]:
    """`misconduct/proofs.json`, `misconduct/refused.json` and `misconduct/refused_files.json`."""
    return {
        "misconduct/proofs.json": [*_proven(), *_not_proven(), *_of_later_epochs()],
        "misconduct/refused.json": _refused(),
        "misconduct/refused_files.json": _refused_files(),
    }


def slot(height: int = 7, view: int = 2, epoch: int = 0, network: NetworkId = NETWORK) -> Slot:
    return Slot(network, Epoch(epoch), Height(height), View(view))


def stated(word: Word, body: bytes, who: str = WHO, key: str = "") -> Statement:
    """Signed by a node's key for that word, or by another key."""
    named = key or f"{'log' if word is Word.LOG else 'node'} {who}"
    return Statement(word, body, signer(named).sign(word.prefix + body))


def vote(word: Word, at: Slot, block: HeaderHash, who: str = WHO, key: str = "") -> Statement:
    return stated(word, vote_body(at, block), who, key)


def change(at: Slot, view: int | None, block: HeaderHash | None) -> Statement:
    body = view_change_body(at, ONE, None if view is None else View(view), block)
    return stated(Word.VIEW_CHANGE, body)


def started(at: Slot, chosen: HeaderHash | None, which: int = 0) -> Statement:
    return stated(Word.NEW_VIEW, new_view_body(at, SETS[which], chosen))


def head(log: Leaves, size: int, origin: str = "") -> Checkpoint:
    return Checkpoint(origin or GENESIS.origin, size, log.root(size))


def cosigned(at: Checkpoint, time_s: int = 1_767_225_600, who: str = WHO) -> Statement:
    return stated(Word.COSIGNATURE, cosigned_message(at.text(), time_s), who)


def logged(at: Checkpoint, who: str = WHO) -> Statement:
    return stated(Word.LOG, at.text().encode(), who)


def fault(
    kind: FaultKind,
    first: Statement,
    second: Statement,
    grown: Grown | None = None,
    who: str = WHO,
) -> Fault:
    return Fault(kind, NETWORK, Epoch(0), NodeId(f"node-{who}"), first, second, grown)


def two_prepares(who: str = WHO) -> Fault:
    """The plainest evidence there is, against any node."""
    first, second = (vote(Word.PREPARE, slot(), block, who) for block in (ONE, TWO))
    return fault(K.TWO_PREPARES, first, second, who=who)


def two_heads(small: int, large: int, who: str = WHO) -> Fault:
    """A head of a fork, and one of our log."""
    grown = None if small == large else OURS.grown(small, large)
    return fault(
        K.TWO_HEADS, cosigned(head(FORK, small), who=who), cosigned(head(OURS, large), who=who),
        grown, who,
    )  # fmt: skip


def case(name: str, proof: Fault, code: str = "", genesis: Genesis = GENESIS) -> Case:
    """Evidence under a trust root; whom it names, where it holds."""
    made: Case = {
        "name": name,
        "trust": json.loads(trust_root(genesis).encode()),
        "file": json.loads(MisconductFile(proof).encode()),
        "proof": proof.encode().hex(),
        "node": None,
        "member": None,
        "public_key": None,
        "code": code or None,
    }
    if not code:
        node = genesis.committee.node(proof.node)
        key = node.log_key if proof.first.word is Word.LOG else node.node_key
        made |= {"node": node.node_id, "member": node.member_id, "public_key": key.hex()}
    return made


def _proven() -> Cases:
    commit = vote(Word.COMMIT, slot(), ONE)
    later = slot(view=5)
    return [
        case("two prepares of one slot", two_prepares()),
        case(
            "two commits of one slot",
            fault(K.TWO_COMMITS, commit, vote(Word.COMMIT, slot(), TWO)),
        ),
        case(
            "two new views of one slot, from different sets",
            fault(K.TWO_NEW_VIEWS, started(slot(), None), started(slot(), None, 1)),
        ),
        case(
            "two new views of one slot, one free and one bound",
            fault(K.TWO_NEW_VIEWS, started(slot(), ONE), started(slot(), None)),
        ),
        case(
            "a commit, and a view change that reports nothing",
            fault(K.FORGOTTEN_COMMIT, commit, change(later, None, None)),
        ),
        case(
            "a commit, and a view change that reports an earlier view",
            fault(K.FORGOTTEN_COMMIT, commit, change(later, 1, TWO)),
        ),
        case("two heads of one size", two_heads(8, 8)),
        case(
            "two heads of one size, cosigned at different times",
            fault(K.TWO_HEADS, cosigned(head(FORK, 5)), cosigned(head(OURS, 5), 1_767_229_200)),
        ),
        case(
            "two heads of one size under the log key",
            fault(K.TWO_HEADS, logged(head(FORK, 5)), logged(head(OURS, 5))),
        ),
        case("a head that the larger one did not grow from", two_heads(5, 13)),
        case("the same where the smaller size is a power of two", two_heads(8, 20)),
        case("the same from one leaf", two_heads(1, 2)),
    ]


def _not_proven() -> Cases:
    none = "fault.none"
    return [*_slots(none), *_heads(none), *_claims()]


def _slots(none: str) -> Cases:
    prepare, commit = vote(Word.PREPARE, slot(), ONE), vote(Word.COMMIT, slot(), ONE)
    later, begun = slot(view=5), started(slot(), ONE)

    def prepares(name: str, second: Statement, code: str = none) -> Case:
        return case(name, fault(K.TWO_PREPARES, prepare, second), code)

    def forgets(name: str, second: Statement, code: str = none) -> Case:
        return case(name, fault(K.FORGOTTEN_COMMIT, commit, second), code)

    half = encode((*slot_values(later), ONE, 1, None))
    return [
        prepares("the same vote twice", prepare),
        prepares("prepares of different views", vote(Word.PREPARE, slot(view=3), TWO)),
        prepares("prepares of different heights", vote(Word.PREPARE, slot(8), TWO)),
        prepares("prepares of different epochs", vote(Word.PREPARE, slot(epoch=1), TWO)),
        prepares(
            "prepares of two networks",
            vote(Word.PREPARE, slot(network=NetworkId(Digest(seed("elsewhere")))), TWO),
        ),
        prepares("a prepare and a commit", vote(Word.COMMIT, slot(), TWO)),
        case("prepares that are called commits", replace(two_prepares(), kind=K.TWO_COMMITS), none),
        case(
            "prepares with a proof of growth",
            replace(two_prepares(), grown=OURS.grown(5, 13)),
            none,
        ),
        case("the same new view twice", fault(K.TWO_NEW_VIEWS, begun, begun), none),
        case(
            "new views of different views",
            fault(K.TWO_NEW_VIEWS, started(slot(), ONE), started(later, ONE)),
            none,
        ),
        forgets("a view change that reports the commit", change(later, 2, ONE)),
        forgets("a view change that reports a later view", change(later, 4, TWO)),
        forgets("a view change to the view of the commit", change(slot(), None, None)),
        forgets("a view change of another height", change(slot(8, 5), None, None)),
        case(
            "a view change before the commit",
            fault(K.FORGOTTEN_COMMIT, change(later, None, None), commit),
            none,
        ),
        prepares("a body with an item too many", _bent(Word.PREPARE, 1), "format.shape"),
        prepares("a body with an item too few", _bent(Word.PREPARE, -1), "format.shape"),
        forgets(
            "a view change with a prepared view and no block",
            stated(Word.VIEW_CHANGE, half),
            "format.shape",
        ),
        prepares(
            "a body that is not canonical",
            stated(Word.PREPARE, prepare.body[:-1]),
            "format.truncated",
        ),
    ]


def _bent(word: Word, by: int) -> Statement:
    items: tuple[Value, ...] = (*slot_values(slot()), TWO)
    return stated(word, encode((*items, 1) if by > 0 else items[:by]))


def _heads(none: str) -> Cases:
    ours, fork = cosigned(head(OURS, 5)), cosigned(head(FORK, 5))
    large = cosigned(head(OURS, 13))
    elsewhere = "elsewhere.example/0123456789abcdef"

    def heads(
        name: str, first: Statement, second: Statement, grown: Grown | None = None, code: str = none
    ) -> Case:
        return case(name, fault(K.TWO_HEADS, first, second, grown), code)

    def spelled(text: str) -> Statement:
        return stated(Word.COSIGNATURE, text.encode())

    text = head(OURS, 5).text()
    return [
        heads("cosignatures that differ in time only", ours, cosigned(head(OURS, 5), 5)),
        heads("a larger head that grew from the smaller", ours, large, OURS.grown(5, 13)),
        heads("two sizes and no proof of growth", fork, large),
        heads("one size and a proof of growth", fork, ours, OURS.grown(5, 13)),
        heads("the larger head first", large, fork, OURS.grown(5, 13)),
        heads(
            "a proof of growth that does not lead to the larger head",
            fork,
            large,
            replace(OURS.grown(5, 13), path=OURS.grown(5, 13).path[:-1]),
            "proof.consistency",
        ),
        heads(
            "a proof of growth with another root",
            ours,
            large,
            replace(OURS.grown(5, 13), root=FORK.root(5)),
            "proof.consistency",
        ),
        heads("a cosignature and a log signature", fork, logged(head(OURS, 5))),
        heads("heads of two logs", fork, cosigned(head(OURS, 5, elsewhere))),
        heads(
            "heads of another network's log",
            cosigned(head(FORK, 5, elsewhere)),
            cosigned(head(OURS, 5, elsewhere)),
        ),
        heads("a head and a vote", fork, vote(Word.PREPARE, slot(), ONE)),
        heads(
            "a time with a leading zero",
            fork,
            spelled(f"cosignature/v1\ntime 07\n{text}"),
            code="format.shape",
        ),
        heads(
            "a time beyond 63 bits",
            fork,
            spelled(f"cosignature/v1\ntime {1 << 63}\n{text}"),
            code="format.shape",
        ),
        heads(
            "a cosignature of another version",
            fork,
            spelled(f"cosignature/v2\ntime 7\n{text}"),
            code="format.shape",
        ),
        heads(
            "a head with a line more",
            fork,
            stated(Word.COSIGNATURE, cosigned_message(f"{text}more\n", 7)),
            code="note.invalid",
        ),
        heads(
            "an empty log",
            cosigned(Checkpoint(GENESIS.origin, 0, root(()))),
            ours,
            OURS.grown(5, 13),
            "format.shape",
        ),
    ]


def _claims() -> Cases:
    good = two_prepares()
    forged = replace(good.second, signature=bytes(64))
    log_key = vote(Word.PREPARE, slot(), TWO, key=f"log {WHO}")
    return [
        case("another network", replace(good, network_id=NetworkId(Digest(seed("other")))), "fault.network"),
        case("under another network's trust root", good, "fault.network", small_genesis(("centre",))),
        case("another epoch", replace(good, epoch=Epoch(1)), "fault.epoch"),
        case("a node that is not of the committee", replace(good, node=NodeId("node-zeal")), "fault.node"),
        case("another node", replace(good, node=NodeId("node-centre")), "signature.invalid"),
        case("a signature that is none", replace(good, second=forged), "signature.invalid"),
        case("a vote under the log key", replace(good, second=log_key), "signature.invalid"),
        case(
            "a commit under the prepare's signature",
            replace(good, first=replace(good.first, word=Word.COMMIT)),
            "signature.invalid",
        ),
    ]  # fmt: skip


def _of_later_epochs() -> Cases:
    """Two nodes join one after the other; the last of them contradicts itself."""
    here, _, _ = grown()
    network, links = here.network.genesis.network_id, tuple(here.links)
    newest = here.committee

    def of(epoch: int, who: str = "court") -> Fault:
        at = slot(epoch=epoch, network=network)
        first, second = (vote(Word.PREPARE, at, block, who) for block in (ONE, TWO))
        node = NodeId(f"node-{who}")
        return Fault(K.TWO_PREPARES, network, Epoch(epoch), node, first, second)

    def later(name: str, proof: Fault, epochs: tuple[EpochLink, ...], code: str = "") -> Case:
        made: Case = {
            "name": name,
            "trust": json.loads(here.network.trust.encode()),
            "file": json.loads(MisconductFile(proof, epochs).encode()),
            "proof": proof.encode().hex(),
            "node": None,
            "member": None,
            "public_key": None,
            "code": code or None,
        }
        if not code:
            node = newest.node(proof.node)
            key = node.node_key.hex()
            made |= {"node": node.node_id, "member": node.member_id, "public_key": key}
        return made

    broken = (replace(links[0], path=()), *links[1:])
    return [
        later("a node that joined later, with the links to its epoch", of(2), links),
        later("a founder in a later epoch", of(1, "notary"), links),
        later("a founder in the first epoch, with links beyond it", of(0, "notary"), links),
        later("a later epoch without links", of(2), (), "fault.epoch"),
        later("a later epoch with links to the one before", of(2), links[:1], "fault.epoch"),
        later("an epoch before the node joined", of(1), links, "fault.node"),
        later("a link that does not hold", of(2), broken, "receipt.epoch_link"),
        later("links out of order", of(2), links[::-1], "receipt.epoch_link"),
    ]


def _refused() -> Cases:
    items = decode(two_prepares().encode(), PROOF_BYTES_MAX)
    assert isinstance(items, tuple)

    def bent(name: str, at: int, value: Value, code: str = "format.shape") -> Case:
        data = encode((*items[:at], value, *items[at + 1 :]))
        return {"name": name, "data": data.hex(), "code": code}

    word, body, signed = items[6]
    path = tuple(Digest(bytes(32)) for _ in range(64))
    whole = two_prepares().encode()
    return [
        bent("another word", 0, "receipt"),
        bent("an unknown version", 1, 2, "format.version"),
        bent("a network id too short", 2, bytes(31)),
        bent("a negative epoch", 3, -1),
        bent("a node with capitals", 4, "Node-A"),
        bent("an unknown kind", 5, "two-acknowledgements"),
        bent("an unknown word", 6, ("status", body, signed)),
        bent("a statement with two items", 6, (word, body)),
        bent("a signature of 63 bytes", 6, (word, body, bytes(63))),
        bent("a body of 1025 bytes", 6, (word, bytes(1025), signed)),
        bent("a body that is text", 7, (word, "body", signed)),
        bent("a path of 64 hashes", 8, (Digest(bytes(32)), path)),
        bent("a proof of growth without a path", 8, (Digest(bytes(32)),)),
        {"name": "an item too many", "data": encode((*items, None)).hex(), "code": "format.shape"},
        {"name": "a byte behind it", "data": (whole + b"\0").hex(), "code": "format.trailing"},
        {"name": "a byte too few", "data": whole[:-1].hex(), "code": "format.truncated"},
    ]


def _refused_files() -> Cases:
    file = json.loads(MisconductFile(two_prepares()).encode())
    return [
        {"name": name, "file": file | more, "code": code}
        for name, more, code in (
            ("the kind is another than the proof's", {"kind": "two-commits"}, "format.shape"),
            ("the node is another than the proof's", {"node": "node-centre"}, "format.shape"),
            ("an unknown version", {"version": 2}, "format.version"),
            ("another name", {"who": "node-notary"}, "format.shape"),
            ("a proof that is no base64", {"proof": "!"}, "format.shape"),
            ("an empty proof", {"proof": ""}, "format.truncated"),
        )
    ]


def holds(given: Case) -> str | None:
    """The code by which this implementation refuses a case of `proofs`, or None."""
    try:
        file = decode_misconduct_file(json.dumps(given["file"]).encode())
        culprit = verify_misconduct(file, decode_trust(json.dumps(given["trust"]).encode()))
    except LedgerError as problem:
        return problem.code.value
    if given["code"] is None:
        found = (culprit.node_id, culprit.member_id, culprit.key.hex())
        assert found == (given["node"], given["member"], given["public_key"])
    assert file.fault.encode().hex() == given["proof"]
    return None
