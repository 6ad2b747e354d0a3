"""Plain claims that cannot be true as they stand: spans that end before they begin, counts, pairs.

Also who may answer what: a case is received by whom it was sent to, a question to a bidder is
answered about its own bid. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts.case import Case
from contracts.rules.bidding import BID
from contracts.state import seen_from
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected

ASKED: Final = "tender.evaluation_clarification_asked"


def judge_span(case: Case) -> Rejected | None:
    """Refuse what ends before it begins."""
    fields = case.record.fields
    if cast(int, fields["from_ms"]) <= cast(int, fields["until_ms"]):
        return None
    return _bad(case, "until_ms")


def judge_verified(case: Case) -> Rejected | None:
    """Refuse a summary of which more failed than was checked."""
    fields = case.record.fields
    if cast(int, fields["failed_count"]) <= cast(int, fields["checked_count"]):
        return None
    return _bad(case, "failed_count")


def judge_pairs(case: Case) -> Rejected | None:
    """Refuse lists out of step, a bid beside itself, and what is no bid of the section."""
    fields = case.record.fields
    left = cast("tuple[bytes, ...]", fields["left"])
    for name in ("right", "similarity_bp", "feature"):
        if len(cast("tuple[object, ...]", fields[name])) != len(left):
            return _bad(case, name)
    right = cast("tuple[bytes, ...]", fields["right"])
    if any(one == other for one, other in zip(left, right, strict=True)):
        return _bad(case, "right")
    for each in dict.fromkeys((*left, *right)):
        row = case.state.record(RecordId(each))
        if row is None or row.type != BID or row.subject not in seen_from(case.record.subject):
            return _not_concerned(case, each)
    return None


def judge_clue(case: Case) -> Rejected | None:
    """Refuse a clue that is said to have been received after it was committed."""
    received_ms = cast(int, case.record.fields["received_ms"])
    for each in _cited(case, "answers"):
        row = case.state.record(each)
        if row is not None and received_ms > row.entered.time_ms:
            return _bad(case, "received_ms")
    return None


def judge_receiver(case: Case) -> Rejected | None:
    """Refuse the receipt of anyone but whom the case was sent to."""
    for each in _cited(case, "answers"):
        row = case.state.record(each)
        if row is not None and row.kept.get("receiver") != case.record.issuer:
            return _not_concerned(case, each)
    return None


def judge_clarified(case: Case) -> Rejected | None:
    """Refuse an answer about another bid than the question."""
    asked = [case.state.record(each) for each in _cited(case, "answers")]
    for bid in _cited(case, "follows"):
        about = set(case.state.cited_at(bid, ASKED, case.times))
        for row in asked:
            if row is None or row.effective is None or row.effective.index not in about:
                return _not_concerned(case, bid)
    return None


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what data says."""


def _cited(case: Case, relation: str) -> tuple[RecordId, ...]:
    refs = case.record.refs
    return tuple(ref.record_id for ref in refs if ref.relation == relation and not ref.network_id)


def _bad(case: Case, field: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": field})


def _not_concerned(case: Case, record_id: bytes) -> Rejected:
    detail = {"type": case.kind.key, "issuer": str(case.record.issuer), "record": record_id.hex()}
    return Rejected(Code.RECORD_NOT_CONCERNED, detail)
