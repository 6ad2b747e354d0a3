"""What the state keeps of electronic seals: the status of each as slow rows, and what was made.

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
SUSPENDED: Final = "suspended"
REVOKED: Final = "revoked"
_MADE: Final = b"seal-made/"


@dataclass(frozen=True, slots=True)
class SealRow:
    """One spell of a seal's status."""

    interval: Interval
    seal: str
    status: str
    """``valid``, ``suspended`` or ``revoked``, each a spell of its own."""
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


@dataclass(frozen=True, slots=True)
class MadeSeal:
    """A seal that was made, whether or not its status was published."""

    owner: MemberId
    """Whose application it was made for."""
    seal_type: str
    image: Digest
    certificate: Digest


def owner_of(state: State, seal: str) -> MemberId | None:
    """Who applied for a seal that was made; None where none was."""
    found = made(state, seal)
    return None if found is None else found.owner


def spells(state: State, seal: str) -> Iterator[SealRow]:
    """Every spell of a seal's status, the earliest first."""
    for _, data in state.overlay.rows(_group(seal)):
        yield _row(data)


def lasting(state: State, seal: str) -> SealRow | None:
    """The spell that has not ended; None before the seal was published."""
    found = [row for row in spells(state, seal) if row.interval.until_index is None]
    return found[0] if found else None


def status_at(state: State, seal: str, index: int) -> str | None:
    """The status of a seal for the entry at a log index; None before it was published."""
    found = (row.status for row in spells(state, seal) if row.interval.in_force(index))
    return next(found, None)


def status_after(state: State, seal: str, time_ms: int) -> str | None:
    """The status of a seal after the newest block of at most `time_ms`; None before any."""
    return next((row.status for row in spells(state, seal) if row.interval.holds_at(time_ms)), None)


def begin(state: State, row: SealRow, times: Times) -> None:
    """End the spell that lasts, and begin `row` at `times`."""
    before = lasting(state, row.seal)
    if before is not None:
        _put(state, replace(before, interval=ended(before.interval, times)))
    _put(state, replace(row, interval=since(times)))


def made(state: State, seal: str) -> MadeSeal | None:
    """What was made under a seal's id; None where nothing was."""
    data = state.overlay.get(_MADE + seal.encode())
    if data is None:
        return None
    owner, seal_type, image, certificate = cast(
        "tuple[str, str, bytes, bytes]", decode_stored(data)
    )
    return MadeSeal(MemberId(owner), seal_type, Digest(image), Digest(certificate))


def put_made(state: State, seal: str, what: MadeSeal) -> None:
    """Keep what was made."""
    value = (what.owner, what.seal_type, what.image, what.certificate)
    state.overlay.put(_MADE, seal.encode(), encode(value))


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
