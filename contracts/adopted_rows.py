"""What the state keeps of a project that began before the ledger: which types count as done.

Questions and writes only. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Sequence
from typing import Final

from contracts.state import State, seen_from
from contracts.verdict import RecordRow, Times
from ledger.core.identifiers import RecordId

_ADOPTED: Final = b"adopted/"


def put_adopted(state: State, subject: str, types: Sequence[str], record_id: RecordId) -> None:
    """Keep what counts as done in a section."""
    for name in types:
        state.overlay.put(_ADOPTED, f"{subject}\0{name}".encode(), record_id)


def adopted(
    state: State, subject: str, types: Sequence[str], as_of: Times
) -> tuple[RecordId, RecordRow] | None:
    """The record by which any of the types counts as done; None where none does."""
    for each in seen_from(subject):
        for name in types:
            found = state.overlay.get(_ADOPTED + f"{each}\0{name}".encode())
            row = None if found is None else state.record(RecordId(found))
            if found is not None and row is not None and row.in_force(as_of):
                return RecordId(found), row
    return None
