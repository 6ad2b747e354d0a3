"""A node's status as JSON: counts, times and names, never what a record says."""

from collections.abc import Mapping
from typing import Final

from api.finding import Standing
from api.forms import Json
from api.outbound.time_stamp import StampStanding
from api.outbound.witness import WitnessStanding
from consensus.depths import CertificateFacts, DiskFacts, HostFacts, QueueDepth
from consensus.status import NodeStatus
from ledger.core.identifiers import NodeId

DROPPED_MAX: Final = 200
"""Characters of why a message was dropped."""


def facts_form(standing: Standing) -> dict[str, Json]:
    """All facts that the findings rest on."""
    status, host = standing.status, standing.host
    committee = status.committee
    return {
        "epoch": committee.epoch,
        "n": committee.n,
        "f": committee.f,
        "q": committee.q,
        "head": _head(standing),
        "open": _open(status),
        "peers": [_peer(status, node) for node in status.peers],
        "pool": _pool(status),
        "witnesses": [witness_form(each) for each in standing.witnesses],
        "time_stamps": [stamp_form(each) for each in standing.stamping],
        "faults": [{"node": fault.node, "kind": fault.kind.value} for fault in status.faults],
        "dropped_messages": status.situation.dropped_count,
        "dropped_last": status.situation.dropped_last[:DROPPED_MAX],
        "disk": None if host is None or host.disk is None else _disk(host.disk),
        "certificate_until_ms": None if host is None else host.certificate_until_ms,
        "certificates": [] if host is None else [_certificate(e) for e in host.certificates],
        "clock": clock_form(host),
    }


def clock_form(host: HostFacts | None) -> Json:
    """What a node's machine says of its clock; null where nothing is known yet."""
    clock = None if host is None else host.clock
    if clock is None:
        return None
    return {
        "source": clock.source.value,
        "synchronised": clock.synchronised,
        "offset_us": clock.offset_us,
        "bound_us": clock.bound_us,
        "synchronised_at_ms": clock.synchronised_at_ms,
        "unsynchronised_since_ms": clock.unsynchronised_since_ms,
        "stratum": clock.stratum,
    }


def witness_form(witness: WitnessStanding) -> dict[str, Json]:
    """One body outside the committee that this node shows its heads to."""
    return {
        "name": witness.key.name,
        "vkey": witness.key.vkey(),
        "size": witness.size,
        "time_ms": witness.time_ms,
        "failed": witness.failed_count,
        "missing": witness.missing_count,
        "missing_since_ms": witness.missing_since_ms,
        "reason": witness.reason,
        "faults": {fault.value: reason for fault, reason in witness.faults.items()},
    }


def stamp_form(stamping: StampStanding) -> dict[str, Json]:
    """One authority that stamps this node's heads."""
    return {
        "name": stamping.name,
        "size": stamping.size,
        "time_ms": stamping.time_ms,
        "period_ms": stamping.period_ms,
        "failed": stamping.failed_count,
        "lacking_since_ms": stamping.lacking_since_ms,
        "reason": stamping.reason,
        "fault": None if stamping.fault is None else stamping.fault.value,
    }


def _head(standing: Standing) -> Mapping[str, Json]:
    head = standing.status.head
    return {
        "height": head.height,
        "hash": head.header_hash.hex(),
        "time_ms": head.time_ms,
        "log_size": head.log_size,
        "cosigned_height": standing.status.cosigned_height,
        "unsigned": list(standing.unsigned),
    }


def _open(status: NodeStatus) -> Mapping[str, Json]:
    """The open height: who leads it, who said what, and what it waits for."""
    at = status.situation
    votes, awaited, timers = at.votes, at.awaited, at.timers
    return {
        "height": at.height,
        "view": at.view,
        "view_changes": at.changed,
        "active": at.active,
        "primary": at.primary,
        "proposed": None if votes.proposed is None else votes.proposed.hex(),
        "prepared_by": list(votes.prepared),
        "committed_by": list(votes.committed),
        "asked_for": [{"node": node, "view": view} for node, view in votes.asks],
        "waits_for": awaited.what.value,
        "lacking": awaited.count,
        "lacking_of": list(awaited.of),
        "waits_since_ms": awaited.since_ms,
        "view_ends_ms": timers.view_ends_ms,
        "listens_until_ms": timers.listens_until_ms,
        "held_until_ms": timers.held_until_ms,
        "certified": at.certified,
        "donor": at.donor,
        "clock_trusted": at.clock_trusted,
        "muted": at.muted,
        "abstain_until": status.abstain_until,
    }


def _peer(status: NodeStatus, name: NodeId) -> Mapping[str, Json]:
    peer, queue = status.peers[name], status.queues.get(name)
    return {
        "node_id": name,
        "connected": peer.connected,
        "speaks": name not in status.missing,
        "heard_ms": peer.heard_ms,
        "height": peer.height,
        "view": peer.view,
        "offset_ms": peer.clock_offset_ms,
        "outbound": None if queue is None else _queue(queue),
        "early_messages": status.situation.early.get(name, 0),
    }


def _queue(queue: QueueDepth) -> Mapping[str, Json]:
    return {
        "frames": queue.frames_count,
        "bytes": queue.size_bytes,
        "dropped": queue.dropped_count,
    }


def _pool(status: NodeStatus) -> Mapping[str, Json]:
    pool = status.pool
    return {
        "bundles": pool.bundles_count,
        "bytes": pool.size_bytes,
        "own": pool.own_count,
        "held": pool.held_count,
        "passed_over": pool.passed_over_count,
        "deferred": pool.deferred_count,
    }


def _certificate(certificate: CertificateFacts) -> Mapping[str, Json]:
    return {
        "use": certificate.use.value,
        "node_id": certificate.name,
        "until_ms": certificate.until_ms,
    }


def _disk(disk: DiskFacts) -> Mapping[str, Json]:
    return {
        "journal_bytes": disk.journal_bytes,
        "intake_bytes": disk.intake_bytes,
        "sync_ms": disk.sync_ms,
        "sync_ms_max": disk.sync_ms_max,
        "free_bytes": disk.free_bytes,
    }
