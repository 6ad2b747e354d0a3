"""What is found out about a node, the worst first: codes and facts, no prose.

Each finding is a state that `docs/operations.md` has a section for. Several may hold at once, and
each stands for itself: a node that cannot reach a quorum may have a wrong clock too.
"""

from collections.abc import Iterator
from typing import Final

from api.certificates_ending import of_certificates
from api.finding import Finding, Severity, Standing, finding, heard, last_heard
from api.hook_findings import of_hooks
from api.index_findings import of_index
from api.observing import of_observer
from api.outbound.answer import Fault
from api.outbound.stamp_answer import StampFault
from api.phrases import Phrase, Problem, Span
from api.snapshot_findings import of_snapshot
from api.waiting import LAG_MAX, of_height
from consensus.status import NodeStatus, Trouble
from ledger.codes import Code
from ledger.core.identifiers import NodeId

SYNC_MS_MAX: Final = 1_000
"""Every vote waits for an fsync: a slower disk makes this node look silent."""
FREE_BYTES_MIN: Final = 1 << 30
"""Less room than this is soon none: a node stops when its disk is full."""
LOOSE_MS: Final = 6 * 3_600_000
"""A quartz that nobody corrects loses a second in a few days: time enough to mend it."""
FINDINGS_MAX: Final = 100
_FAULTS: Final = {
    Fault.VIEW: (Code.DIAGNOSE_WITNESS_SPLIT, Severity.SERIOUS),
    Fault.SIGNATURE: (Code.DIAGNOSE_WITNESS_FALSE, Severity.WARNING),
}
_STAMP_FAULTS: Final = {
    StampFault.TOKEN: Code.DIAGNOSE_TIME_FALSE,
    StampFault.CLOCK: Code.DIAGNOSE_TIME_APART,
}
STAMP_PERIODS: Final = 3
"""Of an authority that gave no stamp for so many of its periods, though a head was there."""
LACKING_MS: Final = 10_000
"""A witness that another node was faster with has its next turn within a second or two."""


def findings(standing: Standing) -> tuple[Finding, ...]:
    """Everything that is found, the worst first; `diagnose.fine` where nothing is wrong."""
    following = standing.status.following
    if following is not None:
        found = [
            *of_observer(standing, following),
            *of_index(standing),
            *_host(standing),
            *of_certificates(standing),
            *of_hooks(standing),
        ]
        found.sort(key=lambda each: each.severity, reverse=True)
        return tuple(found[:FINDINGS_MAX])
    found = [
        *_own(standing),
        *of_height(standing),
        *of_snapshot(standing),
        *_peers(standing),
        *_witnesses(standing),
        *_stamping(standing),
        *_host(standing),
        *of_certificates(standing),
        *of_index(standing),
        *of_hooks(standing),
    ]
    # The sort is stable: within one severity the order above is kept.
    found.sort(key=lambda each: each.severity, reverse=True)
    if all(each.severity < Severity.WARNING for each in found):
        found.insert(0, finding(Code.DIAGNOSE_FINE, Severity.FINE, standing))
    return tuple(found[:FINDINGS_MAX])


def _own(standing: Standing) -> Iterator[Finding]:
    """What keeps this node, or the whole network, from going on."""
    status, at = standing.status, standing.status.situation
    troubles = set(status.troubles)
    if standing.failure is not None:
        reason = Problem(standing.failure)
        yield finding(Code.DIAGNOSE_STOPPED, Severity.SERIOUS, standing, reason=reason)
    if Trouble.NO_QUORUM in troubles:
        yield finding(
            Code.DIAGNOSE_NO_QUORUM,
            Severity.SERIOUS,
            standing,
            missing=heard(status, status.missing),
        )
    if Trouble.CLONED in troubles:
        yield finding(Code.DIAGNOSE_CLONED, Severity.SERIOUS, standing)
    if Trouble.MUTED in troubles:
        yield finding(Code.DIAGNOSE_MUTED, Severity.SERIOUS, standing, until=at.height)
    if Trouble.RESTORED in troubles:
        until = status.restored_until
        yield finding(Code.DIAGNOSE_RESTORED, Severity.SERIOUS, standing, until=until)
    if Trouble.ABSTAINS in troubles:
        yield finding(
            Code.DIAGNOSE_ABSTAINS, Severity.SERIOUS, standing, until=status.abstain_until
        )
    if Trouble.CLOCK in troubles:
        yield finding(Code.DIAGNOSE_CLOCK, Severity.SERIOUS, standing, offsets=_offsets(status))
    kinds: dict[NodeId, set[str]] = {}
    for fault in status.faults:
        kinds.setdefault(fault.node, set()).add(fault.kind.value)
    for node, proven in kinds.items():
        yield finding(
            Code.DIAGNOSE_FAULT, Severity.SERIOUS, standing, node=node, kinds=sorted(proven)
        )
    if status.committee.f == 0:
        yield finding(Code.DIAGNOSE_DEVELOPMENT, Severity.NOTICE, standing)
    listens_ms = at.timers.listens_until_ms
    if listens_ms is not None:
        yield finding(
            Code.DIAGNOSE_LISTENING,
            Severity.NOTICE,
            standing,
            left=Span(listens_ms - status.now_ms),
        )


def _peers(standing: Standing) -> Iterator[Finding]:
    """What is wrong with single other nodes."""
    status = standing.status
    trusted = status.situation.clock_trusted
    for node in status.doubled:
        yield finding(Code.DIAGNOSE_PEER_CLONED, Severity.SERIOUS, standing, node=node)
    for node, peer in status.peers.items():
        if node in status.missing:
            if status.has_quorum:
                yield finding(
                    Code.DIAGNOSE_SILENT,
                    Severity.WARNING,
                    standing,
                    node=node,
                    ago=last_heard(status, node),
                )
            continue
        lag = 0 if peer.height is None else status.head.height - peer.height
        if lag > LAG_MAX:
            yield finding(Code.DIAGNOSE_PEER_BEHIND, Severity.WARNING, standing, node=node, lag=lag)
        if trusted and status.clock_apart(peer):
            offset = f"{peer.clock_offset_ms:+d}"
            yield finding(
                Code.DIAGNOSE_PEER_CLOCK, Severity.WARNING, standing, node=node, offset=offset
            )
        queue = status.queues.get(node)
        if queue is not None and queue.dropped_count:
            yield finding(
                Code.DIAGNOSE_QUEUE_FULL,
                Severity.WARNING,
                standing,
                node=node,
                dropped=queue.dropped_count,
                waiting=queue.frames_count,
            )


def _witnesses(standing: Standing) -> Iterator[Finding]:
    """What is wrong with bodies outside the committee that are to cosign heads."""
    now_ms = standing.status.now_ms
    for each in standing.witnesses:
        witness = each.key.name
        for fault, reason in each.faults.items():
            code, severity = _FAULTS[fault]
            yield finding(code, severity, standing, witness=witness, reason=reason)
        if Fault.SIGNATURE in each.faults:
            continue
        if each.missing_since_ms is not None and now_ms - each.missing_since_ms >= LACKING_MS:
            yield finding(
                Code.DIAGNOSE_WITNESS_SILENT,
                Severity.WARNING,
                standing,
                witness=witness,
                heads=each.missing_count,
                since=Span(now_ms - each.missing_since_ms),
                size=each.size,
                reason=each.reason or "–",
            )


def _stamping(standing: Standing) -> Iterator[Finding]:
    """What is wrong with authorities that are to stamp heads; no head waits for them."""
    now_ms = standing.status.now_ms
    for each in standing.stamping:
        name, reason, since_ms = each.name, each.reason or "–", each.lacking_since_ms
        if each.fault is not None:
            code = _STAMP_FAULTS[each.fault]
            yield finding(code, Severity.WARNING, standing, authority=name, reason=reason)
        elif since_ms is not None and now_ms - since_ms >= STAMP_PERIODS * each.period_ms:
            yield finding(
                Code.DIAGNOSE_TIME_SILENT,
                Severity.WARNING,
                standing,
                authority=name,
                since=Span(now_ms - since_ms),
                size=each.size,
                reason=reason,
            )


def _host(standing: Standing) -> Iterator[Finding]:
    """What this node's machine says."""
    if standing.host is None:
        return
    disk, clock = standing.host.disk, standing.host.clock
    since_ms = None if clock is None else clock.unsynchronised_since_ms
    if clock is not None and since_ms is not None:
        loose_ms = standing.status.now_ms - since_ms
        if loose_ms >= LOOSE_MS:
            yield finding(
                Code.DIAGNOSE_CLOCK_LOOSE,
                Severity.WARNING,
                standing,
                since=Span(loose_ms),
                source=clock.source.value,
            )
    if disk is None:
        return
    if disk.sync_ms is not None and disk.sync_ms >= SYNC_MS_MAX:
        yield finding(
            Code.DIAGNOSE_DISK_SLOW,
            Severity.WARNING,
            standing,
            took=disk.sync_ms,
            longest=disk.sync_ms_max,
        )
    if disk.free_bytes < FREE_BYTES_MIN:
        yield finding(
            Code.DIAGNOSE_DISK_SPACE, Severity.WARNING, standing, free=disk.free_bytes >> 20
        )


def _offsets(status: NodeStatus) -> tuple[Phrase, ...]:
    """Clocks of the peers that speak, minus ours."""
    return tuple(
        Phrase("offset", {"node": node, "offset": f"{peer.clock_offset_ms:+d}"})
        for node, peer in status.peers.items()
        if peer.clock_offset_ms is not None and node not in status.missing
    )
