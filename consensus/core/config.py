"""Every limit and timeout of the core, frozen and validated once, with the reason beside it.

A cap stands on everything that can grow; a configuration in which a cap or a timeout contradicts
another is refused at start. Spec: ``docs/spec/consensus.md``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.identifiers import NetworkId, NodeId
from ledger.errors import FormatError

MIB: Final = 1 << 20

Rebuilds = Callable[[Header, bytes], object]
"""Returns where the payload rebuilds the header and raises FormatError where it does not."""


@dataclass(frozen=True, slots=True)
class Config:
    """One node's view of the protocol's constants. All times in ms of the node's clock."""

    network_id: NetworkId
    node_id: NodeId
    rebuilds: Rebuilds
    """Passed in, so that the core does not know what it orders (`ledger.core.payload.rebuild`)."""

    clock_ahead_ms: int = 500
    """Genesis parameter: a fresh block further ahead of this clock is held until it is not."""
    clock_behind_ms: int = 2_000
    """Genesis parameter: doubled for each view change at the height."""
    clock_behind_max_ms: int = 60_000
    """Where that doubling ends: no fresh block is older than a minute."""

    batch_ms: int = 20
    """How long a primary lets work gather before it proposes."""
    view_timeout_ms: int = 4_000
    """A view's patience while work waits; doubled for each view change at the height."""
    view_timeout_max_ms: int = 60_000
    """Where that doubling ends, so that a healed network is never silent for longer."""
    passed_over_ms: int = 30_000
    """Patience for a bundle that is passed over while later ones of its member are committed."""
    resend_ms: int = 1_000
    """How often the last words of the open height are said again."""
    status_ms: int = 1_000
    """How often every peer is told height, view, head and clock."""
    request_ms: int = 2_000
    """How long a donor has for one answer; long enough for a full block on a slow line."""
    request_backoff_max_ms: int = 30_000
    """The longest pause before a donor that did not answer is asked again."""
    listen_ms: int = 500
    """After a restart: how long this node listens for its own signatures before it adds one."""
    answer_ms: int = 250
    """Least time between two answers of one kind to one peer: nobody is made to shout."""

    payload_bytes_max: int = 16 * MIB
    """Genesis parameter `block_bytes_max`."""
    chunk_bytes_max: int = 8 * MIB
    """Catch-up: a donor stops before the block that would exceed it."""
    chunk_blocks_max: int = 64
    """Catch-up: blocks of one chunk, each with a certificate to verify."""
    chunks_per_answer_max: int = 16
    """Chunks for one peer in `answer_ms`: whoever catches up asks for one after the other."""
    early_per_peer_max: int = 64
    """Messages of the next height kept per peer; two of a kind and view replace each other."""
    early_bytes_max: int = 16 * MIB
    """Bytes of early payloads per peer: one full block."""
    views_per_node_max: int = 16
    """Votes of one phase kept per node: those of its highest views."""
    kept_blocks_max: int = 256
    """Blocks of the open height held for others; one more is added per fruitless view."""
    kept_bytes_max: int = 256 * MIB
    """The same in bytes; a height that fills it prepares only blocks that are already held."""

    def __post_init__(self) -> None:
        times = (
            self.clock_ahead_ms,
            self.clock_behind_ms,
            self.view_timeout_ms,
            self.resend_ms,
            self.status_ms,
            self.request_ms,
            self.answer_ms,
        )
        caps = (
            self.payload_bytes_max,
            self.chunk_bytes_max,
            self.chunk_blocks_max,
            self.early_per_peer_max,
            self.early_bytes_max,
            self.views_per_node_max,
            self.kept_blocks_max,
        )
        _require(all(value > 0 for value in times), "times")
        _require(all(value > 0 for value in caps), "caps")
        _require(0 <= self.batch_ms < self.view_timeout_ms, "batch_ms")
        _require(self.view_timeout_ms <= self.view_timeout_max_ms, "view_timeout_max_ms")
        _require(self.view_timeout_ms < self.passed_over_ms, "passed_over_ms")
        _require(self.clock_behind_ms <= self.clock_behind_max_ms, "clock_behind_max_ms")
        _require(self.request_ms <= self.request_backoff_max_ms, "request_backoff_max_ms")
        _require(self.payload_bytes_max <= self.kept_bytes_max, "kept_bytes_max")

    @property
    def frame_bytes_max(self) -> int:
        """The largest frame that a peer may send: a chunk whose first block is a full one."""
        return self.chunk_bytes_max + self.payload_bytes_max + self.chunk_blocks_max * 16 * 1024


def _require(holds: bool, what: str) -> None:
    """A configuration that cannot work is refused before the node says a word."""
    if not holds:
        raise FormatError(Code.CONSENSUS_CONFIG, what=what)
