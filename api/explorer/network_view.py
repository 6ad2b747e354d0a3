"""The network page's facts: the quorum in words, the nodes, the newest blocks and alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.alerts import alert_sentence
from api.diagnose import sentence_of
from api.explorer.names import Names
from api.finding import Severity
from api.findings import findings
from api.kept import heights_kept
from api.rights import ALERT_TYPE
from api.service import LedgerService
from ledger.core.identifiers import Height
from ledger.core.record import Record
from ledger.lookup import Turn

BLOCKS_MAX: Final = 10
ALERTS_MAX: Final = 10
_LOOKED_AT: Final = Turn(limit=200, newest_first=True)
"""Alerts looked at for the newest ones that are shown."""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node as this one sees it."""

    node_id: str
    organisation: str
    reachable: bool
    height: int | None
    lag: int | None
    heard_ms: int | None
    offset_ms: int | None
    own: bool
    """Whether it is the node that made the page."""


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One finding in words."""

    sentence: str
    section: str
    """Of the handbook; empty where nothing has to be done."""


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One block, and who committed it."""

    height: int
    time_ms: int
    entry_count: int
    proposer: str
    """Its organisation."""
    node_id: str
    """Which node proposed it."""
    view: int
    signed_count: int
    cosigned: bool


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert in words."""

    record_id: str
    code: str
    severity: str
    subject: str
    sentence: str
    since_ms: int
    rests_on: tuple[str, ...]
    """Ids of the records that it is about."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """What the network can still do."""

    state: str
    """``fine``, ``edge`` (no further node may be lost) or ``still``; the key of its words."""
    reachable: int
    n: int
    q: int
    spare: int
    """Nodes that may still be lost."""
    lacking: int
    """Nodes that are missing to a quorum."""


@dataclass(frozen=True, slots=True)
class ObserverView:
    """An observer that made the page."""

    state: str
    """``fine``, ``edge`` (behind) or ``still`` (nobody to follow)."""
    followed: str
    """The node's organisation; empty where nobody is followed."""


def observer_of(service: LedgerService, names: Names) -> ObserverView | None:
    """What this node is where it is no node of the committee; None where it is one."""
    status = service.node.status
    following = status.following
    if following is None:
        return None
    if following.followed is None or service.node.failure is not None:
        return ObserverView("still", "")
    state = "fine" if following.top <= status.head.height else "edge"
    return ObserverView(state, names.node(following.followed))


def quorum_of(service: LedgerService) -> Quorum:
    """The quorum, seen from this node."""
    status = service.node.status
    n, q = status.committee.n, status.committee.q
    reachable = n - len(status.missing)
    spare = reachable - q
    stopped = service.node.failure is not None
    state = "still" if spare < 0 or stopped else "fine" if spare else "edge"
    return Quorum(state, reachable, n, q, max(0, spare), max(0, -spare))


def told_lines(service: LedgerService, language: str) -> Iterator[ToldLine]:
    """What this node finds out about itself, the worst first."""
    for each in findings(service.standing):
        section = each.section if each.severity > Severity.FINE else ""
        yield ToldLine(sentence_of(each, language), section)


def node_rows(service: LedgerService, names: Names) -> Iterator[NodeRow]:
    """Every node, in the committee's order; on an observer those that it may follow."""
    status = service.node.status
    for node in status.committee.nodes:
        if status.following is not None and node.node_id not in status.following.upstreams:
            continue
        name, peer = names.member(node.member_id), status.peers.get(node.node_id)
        if peer is None:
            working, height = service.node.failure is None, status.head.height
            now_ms = status.now_ms
            yield NodeRow(node.node_id, name, working, height, 0, now_ms, 0, own=True)
            continue
        # What an observer was told by whom it does not follow may be old.
        fresh = status.following is None or status.following.followed == node.node_id
        known = peer.height is not None and fresh
        lag = (
            max(0, status.head.height - peer.height) if known and peer.height is not None else None
        )
        yield NodeRow(
            node.node_id,
            name,
            node.node_id not in status.missing,
            peer.height,
            lag,
            peer.heard_ms,
            peer.clock_offset_ms,
            own=False,
        )


def block_rows(
    service: LedgerService, names: Names, count_max: int = BLOCKS_MAX
) -> Iterator[BlockRow]:
    """The newest blocks, the newest first."""
    for height in heights_kept(service.chain, None, count_max):
        yield block_row(service, Height(height), names)


def block_row(service: LedgerService, height: Height, names: Names) -> BlockRow:
    """One block, and who committed it."""
    store = service.chain.blocks
    header, certificate = store.header(height), store.certificate(height)
    return BlockRow(
        height,
        header.time_ms,
        header.entry_count,
        names.node(header.proposer),
        header.proposer,
        certificate.slot.view,
        len(certificate.votes),
        height <= service.chain.cosigned_height,
    )


def newest_alerts(service: LedgerService, language: str) -> Iterator[AlertRow]:
    """The newest alerts that the reader may see."""
    found = service.chain.lookup.by_type(ALERT_TYPE, _LOOKED_AT)
    shown = 0
    for each in found.items:
        record = service.decoded(service.stored(each.record_id))
        if service.viewer.may_see(record):
            yield alert_row(service, each.record_id.hex(), record, language)
            shown += 1
        if shown == ALERTS_MAX:
            return


def alert_row(service: LedgerService, record_id: str, record: Record, language: str) -> AlertRow:
    """An alert that the reader may see."""
    return AlertRow(
        record_id,
        str(record.fields.get("alert", "")),
        str(record.fields.get("severity", "")),
        record.subject,
        alert_sentence(service.catalogue, record, language),
        record.occurred_at_ms,
        tuple(ref.record_id.hex() for ref in record.refs),
    )
