"""AL02 where a limit is no deadline of the catalogue: an appointment, an answer, an auction's end.

The other windows are clauses of the data. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast

from contracts import trading_rows
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.rules import trading
from contracts.verdict import Raised


def conclude(case: Case) -> Raised | None:
    """The alert, where the record misses such a limit."""
    rule = _RULES.get(case.record.type)
    return None if rule is None else rule(case)


def _in_the_past(case: Case) -> Raised | None:
    """A venue is booked for what is to come."""
    until_ms = cast(int, case.record.fields["until_ms"])
    if case.limit_ms <= until_ms:
        return None
    return raised(case, "AL02", "in_the_past", due_ms=until_ms)


def _answered_late(case: Case) -> Raised | None:
    """A bidder answers by the time that the committee named."""
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        until_ms = None if row is None else row.kept.get("answer_until_ms")
        if ref.relation == "answers" and isinstance(until_ms, int) and case.limit_ms > until_ms:
            return raised(case, "AL02", "answered_late", ref.record_id, due_ms=until_ms)
    return None


def _late_price(case: Case) -> Raised | None:
    """A price comes before the auction ends."""
    terms = trading_rows.terms(case.state, case.record.subject, case.times)
    if terms is None or not trading.is_late(case):
        return None
    best = trading_rows.best(case.state, case.record.subject)
    return raised(case, "AL02", "late_price", due_ms=trading_rows.end_ms(terms, best))


def _closed_early(case: Case) -> Raised | None:
    """A lot is sold after the end."""
    terms = trading_rows.terms(case.state, case.record.subject, case.times)
    if terms is None:
        return None
    end_ms = trading_rows.end_ms(terms, trading_rows.best(case.state, case.record.subject))
    if case.times.time_ms > end_ms:
        return None
    return raised(case, "AL02", "closed_early", due_ms=end_ms)


_RULES: Final[Mapping[str, Callable[[Case], Raised | None]]] = MappingProxyType(
    {
        "tender.venue_scheduled": _in_the_past,
        "tender.evaluation_clarification_answered": _answered_late,
        "tender.price_bid": _late_price,
        "tender.lot_sold": _closed_early,
    }
)
