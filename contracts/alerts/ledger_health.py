"""AL39, ledger health, of what a record shows: a committee key that signed two things at once.

That no calendar covers a working day is found where deadlines are counted. Spec:
``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.verdict import Raised
from ledger.core.identifiers import MemberId

MISCONDUCT: Final = "ledger.misconduct"


def conclude(case: Case) -> Raised | None:
    """The alert, naming the organisation that answers for the node."""
    if case.record.type != MISCONDUCT:
        return None
    return raised(case, "AL39", "misconduct", member=MemberId(case.record.subject))
