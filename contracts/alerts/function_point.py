"""AL29, non-conforming data (数据不符合标准): a function point that is not the type's own.

What breaks the schema itself is refused by the judge; a wrong function point misleads only whoever
counts, and the record stays evidence. Spec: ``docs/spec/contracts.md``.
"""

from contracts.case import Case
from contracts.tables import FUNCTION_POINT
from contracts.verdict import Raised


def conclude(case: Case) -> Raised | None:
    """The alert, where the point that is named is none of the type's."""
    record = case.record
    named = record.fields.get(FUNCTION_POINT)
    if named is None or named in case.kind.function_points:
        return None
    own = (case.facts.record_id,)
    because = "function_point_of_another"
    return Raised("AL29", record.subject, record.type, record.issuer, because, own)
