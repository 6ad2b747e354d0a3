"""AL25 and AL40: what was reported of reading: a sealed field, out of grant, off hours, in bulk.

Who reads is not seen by the ledger; it enters as a signed report. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.verdict import Raised

REPORT: Final = "report.access_pattern"
BREACH: Final = "sealed_read"
ABNORMAL: Final = frozenset({"out_of_grant", "off_hours", "bulk"})


def breach(case: Case) -> Raised | None:
    """AL25: something was read before its time."""
    found = case.record.type == REPORT and case.record.fields["pattern"] == BREACH
    return raised(case, "AL25", BREACH) if found else None


def abnormal(case: Case) -> Raised | None:
    """AL40: evidence was read in an abnormal way."""
    pattern = case.record.fields.get("pattern")
    found = case.record.type == REPORT and pattern in ABNORMAL
    return raised(case, "AL40", str(pattern)) if found else None
