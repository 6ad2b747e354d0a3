"""Bid proofs: each standing, and the ways to fail the checks 10 to 13."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.core.bid_proof import BidProof
from ledger.core.identifiers import MemberId, NetworkId, RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.core.sealed import COMMITMENT_TYPE, Sealed
from ledger.core.sealed_file import SealedFile
from tests.bits import flipped
from tests.vectors.generate.receipts import bent, digest_of
from tests.vectors.generate.sealed import (
    AUTHOR,
    NETWORK,
    SYSTEM,
    commitment_record,
    opening_record,
    sealed_record,
)
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SECOND, START_MS, SmallNetwork, small_record

SECTION = "GS-2026-bid/1"
"""What the bid is for; another bid is for another section."""
BID_TYPE, SET_TYPE = "tender.bid_submitted", "tender.bid_set_sealed"
ELSEWHERE = NetworkId(bytes(32))
DEADLINE_MS = START_MS + 20 * SECOND
PASSED_MS = START_MS - 3_600_000
STRANGER = MemberId("notary")


def vectors() -> dict[str, Cases]:
    """`bid_proof/proofs.json`."""
    here = World()
    return {"bid_proof/proofs.json": [*_hold(here), *_fail(here), *_fail_set(here)]}


class World:
    """A network with commitments, deadlines, and sets of one, two and no such commitments."""

    def __init__(self) -> None:
        self.network = SmallNetwork()
        self.bid = sealed_record("bid", type=BID_TYPE)
        self.commitment = commitment_record("commitment", self.bid)
        self.no_bids = {
            "type": sealed_record("bid", type="tender.bid_withdrawn"),
            "issuer": sealed_record("bid", type=BID_TYPE, issuer=STRANGER),
            "network": sealed_record("bid", type=BID_TYPE, network_id=ELSEWHERE),
        }
        self.strange = {
            name: commitment_record(f"commitment {name}", each)
            for name, each in self.no_bids.items()
        }
        fixed = {"bid_deadline_ms": PASSED_MS}
        ids = (self.commitment.record_id,)
        listing = {"commitments": ids, "count": 1, "part": 1, "parts": 1}
        self.smuggled = {
            "deadline": self._smuggled("deadline", STRANGER, fields=fixed),
            "set": self._smuggled("set", SYSTEM, type=SET_TYPE, fields=listing),
        }
        own = commitment_record("mine", self.bid, AUTHOR)
        self.inside = self._smuggled(
            "mine",
            AUTHOR,
            type=COMMITMENT_TYPE,
            evidence=(),
            fields=own.fields,
        )
        self.strange["file"] = commitment_record("elsewhere", self.bid, network_id=ELSEWHERE)
        self.others = sorted(small_record(f"other {n}").record_id for n in range(5))
        self.records: list[Record] = []
        mine = self.commitment.record_id
        parts = _halves(sorted([mine, *self.others]))
        self.announced = self._deadline(DEADLINE_MS, SECTION)
        self.for_project = self._deadline(
            DEADLINE_MS, SECTION.split("/", maxsplit=1)[0], "tender.change"
        )
        self.passed = self._deadline(PASSED_MS, SECTION)
        self.elsewhere = self._deadline(DEADLINE_MS, "GS-2026-else/1")
        self.typed = self._deadline(DEADLINE_MS, SECTION, "tender.opening")
        self.lot = self._deadline(DEADLINE_MS, f"{SECTION}/1")
        self.below = self._deadline(-1, SECTION)
        self.listed = [self.part(ids, 6, at, 2) for at, ids in enumerate(parts, 1)]
        self.without = [self.part(self.others, 5, 1, 1)]
        self.empty = [self.part([], 0, 1, 1)]
        halves = _halves(self.others)
        self.dropped = [self.part(ids, 5, at, 2) for at, ids in enumerate(halves, 1)]
        self.wrong = {
            "order": self.part(self.others[::-1], 5, 1, 1),
            "subject": self.part(self.others, 5, 1, 1, subject="GS-2026-bid/2"),
            "type": self.part(self.others, 5, 1, 1, type="tender.announcement"),
            "issuer": self.part(self.others, 5, 1, 1, issuer=STRANGER),
            "text": self.part(self.others, 5, 1, 1, commitments=("x",)),
            "short": self.part(self.others, 1, 1, 1, commitments=(bytes(31),)),
            "beyond": self.part(self.others, 5, 1, 0),
            "more": self.part(self.others, 4, 1, 2),
            "below": self.part(self.others, -1, 1, 2),
            "count": self.part(self.others, 6, 1, 1),
            "counts": self.part(halves[1], 6, 2, 2),
            "parts": self.part(halves[1], 5, 2, 3),
        }
        for commitment, opening in (*self.smuggled.values(), self.inside):
            self.records += (commitment, opening)
        mine_too = [each for each in self.records if each.issuer == SYSTEM]
        theirs = [each for each in self.records if each.issuer == STRANGER]
        self.network.commit(
            [
                self.network.bundle([self.commitment, *self.strange.values(), *mine_too]),
                self.network.bundle(theirs, STRANGER),
            ]
        )

    def proof(
        self,
        parts: Sequence[Record],
        deadline: Record | None = None,
        sealed: Sealed | None = None,
    ) -> BidProof:
        """The proof of the bid, with these parts."""
        receipt = self.network.receipt(self.commitment)
        return BidProof(
            SealedFile(NETWORK, SYSTEM, sealed or self.bid, receipt),
            self.network.receipt(deadline or self.announced),
            tuple(self.network.receipt(each) for each in parts),
        )

    def came_out(self, name: str) -> Receipt:
        """The receipt that its author can put together of what no rule accepted."""
        commitment, opening = self.smuggled[name]
        return self.network.inner_receipt(opening, commitment)

    def within(self) -> BidProof:
        """The bid's commitment, itself committed and opened."""
        commitment, opening = self.inside
        receipt = self.network.inner_receipt(opening, commitment)
        held = SealedFile(NETWORK, AUTHOR, self.bid, receipt)
        return replace(self.proof(self.without), sealed=held)

    def _smuggled(self, name: str, author: MemberId, **parts: Any) -> tuple[Record, Record]:
        """The commitment to a record about the section that could not enter, and its opening."""
        sealed = sealed_record(name, author, subject=Subject(SECTION), **parts)
        commitment = commitment_record(f"commitment {name}", sealed)
        return commitment, opening_record(f"opening {name}", sealed, commitment)

    def no_bid(self, name: str) -> BidProof:
        """The proof of something else, which was committed and is not in the set either."""
        receipt = self.network.receipt(self.strange[name])
        network_id = ELSEWHERE if name == "file" else NETWORK
        held = SealedFile(network_id, SYSTEM, self.no_bids.get(name, self.bid), receipt)
        return replace(self.proof(self.without), sealed=held)

    def part(
        self,
        ids: Sequence[RecordId],
        count: int,
        part: int,
        parts: int,
        *,
        subject: str = SECTION,
        type: str = SET_TYPE,
        issuer: MemberId = SYSTEM,
        commitments: Any = None,
    ) -> Record:
        """One part of a bid set."""
        fields = {
            "commitments": tuple(ids) if commitments is None else commitments,
            "count": count,
            "part": part,
            "parts": parts,
        }
        name = f"set {len(self.records)}"
        made = small_record(
            name, issuer, type=type, subject=Subject(subject), evidence=(), fields=fields
        )
        self.records.append(made)
        return made

    def _deadline(
        self, deadline_ms: int, subject: str, type: str = "tender.announcement"
    ) -> Record:
        name, fields = f"deadline {len(self.records)}", {"bid_deadline_ms": deadline_ms}
        made = small_record(name, SYSTEM, type=type, subject=Subject(subject), fields=fields)
        self.records.append(made)
        return made


def _halves(ids: Sequence[RecordId]) -> list[list[RecordId]]:
    middle = len(ids) // 2
    return [list(ids[:middle]), list(ids[middle:])]


@dataclass(frozen=True)
class Expected:
    """What a proof says, or the check at which it fails."""

    standing: str | None = None
    part: int = 0
    step: int = 0
    code: str = ""


def _case(here: World, name: str, proof: BidProof, told: Expected, document: str = "") -> Case:
    held = digest_of(document) if document else None
    documents = [] if held is None else [[held.sha256.hex(), held.size_bytes]]
    return {
        "name": name,
        "trust": json.loads(here.network.trust.encode()),
        "proof": json.loads(proof.encode()),
        "documents": documents,
        "standing": told.standing,
        "part": told.part,
        "step": told.step,
        "code": told.code or None,
    }


def _hold(here: World) -> Cases:
    place = next(at for at, each in enumerate(here.listed, 1) if _lists(each, here.commitment))
    listed, dropped = Expected("in_set", place), Expected("dropped")
    late, unknown = Expected("late"), Expected("not_sealed")
    shown = here.listed[:place]
    return [
        _case(here, "in the set", here.proof(here.listed), listed),
        _case(here, "in the parts that are shown", here.proof(shown), listed),
        _case(here, "in the set, with its document", here.proof(here.listed), listed, "bid"),
        _case(here, "deadline of the project", here.proof(here.listed, here.for_project), listed),
        _case(here, "dropped from a set of one part", here.proof(here.without), dropped),
        _case(here, "dropped from a set of two parts", here.proof(here.dropped), dropped),
        _case(here, "dropped from an empty set", here.proof(here.empty), dropped),
        _case(here, "the second part left out", here.proof(here.dropped[:1]), unknown),
        _case(here, "no set", here.proof(()), unknown),
        _case(here, "late, and no set", here.proof((), here.passed), late),
        _case(here, "more ids than the count, of a set that is not whole",
              here.proof([here.wrong["more"]]), unknown),
        _case(here, "count below 0, of a set that is not whole",
              here.proof([here.wrong["below"]]), unknown),
        _case(here, "deadline before 1970", here.proof((), here.below), late),
        _case(here, "late, and not in the set", here.proof(here.without, here.passed), late),
    ]  # fmt: skip


def _lists(part: Record, commitment: Record) -> bool:
    listed = part.fields["commitments"]
    return isinstance(listed, tuple) and commitment.record_id in listed


def _fail(here: World) -> Cases:
    good = here.proof(here.without)
    other = sealed_record("another bid")
    bare = replace(good.sealed, receipt=None)

    def fails(name: str, proof: BidProof, step: int, code: str, document: str = "") -> Case:
        return _case(here, name, proof, Expected(step=step, code=code), document)

    forged = replace(good.deadline, record=flipped(good.deadline.record))
    cut = replace(_receipt(good), path=bent(_receipt(good).path))
    return [
        fails("commitment's receipt does not hold",
              replace(good, sealed=replace(good.sealed, receipt=cut)), 6, "proof.inclusion"),
        fails("no receipt", replace(good, sealed=bare), 11, "bid.receipt"),
        fails("another bid than was committed", here.proof(here.without, sealed=other),
              11, "sealed.commitment"),
        fails("a withdrawal, which no set lists", here.no_bid("type"), 11, "bid.type"),
        fails("a bid in another's bundle", here.no_bid("issuer"), 11, "bundle.issuer"),
        fails("a bid for another network", here.no_bid("network"), 11, "bundle.network"),
        fails("committed as for another network", here.no_bid("file"), 11, "bundle.network"),
        fails("another document", good, 10, "receipt.document", "first"),
        fails("deadline of another section", here.proof(here.without, here.elsewhere),
              12, "bid.deadline"),
        fails("a record of another type with a deadline", here.proof(here.without, here.typed),
              12, "bid.deadline"),
        fails("deadline of what is below the section", here.proof(here.without, here.lot),
              12, "bid.deadline"),
        fails("another document, and no bid", here.no_bid("type"), 11, "bid.type", "first"),
        fails("a commitment that came out of a seal", here.within(), 9, "receipt.opened"),
        fails("a record without a deadline", here.proof(here.without, here.without[0]),
              12, "bid.deadline"),
        fails("deadline's receipt does not hold", replace(good, deadline=forged),
              12, "receipt.record_id"),
        fails("a deadline that came out of a seal",
              replace(good, deadline=here.came_out("deadline")), 12, "receipt.opened"),
        fails("a set that came out of a seal",
              replace(good, parts=(here.came_out("set"),)), 13, "receipt.opened"),
    ]  # fmt: skip


def _receipt(proof: BidProof) -> Receipt:
    if proof.sealed.receipt is None:
        raise SystemExit("a proof with its commitment's receipt")
    return proof.sealed.receipt


def _fail_set(here: World) -> Cases:
    def fails(name: str, *parts: Record) -> Case:
        return _case(here, name, here.proof(parts), Expected(step=13, code="bid.set"))

    first, second = here.dropped
    return [
        fails("ids that descend", here.wrong["order"]),
        fails("fewer ids than the count says", here.wrong["count"]),
        fails("set of another section", here.wrong["subject"]),
        fails("a record that is no set", here.wrong["type"]),
        fails("set of another system", here.wrong["issuer"]),
        fails("an id that is text", here.wrong["text"]),
        fails("an id of 31 bytes", here.wrong["short"]),
        fails("part above parts", here.wrong["beyond"]),
        fails("parts that count otherwise", first, here.wrong["counts"]),
        fails("second part alone", second),
        fails("parts exchanged", second, first),
        fails("one part twice", first, first),
        fails("parts of two sets", first, here.wrong["parts"]),
        fails("a part too many", here.without[0], second),
    ]
