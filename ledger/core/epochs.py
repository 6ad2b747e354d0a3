"""Epochs: the committees that one network has had so far, and where in its log each ended.

A committee certifies the blocks, and cosigns the heads, up to the block that closed its epoch; the
next one those above. Whoever judges a head or a block asks here by whom. The rows of the slow state
hold the same, so a chain needs no record beside them. Spec: ``docs/spec/committee.md``.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.canonical import decode, encode
from ledger.core.committee import Committee, committee_from
from ledger.core.identifiers import Epoch, NodeId, PublicKey
from ledger.core.shapes import array
from ledger.core.status import (
    PREFIX,
    ROW_BYTES_MAX,
    Interval,
    StateWrite,
    StatusTree,
    interval_from,
    rows_under,
)
from ledger.errors import InvariantBroken

COMMITTEE_ROWS: Final = b"committee/"
"""What the keys of the committees' rows begin with, without the state prefix."""
_STATE_ROWS: Final = PREFIX + COMMITTEE_ROWS


@dataclass(frozen=True, slots=True)
class Epochs:
    """Committees of epochs that follow each other, the newest last."""

    committees: tuple[Committee, ...]
    """From the first that is known: mostly the genesis's."""
    ended_at: tuple[int, ...] = ()
    """Log size after the closing block, of each but the newest; ascending."""

    def __post_init__(self) -> None:
        numbers = [committee.epoch for committee in self.committees]
        follow = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        ascend = all(a < b for a, b in zip(self.ended_at, self.ended_at[1:], strict=False))
        if not follow or not ascend or len(self.ended_at) != len(numbers) - 1:
            raise InvariantBroken(f"epochs {numbers} that ended at {self.ended_at}")

    @property
    def newest(self) -> Committee:
        """The committee of the last epoch that is known."""
        return self.committees[-1]

    def at_size(self, size: int) -> Committee:
        """Who cosigns the head of that many leaves, and certifies the block whose last one it is.

        With links alone nobody knows what came later: above the last end it is the newest.
        """
        return self.committees[bisect_left(self.ended_at, size)]

    def get(self, epoch: int) -> Committee | None:
        """The committee of an epoch; None where it is not known."""
        place = epoch - self.committees[0].epoch
        return self.committees[place] if 0 <= place < len(self.committees) else None

    def keys_of(self, node_id: NodeId, epoch: int) -> tuple[PublicKey, ...]:
        """The node keys that a node has had up to an epoch, each once."""
        nodes = (each for committee in self.committees if committee.epoch <= epoch
                 for each in committee.nodes if each.node_id == node_id)  # fmt: skip
        return tuple(dict.fromkeys(each.node_key for each in nodes))

    def goes_on(self, known: "Epochs") -> bool:
        """Whether these are the same epochs as `known`, and perhaps later ones."""
        count, ends = len(known.committees), len(known.ended_at)
        return (self.committees[:count], self.ended_at[:ends]) == (known.committees, known.ended_at)

    def then(self, committee: Committee, ended_at: int) -> "Epochs":
        """These epochs and the next one.

        Args:
            committee: of the next epoch.
            ended_at: log size after the block that closed what was the newest.
        """
        return Epochs((*self.committees, committee), (*self.ended_at, ended_at))


@dataclass(frozen=True, slots=True)
class CommitteeRow:
    """The status row of one epoch."""

    interval: Interval
    """From the last leaf of the block that closed the epoch before, to that of its own."""
    committee: Committee

    def encode(self) -> bytes:
        """``[interval, [[node id, member id, node key, log key, TLS key digest] …]]``."""
        return encode((self.interval.value(), self.committee.value()))


def committee_row_key(epoch: Epoch) -> bytes:
    """Key of an epoch's row, without the state prefix."""
    return COMMITTEE_ROWS + f"{epoch:08d}".encode()


def committee_row(data: bytes, epoch: Epoch) -> CommitteeRow:
    """The row of `epoch` that `data` spells.

    Raises:
        FormatError: a `format.*` code, `committee.invalid`.
        VerificationError: `key.weak`.
    """
    interval, committee = array(decode(data, ROW_BYTES_MAX), "committee row", 2)
    return CommitteeRow(interval_from(interval), committee_from(committee, epoch))


def epochs_from(rows: Iterable[tuple[bytes, bytes]]) -> Epochs:
    """The epochs that the rows of committees say, given in ascending order.

    Args:
        rows: what follows `COMMITTEE_ROWS` in the key, and the value.
    """
    found = [committee_row(data, Epoch(int(rest))) for rest, data in rows]
    ends = [row.interval.from_index for row in found[1:]]
    # The interval of a row begins with the last leaf of the block that closed the epoch before.
    ended_at = tuple(index + 1 for index in ends if index is not None)
    return Epochs(tuple(row.committee for row in found), ended_at)


def epochs_of(status: StatusTree, founding: Committee) -> Epochs:
    """The epochs that the slow state of a chain says, which began with a genesis's committee."""
    rows = status.under(COMMITTEE_ROWS.rstrip(b"/"), status.size)
    if not rows:
        return Epochs((founding,))
    return epochs_from((key.removeprefix(COMMITTEE_ROWS), data) for _, key, data in rows)


def begins_epoch(writes: Sequence[StateWrite]) -> bool:
    """Whether the writes of one block, ascending by state key, touch a committee's row."""
    return bool(rows_under(writes, _STATE_ROWS))
