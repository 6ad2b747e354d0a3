"""The last report of each node's clock, as its organisation recorded it; the record has a receipt.

What a node says of its own clock now is beside it (`node_facts.clock_form`) and proves nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from api.forms import Json
from api.listing import at_hand
from api.service import LedgerService
from contracts import clock_rows
from contracts.clock_rows import Reported
from contracts.overlay import Overlay
from contracts.state import State
from ledger.core.canonical import Value
from ledger.core.record import Record

OBSERVERS_MAX: Final = 64
"""Reports of observers that are shown."""
FIELDS: Final = (
    *("cause", "time_source", "in_step", "peers"),
    *("slow_most_ms", "fast_most_ms", "stratum", "synchronised_at_ms"),
)
_CHOICES: Final = ("time_source", "in_step", "peers")
UNKNOWN: Final = "unknown"
"""Also what a machine says of itself that does not know."""


@dataclass(frozen=True, slots=True)
class ClockReport:
    """One report, and what it says."""

    row: Reported
    record: Record | None
    """None where it stands below what this node keeps."""

    def said(self, name: str) -> Value:
        """The value of a field; None, or of a choice `UNKNOWN`, where it is not there."""
        missing = UNKNOWN if name in _CHOICES else None
        return missing if self.record is None else self.record.fields.get(name)


def clock_reports(service: LedgerService) -> tuple[ClockReport, ...]:
    """Those of the committee's nodes in its order, then those of observers."""
    state, committee = State(Overlay(service.chain.state)), service.chain.committee
    rows = [clock_rows.reported(state, node.member_id, node.node_id) for node in committee.nodes]
    others = (row for row in clock_rows.all_reported(state) if row.node not in committee)
    found = (row for row in (*rows, *islice(others, OBSERVERS_MAX)) if row is not None)
    return tuple(_reports(service, found))


def clock_report_form(report: ClockReport) -> dict[str, Json]:
    """A report as JSON."""
    row = report.row
    return {
        "node_id": row.node,
        "member_id": row.member,
        "record_id": row.record_id.hex(),
        "time_ms": row.time_ms,
        **{name: _plain(report.said(name)) for name in FIELDS},
    }


def _reports(service: LedgerService, rows: Iterator[Reported]) -> Iterator[ClockReport]:
    for row in rows:
        yield ClockReport(row, at_hand(service, row.record_id))


def _plain(value: Value) -> Json:
    """Texts and numbers are all that these fields hold."""
    return value if isinstance(value, str | int) else None
