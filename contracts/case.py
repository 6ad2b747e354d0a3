"""Case: one record before the judge, with everything that may be asked about it.

Rules and alert rules get exactly this and nothing else. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import dataclass

from contracts.schema import RecordType
from contracts.state import State, seen_from
from contracts.verdict import Facts, Times
from ledger.core.record import Record


@dataclass(frozen=True, slots=True)
class Case:
    """One record before the judge."""

    record: Record
    kind: RecordType
    facts: Facts
    state: State
    times: Times

    @property
    def limit_ms(self) -> int:
        """Deadlines before this moment have passed, grace included."""
        return self.times.time_ms - self.facts.world.parameters.deadline_grace_ms

    def last_kept(self, type_key: str, name: str) -> int | str | None:
        """What the last record of a type that the subject sees said in a kept field."""
        for subject in seen_from(self.record.subject):
            for record_id in list(self.state.records(subject, type_key, self.times))[-1:]:
                row = self.state.record(record_id)
                if row is not None:
                    return row.kept.get(name)
        return None
