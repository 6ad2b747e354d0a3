"""What waits to be sent to one peer: bounded, votes before bundles, the oldest dropped first.

A full queue never makes anybody wait. Consensus says its last words again and the pool relays
again, so an old frame is the one that is missed least.
"""

from collections import deque
from typing import Final

from consensus.depths import QueueDepth
from consensus.wire import Kind

FRAMES_MAX: Final = 4096
"""Per queue and class: about four seconds of votes of a busy committee."""
BYTES_MAX: Final = 64 << 20
"""Per queue and class: a few full blocks."""
_CAN_WAIT: Final = frozenset({Kind.BUNDLE, Kind.SNAPSHOT})


class SendQueue:
    """Two classes: what replicas say, and the bundles and snapshots that can wait for it."""

    __slots__ = ("_bulk", "_urgent", "dropped_count")

    def __init__(self, frames_max: int = FRAMES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._urgent = _Bounded(frames_max, bytes_max)
        self._bulk = _Bounded(frames_max, bytes_max)
        self.dropped_count = 0

    def __len__(self) -> int:
        return len(self._urgent.frames) + len(self._bulk.frames)

    @property
    def depth(self) -> QueueDepth:
        """How much waits."""
        size = self._urgent.size_bytes + self._bulk.size_bytes
        return QueueDepth(len(self), size, self.dropped_count)

    def put(self, frame: bytes) -> None:
        """Queue a frame; drop the oldest of its class where there is no room."""
        lane = self._bulk if frame[0] in _CAN_WAIT else self._urgent
        self.dropped_count += lane.put(frame)

    def take(self) -> bytes | None:
        """The next frame to send, or None."""
        return self._urgent.take() or self._bulk.take()

    def clear(self) -> None:
        """Forget everything: the peer is gone, and what still matters is said again."""
        self._urgent.clear()
        self._bulk.clear()


class _Bounded:
    """A queue of frames with a cap on their number and bytes."""

    __slots__ = ("_bytes_max", "_frames_max", "frames", "size_bytes")

    def __init__(self, frames_max: int, bytes_max: int) -> None:
        self.frames: deque[bytes] = deque()
        self.size_bytes = 0
        self._frames_max = frames_max
        self._bytes_max = bytes_max

    def put(self, frame: bytes) -> int:
        """Queue a frame; returns how many old ones made room for it."""
        dropped = 0
        self.frames.append(frame)
        self.size_bytes += len(frame)
        while len(self.frames) > 1 and (
            len(self.frames) > self._frames_max or self.size_bytes > self._bytes_max
        ):
            self.take()
            dropped += 1
        return dropped

    def take(self) -> bytes | None:
        if not self.frames:
            return None
        frame = self.frames.popleft()
        self.size_bytes -= len(frame)
        return frame

    def clear(self) -> None:
        self.frames.clear()
        self.size_bytes = 0
