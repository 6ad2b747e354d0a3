"""Which records came too late, as the alerts on the ledger say it; nothing is judged anew.

Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.node_count import NodeRecord, records_of
from contracts.state import State, seen_from
from contracts.tables import ALERT_RAISED, Catalogue
from contracts.verdict import Times
from ledger.core.identifiers import RecordId, Subject

OUTSIDE_WINDOW: Final = "AL02"
TIMER: Final = "timer"
"""The rule of the alerts that timers raise."""


class Lateness:
    """The alerts about a section, asked record by record."""

    __slots__ = ("_answers", "_as_of", "_catalogue", "_state", "_subject", "_told")

    def __init__(self, subject: Subject, catalogue: Catalogue, state: State, as_of: Times) -> None:
        self._subject = subject
        self._catalogue = catalogue
        self._state = state
        self._as_of = as_of
        self._told: dict[str, frozenset[int]] = {}
        self._answers: dict[str, frozenset[int]] = {}

    def of(self, record: NodeRecord) -> bool:
        """Whether a record was outside its time window, or answered after the timer had fired."""
        if self._told_of(record.record_id, OUTSIDE_WINDOW):
            return True
        return record.at.index in self._answered_late(record.type)

    def _answered_late(self, type_key: str) -> frozenset[int]:
        """Effective indexes of the records of a type that stop a timer after it had fired.

        Found once from the few records that an alert rests on, not from each answer.
        """
        if type_key not in self._answers:
            kind, alerts = self._catalogue.types[type_key], self._catalogue.alerts
            codes = [code for code in kind.alerts if alerts[code].rule == TIMER]
            cited = sorted({name for stops in kind.stops for name in kind.refs[stops.by].types})
            self._answers[type_key] = frozenset(
                index
                for name in cited
                if any(self._indexes(code) for code in codes)
                for each in records_of(name, self._subject, self._state, self._as_of)
                if any(self._told_of(each.record_id, code) for code in codes)
                for index in self._state.cited_at(each.record_id, type_key, self._as_of)
            )
        return self._answers[type_key]

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
