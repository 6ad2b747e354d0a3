"""SignedMark: how far this node has signed, kept apart from everything that a backup may restore.

A store or journal that is older than the mark is yesterday's copy: what was signed since is gone
from it, and a node that votes on contradicts itself. So nothing signed leaves before the mark is
durable, and at a start store and journal are compared with it. The file is never restored, copied
or shared. Spec: ``docs/spec/journal.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from consensus.append_file import File, frame, scan
from consensus.core.ready import JournalEntry
from ledger.codes import Code
from ledger.core.canonical import decode, encode
from ledger.core.identifiers import Digest, Height, NetworkId, NodeId
from ledger.core.shapes import array, digest, integer
from ledger.errors import FormatError, InvariantBroken, StoreError

VERSION: Final = 1
ROTATE_BYTES: Final = 64 << 10
_BODY_BYTES_MAX: Final = 256
_NO_ROOT: Final = Digest(bytes(32))


@dataclass(frozen=True, slots=True)
class Mark:
    """The most that this node has signed."""

    height: Height
    """Of the newest promise in the journal."""
    promises: int
    """How many the journal held at that height."""
    head: Height
    """Of the newest cosigned block; 0 before the first."""
    size: int
    """Leaves of the log there."""
    root: Digest
    time_s: int
    """Of the newest cosignature: time never goes back."""

    @property
    def until(self) -> Height:
        """The highest height at which this node may have signed: it votes after the head."""
        return max(self.height, Height(self.head + 1))


NOTHING: Final = Mark(Height(0), 0, Height(0), 0, _NO_ROOT, 0)


class SignedMark:
    """The mark of one node of one network, over a `File` of its own."""

    __slots__ = ("_file", "_head", "_size", "mark", "missing")

    def __init__(self, file: File, network_id: NetworkId, node_id: NodeId) -> None:
        """Read the file; where it is new or empty, begin it.

        Raises:
            StoreError: `journal.damaged`, `journal.other_node`, or from the file.
        """
        self._file = file
        self._head = encode(("signed", VERSION, network_id, node_id))
        found = scan(file.read(), file.name)
        self.missing = not found.bodies
        """Nobody can say what was signed before; true also of a node that is new."""
        try:
            self.mark = self._load(found.bodies)
        except FormatError as problem:
            raise StoreError(Code.JOURNAL_DAMAGED, path=file.name, offset=0) from problem
        self._size = 0
        self._rewrite()

    def promised(self, entries: Sequence[JournalEntry], held: int) -> None:
        """Entries are in the journal and what they allow is not sent yet.

        Args:
            entries: of one Ready, of one height.
            held: promises of that height that the journal holds now.

        Raises:
            InvariantBroken: below a height at which promises were made: they are lost, and a mark
                that went back would no longer say so.
            StoreError: from the file. Nothing of the Ready may be done then.
        """
        height = entries[-1].height
        if height < self.mark.height:
            raise InvariantBroken(f"promises at height {height} after {self.mark.height}")
        self._keep(replace(self.mark, height=height, promises=held))

    def cosigned(self, head: Height, size: int, root: Digest, time_s: int) -> None:
        """A head is about to be cosigned.

        Raises:
            StoreError: from the file. The cosignature must not leave.
        """
        self._keep(replace(self.mark, head=head, size=size, root=root, time_s=time_s))

    def abstain_until(self, head: Height, journal: Sequence[JournalEntry]) -> Height:
        """The height up to which promises are missing from store or journal; 0 where none is.

        Args:
            head: of the store.
            journal: the entries above it.
        """
        mark = self.mark
        if mark.head > head:
            return mark.until
        if mark.height <= head:
            return Height(0)
        held = sum(entry.height == mark.height for entry in journal)
        return Height(0) if held >= mark.promises else mark.height

    def _keep(self, mark: Mark) -> None:
        record = frame(_encode(mark))
        if self._size + len(record) > ROTATE_BYTES:
            self.mark = mark
            self._rewrite()
            return
        self._file.append(record)
        self._file.sync()
        self._size += len(record)
        self.mark = mark

    def _rewrite(self) -> None:
        data = frame(self._head) + frame(_encode(self.mark))
        self._file.replace(data)
        self._size = len(data)

    def _load(self, bodies: Sequence[bytes]) -> Mark:
        if not bodies:
            return NOTHING
        if bodies[0] != self._head:
            raise StoreError(Code.JOURNAL_OTHER_NODE, path=self._file.name)
        if len(bodies) < 2:
            raise FormatError(Code.FORMAT_TRUNCATED)
        return _decode(bodies[-1])


def _encode(mark: Mark) -> bytes:
    at = (mark.height, mark.promises, mark.head)
    return encode(("mark", *at, mark.size, mark.root, mark.time_s))


def _decode(body: bytes) -> Mark:
    items = array(decode(body, _BODY_BYTES_MAX), "mark", 7)
    if items[0] != "mark":
        raise FormatError(Code.FORMAT_SHAPE, what="mark")
    return Mark(
        Height(integer(items[1], "height")),
        integer(items[2], "promises"),
        Height(integer(items[3], "head")),
        integer(items[4], "size"),
        digest(items[5], "root"),
        integer(items[6], "time_s"),
    )
