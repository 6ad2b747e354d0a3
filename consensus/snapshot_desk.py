"""SnapshotDesk: a node's part in snapshots as its driver sees it: what it gives and takes."""

from collections.abc import Callable
from dataclasses import dataclass

from consensus.events import Events
from consensus.snapshot_donor import SnapshotDonor
from consensus.snapshot_fetch import SnapshotFetch
from consensus.snapshot_frames import SnapshotAnswer, SnapshotRequest
from consensus.snapshot_ports import SnapshotSource, Taking
from consensus.snapshot_progress import SnapshotProgress
from ledger.core.identifiers import Height, NodeId


@dataclass(frozen=True, slots=True)
class SnapshotSide:
    """What a node has for snapshots; nothing where its network makes none."""

    source: SnapshotSource | None = None
    """What it may give."""
    taking: Taking | None = None
    """Where one that it fetches is gathered; None where it never fetches."""
    behind: int = 0
    """Blocks that it must lack before it fetches one."""
    liars: tuple[NodeId, ...] = ()
    """Who lied before the process began anew: they are not asked again."""


class SnapshotDesk:
    """Gives and takes; what is to be sent is handed to whoever calls."""

    __slots__ = ("_donor", "_fetch", "_send")

    def __init__(
        self,
        side: SnapshotSide,
        head: Callable[[], Height],
        events: Events,
        send: Callable[[NodeId, SnapshotRequest | SnapshotAnswer], None],
    ) -> None:
        self._donor = SnapshotDonor(side.source)
        self._send = send
        self._fetch = (
            None
            if side.taking is None
            else SnapshotFetch(side.taking, side.behind, head, events, side.liars)
        )

    @property
    def holds(self) -> bool:
        """Whether the driver hears no replica for now."""
        return self._fetch is not None and self._fetch.holds

    @property
    def waits(self) -> bool:
        """Whether the driver fetches no blocks yet."""
        return self._fetch is not None and self._fetch.waits

    @property
    def finished(self) -> bool:
        """Whether a snapshot is whole: the process is to begin anew with it."""
        return self._fetch is not None and self._fetch.finished

    @property
    def progress(self) -> SnapshotProgress | None:
        """How far a snapshot has come in; None where none does."""
        return None if self._fetch is None else self._fetch.progress

    def connected(self, peer: NodeId, now_ms: int) -> None:
        """What is sent to `peer` may reach it."""
        if self._fetch is not None:
            self._fetch.connected(peer, now_ms)
            self._ask(self._fetch)

    def heard(self, peer: NodeId, now_ms: int) -> None:
        """A frame of `peer` came."""
        if self._fetch is not None:
            self._fetch.heard(peer, now_ms)
            self._ask(self._fetch)

    def disconnected(self, peer: NodeId) -> None:
        """`peer` cannot be asked for now."""
        if self._fetch is not None:
            self._fetch.disconnected(peer)

    def asked(self, peer: NodeId, request: SnapshotRequest, now_ms: int) -> None:
        """Answer, within what a second allows.

        Raises:
            StoreError: `store.*`.
        """
        answer = self._donor.answer(peer, request, now_ms)
        if answer is not None:
            self._send(peer, answer)

    def answered(self, peer: NodeId, answer: SnapshotAnswer, now_ms: int) -> None:
        """Take in what was asked for.

        Raises:
            StoreError: `store.*`, `snapshot.state`.
        """
        if self._fetch is not None:
            self._fetch.received(peer, answer, now_ms)
            self._ask(self._fetch)

    def tick(self, now_ms: int) -> None:
        """Time went on."""
        if self._fetch is not None:
            self._fetch.tick(now_ms)
            self._ask(self._fetch)

    def _ask(self, fetch: SnapshotFetch) -> None:
        for peer, request in fetch.take_requests():
            self._send(peer, request)
