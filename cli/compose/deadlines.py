"""A connection is for asking: whoever does not finish a request, or read its answer, is cut off.

The server underneath waits for ever for what never comes, so that silent connections alone could
take the place of all others, or every descriptor of a process that a store needs too. What the
application itself takes is not counted.
"""

import asyncio
import socket
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class Deadlines(H11Protocol):
    """One connection, looked at again and again while it is open; the time is a subclass's."""

    patience_s = 60.0
    """For one whole request, and for one part of an answer to be read."""
    by_descriptor: ClassVar[dict[int, "Deadlines"]]
    """Those that are open, by descriptor; of one server."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._look_task: asyncio.TimerHandle | None = None
        self._was_read = True
        self._unread_bytes = 0
        self._descriptor = -1

    @classmethod
    def answers(cls, held: socket.socket) -> bool:
        """Whether a whole request that came on this connection is not answered to the end.

        What is written and not read yet is part of the answer.
        """
        known = cls.by_descriptor.get(held.fileno())
        if known is None:
            return False
        return _is_answering(known.cycle) or known.transport.get_write_buffer_size() > 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connects, and has its time from now on."""
        super().connection_made(transport)
        self._descriptor = transport.get_extra_info("socket").fileno()
        self.by_descriptor[self._descriptor] = self
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self._look_task is not None:
            self._look_task.cancel()
        if self.by_descriptor.get(self._descriptor) is self:
            del self.by_descriptor[self._descriptor]
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Its answer is written: the next request has its own time."""
        self._look_later()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """What comes is no request; whoever answers its good beginning learns that it is over."""
        under_way = _is_under_way(self.cycle)
        if under_way and self.cycle.response_started:
            self.transport.close()
        else:
            super().send_400_response(msg)
        if under_way:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def resume_writing(self) -> None:
        """It read enough of its answer for more to be written."""
        self._was_read = True
        super().resume_writing()

    def _look_later(self) -> None:
        if self._look_task is not None:
            self._look_task.cancel()
        self._look_task = self.loop.call_later(self.patience_s, self._look)

    def _look(self) -> None:
        unread_bytes = self.transport.get_write_buffer_size()
        stuck = unread_bytes and unread_bytes == self._unread_bytes and not self._was_read
        if stuck or not (unread_bytes or _is_answering(self.cycle)):
            # Not closed: that would wait until what nobody reads is written.
            self.transport.abort()
            return
        self._unread_bytes, self._was_read = unread_bytes, False
        self._look_later()


def _is_under_way(cycle: RequestResponseCycle | None) -> bool:
    """Whether the application has a request that it has not answered to the end."""
    return cycle is not None and not cycle.response_complete


def _is_answering(cycle: RequestResponseCycle | None) -> bool:
    """Whether a whole request is there, and the application has it."""
    return _is_under_way(cycle) and cycle is not None and not cycle.more_body


def deadlines_of(patience_s: float) -> type[Deadlines]:
    """The protocol whose connections have so much patience."""
    return type("Deadlines", (Deadlines,), {"patience_s": patience_s, "by_descriptor": {}})
