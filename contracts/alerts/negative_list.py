"""AL30, negative-list hit (命中负面清单): a check found its address on the list in force.

Spec: ``docs/spec/contracts.md``.
"""

from contracts.case import Case
from contracts.rules.negative_list import is_hit
from contracts.verdict import Raised


def conclude(case: Case) -> Raised | None:
    """The alert, where the address is listed."""
    if not is_hit(case):
        return None
    record = case.record
    rests_on = (case.facts.record_id,)
    return Raised("AL30", record.subject, record.type, record.issuer, "listed", rests_on)
