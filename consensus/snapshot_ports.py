"""The ports through which consensus gives and gathers snapshots; it never looks inside of one."""

from collections.abc import Sequence
from typing import Protocol

from ledger.core.identifiers import Digest, Height
from ledger.snapshot_trust import ProvenSnapshot


class SnapshotSource(Protocol):
    """Where snapshots are kept; `ledger.snapshot_offers.SnapshotOffers` is one."""

    def offer(self) -> bytes | None:
        """The newest snapshot that a certified header states; None before the first."""
        ...

    def chunk(self, height: Height, place: int) -> tuple[bytes, Sequence[Digest]] | None:
        """A chunk and its path; None where it is not kept here."""
        ...


class Taking(Protocol):
    """Where a snapshot is gathered; `ledger.snapshot_taking.SnapshotTaking` is one."""

    proven: ProvenSnapshot | None

    def prove(self, offered: bytes) -> ProvenSnapshot:
        """Judge an offer; raises `FormatError` or `VerificationError` where it lies."""
        ...

    def begin(self, offered: bytes, proven: ProvenSnapshot) -> None:
        """Gather this one, and nothing else."""
        ...

    @property
    def missing(self) -> Sequence[int]:
        """Chunks that are not here yet."""
        ...

    @property
    def total(self) -> int:
        """Chunks in all."""
        ...

    def add(self, place: int, data: bytes, path: Sequence[bytes]) -> None:
        """Judge a chunk and make it durable; raises as `prove`."""
        ...

    def finish(self) -> Height:
        """Make it a chain's store, once nothing is missing."""
        ...
