"""A question about addresses is put on record before it is answered, and counted by the day.

What was asked about is one private field; the node that answers is shown its opening. Spec:
``docs/spec/addresses.md``.
"""

from typing import Final

from contracts import address_rows
from contracts.case import Case
from contracts.deadlines import day_number
from ledger.codes import Code
from ledger.errors import Rejected

WANTED: Final = "wanted"


def judge(case: Case) -> Rejected | None:
    """Refuse a question that asks for nothing."""
    private = case.record.private
    if private is not None and WANTED in private.names:
        return None
    return Rejected(Code.RECORD_PRIVATE_NAME, {"type": case.kind.key, "field": WANTED})


def apply(case: Case) -> None:
    """Count it."""
    issuer, day = case.record.issuer, today(case)
    count = address_rows.asked_today(case.state, issuer, day)
    address_rows.put_asked(case.state, issuer, day, count + 1)


def today(case: Case) -> int:
    """The day on which the record enters."""
    return day_number(case.times.time_ms, case.facts.world.parameters.day_ms)
