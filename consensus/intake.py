"""The bundles that this node acknowledged and that wait: durable before the acknowledgement leaves.

An acknowledgement is a promise, so the bundle survives the crash of every node at once: it is read
back at the start, judged again and relayed again. Spec: ``docs/spec/journal.md``.
"""

from collections.abc import Iterable
from typing import Final

from consensus.append_file import File, frame, scan
from consensus.mempool import Pooled
from ledger.codes import Code
from ledger.core.bundle import Bundle, decode_bundle
from ledger.core.limits import Parameters
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.shapes import octets
from ledger.errors import FormatError, StoreError

COMPACT_BYTES: Final = 64 << 20
"""Above this size, and twice what waits, the file starts anew with what waits."""
_TIME_BYTES: Final = 8


class Intake:
    """What this node took in, over a `File`."""

    __slots__ = ("_file", "_found", "_size", "cut_bytes")

    def __init__(self, file: File, limits: Parameters) -> None:
        """Read the file and make durable what was read: it will be acknowledged again.

        A torn tail was never acknowledged and is cut.

        Raises:
            StoreError: `journal.damaged`, or from the file.
        """
        self._file = file
        data = file.read()
        read = scan(data, file.name)
        try:
            self._found = tuple(_decode(body, limits) for body in read.bodies)
        except FormatError as problem:
            raise StoreError(Code.JOURNAL_DAMAGED, path=file.name, offset=0) from problem
        self.cut_bytes = len(data) - read.size
        """Bytes of a torn write that were cut at the start; 0 after a clean stop."""
        self._size = read.size
        if data:
            file.replace(data[: read.size])

    def take_found(self) -> tuple[tuple[int, Bundle], ...]:
        """(received at ms, bundle) of everything in the file, once, to be judged again."""
        found, self._found = self._found, ()
        return found

    def take(self, bundle: Bundle, received_at_ms: int) -> None:
        """Make a bundle durable; only then may it be acknowledged.

        Raises:
            StoreError: from the file.
        """
        record = frame(_encode(bundle, received_at_ms))
        self._file.append(record)
        self._file.sync()
        self._size += len(record)

    def compact(self, waiting: Iterable[Pooled], size_bytes: int) -> None:
        """Drop what no longer waits, where that is worth writing the file anew.

        Args:
            waiting: what this node took in and still has.
            size_bytes: of these bundles together.
        """
        if self._size <= max(COMPACT_BYTES, 2 * size_bytes):
            return
        data = b"".join(frame(_encode(each.bundle, each.received_at_ms)) for each in waiting)
        self._file.replace(data)
        self._size = len(data)


def _encode(bundle: Bundle, received_at_ms: int) -> bytes:
    time = received_at_ms.to_bytes(_TIME_BYTES)
    return array_header(2) + byte_string(time) + byte_string(bundle.encode())


def _decode(body: bytes, limits: Parameters) -> tuple[int, Bundle]:
    reader = Reader(body)
    if reader.array(2) != 2:
        raise FormatError(Code.FORMAT_SHAPE, what="intake")
    time = octets(reader.bytes_(_TIME_BYTES), "received_at_ms", _TIME_BYTES)
    bundle = decode_bundle(reader.bytes_(limits.bundle_bytes_max), limits)
    reader.end()
    return int.from_bytes(time), bundle
