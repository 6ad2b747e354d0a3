"""ChainStore: what the executor needs of the stored chain; `ledger.chain.Chain` is one."""

from collections.abc import Sequence
from typing import Protocol

from contracts.overlay import StateReader
from ledger.core.block import Head, Snapshot
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.effects import BlockEffects
from ledger.core.genesis import Genesis
from ledger.core.identifiers import Height
from ledger.core.merkle import Frontier
from ledger.core.status import StatusTree


class StatedSnapshots(Protocol):
    """What headers say of earlier states."""

    def stated_at(self, height: Height) -> Snapshot | None:
        """What the header of the next block must say, if anything; made here if it must be."""
        ...


class ChainStore(Protocol):
    """What the executor needs of the stored chain."""

    genesis: Genesis

    @property
    def committee(self) -> Committee:
        """Certifies the block above the head."""
        ...

    @property
    def head(self) -> Head:
        """The newest durable block."""
        ...

    @property
    def frontier(self) -> Frontier:
        """The right edge of the log."""
        ...

    @property
    def status(self) -> StatusTree:
        """The slow rows."""
        ...

    @property
    def state(self) -> StateReader:
        """The committed state."""
        ...

    @property
    def snapshots(self) -> StatedSnapshots:
        """What headers say of earlier states."""
        ...

    def append(self, effects: BlockEffects, certificate: CommitCertificate) -> None:
        """Append a block in one durable batch; idempotent by height."""
        ...

    def serve(self, from_height: Height, limit_bytes: int) -> Sequence[tuple[bytes, bytes, bytes]]:
        """Decided blocks for a node that lacks them."""
        ...
