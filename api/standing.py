"""How a record stands now: in effect, amended, withdrawn, or replaced by another certificate."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.service import LedgerService
from contracts.address_certificate_rows import CERTIFIED, lacking
from contracts.certificate_rows import certified
from contracts.eseal_rows import lasting
from contracts.overlay import Overlay
from contracts.state import State
from contracts.tables import CERTIFICATE
from contracts.verdict import Times
from ledger.block_store import StoredRecord
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import Height, LogIndex, RecordId, Subject


class Stands(StrEnum):
    """How one record stands."""

    VALID = "valid"
    AWAITING = "awaiting"
    AMENDED = "amended"
    VOIDED = "voided"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    """A seal that was published, and is stopped for now."""
    FACT_ENDED = "fact_ended"
    """An address certificate of which the property fact or the owner's will no longer holds."""
    EXPIRED = "expired"


_ADDRESS: Final = {
    None: Stands.VALID,
    "certificate": Stands.REVOKED,
    "property": Stands.FACT_ENDED,
    "will": Stands.FACT_ENDED,
    "until_ms": Stands.EXPIRED,
}
"""By what an address certificate lacks."""
SEAL_PUBLISHED: Final = "seal.published"


@dataclass(frozen=True, slots=True)
class StoodAt:
    """How a record stood, and as of when."""

    stands: Stands
    height: Height
    time_ms: int
    """Of the newest block here."""


def standing_of(service: LedgerService, record_id: RecordId) -> StoodAt:
    """How a record that is on the ledger stands at this node's head."""
    head = service.chain.head
    state = State(Overlay(service.chain.state))
    as_of = Times(head.log_size, head.time_ms)
    return StoodAt(_stands(state, record_id, as_of), head.height, head.time_ms)


def number_of(service: LedgerService, stored: StoredRecord) -> str:
    """The number under which people know a record; of one that was sealed its commitment's."""
    index, _ = entered_at(service, stored)
    return certificate_number(service.chain.genesis.domain, index)


def entered_at(service: LedgerService, stored: StoredRecord) -> tuple[LogIndex, int]:
    """Where and when a record entered the log: one that was sealed at its commitment.

    The state knows it as well where a commitment stands below what this node keeps.
    """
    row, origin = None, stored.came_from
    if origin is not None and origin.commitment is None:
        row = State(Overlay(service.chain.state)).record(stored.record_id)
    if row is not None:
        return LogIndex(row.entered.index), row.entered.time_ms
    place = stored if origin is None or origin.commitment is None else origin.commitment
    return LogIndex(place.place.index), place.entry.block_time_ms


def _stands(state: State, record_id: RecordId, as_of: Times) -> Stands:
    row = state.record(record_id)
    if row is None or row.effective is None:
        return Stands.AWAITING
    if row.voided_index is not None:
        return Stands.VOIDED
    if state.newest(record_id) is not None:
        return Stands.AMENDED
    if row.type in CERTIFIED:
        return _ADDRESS[lacking(state, record_id, as_of, as_of.time_ms)]
    if row.type == SEAL_PUBLISHED:
        spell = lasting(state, row.subject)
        return Stands.VALID if spell is None else Stands(spell.status)
    if row.type != CERTIFICATE or record_id in state.open(row.subject, CERTIFICATE, as_of):
        return Stands.VALID
    last = certified(state, Subject(row.subject))
    return Stands.WITHDRAWN if last is None or last.record_id == record_id else Stands.SUPERSEDED
