"""Several files under several trust roots and policies: what is proved, and what citations are."""

import json
from collections.abc import Sequence
from dataclasses import replace

from ledger.core.bid_proof import BidProof
from ledger.core.identifiers import Digest, MemberId, NetworkId, NodeId
from ledger.core.openings import Openings, commit_fields
from ledger.core.policy import Policy, committee_policy
from ledger.core.receipt import Receipt
from ledger.core.record import Record, Ref
from ledger.core.sealed_file import SealedFile
from ledger.core.tlog_proof import tlog_proof
from ledger.trust import TrustRoot
from tests.bits import flipped
from tests.vectors.generate.bid_proofs import World as BidWorld
from tests.vectors.generate.outside import COURT, demanding, outside
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SmallNetwork, nonce, seed, small_record

FOREIGN = ("centre", "supervisor", "registry", "notary")


class Province:
    """Two centres' ledgers; a record of the first cites one of the second, and the other way."""

    def __init__(self) -> None:
        self.near, self.far = SmallNetwork(), SmallNetwork(FOREIGN[::-1])
        far, gone = self.far.network_id, NetworkId(seed("a third network"))
        self.cited = small_record("cited", issuer="notary")
        self.unknown = small_record("never shown").record_id
        refs = (
            Ref("follows", self.cited.record_id, far),
            Ref("answers", self.unknown, far),
            Ref("batch", self.unknown, gone),
        )
        self.citing = small_record("citing", refs=refs)
        self.plain = small_record("plain")
        fields = {"price_fen": 98_765_432_100}
        private, self.openings = commit_fields(
            MemberId("centre"), fields, {name: nonce(name) for name in fields}
        )
        self.hiding = small_record("hiding", private=private)
        self.near.commit([self.near.bundle([self.plain])])
        self.early = self.near.receipt(self.plain)
        self.homely = small_record(
            "homely", refs=(Ref("follows", self.unknown, self.near.network_id),)
        )
        self.near.commit([self.near.bundle([self.citing, self.hiding, self.homely])])
        self.far.commit([self.far.bundle([self.cited], "notary")])

    @property
    def witnessed(self) -> Receipt:
        """Of the plain record, with a court's cosignature."""
        return replace(self.early, cosignatures=(outside(self.near, [COURT]),))

    def broken(self, receipt: Receipt) -> bytes:
        """A receipt whose record was changed by one bit, spelled again."""
        return replace(receipt, record=flipped(receipt.record)).encode()


def vectors() -> dict[str, Cases]:
    """`verifying/folders.json`."""
    here, bids = Province(), BidWorld()
    return {"verifying/folders.json": [*_trusts(here), *_citing(here), *_kinds(here, bids)]}


def case(
    name: str,
    trusts: Sequence[TrustRoot],
    files: Sequence[bytes],
    outcomes: Sequence[Case],
    policies: Sequence[Policy] = (),
) -> Case:
    """What a reader holds, the files in order, and what becomes of each."""
    return {
        "name": name,
        "trusts": [json.loads(each.encode()) for each in trusts],
        "policies": [each.format().decode() for each in policies],
        "files": [each.decode() for each in files],
        "outcomes": list(outcomes),
    }


def proved(*citations: str, witnesses: int = 0) -> Case:
    """A file that is proved, with the standing of each citation of other ledgers."""
    return {"step": None, "code": None, "citations": list(citations), "witnesses": witnesses}


def refused(step: int, code: str) -> Case:
    """A file that is refused at a check."""
    return {"step": step, "code": code, "citations": [], "witnesses": 0}


def _receipt(network: SmallNetwork, record: Record) -> bytes:
    return network.receipt(record).encode()


def _trusts(here: Province) -> Cases:
    near, far = here.near.trust, here.far.trust
    mine, theirs = _receipt(here.near, here.plain), _receipt(here.far, here.cited)
    court = demanding(here.near, 1, COURT)
    inside = committee_policy(far.origin, far.committee, NodeId("node-notary"))
    free = replace(court, logs=())
    elsewhere = SmallNetwork(("centre",)).trust
    seen = here.witnessed.encode()
    known = proved()
    return [
        case("one trust root, its own receipt", [near], [mine], [known]),
        case(
            "one trust root, another network's", [near], [theirs], [refused(2, "receipt.network")]
        ),
        case("two trust roots, a receipt of each", [near, far], [theirs, mine], [known, known]),
        case(
            "two trust roots, a third network's receipt",
            [far, elsewhere],
            [mine, theirs],
            [refused(2, "trust.unknown"), known],
        ),
        case("a policy that is fulfilled", [near], [seen], [proved(witnesses=1)], [court]),
        case("a policy that is not", [near], [mine], [refused(8, "policy.quorum")], [court]),
        case(
            "a policy for each network",
            [near, far],
            [theirs, seen],
            [known, proved(witnesses=1)],
            [inside, court],
        ),
        case(
            "a policy for the other network only",
            [near, far],
            [theirs, seen],
            [known, refused(8, "policy.log")],
            [inside],
        ),
        case(
            "a policy without logs is for all that no other names",
            [near, far],
            [theirs, mine, seen],
            [known, refused(8, "policy.quorum"), proved(witnesses=1)],
            [free, inside],
        ),
    ]


def _citing(here: Province) -> Cases:
    near, far = here.near.trust, here.far.trust
    citing, cited = _receipt(here.near, here.citing), here.far.receipt(here.cited)
    both = [near, far]
    absent, untrusted = "absent", "untrusted"
    all_but = [absent, untrusted]
    elsewhere = replace(cited, network_id=near.network_id).encode()
    return [
        case("nothing is at hand", both, [citing], [proved(absent, *all_but)]),
        case(
            "a ref with the id of its own network",
            both,
            [_receipt(here.near, here.homely)],
            [proved()],
        ),
        case("no other network is trusted", [near], [citing], [proved(*[untrusted] * 3)]),
        case(
            "the cited record is at hand",
            both,
            [citing, cited.encode()],
            [proved("followed", *all_but), proved()],
        ),
        case(
            "the cited record comes first, as a tlog-proof",
            both,
            [tlog_proof(cited).format(), citing],
            [proved(), proved("followed", *all_but)],
        ),
        case(
            "the cited record's receipt does not hold",
            both,
            [citing, replace(cited, checkpoint=here.far.note(FOREIGN[:2])).encode()],
            [proved("refused", *all_but), refused(8, "receipt.quorum")],
        ),
        case(
            "one receipt of the cited record holds and one does not",
            both,
            [
                citing,
                cited.encode(),
                replace(cited, checkpoint=here.far.note(FOREIGN[:2])).encode(),
            ],
            [proved("followed", *all_but), proved(), refused(8, "receipt.quorum")],
        ),
        case(
            "a changed record is another record",
            both,
            [citing, here.broken(cited)],
            [proved(absent, *all_but), refused(3, "receipt.record_id")],
        ),
        case(
            "the cited record under another network's name",
            both,
            [citing, elsewhere],
            [proved(absent, *all_but), refused(2, "receipt.network")],
        ),
    ]


def _kinds(here: Province, bids: BidWorld) -> Cases:
    near, court = here.near.trust, demanding(here.near, 1, COURT)
    hiding = here.near.receipt(here.hiding)
    alone = Openings(here.hiding.record_id, here.openings).encode()
    bogus = replace(hiding, path=(*hiding.path[:-1], Digest(bytes(32)))).encode()
    whole = Openings(here.hiding.record_id, here.openings, hiding).encode()
    proof = bids.proof(bids.listed)
    kept = proof.sealed
    quorum = refused(8, "policy.quorum")
    own = [bids.network.trust]
    strict = [demanding(bids.network, 1, COURT)]

    def sealed(held: SealedFile) -> list[bytes]:
        return [held.encode()]

    other = replace(kept, sealed=replace(kept.sealed, salt=bytes(32)))
    dated: BidProof = replace(proof, deadline=_seen(bids, proof.deadline))
    return [
        case("openings with their receipt", [near], [whole], [proved()]),
        case(
            "openings whose receipt lies beside", [near], [alone, hiding.encode()], [proved()] * 2
        ),
        case(
            "openings beside a receipt that does not hold, and then one that does",
            [near],
            [alone, bogus, hiding.encode()],
            [proved(), refused(6, "proof.inclusion"), proved()],
        ),
        case(
            "openings beside a receipt that does not hold",
            [near],
            [bogus, alone],
            [refused(6, "proof.inclusion")] * 2,
        ),
        case(
            "openings whose receipt lies in another proof only",
            [near],
            [alone, whole],
            [refused(0, "opening.receipt"), proved()],
        ),
        case(
            "a sealed file without its receipt, under trust roots of others",
            [here.far.trust, SmallNetwork(("centre",)).trust],
            sealed(replace(kept, receipt=None)),
            [refused(11, "bid.receipt")],
        ),
        case("openings alone", [near], [alone], [refused(0, "opening.receipt")]),
        case("openings under a policy", [near], [whole], [quorum], [court]),
        case("a sealed file", own, sealed(kept), [proved()]),
        case("a sealed file under a policy", own, sealed(kept), [quorum], strict),
        case(
            "a sealed file without its receipt",
            own,
            sealed(replace(kept, receipt=None)),
            [refused(11, "bid.receipt")],
        ),
        case(
            "a sealed file with another salt",
            own,
            sealed(other),
            [refused(11, "sealed.commitment")],
        ),
        case("a bid proof", own, [proof.encode()], [proved()]),
        case("a bid proof under a policy", own, [proof.encode()], [quorum], strict),
        case(
            "a bid proof of which one receipt is witnessed",
            own,
            [dated.encode()],
            [quorum],
            strict,
        ),
    ]


def _seen(bids: BidWorld, receipt: Receipt) -> Receipt:
    """The same with the court's cosignature."""
    head = outside(bids.network, [COURT])
    return replace(receipt, cosignatures=(replace(head, path=()),))
