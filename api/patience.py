"""Patience: how many submissions one node keeps waiting for their receipts at a time.

Waiting is a courtesy: whoever finds no place is answered at once, as if it had not asked to wait,
and nothing that it handed in is lost. So a flood of them costs a place each, and never a refusal.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ledger.core.identifiers import MemberId

WAITING_MAX: Final = 1_024
"""Of all members together: each is woken at every commit, in the loop that consensus runs in."""
MEMBER_WAITING_MAX: Final = 256
"""Of one member: as many bundles as its share of the pool holds."""
LOOK_MS: Final = 1_000
"""So long at most nobody looks whether the node stops."""


class Patience:
    """Counts who waits."""

    __slots__ = ("_count", "_member_max", "_members", "_most", "ended")

    def __init__(self, most: int = WAITING_MAX, member_max: int = MEMBER_WAITING_MAX) -> None:
        self._most, self._member_max = most, member_max
        self._members: Counter[MemberId] = Counter()
        self._count = 0
        self.ended = False
        """Whether the node stops: nobody waits any longer, and each is answered as it stands."""

    @property
    def count(self) -> int:
        """How many wait."""
        return self._count

    @contextmanager
    def place(self, member: MemberId) -> Iterator[bool]:
        """Whether there is a place to wait in, held until the end."""
        if self._count >= self._most or self._members[member] >= self._member_max:
            yield False
            return
        self._count += 1
        self._members[member] += 1
        try:
            yield True
        finally:
            self._count -= 1
            self._members[member] -= 1
            if not self._members[member]:
                del self._members[member]
