"""What the state keeps of procedures: certificates, who has a profile, which stages have begun.

Questions and writes only. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contracts import layout
from contracts.overlay import StateReader
from contracts.state import State, seen_from
from ledger.core.identifiers import Digest, RecordId, Subject

_CERTIFIED: Final = b"certified/"
_PROFILED: Final = b"profiled/"


@dataclass(frozen=True, slots=True)
class Certified:
    """The last certificate of a section."""

    record_id: RecordId
    nodes: Digest
    """Over the records that it lists (`ledger.core.witness`)."""
    index: int
    """Its place in the log."""


def certified(state: State, subject: str) -> Certified | None:
    """The last certificate of exactly `subject`, in force or not; None where there was none."""
    found = state.overlay.get(_CERTIFIED + subject.encode())
    if found is None:
        return None
    record_id, rest = found[: layout.ID_BYTES], found[layout.ID_BYTES :]
    return Certified(RecordId(record_id), Digest(rest[: layout.ID_BYTES]), layout.index_of(rest))


def put_certified(state: State, subject: str, held: Certified) -> None:
    """Keep a certificate."""
    value = held.record_id + held.nodes + layout.place(held.index)
    state.overlay.put(_CERTIFIED, subject.encode(), value)


def profiled(state: State, project: str) -> Iterator[Subject]:
    """The subjects of a project that follow a profile: its sections, or itself."""
    for rest, _ in state.overlay.rows(_profiled_group(project)):
        yield Subject(rest.decode())


def profiled_after(reader: StateReader, after: Subject | None) -> Iterator[Subject]:
    """Every subject that follows a profile, by project and name; those after `after`, if named."""
    start = b"" if after is None else _profiled_group(after.partition("/")[0]) + after.encode()
    for key, _ in reader.scan(_PROFILED, start):
        subject = Subject(key.removeprefix(_PROFILED).partition(b"\0")[2].decode())
        if subject != after:
            yield subject


def put_profiled(state: State, subject: Subject) -> None:
    """Keep that a subject follows a profile, so that what befalls its project is asked of it."""
    group, rest = _profiled_group(subject.partition("/")[0]), subject.encode()
    if state.overlay.get(group + rest) is None:
        state.overlay.put(group, rest, b"\x01")


def begun(state: State, subject: str, type_key: str) -> bool:
    """Whether a record of a type that begins a stage ever entered about what `subject` sees."""
    keys = (_begun_group(each) + type_key.encode() for each in seen_from(subject))
    return any(state.overlay.get(key) is not None for key in keys)


def put_begun(state: State, subject: str, type_key: str) -> None:
    """Keep that one entered, whatever becomes of it: what lacks is told once."""
    state.overlay.put(_begun_group(subject), type_key.encode(), b"\x01")


def _begun_group(subject: str) -> bytes:
    return f"begun/{subject}\0".encode()


def _profiled_group(project: str) -> bytes:
    return _PROFILED + f"{project}\0".encode()
