"""When a matter came in: at its record, or before, where a clerk took it in on paper or by phone.

A period to answer runs from the receipt of what was said, not from when a clerk wrote it down; and
who said it in time was in time. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import standing
from contracts.case import Case

RECEIVED: Final = "received"
"""Where a deadline begins that counts from the receipt."""
ON_PAPER: Final = frozenset({"paper", "phone", "visit"})
"""Values of the common field ``intake`` by which a clerk says that others said it."""
CLERKS: Final = ("trading_centre", "supervisor")
"""Roles whose members take in what others say."""
DISPUTE: Final = "dispute"
"""Rule of the types that are taken in."""


def is_clerk(case: Case) -> bool:
    """Whether the issuer takes in what others say."""
    world, state, record = case.facts.world, case.state, case.record
    return any(
        standing.holds_role(world, state, record.issuer, role, case.times) for role in CLERKS
    )


def received_ms(case: Case) -> int:
    """When the matter of a record came in: as a clerk says, and never later than the record.

    Nobody but a clerk brings a clock forward: else whoever complains could date a complaint back,
    and its answer would be late before it is asked for.
    """
    fields, time_ms = case.record.fields, case.times.time_ms
    said_ms = fields.get("received_ms")
    on_paper = DISPUTE in case.kind.rules and fields.get("intake") in ON_PAPER
    if not on_paper or not isinstance(said_ms, int) or not is_clerk(case):
        return time_ms
    return min(said_ms, time_ms)
