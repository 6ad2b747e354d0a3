"""What is found out about a node, the worst first: codes and facts, no prose.

Each finding is a state that `docs/operations.md` has a section for. Several may hold at once, and
each stands for itself: a node that cannot reach a quorum may have a wrong clock too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from api.phrases import Fact, Phrase, Problem, Span, ago
from consensus.core.situation import Wait
from consensus.depths import HostFacts
from consensus.status import NodeStatus, Trouble
from ledger.codes import Code
from ledger.core.identifiers import NodeId

LAG_MAX: Final = 1
"""Blocks: one behind is on its way."""
WAITED_MS: Final = 2_000
"""A healthy height goes on within this; what waits longer is worth a word."""
SYNC_MS_MAX: Final = 1_000
"""Every vote waits for an fsync: a slower disk makes this node look silent."""
FREE_BYTES_MIN: Final = 1 << 30
"""Less room than this is soon none: a node stops when its disk is full."""
FINDINGS_MAX: Final = 100
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


def findings(standing: Standing) -> tuple[Finding, ...]:
    """Everything that is found, the worst first; `diagnose.fine` where nothing is wrong."""
    found = [*_own(standing), *_height(standing), *_peers(standing), *_host(standing)]
    # The sort is stable: within one severity the order above is kept.
    found.sort(key=lambda each: each.severity, reverse=True)
    if all(each.severity < Severity.WARNING for each in found):
        found.insert(0, _finding(Code.DIAGNOSE_FINE, Severity.FINE, standing))
    return tuple(found[:FINDINGS_MAX])


def _own(standing: Standing) -> Iterator[Finding]:
    """What keeps this node, or the whole network, from going on."""
    status, at = standing.status, standing.status.situation
    troubles = set(status.troubles)
    if standing.failure is not None:
        reason = Problem(standing.failure)
        yield _finding(Code.DIAGNOSE_STOPPED, Severity.SERIOUS, standing, reason=reason)
    if Trouble.NO_QUORUM in troubles:
        yield _finding(
            Code.DIAGNOSE_NO_QUORUM,
            Severity.SERIOUS,
            standing,
            missing=_heard(status, status.missing),
        )
    if Trouble.MUTED in troubles:
        yield _finding(Code.DIAGNOSE_MUTED, Severity.SERIOUS, standing, until=at.height)
    if Trouble.ABSTAINS in troubles:
        yield _finding(
            Code.DIAGNOSE_ABSTAINS, Severity.SERIOUS, standing, until=status.abstain_until
        )
    if Trouble.CLOCK in troubles:
        yield _finding(Code.DIAGNOSE_CLOCK, Severity.SERIOUS, standing, offsets=_offsets(status))
    kinds: dict[NodeId, set[str]] = {}
    for fault in status.faults:
        kinds.setdefault(fault.node, set()).add(fault.kind.value)
    for node, proven in kinds.items():
        yield _finding(
            Code.DIAGNOSE_FAULT, Severity.SERIOUS, standing, node=node, kinds=sorted(proven)
        )
    if status.committee.f == 0:
        yield _finding(Code.DIAGNOSE_DEVELOPMENT, Severity.NOTICE, standing)
    listens_ms = at.timers.listens_until_ms
    if listens_ms is not None:
        yield _finding(
            Code.DIAGNOSE_LISTENING,
            Severity.NOTICE,
            standing,
            left=Span(listens_ms - status.now_ms),
        )


def _height(standing: Standing) -> Iterator[Finding]:
    """What the open height, the newest head and the waiting bundles wait for."""
    status, at = standing.status, standing.status.situation
    troubles = set(status.troubles)
    if Trouble.CATCHING_UP in troubles:
        yield _finding(
            Code.DIAGNOSE_CATCHING_UP,
            Severity.WARNING,
            standing,
            lacking=at.certified - status.head.height,
            donor=Phrase("nobody") if at.donor is None else at.donor,
        )
    elif Trouble.VIEW_CHANGE in troubles:
        yield _waiting(standing, Code.DIAGNOSE_VIEW_CHANGE)
    elif at.awaited.what in _WAITS and _lasts(status):
        yield _waiting(standing, _WAITS[at.awaited.what])
    if Trouble.COSIGNATURES in troubles:
        yield _finding(
            Code.DIAGNOSE_COSIGNATURES,
            Severity.WARNING,
            standing,
            cosigned=status.cosigned_height,
            unsigned=standing.unsigned,
        )
    if status.pool.passed_over_count:
        yield _finding(
            Code.DIAGNOSE_PASSED_OVER,
            Severity.WARNING,
            standing,
            count=status.pool.passed_over_count,
        )


_WAITS: Final = {
    Wait.PROPOSAL: Code.DIAGNOSE_WAITING_PROPOSAL,
    Wait.BLOCK: Code.DIAGNOSE_WAITING_BLOCK,
    Wait.PREPARES: Code.DIAGNOSE_WAITING_PREPARES,
    Wait.COMMITS: Code.DIAGNOSE_WAITING_COMMITS,
}


def _lasts(status: NodeStatus) -> bool:
    """Whether a height has waited longer than a healthy one does."""
    since_ms = status.situation.awaited.since_ms
    return since_ms is None or status.now_ms - since_ms >= WAITED_MS


def _waiting(standing: Standing, code: Code) -> Finding:
    """Whose word is lacking, when it was last heard, and when patience ends."""
    status, at = standing.status, standing.status.situation
    awaited, ends_ms = at.awaited, at.timers.view_ends_ms
    ahead = Phrase()
    if ends_ms is not None:
        ahead = Phrase("next_view", {"left": Span(max(0, ends_ms - status.now_ms))})
    return _finding(
        code,
        Severity.WARNING,
        standing,
        count=awaited.count,
        of=_heard(status, awaited.of),
        lacks=_lacks(status),
        asking=at.asking,
        ahead=ahead,
    )


def _lacks(status: NodeStatus) -> Phrase:
    """What a view that was asked for still needs."""
    awaited = status.situation.awaited
    of = _heard(status, awaited.of)
    if awaited.what is Wait.VIEW_CHANGES:
        return Phrase("lacks_asks", {"count": awaited.count, "of": of})
    if awaited.what is Wait.NEW_VIEW:
        return Phrase("lacks_new_view", {"of": of})
    return Phrase()


def _peers(standing: Standing) -> Iterator[Finding]:
    """What is wrong with single other nodes."""
    status = standing.status
    trusted = status.situation.clock_trusted
    for node, peer in status.peers.items():
        if node in status.missing:
            if status.has_quorum:
                yield _finding(
                    Code.DIAGNOSE_SILENT,
                    Severity.WARNING,
                    standing,
                    node=node,
                    ago=_ago(status, node),
                )
            continue
        lag = 0 if peer.height is None else status.head.height - peer.height
        if lag > LAG_MAX:
            yield _finding(
                Code.DIAGNOSE_PEER_BEHIND, Severity.WARNING, standing, node=node, lag=lag
            )
        if trusted and status.clock_apart(peer):
            offset = f"{peer.clock_offset_ms:+d}"
            yield _finding(
                Code.DIAGNOSE_PEER_CLOCK, Severity.WARNING, standing, node=node, offset=offset
            )
        queue = status.queues.get(node)
        if queue is not None and queue.dropped_count:
            yield _finding(
                Code.DIAGNOSE_QUEUE_FULL,
                Severity.WARNING,
                standing,
                node=node,
                dropped=queue.dropped_count,
                waiting=queue.frames_count,
            )


def _host(standing: Standing) -> Iterator[Finding]:
    """What this node's machine says."""
    if standing.host is None:
        return
    disk = standing.host.disk
    if disk.sync_ms is not None and disk.sync_ms >= SYNC_MS_MAX:
        yield _finding(
            Code.DIAGNOSE_DISK_SLOW,
            Severity.WARNING,
            standing,
            took=disk.sync_ms,
            longest=disk.sync_ms_max,
        )
    if disk.free_bytes < FREE_BYTES_MIN:
        yield _finding(
            Code.DIAGNOSE_DISK_SPACE, Severity.WARNING, standing, free=disk.free_bytes >> 20
        )


def _finding(code: Code, severity: Severity, standing: Standing, **facts: Fact) -> Finding:
    """A finding with what most sentences name, and its own facts."""
    status, at = standing.status, standing.status.situation
    shared: dict[str, Fact] = {
        "own": status.node_id,
        "n": status.committee.n,
        "q": status.committee.q,
        "reachable": status.committee.n - len(status.missing),
        "height": status.head.height,
        "certified": at.certified,
        "open": at.height,
        "view": at.view,
        "primary": at.primary,
    }
    return Finding(code, severity, shared | facts)


def _heard(status: NodeStatus, nodes: Sequence[NodeId]) -> tuple[str | Phrase, ...]:
    """Nodes, each with when it was last heard; this node itself by its name alone."""
    own = status.node_id
    return tuple(
        node if node == own else Phrase("heard", {"node": node, "ago": _ago(status, node)})
        for node in nodes
    )


def _ago(status: NodeStatus, node: NodeId) -> Phrase:
    peer = status.peers.get(node)
    heard_ms = None if peer is None else peer.heard_ms
    return ago(None if heard_ms is None else status.now_ms - heard_ms)


def _offsets(status: NodeStatus) -> tuple[Phrase, ...]:
    """Clocks of the peers that speak, minus ours."""
    return tuple(
        Phrase("offset", {"node": node, "offset": f"{peer.clock_offset_ms:+d}"})
        for node, peer in status.peers.items()
        if peer.clock_offset_ms is not None and node not in status.missing
    )
