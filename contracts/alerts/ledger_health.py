"""AL39, ledger health, of what a record shows: a key that signed two things, a clock out of step.

That no calendar covers a working day is found where deadlines are counted. Spec:
``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.verdict import Raised
from ledger.core.identifiers import MemberId

MISCONDUCT: Final = "ledger.misconduct"
CLOCK_REPORTED: Final = "ledger.clock_reported"


def conclude(case: Case) -> Raised | None:
    """The alert, naming the organisation that answers for the node."""
    because = _because(case)
    if not because:
        return None
    return raised(case, "AL39", because, member=MemberId(case.record.subject))


def _because(case: Case) -> str:
    """What is wrong with the node; empty where the record shows nothing."""
    if case.record.type == MISCONDUCT:
        return "misconduct"
    if case.record.type == CLOCK_REPORTED and case.record.fields["peers"] == "beyond_bound":
        return "clock_beyond_bound"
    if case.record.type == CLOCK_REPORTED and case.record.fields["in_step"] == "no":
        return "clock_not_in_step"
    return ""
