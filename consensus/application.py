"""The port to whatever consensus orders: what must be true before each call returns.

Consensus never looks inside a payload; it asks here. `contracts.executor.BlockExecutor` satisfies
this port by shape, and only the place that wires a node sees both. Spec: ``docs/architecture.md``,
the walk of one record.
"""

from collections.abc import Sequence
from typing import Protocol

from ledger.core.block import Head, Header
from ledger.core.bundle import Bundle
from ledger.core.certificate import CommitCertificate
from ledger.core.committee import Committee
from ledger.core.identifiers import Height, NodeId
from ledger.errors import Rejected


class Application(Protocol):
    """The ledger as one node holds it. Calls come one at a time, from one thread."""

    @property
    def head(self) -> Head:
        """The newest durable block. Never goes back; moves in `commit` only."""
        ...

    @property
    def committee(self) -> Committee:
        """Certifies the block at head height + 1."""
        ...

    def judge(self, bundle: Bundle, time_ms: int) -> object | Rejected:
        """What the present head says about a bundle, as if the next block had this time.

        Changes nothing and promises nothing: a later head may judge otherwise. The bundle's
        signature is part of the judgement, so a bundle that is not refused may be relayed.

        Returns:
            `Rejected` where the bundle is unfit, also where all its records are on the ledger;
            anything else where it is fit.
        """
        ...

    def next_due_ms(self) -> int | None:
        """When the earliest timer of the present head is due, or None where none stands.

        A block whose time is greater is valid without bundles.
        """
        ...

    def assemble(
        self, bundles: Sequence[Bundle], time_ms: int, proposer: NodeId
    ) -> tuple[Header, bytes] | None:
        """Make the next block from bundles in this order, within the block's limits.

        Changes nothing. Unfit bundles are left out, and so are those that find no room; whoever
        calls learns which from the block that commits, and judges the others again.

        Returns:
            Header and payload such that `check` finds no fault on the same head, here and on every
            other node; None where neither a fit bundle nor a due timer is there.
        """
        ...

    def check(self, header: Header, payload: bytes) -> Rejected | None:
        """Judge a block on the present head; never looks at a clock and changes nothing.

        Every root and hash of the header is recomputed. Equal heads and equal arguments give
        equal verdicts on all nodes.
        """
        ...

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> object:
        """Append the decided block. When this returns, all of it survives a crash.

        One durable batch holds block, certificate, log, state and head. Idempotent by height: a
        block at or below the head changes nothing. The certificate was verified by the caller.

        Raises:
            InvariantBroken: the certified block judges invalid here.
            StoreError: the batch could not be made durable; nothing of it may be believed.
        """
        ...

    def serve(self, from_height: Height, limit_bytes: int) -> Sequence[tuple[bytes, bytes, bytes]]:
        """Decided blocks for a node that lacks them: (header, payload, certificate) as bytes.

        Ascending from `from_height` without a gap; stops before the block that would exceed
        `limit_bytes`, but the first is always there. Empty above the head.
        """
        ...
