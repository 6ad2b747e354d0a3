"""SnapshotTaking: a snapshot as it comes in, chunk by proved chunk, into a store of its own.

Each chunk is durable when `add` returns, so a process that dies goes on where it was. Nothing
enters that no certified root covers, and the store becomes a chain's only with the last batch, once
the whole was compared with the certified header. Spec: ``docs/spec/snapshot.md``.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Final

from ledger.block_rows import base_rows
from ledger.codes import Code
from ledger.core.epochs import epochs_of
from ledger.core.genesis import Genesis
from ledger.core.identifiers import Digest, Height
from ledger.core.snapshot_chunk import chunk_count, chunk_root, decode_state_chunk, verify_chunk
from ledger.core.snapshot_offer import decode_snapshot_offer
from ledger.errors import FormatError, StoreError, VerificationError
from ledger.opening import meta_rows
from ledger.snapshot_trust import ProvenSnapshot, prove_snapshot
from ledger.status_history import StatusHistory
from ledger.store.api import Reader, Store, Write
from ledger.store.keys import BASE, Table, last_number, number
from ledger.store.rows import snapshot_row

_OFFER: Final = Table.META.key(b"taking")
_CLEARED_AT_ONCE: Final = 1_000


class SnapshotTaking:
    """One store in which a snapshot is gathered."""

    __slots__ = (
        "_genesis", "_missing", "_open_store", "_opened", "_roots", "_rows", "proven"
    )  # fmt: skip

    def __init__(
        self,
        open_store: Callable[[], Store],
        genesis: Genesis,
        genesis_rows: Mapping[bytes, bytes],
        *,
        resume: bool,
    ) -> None:
        """Go on with what is in the store, or wait to begin.

        Args:
            open_store: opens a store that is nobody else's, once it is needed.
            genesis: of the network: all that is trusted.
            genesis_rows: the state before the first block, as the contracts compute it.
            resume: whether a snapshot may be half there.

        Raises:
            StoreError: `store.*`.
        """
        self._open_store = open_store
        self._opened: Store | None = None
        self._genesis = genesis
        self._rows = genesis_rows
        self.proven: ProvenSnapshot | None = None
        """The snapshot that is being gathered."""
        self._roots: dict[int, Digest] = {}
        self._missing: list[int] = []
        offered = self._store.get(_OFFER) if resume else None
        if offered is not None:
            self._resume(offered)

    @property
    def _store(self) -> Store:
        if self._opened is None:
            self._opened = self._open_store()
        return self._opened

    def prove(self, offered: bytes) -> ProvenSnapshot:
        """Judge an offer.

        Raises:
            FormatError, VerificationError: whoever made it lies.
        """
        return prove_snapshot(decode_snapshot_offer(offered), self._genesis)

    def begin(self, offered: bytes, proven: ProvenSnapshot) -> None:
        """Gather this snapshot; what is here of another one is deleted.

        Args:
            offered: its offer, which is kept so that a restart knows it.
            proven: what `prove` gave for it.

        Raises:
            StoreError: `store.*`.
        """
        self.forget()
        self._store.write([(_OFFER, offered)])
        self._expect(proven)

    @property
    def missing(self) -> Sequence[int]:
        """Numbers of the chunks that are not here yet, ascending."""
        return self._missing

    @property
    def total(self) -> int:
        """Chunks of the snapshot that is being gathered."""
        return 0 if self.proven is None else chunk_count(self.proven.snapshot.size)

    def add(self, place: int, data: bytes, path: Sequence[bytes]) -> None:
        """Judge a chunk and make it durable; one that is here already changes nothing.

        Raises:
            FormatError, VerificationError: whoever gave it lies.
            StoreError: `store.*`.
        """
        if self.proven is None or place in self._roots:
            return
        snapshot = self.proven.snapshot
        rows = decode_state_chunk(data, self._genesis.parameters)
        verify_chunk(rows, place, snapshot.size, path, snapshot.root)
        root = chunk_root(rows)
        key = Table.CHUNK.key(number(snapshot.height), number(place))
        state: list[Write] = [(Table.STATE.key(row), value) for row, value in rows]
        self._store.write([*state, (key, root + data)])
        self._roots[place] = root
        self._missing.remove(place)

    def finish(self) -> Height:
        """Make the store a chain's, once every chunk is here.

        Returns:
            The height of the snapshot, with which that chain begins.

        Raises:
            StoreError: `snapshot.state` where the whole is not what the header says; `store.*`.
        """
        proven = self.proven
        if proven is None or self._missing:
            raise StoreError(Code.SNAPSHOT_STATE, height=0, what="chunks")
        self._compare(proven)
        header, snapshot = proven.header, proven.snapshot
        roots = [self._roots[place] for place in sorted(self._roots)]
        made = snapshot_row(snapshot.size, snapshot.root, roots)
        self._store.write(
            [
                *meta_rows(self._genesis, self._rows),
                (BASE, number(header.height)),
                *base_rows(proven),
                (Table.SNAPSHOT.key(number(header.height)), made),
                (_OFFER, None),
            ]
        )
        return header.height

    def _compare(self, proven: ProvenSnapshot) -> None:
        """The slow rows, and the committees in them, must be what the header and the links say."""
        header = proven.header
        status = StatusHistory(self._store).newest
        said = (header.status_size, header.status_root)
        height = header.height
        if (status.size, status.root) != said:
            raise StoreError(Code.SNAPSHOT_STATE, height=height, what="status root")
        if epochs_of(status, self._genesis.committee) != proven.epochs:
            raise StoreError(Code.SNAPSHOT_STATE, height=height, what="committee")

    def _expect(self, proven: ProvenSnapshot) -> None:
        self.proven, self._roots = proven, {}
        self._missing = list(range(self.total))

    def _resume(self, offered: bytes) -> None:
        """Our own disk is not believed either: what does not hold any more is begun anew."""
        try:
            proven = self.prove(offered)
        except (FormatError, VerificationError):
            self.forget()
            return
        self._expect(proven)
        height = number(proven.snapshot.height)
        for key, value in self._store.scan(*Table.CHUNK.range(height)):
            self._roots[last_number(key)] = Digest(value[:32])
        self._missing = [each for each in self._missing if each not in self._roots]

    def forget(self) -> None:
        """Delete what was gathered.

        Raises:
            StoreError: `store.*`.
        """
        self.proven, self._roots, self._missing = None, {}, []
        while True:
            rows = islice(self._store.scan(b"", b"\xff"), _CLEARED_AT_ONCE)
            doomed: list[Write] = [(key, None) for key, _ in rows]
            if not doomed:
                return
            self._store.write(doomed)


def began_at(store: Reader) -> int:
    """The height of the snapshot with which a store began; 0 where it began without one."""
    return int.from_bytes(store.get(BASE) or b"")


def own_rows(old: Reader) -> list[Write]:
    """What a store holds that no other node can give: to go along where a snapshot replaces it.

    This node's own promise, and the heads of another log that keys of the committee signed: half of
    a contradiction, whose other half may come later. Bounded as those are.
    """
    promise = old.get(Table.LAST_SIGNED.key())
    kept: list[Write] = [] if promise is None else [(Table.LAST_SIGNED.key(), promise)]
    return [*kept, *old.scan(*Table.STRANGE.range())]
