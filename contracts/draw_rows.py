"""What the state keeps of draws: what was asked, the seeds, and the headers that they wait for.

Questions and writes only. A header's hash is kept by the draft of the block after it, where a draw
waits for its height. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts import layout
from contracts.overlay import Overlay, StateReader
from contracts.state import State
from ledger.core.canonical import decode_stored, encode
from ledger.core.identifiers import Digest, HeaderHash, Height, MemberId, RecordId

_REQUEST: Final = b"draw/"
_DRAWN: Final = b"drawn/"
_AWAITED: Final = b"awaited/"
_HEADER: Final = b"header/"


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """What a T30 asks for."""

    pool_count: int
    draw_count: int
    height: Height
    """Of the block whose header hash goes into the draw."""
    reveal_until_ms: int
    seeders: tuple[MemberId, ...]


@dataclass(frozen=True, slots=True)
class SeedRow:
    """The seed of one seeder."""

    commitment: Digest
    seed: bytes
    """Empty until it is revealed."""


def request(state: State, record_id: RecordId) -> DrawRequest | None:
    """What the T30 `record_id` asks for; None for any other record."""
    found = state.overlay.get(_REQUEST + record_id)
    if found is None:
        return None
    pool, count, height, until_ms, seeders = cast(
        "tuple[int, int, int, int, tuple[str, ...]]", decode_stored(found)
    )
    names = tuple(MemberId(each) for each in seeders)
    return DrawRequest(pool, count, Height(height), until_ms, names)


def put_request(state: State, record_id: RecordId, asked: DrawRequest) -> None:
    """Keep what is asked, and wait for the block."""
    value = (
        asked.pool_count, asked.draw_count, asked.height, asked.reveal_until_ms, asked.seeders
    )  # fmt: skip
    state.overlay.put(_REQUEST, record_id, encode(value))
    state.overlay.put(_AWAITED, layout.number(asked.height), b"\x01")


def seed(state: State, record_id: RecordId, seeder: MemberId) -> SeedRow | None:
    """The seed of a seeder for a draw; None where none was committed."""
    found = state.overlay.get(_seeds(record_id) + seeder.encode())
    return None if found is None else SeedRow(Digest(found[:32]), found[32:])


def seeds(state: State, record_id: RecordId, asked: DrawRequest) -> dict[MemberId, bytes] | None:
    """Every seed of a draw by seeder; None where one is not revealed."""
    found: dict[MemberId, bytes] = {}
    for seeder in asked.seeders:
        held = seed(state, record_id, seeder)
        if held is None or not held.seed:
            return None
        found[seeder] = held.seed
    return found


def put_seed(state: State, record_id: RecordId, seeder: MemberId, held: SeedRow) -> None:
    """Keep the seed of a seeder."""
    state.overlay.put(_seeds(record_id), seeder.encode(), held.commitment + held.seed)


def drawn_by(state: State, record_id: RecordId) -> RecordId | None:
    """The T31 that answers a T30; None where none does."""
    found = state.overlay.get(_DRAWN + record_id)
    return None if found is None else RecordId(found)


def put_drawn(state: State, record_id: RecordId, by: RecordId) -> None:
    """Keep that a draw was made: it is made once."""
    state.overlay.put(_DRAWN, record_id, by)


def header_hash(state: State, height: Height) -> HeaderHash | None:
    """The header hash of a block that a draw waited for; None while it is not settled."""
    found = state.overlay.get(_HEADER + layout.number(height))
    return None if found is None else HeaderHash(Digest(found))


def keep_awaited(
    parent: StateReader, overlay: Overlay, height: Height, settled: HeaderHash
) -> None:
    """Keep the header hash of the parent block, where a draw waits for its height."""
    if parent.get(_AWAITED + layout.number(height)) is None:
        return
    overlay.put(_AWAITED, layout.number(height), None)
    overlay.put(_HEADER, layout.number(height), settled)
    overlay.keep()


def _seeds(record_id: RecordId) -> bytes:
    return b"seed/" + record_id
