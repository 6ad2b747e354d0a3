"""DER: a strict reader of the few ASN.1 forms that time stamp tokens are made of.

One value has one spelling: definite lengths in the fewest bytes, integers in the fewest bytes, one
form of each boolean. What only BER allows is refused, so that nobody can spell a token anew. Spec:
ITU-T X.690 sections 8 and 10 (``docs/spec/time_stamps.md``).
"""

from collections.abc import Iterator
from typing import Final

from ledger.codes import Code
from ledger.errors import FormatError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
_LONG: Final = 0x80
_LENGTH_BYTES_MAX: Final = 3
_HIGH_TAG: Final = 0x1F
_INTEGER_BYTES_MAX: Final = 64
_OID_BYTES_MAX: Final = 64


def context(number: int, *, constructed: bool) -> int:
    """The tag byte of a context-specific tag.

    Args:
        number: 0 … 30.
        constructed: whether other values stand in it.
    """
    return (0xA0 if constructed else 0x80) | number


class Der:
    """A cursor over the values that stand one after another in `data`."""

    __slots__ = ("_at", "_data", "_what")

    def __init__(self, data: bytes, what: str) -> None:
        """Args:
        data: from anyone.
        what: this is, for the refusal.
        """
        self._data = data
        self._at = 0
        self._what = what

    @property
    def tag(self) -> int:
        """Of the next value; 0 at the end."""
        return self._data[self._at] if self._at < len(self._data) else 0

    def whole(self, tag: int) -> bytes:
        """Take a value with its tag and length.

        Raises:
            FormatError: `time_stamp.format`.
        """
        start = self._at
        self.body(tag)
        return self._data[start : self._at]

    def body(self, tag: int) -> bytes:
        """Take a value of this tag and return what stands in it; raises as `whole`."""
        if self.tag != tag or tag & _HIGH_TAG == _HIGH_TAG:
            raise self.wrong()
        self._at += 1
        size = self._length()
        end = self._at + size
        if end > len(self._data):
            raise self.wrong()
        body, self._at = self._data[self._at : end], end
        return body

    def inside(self, tag: int = SEQUENCE) -> "Der":
        """Take a constructed value: a cursor over what stands in it; raises as `whole`."""
        return Der(self.body(tag), self._what)

    def each(self, tag: int, count_max: int) -> Iterator[bytes]:
        """Take every value up to the end, all of this tag, each with tag and length.

        Raises:
            FormatError: `time_stamp.format` for another tag, or more than `count_max`.
        """
        count = 0
        while self._at < len(self._data):
            count += 1
            if count > count_max:
                raise self.wrong()
            yield self.whole(tag)

    def integer(self) -> int:
        """Take an INTEGER of at most 64 bytes; raises as `whole`."""
        return self._integer(self.body(INTEGER))

    def implicit_integer(self, number: int) -> int:
        """Take an INTEGER under an implicit context tag; raises as `whole`."""
        return self._integer(self.body(context(number, constructed=False)))

    def boolean(self) -> bool:
        """Take a BOOLEAN; raises as `whole`."""
        body = self.body(BOOLEAN)
        if body not in {b"\x00", b"\xff"}:
            raise self.wrong()
        return body == b"\xff"

    def oid(self) -> str:
        """Take an OBJECT IDENTIFIER in dotted form; raises as `whole`."""
        body = self.body(OID)
        if not 0 < len(body) <= _OID_BYTES_MAX or body[-1] & _LONG:
            raise self.wrong()
        arcs, value, fresh = list[int](), 0, True
        for byte in body:
            if fresh and byte == _LONG:
                # A leading zero: another spelling of the same arc.
                raise self.wrong()
            value, fresh = (value << 7) | (byte & 0x7F), not byte & _LONG
            if fresh:
                arcs.append(value)
                value = 0
        top = min(arcs[0] // 40, 2)
        return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))

    def end(self) -> None:
        """Require that nothing follows; raises as `whole`."""
        if self._at != len(self._data):
            raise self.wrong()

    def wrong(self) -> FormatError:
        """Not DER, or not what is expected here."""
        return FormatError(Code.TIME_STAMP_FORMAT, what=self._what, at=self._at)

    def _length(self) -> int:
        first = self._byte()
        if first < _LONG:
            return first
        count = first & 0x7F
        # No count at all is the indefinite length of BER.
        if not 0 < count <= _LENGTH_BYTES_MAX:
            raise self.wrong()
        spelled = bytes(self._byte() for _ in range(count))
        size = int.from_bytes(spelled)
        if spelled[0] == 0 or size < _LONG:
            raise self.wrong()
        return size

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise self.wrong()
        self._at += 1
        return self._data[self._at - 1]

    def _integer(self, body: bytes) -> int:
        if not 0 < len(body) <= _INTEGER_BYTES_MAX:
            raise self.wrong()
        if len(body) > 1 and body[0] == (0xFF if body[1] & _LONG else 0x00):
            raise self.wrong()
        return int.from_bytes(body, signed=True)
