"""`verify_bid_proof`: is a sealed bid in the bid set, unchanged, and when was it received.

Three checks after the ten of a receipt: the commitment holds the bid (11), the deadline is its
section's (12), the parts are of one set of that section (13). A set in ascending order whose parts
are all there shows what is not in it. Spec: ``docs/spec/bid_proof.md``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from ledger.checks import check_documents
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.bid_proof import BidProof
from ledger.core.canonical import Value
from ledger.core.identifiers import DIGEST_BYTES, MemberId, RecordId, Subject
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.errors import VerificationError
from ledger.numbering import (
    COMMITMENT_STEP,
    DEADLINE_STEP,
    DOCUMENT_STEP,
    SET_STEP,
    numbered,
)
from ledger.sealed_files import verify_commitment
from ledger.time_stamps import TimeTrust
from ledger.trust import TrustRoot
from ledger.verdict import Caveat, Step, VerifiedRecord
from ledger.verify import verify_entered

BID_TYPE: Final = "tender.bid_submitted"
SET_TYPE: Final = "tender.bid_set_sealed"
DEADLINE_TYPES: Final = frozenset({"tender.announcement", "tender.change"})
DEADLINE_FIELD: Final = "bid_deadline_ms"


class BidStanding(StrEnum):
    """What became of a sealed bid; sentences are in `ledger/words`."""

    IN_SET = "in_set"
    """A part of the set lists its commitment."""
    DROPPED = "dropped"
    """It was punctual, and no part of the whole set lists it."""
    LATE = "late"
    """It was received after deadline and grace, and the set does not list it."""
    NOT_SEALED = "not_sealed"
    """The set is not shown whole, and what is shown does not list it."""


@dataclass(frozen=True, slots=True)
class BidVerdict:
    """What a bid proof says under a trust root."""

    standing: BidStanding
    bid_id: RecordId
    """Of the record under seal."""
    author: MemberId
    subject: Subject
    received_at_ms: int
    """Block time of the commitment."""
    deadline_ms: int
    """As the announcement or change in the proof fixed it."""
    grace_ms: int
    """Of the network: only beyond deadline and grace is a bid late."""
    part: int
    """The part of the set that lists it; 0 where none does."""
    parts: int
    """How many parts the set has; 0 where none is shown."""
    count: int
    """How many commitments the set lists in all; 0 where none is shown."""


@dataclass(frozen=True, slots=True)
class VerifiedBid:
    """A verified bid proof."""

    commitment: VerifiedRecord
    """The verdict on the commitment's receipt, with checks 11 to 13 among its steps."""
    verdict: BidVerdict


@dataclass(frozen=True, slots=True)
class _Set:
    """The bid set, as far as it is shown."""

    parts: int
    count: int
    listed: tuple[tuple[RecordId, ...], ...]
    """What each part lists."""

    @property
    def whole(self) -> bool:
        return bool(self.parts) and len(self.listed) == self.parts


def verify_bid_proof(
    proof: BidProof,
    trust: TrustRoot,
    document_digests: Sequence[DocumentDigest] | None = None,
    policy: Policy | None = None,
    times: TimeTrust | None = None,
) -> VerifiedBid:
    """Verify a bid proof and say what became of the bid.

    Args:
        proof: from anyone.
        trust: from a source that the reader trusts.
        document_digests: of the documents in the reader's hands; each must be evidence of the bid.
        policy: what the reader demands of every receipt besides the committee's quorum.
        times: whose time stamps count, and which are demanded.

    Raises:
        VerificationError: as `verify_entered` for the commitment, with check 10 on the bid; in step
            11 `bid.receipt`, `sealed.commitment`, `bundle.*` or `bid.type`, in step 12
            `bid.deadline`, in step 13 `bid.set`, or in these steps what is wrong with the receipt
            at hand.
    """

    def entered(receipt: Receipt) -> VerifiedRecord:
        return verify_entered(receipt, trust, policy, times)

    committed, bid = verify_commitment(proof.sealed, trust, entered)
    if bid.type != BID_TYPE:
        raise VerificationError(Code.BID_TYPE, step=COMMITMENT_STEP, type=bid.type)
    with numbered(DOCUMENT_STEP):
        held = check_documents(bid, document_digests or ())
    with numbered(DEADLINE_STEP):
        deadline_ms = _deadline(entered(proof.deadline).record, bid)
    with numbered(SET_STEP):
        found = _set(map(entered, proof.parts), bid, proof.sealed.committed_by)
    verdict = _verdict(committed, bid, found, deadline_ms, trust)
    facts: tuple[tuple[int, bool, Mapping[str, str | int]], ...] = (
        (COMMITMENT_STEP, True, {"record": verdict.bid_id.hex(), "author": bid.issuer}),
        (DEADLINE_STEP, True, {"subject": str(bid.subject)}),
        (SET_STEP, bool(found.listed), {"shown": len(found.listed), "parts": found.parts}),
    )
    steps = (
        *committed.steps[:-1],
        Step(DOCUMENT_STEP, held is not None, held or {}),
        *(Step(number, applies, fact) for number, applies, fact in facts),
    )
    caveats = (Caveat.BID, *committed.caveats)
    documents = tuple(document_digests or ())
    told = replace(committed, steps=steps, caveats=caveats, documents=documents)
    return VerifiedBid(told, verdict)


def deadline_in(record: Record, subject: str) -> int | None:
    """The bid deadline that a record fixes for a section; None where it fixes none for it.

    A record about the project fixes it for all of its sections.
    """
    found = record.fields.get(DEADLINE_FIELD)
    project = subject.partition("/")[0]
    fits = record.type in DEADLINE_TYPES and record.subject in {subject, project}
    return found if fits and type(found) is int else None


def _deadline(record: Record, bid: Record) -> int:
    found = deadline_in(record, str(bid.subject))
    if found is None:
        raise VerificationError(Code.BID_DEADLINE, subject=str(bid.subject))
    return found


def _set(parts: Iterable[VerifiedRecord], bid: Record, system: MemberId) -> _Set:
    """The parts as one set: from the first on, ascending, each of the same whole."""
    found = _Set(0, 0, ())
    for place, part in enumerate(parts, 1):
        record = part.record
        if (record.type, record.subject, record.issuer) != (SET_TYPE, bid.subject, system):
            raise _wrong_set(bid, "record")
        total, count = _number(record, bid, "parts"), _number(record, bid, "count")
        if _number(record, bid, "part") != place or place > total:
            raise _wrong_set(bid, "part")
        if found.listed and (total, count) != (found.parts, found.count):
            raise _wrong_set(bid, "parts")
        listed = _ids(record.fields.get("commitments"), bid)
        found = _Set(total, count, (*found.listed, listed))
    ids = [each for listed in found.listed for each in listed]
    if any(before >= after for before, after in pairwise(ids)):
        raise _wrong_set(bid, "order")
    if found.whole and len(ids) != found.count:
        raise _wrong_set(bid, "count")
    return found


def _verdict(
    committed: VerifiedRecord, bid: Record, found: _Set, deadline_ms: int, trust: TrustRoot
) -> BidVerdict:
    grace_ms = trust.genesis.parameters.deadline_grace_ms
    places = enumerate(found.listed, 1)
    part = next((place for place, ids in places if committed.record_id in ids), 0)
    late = committed.committed_at_ms > deadline_ms + grace_ms
    if part:
        standing = BidStanding.IN_SET
    elif late:
        standing = BidStanding.LATE
    else:
        standing = BidStanding.DROPPED if found.whole else BidStanding.NOT_SEALED
    return BidVerdict(
        standing=standing,
        bid_id=bid.record_id,
        author=bid.issuer,
        subject=bid.subject,
        received_at_ms=committed.committed_at_ms,
        deadline_ms=deadline_ms,
        grace_ms=grace_ms,
        part=part,
        parts=found.parts,
        count=found.count,
    )


def _number(record: Record, bid: Record, name: str) -> int:
    found = record.fields.get(name)
    if type(found) is not int:
        raise _wrong_set(bid, name)
    return found


def _ids(value: Value, bid: Record) -> tuple[RecordId, ...]:
    if type(value) is not tuple:
        raise _wrong_set(bid, "commitments")
    ids = tuple(
        RecordId(each) for each in value if type(each) is bytes and len(each) == DIGEST_BYTES
    )
    if len(ids) != len(value):
        raise _wrong_set(bid, "commitments")
    return ids


def _wrong_set(bid: Record, what: str) -> VerificationError:
    return VerificationError(Code.BID_SET, subject=str(bid.subject), what=what)
