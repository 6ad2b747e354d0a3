"""Disks that lose power: what was not synced is gone, or torn, and a cut may fall into any write.

A `Fuse` counts durable operations of one node. When it blows the operation has happened or not, the
dice decide, and `PowerCut` ends the step in which the node was.
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

    def arm(self, operations: int) -> None:
        self._left = operations

    def disarm(self) -> None:
        self._left = None

    def burns(self) -> bool:
        """Whether power is cut at this operation."""
        if self._left is None:
            return False
        self._left -= 1
        return self._left <= 0

    def before(self) -> bool:
        """Whether the cut falls before the operation took effect."""
        return self._dice.chance(500)


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
        blown = self._fuse.burns()
        if blown and self._fuse.before():
            raise PowerCut
        self.durable += self._pending
        self._pending = b""
        if blown:
            raise PowerCut

    def replace(self, data: bytes) -> None:
        blown = self._fuse.burns()
        if blown and self._fuse.before():
            raise PowerCut
        self.durable, self._pending = data, b""
        if blown:
            raise PowerCut

    def cut(self) -> None:
        """Power is gone: of what was not synced any first part may be there."""
        self.durable += self._pending[: self._dice.between(0, len(self._pending))]
        self._pending = b""


class SimulatedStore(MemoryStore):
    """A memory store that lives longer than its node; a batch is there whole or not at all."""

    __slots__ = ("_fuse",)

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def write(self, writes: Iterable[Write]) -> None:
        blown = self._fuse.burns()
        if blown and self._fuse.before():
            raise PowerCut
        super().write(writes)
        if blown:
            raise PowerCut
