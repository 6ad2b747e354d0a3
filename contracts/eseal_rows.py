"""What the state keeps of electronic seals: the status of each as slow rows, and uses counted.

A seal has one row for each spell of a status, under the log index at which it began: a spell ends
and the next begins, so "valid at t" is proven by one row. Rows never move. Not to be confused with
`sealed_rows`, which is about bids under seal. Spec: ``docs/spec/status.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, cast

from contracts.standing import ended, since
from contracts.state import State
from contracts.verdict import Times
from ledger.core.canonical import Value, decode_stored, encode
from ledger.core.identifiers import Digest, MemberId, RecordId
from ledger.core.status import PREFIX, Interval, interval_from

VALID: Final = "valid"
APPLICATION: Final = "seal.applied"
_MADE: Final = b"seal-made/"
_USES: Final = b"seal-uses/"
_STAMPED: Final = b"seal-stamped/"


@dataclass(frozen=True, slots=True)
class SealRow:
    """One spell of a seal's status."""

    interval: Interval
    seal: str
    status: str
    """``valid``; a suspension or revocation begins a spell of its own."""
    owner: MemberId
    image: Digest
    certificate: Digest
    """SHA-256 of the seal's certificate."""
    published_by: RecordId
    """The record that began the spell."""

    def encode(self) -> bytes:
        """``[interval, seal id, status, owner, image, certificate, record id]``."""
        about = (self.seal, self.status, self.owner, self.image, self.certificate)
        return encode((self.interval.value(), *about, self.published_by))


def owner_of(state: State, seal: str, as_of: Times) -> MemberId | None:
    """Who applied for a seal; None where nobody has."""
    application = next(state.records(seal, APPLICATION, as_of), None)
    row = None if application is None else state.record(application)
    return None if row is None else row.issuer


def spells(state: State, seal: str) -> Iterator[SealRow]:
    """Every spell of a seal's status, the earliest first."""
    for _, data in state.overlay.rows(_group(seal)):
        yield _row(data)


def status_at(state: State, seal: str, index: int) -> str | None:
    """The status of a seal for the entry at a log index; None before it was published."""
    found = (row.status for row in spells(state, seal) if row.interval.in_force(index))
    return next(found, None)


def status_after(state: State, seal: str, time_ms: int) -> str | None:
    """The status of a seal after the newest block of at most `time_ms`; None before any."""
    return next((row.status for row in spells(state, seal) if row.interval.holds_at(time_ms)), None)


def begin(state: State, row: SealRow, times: Times) -> None:
    """End the spell that lasts, and begin `row` at `times`."""
    for lasting in spells(state, row.seal):
        if lasting.interval.until_index is None:
            _put(state, replace(lasting, interval=ended(lasting.interval, times)))
    _put(state, replace(row, interval=since(times)))


def made(state: State, seal: str) -> tuple[Digest, Digest] | None:
    """Image and certificate of a seal that was made; None where it was not."""
    data = state.overlay.get(_MADE + seal.encode())
    return None if data is None else cast("tuple[Digest, Digest]", decode_stored(data))


def put_made(state: State, seal: str, image: Digest, certificate: Digest) -> None:
    """Keep what was made."""
    state.overlay.put(_MADE, seal.encode(), encode((image, certificate)))


def uses(state: State, authorisation: RecordId) -> int:
    """How many documents were stamped on an authorisation."""
    data = state.overlay.get(_USES + authorisation)
    return 0 if data is None else cast(int, decode_stored(data))


def put_use(state: State, authorisation: RecordId, documents: int) -> None:
    """Count `documents` more."""
    state.overlay.put(_USES, authorisation, encode(uses(state, authorisation) + documents))


def stamped(state: State, use: RecordId) -> frozenset[bytes]:
    """SHA-256 of each document that a use stamped; empty for any other record."""
    data = state.overlay.get(_STAMPED + use)
    documents = () if data is None else cast("tuple[bytes, ...]", decode_stored(data))
    return frozenset(documents)


def put_stamped(state: State, use: RecordId, documents: tuple[Digest, ...]) -> None:
    """Keep what a use stamped."""
    state.overlay.put(_STAMPED, use, encode(documents))


def _put(state: State, row: SealRow) -> None:
    # Sixteen hex digits, so that spells stand in the order in which they began.
    index = row.interval.from_index or 0
    state.overlay.put(_group(row.seal), f"{index:016x}".encode(), row.encode())


def _row(data: bytes) -> SealRow:
    items = cast("tuple[Value, ...]", decode_stored(data))
    interval, seal, status, owner, image, certificate, record_id = items
    return SealRow(
        interval_from(interval),
        str(seal),
        str(status),
        MemberId(str(owner)),
        Digest(cast(bytes, image)),
        Digest(cast(bytes, certificate)),
        RecordId(cast(bytes, record_id)),
    )


def _group(seal: str) -> bytes:
    return PREFIX + f"seal/{seal}/".encode()
