"""How an alert rule says what it found: about the record at hand, for a reason, resting on it."""

from contracts.case import Case
from contracts.state import seen_from
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


def last_kept(case: Case, type_key: str, name: str) -> int | str | None:
    """What the last record of a type that the subject sees said in a kept field."""
    for subject in seen_from(case.record.subject):
        for record_id in list(case.state.records(subject, type_key, case.times))[-1:]:
            row = case.state.record(record_id)
            if row is not None:
                return row.kept.get(name)
    return None
