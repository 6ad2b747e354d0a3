"""Disks that lose power: what was not synced is gone, or torn, and a cut may fall into any write.

A `Fuse` counts durable operations of one node. When it blows the operation has happened or not, the
dice decide, and `PowerCut` ends the step in which the node was. It also keeps the time that durable
operations take, where the disk is slow.
"""

from collections.abc import Iterable

from ledger.store.api import Write
from ledger.store.memory import MemoryStore
from tests.simulation.dice import Dice


class PowerCut(Exception):
    """The node's power is gone, in the middle of whatever it did."""


class Fuse:
    """Blows at the n-th durable operation after it was armed."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._left: int | None = None
        self.slow_ms = 0
        """What each durable operation takes."""
        self.spent_ms = 0
        """What they took in the present step."""

    def arm(self, operations: int) -> None:
        self._left = operations

    def disarm(self) -> None:
        self._left = None

    def operation(self) -> "Operation":
        """Begin one durable operation.

        Raises:
            PowerCut: power is gone before the operation took effect.
        """
        self.spent_ms += self.slow_ms
        if self._left is None:
            return Operation(blown=False)
        self._left -= 1
        blown = self._left <= 0
        if blown and self._dice.chance(500):
            raise PowerCut
        return Operation(blown=blown)


class Operation:
    """What happens inside of it has happened, whether power is cut behind it or not."""

    def __init__(self, *, blown: bool) -> None:
        self._blown = blown

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._blown:
            raise PowerCut


class SimulatedFile:
    """A `consensus.append_file.File` whose unsynced end does not survive a cut."""

    def __init__(self, name: str, fuse: Fuse, dice: Dice) -> None:
        self._name = name
        self._fuse = fuse
        self._dice = dice
        self._pending = b""
        self.durable = b""

    @property
    def name(self) -> str:
        return self._name

    def read(self) -> bytes:
        return self.durable + self._pending

    def append(self, data: bytes) -> None:
        self._pending += data

    def sync(self) -> None:
        with self._fuse.operation():
            self.durable += self._pending
            self._pending = b""

    def replace(self, data: bytes) -> None:
        with self._fuse.operation():
            self.durable, self._pending = data, b""

    def cut(self) -> None:
        """Power is gone: of what was not synced any first part is there, or room for all of it."""
        if self._dice.chance(250):
            self.durable += bytes(len(self._pending))
        else:
            self.durable += self._pending[: self._dice.between(0, len(self._pending))]
        self._pending = b""


class SimulatedStore(MemoryStore):
    """A memory store that lives longer than its node; a batch is there whole or not at all."""

    __slots__ = ("_fuse",)

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def write(self, writes: Iterable[Write]) -> None:
        with self._fuse.operation():
            super().write(writes)
