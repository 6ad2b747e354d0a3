"""Which records came too late, as the alerts on the ledger say it; nothing is judged anew.

Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.node_count import NodeRecord, records_of
from contracts.state import State, seen_from
from contracts.tables import Catalogue
from contracts.verdict import Times
from ledger.core.identifiers import RecordId, Subject

OUTSIDE_WINDOW: Final = "AL02"
TIMER: Final = "timer"
"""The rule of the alerts that timers raise."""
ALERT_RAISED: Final = "ledger.alert_raised"


class Lateness:
    """The alerts about a section, asked record by record."""

    __slots__ = ("_as_of", "_catalogue", "_state", "_subject", "_told")

    def __init__(self, subject: Subject, catalogue: Catalogue, state: State, as_of: Times) -> None:
        self._subject = subject
        self._catalogue = catalogue
        self._state = state
        self._as_of = as_of
        self._told: dict[str, frozenset[int]] = {}

    def of(self, record: NodeRecord) -> bool:
        """Whether a record was outside its time window, or answered after the timer had fired."""
        return self._told_of(record.record_id, OUTSIDE_WINDOW) or self._answers_late(record)

    def _answers_late(self, record: NodeRecord) -> bool:
        """Whether it stops a timer of a record that it cites, about which an alert was raised."""
        kind, alerts = self._catalogue.types[record.type], self._catalogue.alerts
        codes = [code for code in kind.alerts if alerts[code].rule == TIMER and self._indexes(code)]
        if not codes:
            return False
        cited = sorted({name for stops in kind.stops for name in kind.refs[stops.by].types})
        for each in (
            found
            for name in cited
            for found in records_of(name, self._subject, self._state, self._as_of)
        ):
            cited_at = self._state.cited_at(each.record_id, record.type, self._as_of)
            answers = record.at.index in cited_at
            if answers and any(self._told_of(each.record_id, code) for code in codes):
                return True
        return False

    def _told_of(self, record_id: RecordId, code: str) -> bool:
        """Whether an alert of a code rests on a record."""
        indexes = self._indexes(code)
        if not indexes:
            return False
        citing = self._state.cited_at(record_id, ALERT_RAISED, self._as_of)
        return any(index in indexes for index in citing)

    def _indexes(self, code: str) -> frozenset[int]:
        """Log indexes of the alerts of a code about what the section sees."""
        if code not in self._told:
            self._told[code] = frozenset(
                index
                for each in seen_from(self._subject)
                for index in self._state.alerted_at(each, code, self._as_of)
            )
        return self._told[code]
