"""The promises journal: what this node has signed at heights that are not decided yet.

Nothing of a Ready leaves the node before its entries are durable here. One Ready is one record, so
a crash keeps all of it or none. The journal stays small: it starts anew once its heights are
decided. Spec: ``docs/spec/journal.md``; PBFT (OSDI '99) §4.6 keeps the same state in stable memory.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from consensus.append_file import File, frame, scan
from consensus.core.ready import EntryKind, JournalEntry
from ledger.codes import Code
from ledger.core.canonical import Value, decode, encode
from ledger.core.identifiers import Height, NetworkId, NodeId
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.shapes import array, integer, text
from ledger.errors import FormatError, StoreError

VERSION: Final = 1
ROTATE_BYTES: Final = 32 << 20
"""Above this size the journal starts anew at the next decided height."""
_ENTRIES_MAX: Final = 1 << 12
_PAIRS_MAX: Final = _ENTRIES_MAX // 2
_ENTRY_BYTES_MAX: Final = 1 << 26
_HEAD_BYTES_MAX: Final = 256


class Journal:
    """The journal of one node of one network, over a `File`."""

    __slots__ = ("_abstain", "_entries", "_file", "_head", "_size", "cut_bytes")

    def __init__(self, file: File, network_id: NetworkId, node_id: NodeId) -> None:
        """Read the file and make durable what was read; a torn tail is cut, see `cut_bytes`.

        A process that died between its write and its fsync leaves bytes that are in this machine's
        memory only, and so does an fsync that failed. What is read here is said to the peers again,
        so it is written anew first.

        Raises:
            StoreError: `journal.damaged`, `journal.other_node`, or from the file.
        """
        self._file = file
        self._head = encode(("journal", VERSION, network_id, node_id))
        self._entries: list[JournalEntry] = []
        self._abstain = Height(0)
        data = file.read()
        found = scan(data, file.name)
        self.cut_bytes = len(data) - found.size
        """Bytes of a torn write that were cut at the start; 0 after a clean stop."""
        try:
            self._load(found.bodies)
        except FormatError as problem:
            raise StoreError(Code.JOURNAL_DAMAGED, path=file.name, offset=0) from problem
        self._size = found.size
        self._rewrite()

    @property
    def entries(self) -> tuple[JournalEntry, ...]:
        """Every entry of an undecided height, in the order written."""
        return tuple(self._entries)

    @property
    def abstain_until(self) -> Height:
        """Promises up to this height may be lost: no vote before it is decided. 0 for none."""
        return self._abstain

    def held(self, height: Height) -> int:
        """How many entries of a height there are."""
        return sum(entry.height == height for entry in self._entries)

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Make all of `entries` durable, or none; returns after the fsync.

        Raises:
            StoreError: from the file. Nothing of the Ready may be done then.
        """
        record = frame(_encode_entries(entries))
        self._file.append(record)
        self._file.sync()
        self._size += len(record)
        self._entries.extend(entries)

    def decided(self, height: Height) -> None:
        """Forget what was promised at heights up to `height`: the chain holds their blocks."""
        self._entries = [entry for entry in self._entries if entry.height > height]
        if self._size > ROTATE_BYTES or 0 < self._abstain <= height:
            self._rewrite(self._abstain if self._abstain > height else Height(0))

    def _rewrite(self, abstain: Height | None = None) -> None:
        """Start anew with what is still needed, in one durable step."""
        if abstain is not None:
            self._abstain = abstain
        data = frame(self._head) + frame(_encode_abstain(self._abstain))
        for start in range(0, len(self._entries), _PAIRS_MAX):
            data += frame(_encode_entries(self._entries[start : start + _PAIRS_MAX]))
        self._file.replace(data)
        self._size = len(data)

    def _load(self, bodies: Sequence[bytes]) -> None:
        """Head, the height to abstain until, then one body per Ready."""
        if not bodies:
            return
        if bodies[0] != self._head:
            raise StoreError(Code.JOURNAL_OTHER_NODE, path=self._file.name)
        if len(bodies) < 2:
            raise FormatError(Code.FORMAT_TRUNCATED)
        self._abstain = _decode_abstain(bodies[1])
        for body in bodies[2:]:
            self._entries.extend(_decode_entries(body))


def repair(file: File, network_id: NetworkId, node_id: NodeId, head: Height) -> None:
    """Start a damaged journal anew, so that the node abstains until it is safe to vote.

    Whatever was promised was promised at the open height, head + 1: once others have decided it,
    no lost promise can be broken. The caller keeps a copy of the damaged file.

    Args:
        file: the damaged journal.
        network_id: of the network that the node belongs to.
        node_id: whose journal it is.
        head: height of the node's chain, as it is on disk.
    """
    start = frame(encode(("journal", VERSION, network_id, node_id)))
    file.replace(start + frame(_encode_abstain(Height(head + 1))))


def _encode_abstain(height: Height) -> bytes:
    return encode(("abstain", height))


def _decode_abstain(body: bytes) -> Height:
    word, height = array(decode(body, _HEAD_BYTES_MAX), "abstain", 2)
    if word != "abstain":
        raise FormatError(Code.FORMAT_SHAPE, what="abstain")
    return Height(integer(height, "abstain"))


def _encode_entries(entries: Iterable[JournalEntry]) -> bytes:
    """A sequence of (head, body) pairs: bodies are too long for one canonical value."""
    parts: list[bytes] = []
    for entry in entries:
        head: Value = (entry.kind.value, entry.height)
        parts += (byte_string(encode(head)), byte_string(entry.body))
    return b"".join((array_header(len(parts)), *parts))


def _decode_entries(body: bytes) -> list[JournalEntry]:
    reader = Reader(body)
    count = reader.array(_ENTRIES_MAX)
    if count % 2:
        raise FormatError(Code.FORMAT_SHAPE, what="entries")
    entries = [_entry(reader) for _ in range(count // 2)]
    reader.end()
    return entries


def _entry(reader: Reader) -> JournalEntry:
    kind, height = array(decode(reader.bytes_(_HEAD_BYTES_MAX), _HEAD_BYTES_MAX), "entry", 2)
    try:
        known = EntryKind(text(kind, "entry kind"))
    except ValueError as problem:
        raise FormatError(Code.FORMAT_SHAPE, what="entry kind") from problem
    return JournalEntry(known, Height(integer(height, "height")), reader.bytes_(_ENTRY_BYTES_MAX))
