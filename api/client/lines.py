"""Lines out of the bytes of a long answer, which may end or be cut anywhere; opens no line itself.

Server-sent events are read as the WHATWG's standard says (HTML § 9.2.6), as far as nodes use them.
Spec: ``docs/spec/events.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.client.problems import ClientError
from ledger.codes import Code

LINE_BYTES_MAX: Final = 16 << 20
"""Of one line, and of all data of one event: more is nobody's record."""


class Lines:
    """Cuts what comes into lines."""

    def __init__(self, node: str) -> None:
        """`node` gives the answer, for the words of an error."""
        self._node = node
        self._rest = b""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left of a line that was begun."""
        return not self._rest

    def feed(self, part: bytes) -> Iterator[bytes]:
        """The lines that end in this part, without their ends.

        Raises:
            ClientError: `api.answer` for a line that never ends.
        """
        *lines, self._rest = (self._rest + part).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            raise ClientError(Code.API_ANSWER, node=self._node, what=f"> {LINE_BYTES_MAX} B")
        return (line.removesuffix(b"\r") for line in lines)


@dataclass(frozen=True, slots=True)
class Sent:
    """One event, or only a place to resume at where it has no kind."""

    kind: str
    data: str
    place: str
    """Its id; empty where it has none."""
    retry_ms: int | None
    """What the node asks to wait before the next connection, so far."""


class EventReader:
    """Puts the lines of an event stream together."""

    def __init__(self) -> None:
        self._place = ""
        self._retry_ms: int | None = None
        self._kind, self._data, self._size = "", list[str](), 0

    def line(self, line: bytes) -> Sent | None:
        """What an empty line ends; None for every other line.

        Raises:
            ValueError: it is not UTF-8, or the event is larger than anybody reads.
        """
        text = line.decode()
        if not text:
            sent = Sent(self._kind, "\n".join(self._data), self._place, self._retry_ms)
            self._kind, self._place, self._data, self._size = "", "", [], 0
            return sent
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._kind = value
            case "data":
                self._size += len(value)
                if self._size > LINE_BYTES_MAX:
                    raise ValueError("size")
                self._data.append(value)
            case "id" if value.isdecimal() and value.isascii() and len(value) <= 18:
                self._place = value
            case "retry" if value.isdecimal() and value.isascii() and len(value) <= 9:
                self._retry_ms = int(value)
        return None
