"""Flow: what a call of the client does, as steps that somebody else takes; nothing here waits.

A flow is a generator. It yields a step, is sent what came of it, and returns the answer of the
call. It opens no line, reads no clock of its own and never sleeps, so the same flow serves a client
that blocks and one in an event loop, and a test can take its steps by hand. The steps are taken by
`driving`; docs/adr/0035 says why.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")
Params: TypeAlias = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Begin:
    """Send a request. Comes back as a `Head`; what was open before is hung up."""

    method: str
    url: str
    params: Params
    content: bytes | None
    headers: Mapping[str, str]
    within_s: float
    """Until the head of the answer is there, however many bytes come before."""
    silence_s: float
    """Longest time between two parts, also later."""


@dataclass(frozen=True, slots=True)
class Part:
    """The next bytes of the answer that is open. Comes back as bytes, or None at its end."""

    within_s: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Leave the answer that is open."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


Step: TypeAlias = Begin | Part | HangUp | Pause


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One of several answers, for whoever iterates over the call."""

    value: T


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer begins with."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    method: str
    url: str
    """That was asked, with its query."""
    asked_with: Mapping[str, str]
    """The headers of the request."""


class Away(Exception):  # noqa: N818 - a state of the other side, thrown into flows only
    """Nothing came of a step: nobody there, too slow, or bytes that are no answer."""


Flow: TypeAlias = Generator[Step, Any, T]
"""A call with one answer."""
Items: TypeAlias = Generator[Step | Item[T], Any, None]
"""A call with many answers."""
