"""What the state keeps of applications for seals: whose file each step rests on, and what is in it.

So a made seal leads back, step by step, to the material it was applied for with. Spec:
``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts.case import Case
from contracts.state import State
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import Digest, RecordId

APPLIED: Final = "seal.applied"
CHECKED: Final = "seal.checked"
APPROVED: Final = "seal.approved"
FILED: Final = "seal.filed"
_MATERIAL: Final = b"seal-material/"
_BASIS: Final = b"seal-basis/"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a check, an approval or a file rests on."""

    application: RecordId
    whole: bool
    """Of a file: it holds all that was applied for with."""


def material(state: State, application: RecordId) -> frozenset[bytes]:
    """SHA-256 of each document of an application; empty for any other record."""
    data = state.overlay.get(_MATERIAL + application)
    return frozenset(() if data is None else cast("tuple[bytes, ...]", decode_stored(data)))


def put_material(state: State, application: RecordId, documents: tuple[Digest, ...]) -> None:
    """Keep what an application was made with."""
    state.overlay.put(_MATERIAL, application, encode(documents))


def basis(state: State, record_id: RecordId) -> Basis | None:
    """What a step rests on; None for a record that is no step."""
    data = state.overlay.get(_BASIS + record_id)
    if data is None:
        return None
    application, whole = cast("tuple[bytes, bool]", decode_stored(data))
    return Basis(RecordId(application), whole)


def put_basis(state: State, record_id: RecordId, found: Basis) -> None:
    """Keep what a step rests on."""
    state.overlay.put(_BASIS, record_id, encode((found.application, found.whole)))


def cited_application(case: Case) -> RecordId | None:
    """The application that the steps cited by the record rest on; None where they differ."""
    found: set[RecordId] = set()
    for ref in case.record.refs:
        if ref.relation != "follows" or ref.network_id is not None:
            continue
        row = case.state.record(ref.record_id)
        if row is not None and row.type == APPLIED:
            found.add(ref.record_id)
        elif (step := basis(case.state, ref.record_id)) is not None:
            found.add(step.application)
    return found.pop() if len(found) == 1 else None


def missing(case: Case, application: RecordId) -> bool:
    """Whether a document of the application is not among the record's own."""
    here = {item.sha256 for item in case.record.evidence}
    return not material(case.state, application) <= here
