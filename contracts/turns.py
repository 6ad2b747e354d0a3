"""Questions in turns: one that may have to read much gives way now and then.

What is found is as of a position, however late the last step is taken; so a node lets its consensus
go on in between.
"""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Turns: TypeAlias = Generator[None, None, T]
"""Steps, and then what was found."""
