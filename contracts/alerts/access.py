"""AL25 and AL40: what was reported of reading: a sealed field, out of grant, off hours, in bulk.

Who reads is not seen by the ledger; it enters as a signed report. But for addresses: there each
question is a record, and is counted. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts import address_rows
from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.rules.address_lookup import today
from contracts.verdict import Raised

REPORT: Final = "report.access_pattern"
LOOKUP: Final = "address.looked_up"
BREACH: Final = "sealed_read"
ABNORMAL: Final = frozenset({"out_of_grant", "off_hours", "bulk"})


def breach(case: Case) -> Raised | None:
    """AL25: something was read before its time."""
    found = case.record.type == REPORT and case.record.fields["pattern"] == BREACH
    return raised(case, "AL25", BREACH) if found else None


def abnormal(case: Case) -> Raised | None:
    """AL40: evidence was read in an abnormal way."""
    if case.record.type == LOOKUP:
        most = case.facts.world.catalogue.alerts["AL40"].parameters["lookups_most"]
        before = address_rows.asked_today(case.state, case.record.issuer, today(case))
        return raised(case, "AL40", "often_asked") if before >= most else None
    pattern = case.record.fields.get("pattern")
    found = case.record.type == REPORT and pattern in ABNORMAL
    return raised(case, "AL40", str(pattern)) if found else None
