"""Exports the log as static files: only what is new, checked leaf by leaf, the checkpoint last.

Of a source only its checkpoint and its entry bundles are taken. Every hash is computed here, and
the root must be the one that a quorum cosigned, so a source that lies gives no export. Spec:
``docs/spec/tiles.md``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cli.static_log import StaticLog
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint
from ledger.core.merkle import leaf_hash
from ledger.core.note import parse_note
from ledger.core.tile_tree import TileTree
from ledger.core.tiles import TILE_HEIGHT, TILE_WIDTH, TilePath, split_bundle
from ledger.errors import FormatError, VerificationError
from ledger.heads import verify_head
from ledger.trust import TrustRoot


class LogSource(Protocol):
    """Where a log is read from: a running node, or the folder of one that is stopped."""

    def checkpoint(self) -> bytes:
        """The newest cosigned head with a log signature, as a signed note."""
        ...

    def read(self, path: TilePath) -> bytes:
        """An entry bundle that the checkpoint calls for."""
        ...

    def follow(self, trust: TrustRoot) -> TrustRoot:
        """The trust root with the later epochs to which links from there lead."""
        ...


@dataclass(frozen=True, slots=True)
class Exported:
    """What one export did."""

    before: int
    """Leaves that were there."""
    size: int
    """Leaves that are there now."""
    files_count: int
    """Files that were written, the checkpoint among them."""
    bytes_count: int
    """In them."""


class Export:
    """One run of an export into one folder."""

    def __init__(
        self,
        target: StaticLog,
        source: LogSource,
        trust: TrustRoot,
        advance: Callable[[int, int], object] = lambda done, size: None,
    ) -> None:
        """An export that has not begun.

        Args:
            target: the folder's log, of any earlier size, or interrupted.
            source: where to read.
            trust: whose committee must have cosigned, or one to which links lead from it.
            advance: is told how many leaves are there, and how many there will be.
        """
        self._target = target
        self._source = source
        self._trust = trust
        self._advance = advance
        self._written: list[TilePath] = []
        self._bytes_count = 0

    def run(self) -> Exported:
        """Bring the folder up to the source's newest cosigned head.

        Raises:
            ClientError, StoreError: the source cannot be read.
            FormatError, VerificationError: the source, or what is in the folder, is not this
                network's log; the folder's checkpoint stays, and what was written now goes.
            StoreError: `file.unwritable`.
        """
        note = self._source.checkpoint()
        # Behind the checkpoint: whoever serves a head of an epoch has the links that lead there.
        self._trust = self._source.follow(self._trust)
        head = verify_head(parse_note(note), self._trust)
        before = self._size_before()
        if head.size <= before:
            return Exported(before, before, 0, 0)
        try:
            self._fill(before, head)
        except (FormatError, VerificationError):
            for path in self._written:
                self._target.remove(path)
            raise
        self._target.publish(note)
        self._drop_partials(before, head.size)
        files_count, bytes_count = len(self._written) + 1, self._bytes_count + len(note)
        return Exported(before, head.size, files_count, bytes_count)

    def _size_before(self) -> int:
        """Leaves under the checkpoint that the folder has."""
        note = self._target.checkpoint()
        return 0 if note is None else verify_head(parse_note(note), self._trust).size

    def _fill(self, before: int, head: Checkpoint) -> None:
        """Write every file that the new head has and the old one had not."""
        done = before - before % TILE_WIDTH
        tree = TileTree.resumed(done, self._target.read)
        self._advance(done, head.size)
        while tree.size < head.size:
            width = min(TILE_WIDTH, head.size - tree.size)
            path = TilePath(None, tree.size // TILE_WIDTH, width)
            for place, data in tree.add(map(leaf_hash, self._leaves(path))):
                self._write(place, data)
            self._advance(tree.size, head.size)
        for place, data in tree.partials():
            self._write(place, data)
        if tree.root() != head.root:
            raise VerificationError(Code.TILE_ROOT, size=head.size, path=str(self._target.folder))

    def _leaves(self, path: TilePath) -> list[bytes]:
        """The leaves of a bundle: of the file where an export was interrupted after it."""
        kept = None if path.is_partial else self._target.find(path)
        if kept is not None:
            # It was never under a checkpoint here, so it goes with the others if the root differs.
            self._written.append(path)
            try:
                return split_bundle(kept, path.width)
            except FormatError:
                self._written.pop()
        data = self._source.read(path)
        leaves = split_bundle(data, path.width)
        self._write(path, data)
        return leaves

    def _write(self, path: TilePath, data: bytes) -> None:
        if self._target.write(path, data):
            self._written.append(path)
            self._bytes_count += len(data)

    def _drop_partials(self, before: int, size: int) -> None:
        """Drop partial tiles that the folder had and that have become full.

        C2SP tlog-tiles: a partial tile may go once the full one is there; clients then ask for it.
        """
        for level in (None, *range(size.bit_length() // TILE_HEIGHT + 1)):
            index = before >> TILE_HEIGHT * ((level or 0) + 1)
            full = TilePath(level, index)
            if full.fits(size) and not full.fits(before):
                self._target.drop_partials(full)
