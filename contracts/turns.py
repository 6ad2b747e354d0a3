"""Questions in turns: one that may have to read much gives way now and then.

What is found is as of a position, however late the last step is taken, so a node lets its consensus
go on in between. One thing moves under it: what an opening brings counts at its commitment's place.
"""

from collections.abc import Generator
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")
Turns: TypeAlias = Generator[None, None, T]
"""Steps, and then what was found."""

TURN_RECORDS: Final = 256
"""Read before others have their turn: some milliseconds."""


def at_once(turns: Turns[T]) -> T:
    """What is found, while all others wait: whoever judges a block asks so."""
    while True:
        try:
            next(turns)
        except StopIteration as done:
            found: T = done.value
            return found
