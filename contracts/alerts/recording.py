"""AL27 for recordings (T29): a segment that does not follow the one before it.

Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.alerts.raising import raised
from contracts.case import Case
from contracts.verdict import Raised

SEGMENT: Final = "tender.recording_segment"


def gap(case: Case) -> Raised | None:
    """The alert, where the segment's number is not one more than that of the one it cites."""
    if case.record.type != SEGMENT:
        return None
    fields, before = case.record.fields, 0
    for ref in case.record.refs:
        row = None if ref.network_id is not None else case.state.record(ref.record_id)
        if ref.relation == "follows" and row is not None:
            number = row.kept["number"] if row.kept["session"] == fields["session"] else 0
            before = number if isinstance(number, int) else 0
    return None if fields["number"] == before + 1 else raised(case, "AL27", "segment_gap")
