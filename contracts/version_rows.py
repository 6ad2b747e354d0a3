"""What the state keeps of versions: those adopted, and which of them each subject took.

An adopted version has a slow row (``status/catalogue/VERSION``), so that anyone can prove what was
in force. A subject has ``version/SUBJECT``: the hash that it took at its first record, and, once it
was announced, the log index from which another holds and that one's hash. Questions and writes
only. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts import layout, standing
from contracts.overlay import StateReader
from contracts.state import State
from contracts.verdict import Times
from contracts.versions import Adopted
from ledger.core.canonical import Value, decode_stored, encode
from ledger.core.identifiers import Digest
from ledger.core.status import PREFIX, Interval, interval_from

ADOPTED: Final = PREFIX + b"catalogue/"
_TAKEN: Final = b"version/"
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class _Row:
    """One adopted version, as it is stored."""

    rest: bytes
    """Its name, as the end of the key."""
    interval: Interval
    hash: Digest

    @property
    def began(self) -> int:
        """Log index at which its interval begins."""
        at = self.interval.from_index
        return layout.GENESIS_INDEX if at is None else at


def adopted(reader: StateReader) -> tuple[Adopted, ...]:
    """The versions of a committed state, in order; not those replaced before anyone took them."""
    rows = [_row(key.removeprefix(ADOPTED), data) for key, data in reader.scan(ADOPTED)]
    lasting = [row for row in rows if row.interval.until_index != row.began]
    return tuple(
        Adopted(row.rest.decode(), row.hash, row.began)
        for row in sorted(lasting, key=lambda each: each.began)
    )


def is_adopted(state: State, version: str) -> bool:
    """Whether a version of this name was adopted, in this block or before."""
    return state.overlay.get(ADOPTED + version.encode()) is not None


def adopted_count(state: State) -> int:
    """How many were adopted."""
    return sum(1 for _ in state.overlay.rows(ADOPTED))


def put_adopted(state: State, version: str, digest: Digest, times: Times) -> None:
    """Keep a version that was adopted at `times`; `settle` lets it begin with the next block."""
    _put(state, _Row(version.encode(), standing.since(times), digest))


def settle(state: State, first_index: int, leaf: Times) -> None:
    """Let what this block adopted begin behind its last leaf, and end what was the newest.

    All records of one block are judged by the same newest version. Of several adopted in one block
    only the last becomes the newest.

    Args:
        state: with every record of the block in it.
        first_index: log index of the block's first record.
        leaf: position of the block's header in the log, which is its last entry.
    """
    if not state.overlay.wrote(ADOPTED):
        return
    rows = [_row(rest, data) for rest, data in state.overlay.rows(ADOPTED)]
    fresh = sorted((row for row in rows if row.began >= first_index), key=lambda row: row.began)
    ending = [row for row in rows if row.began < first_index and row.interval.until_index is None]
    for row in ending:
        _put(state, _Row(row.rest, standing.ended(row.interval, leaf), row.hash))
    for row in fresh:
        begun = standing.since(leaf)
        interval = begun if row is fresh[-1] else standing.ended(begun, leaf)
        _put(state, _Row(row.rest, interval, row.hash))


def taken(state: State, subject: str, index: int) -> Digest | None:
    """The version that a subject had for a record at `index`; None where it has taken none."""
    found = state.overlay.get(_TAKEN + subject.encode())
    if found is None or len(found) == _HASH_BYTES:
        return None if found is None else Digest(found)
    moved = layout.index_of(found[_HASH_BYTES:-_HASH_BYTES])
    return Digest(found[-_HASH_BYTES:] if index >= moved else found[:_HASH_BYTES])


def moved(state: State, subject: str) -> bool:
    """Whether a subject was announced, and has moved to the version of that time."""
    found = state.overlay.get(_TAKEN + subject.encode())
    return found is not None and len(found) > _HASH_BYTES


def take(state: State, subject: str, digest: Digest, moves_at: int | None) -> None:
    """Let a subject take a version where it has none, and move where it has not.

    Args:
        state: before the record that takes it.
        subject: of that record.
        digest: of the catalogue that judged it.
        moves_at: log index of the record, where it moves its subject; else None.
    """
    found = state.overlay.get(_TAKEN + subject.encode())
    value = digest if found is None else found
    if moves_at is not None and len(value) == _HASH_BYTES:
        value += layout.place(moves_at) + digest
    if value != found:
        state.overlay.put(_TAKEN, subject.encode(), value)


def _row(rest: bytes, data: bytes) -> _Row:
    interval, digest = cast("tuple[Value, bytes]", decode_stored(data))
    return _Row(rest, interval_from(interval), Digest(digest))


def _put(state: State, row: _Row) -> None:
    state.overlay.put(ADOPTED, row.rest, encode((row.interval.value(), row.hash)))
