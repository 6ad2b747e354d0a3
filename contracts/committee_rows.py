"""What the state keeps of committees: those of all epochs, those approved, and recent headers.

    status/committee/EPOCH       interval and nodes of an epoch, its number in eight digits
    status/approved/ID           what a quorum approved for the next epoch, by the proposal's id
    changing                     there while one is approved: recent headers are kept then
    destroyed/EPOCH              id of the record that says that the keys which left are destroyed
    recent/PLACE                 height and header hash of a block, height mod 1,000 the place

Questions and writes only. Spec: ``docs/spec/committee.md``.
"""

from dataclasses import dataclass
from typing import Final, cast

from contracts import layout, standing
from contracts.overlay import Overlay, StateReader
from contracts.state import State
from contracts.verdict import Times
from ledger.core.canonical import Value, decode_stored, encode
from ledger.core.committee import Committee, committee_from
from ledger.core.committee_change import READY_WITHIN
from ledger.core.epochs import (
    COMMITTEE_ROWS,
    CommitteeRow,
    Epochs,
    committee_row,
    committee_row_key,
    epochs_from,
)
from ledger.core.identifiers import Digest, Epoch, HeaderHash, Height, RecordId
from ledger.core.status import PREFIX, Interval, interval_from

_APPROVED: Final = PREFIX + b"approved/"
_CHANGING: Final = b"changing"
_RECENT: Final = b"recent/"
_DESTROYED: Final = b"destroyed/"


@dataclass(frozen=True, slots=True)
class Approved:
    """A committee that a quorum of the present one approved."""

    record_id: RecordId
    """Of the proposal."""
    interval: Interval
    """Ends where the epoch that it was for begins, with this committee or with another."""
    committee: Committee
    address: str
    """Where the node that enters listens; empty where none does, or it did not say."""
    certificate: bytes
    """What its TLS key travels in, DER; empty likewise."""

    def encode(self) -> bytes:
        """``[interval, epoch, nodes, address, certificate]``."""
        committee = self.committee
        return encode(
            (
                self.interval.value(),
                committee.epoch,
                committee.value(),
                self.address,
                self.certificate,
            )
        )


def epochs(state: State) -> Epochs:
    """Every epoch so far; within the block that ends one, also the one that it begins."""
    return epochs_from(state.overlay.rows(PREFIX + COMMITTEE_ROWS))


def begun(state: State, epoch: Epoch) -> bool:
    """Whether a change to `epoch` has entered."""
    return state.overlay.get(PREFIX + committee_row_key(epoch)) is not None


def put_epoch(state: State, row: CommitteeRow) -> None:
    """Keep the committee of an epoch."""
    rest = committee_row_key(row.committee.epoch).removeprefix(COMMITTEE_ROWS)
    state.overlay.put(PREFIX + COMMITTEE_ROWS, rest, row.encode())


def approved(state: State, record_id: RecordId) -> Approved | None:
    """What was approved by that proposal, in force or not."""
    data = state.overlay.get(_APPROVED + record_id)
    return None if data is None else _approved(record_id, data)


def approved_for(reader: StateReader, epoch: int) -> tuple[Approved, ...]:
    """All that is approved for `epoch` in a committed state, by id."""
    if reader.get(_CHANGING) is None:
        return ()
    return tuple(each for each in approved_in(reader) if each.committee.epoch == epoch)


def approved_in(reader: StateReader) -> tuple[Approved, ...]:
    """Every committee that a quorum ever approved, in a committed state."""
    rows = reader.scan(_APPROVED)
    return tuple(_approved(key.removeprefix(_APPROVED), data) for key, data in rows)


def put_approved(state: State, row: Approved) -> None:
    """Keep what was approved; from the next block on, headers are kept for ready statements."""
    state.overlay.put(_APPROVED, row.record_id, row.encode())
    state.overlay.put(_CHANGING, b"", b"\x01")


def keep_recent(parent: StateReader, overlay: Overlay, height: Height, settled: HeaderHash) -> None:
    """Keep the header hash of the parent block, while a change is approved and not made."""
    if parent.get(_CHANGING) is None:
        return
    rest = layout.number(height % READY_WITHIN)
    overlay.put(_RECENT, rest, layout.number(height) + settled)
    overlay.keep()


def recent(state: State, height: int) -> HeaderHash | None:
    """The header hash of one of the last blocks, where it was kept."""
    data = state.overlay.get(_RECENT + layout.number(height % READY_WITHIN))
    named = layout.number(height)
    return HeaderHash(Digest(data[len(named) :])) if data and data.startswith(named) else None


def destroyed(state: State, epoch: int) -> RecordId | None:
    """Which record says that the keys that left with an epoch's beginning are destroyed."""
    data = state.overlay.get(_DESTROYED + layout.number(epoch))
    return None if data is None else RecordId(data)


def put_destroyed(state: State, epoch: int, record_id: RecordId) -> None:
    """Keep that the keys that left with an epoch's beginning are destroyed; one node's."""
    state.overlay.put(_DESTROYED, layout.number(epoch), record_id)


def settle(state: State, epoch: Epoch, leaf: Times) -> None:
    """Let the epoch that this block begins begin behind its last leaf, and end the present one.

    Args:
        state: with every record of the block in it.
        epoch: that certifies the block.
        leaf: position of the block's header in the log, which is its last entry.
    """
    following = Epoch(epoch + 1)
    if not begun(state, following):
        return
    for number in (epoch, following):
        data = state.overlay.get(PREFIX + committee_row_key(number)) or b""
        row = committee_row(data, number)
        begins = number == following
        interval = standing.since(leaf) if begins else standing.ended(row.interval, leaf)
        put_epoch(state, CommitteeRow(interval, row.committee))
    for rest, data in tuple(state.overlay.rows(_APPROVED)):
        row_ = _approved(rest, data)
        if row_.interval.until_index is None:
            _end(state, row_, leaf)
    state.overlay.put(_CHANGING, b"", None)


def _end(state: State, row: Approved, leaf: Times) -> None:
    interval = standing.ended(row.interval, leaf)
    ended = Approved(row.record_id, interval, row.committee, row.address, row.certificate)
    state.overlay.put(_APPROVED, row.record_id, ended.encode())


def _approved(record_id: bytes, data: bytes) -> Approved:
    interval, epoch, nodes, address, certificate = cast(
        "tuple[Value, int, Value, str, bytes]", decode_stored(data)
    )
    return Approved(
        RecordId(record_id),
        interval_from(interval),
        committee_from(nodes, Epoch(epoch)),
        address,
        certificate,
    )
