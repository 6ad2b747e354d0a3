"""One state that is found to hold, and all that is known about a node when it is looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from api.engines.query import IndexStanding
from api.outbound.hook_standing import HookStanding
from api.outbound.time_stamp import StampStanding
from api.outbound.witness import WitnessStanding
from api.phrases import Fact, Phrase, ago
from consensus.depths import HostFacts
from consensus.status import NodeStatus
from ledger.codes import Code
from ledger.core.identifiers import NodeId

SECTION_PREFIX: Final = "docs/operations.md#"


class Severity(IntEnum):
    """How bad it is; the greater, the worse."""

    FINE = 0
    NOTICE = 1
    """As it must be, and worth knowing."""
    WARNING = 2
    """The network goes on, and something should be mended."""
    SERIOUS = 3
    """Nothing is committed, or this node takes no part, or a key must not be believed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One state that holds."""

    code: Code
    severity: Severity
    facts: Mapping[str, Fact]

    @property
    def section(self) -> str:
        """Where the handbook says what to do about it."""
        return SECTION_PREFIX + self.code.value.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known about a node at one moment."""

    status: NodeStatus
    unsigned: Sequence[NodeId] = ()
    """Nodes whose cosignature of the head is not here yet."""
    failure: Exception | None = None
    """What ended the node's part, if anything did."""
    host: HostFacts | None = None
    """What the node's machine says, where that is known."""
    witnesses: Sequence[WitnessStanding] = ()
    """How the bodies outside the committee do that this node shows its heads to."""
    stamping: Sequence[StampStanding] = ()
    """How the authorities do that stamp its heads."""
    index: IndexStanding | None = None
    """How the index does that answers its queries; None without one."""
    hooks: Sequence[HookStanding] = ()
    """How the receivers do that it tells what is new."""


def finding(code: Code, severity: Severity, standing: Standing, **facts: Fact) -> Finding:
    """A finding with what most sentences name, and its own facts."""
    status, at = standing.status, standing.status.situation
    shared: dict[str, Fact] = {
        "own": status.node_id,
        "n": status.committee.n,
        "q": status.committee.q,
        "reachable": status.committee.n - len(status.missing),
        "height": status.head.height,
        "open": at.height,
        "view": at.view,
        "primary": at.primary,
    }
    return Finding(code, severity, shared | facts)


def heard(status: NodeStatus, nodes: Sequence[NodeId]) -> tuple[str | Phrase, ...]:
    """Nodes, each with when it was last heard; this node itself by its name alone."""
    own = status.node_id
    return tuple(
        node if node == own else Phrase("heard", {"node": node, "ago": last_heard(status, node)})
        for node in nodes
    )


def last_heard(status: NodeStatus, node: NodeId) -> Phrase:
    peer = status.peers.get(node)
    heard_ms = None if peer is None else peer.heard_ms
    return ago(None if heard_ms is None else status.now_ms - heard_ms)
