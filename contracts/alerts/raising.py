"""How an alert rule says what it found: about the record at hand, for a reason, resting on it."""

from contracts.case import Case
from contracts.verdict import Raised
from ledger.core.identifiers import MemberId, RecordId


def raised(
    case: Case,
    alert: str,
    because: str,
    *more: RecordId,
    member: MemberId | None = None,
    due_ms: int | None = None,
) -> Raised:
    """The alert about the record of `case`.

    Args:
        case: the record that raises it.
        alert: its code.
        because: a key of ``reasons.toml``.
        more: records that it rests on, beside its own.
        member: whom it names; the issuer where none is given.
        due_ms: the limit that was not kept, where there is one.
    """
    record = case.record
    whom = record.issuer if member is None else member
    rests_on = (case.facts.record_id, *more)
    return Raised(alert, record.subject, record.type, whom, because, rests_on, due_ms=due_ms)
