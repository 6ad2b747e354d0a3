"""What the open height, the newest head and the waiting bundles wait for, and for how long."""

from collections.abc import Iterator
from typing import Final

from api.finding import Finding, Severity, Standing, finding, heard
from api.phrases import Phrase, Span
from consensus.core.situation import Wait
from consensus.status import NodeStatus, Trouble
from ledger.codes import Code

LAG_MAX: Final = 1
"""Blocks: one behind is on its way."""
WAITED_MS: Final = 2_000
"""A healthy height goes on within this; what waits longer is worth a word."""


def of_height(standing: Standing) -> Iterator[Finding]:
    """What the open height, the newest head and the waiting bundles wait for."""
    status, at = standing.status, standing.status.situation
    troubles = set(status.troubles)
    behind = _behind(standing)
    if behind is not None:
        yield behind
    elif Trouble.VIEW_CHANGE in troubles:
        yield _waiting(standing, Code.DIAGNOSE_VIEW_CHANGE)
    elif at.awaited.what in _WAITS and _lasts(status):
        yield _waiting(standing, _WAITS[at.awaited.what])
    if Trouble.COSIGNATURES in troubles and behind is None:
        yield finding(
            Code.DIAGNOSE_COSIGNATURES,
            Severity.WARNING,
            standing,
            cosigned=status.cosigned_height,
            unsigned=standing.unsigned,
        )
    if status.pool.passed_over_count:
        yield finding(
            Code.DIAGNOSE_PASSED_OVER,
            Severity.WARNING,
            standing,
            count=status.pool.passed_over_count,
        )


def _behind(standing: Standing) -> Finding | None:
    """That blocks are missed here: a certificate proves it, or more than f nodes say so."""
    status, at = standing.status, standing.status.situation
    heights = [
        peer.height
        for node, peer in status.peers.items()
        if node not in status.missing and peer.height is not None
    ]
    weak = status.committee.weak
    said = sorted(heights, reverse=True)[weak - 1] if len(heights) >= weak else 0
    proven = at.certified > status.head.height
    if not proven and said <= status.head.height + LAG_MAX:
        return None
    top = max(said, at.certified)
    return finding(
        Code.DIAGNOSE_CATCHING_UP,
        Severity.WARNING,
        standing,
        top=top,
        lacking=top - status.head.height,
        donor=Phrase("nobody") if at.donor is None else at.donor,
        pause=Phrase("does_not_vote") if proven else Phrase(),
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
    return finding(
        code,
        Severity.WARNING,
        standing,
        count=awaited.count,
        of=heard(status, awaited.of),
        lacks=_lacks(status),
        asking=at.asking,
        ahead=ahead,
    )


def _lacks(status: NodeStatus) -> Phrase:
    """What a view that was asked for still needs."""
    awaited = status.situation.awaited
    of = heard(status, awaited.of)
    if awaited.what is Wait.VIEW_CHANGES:
        return Phrase("lacks_asks", {"count": awaited.count, "of": of})
    if awaited.what is Wait.NEW_VIEW:
        return Phrase("lacks_new_view", {"of": of})
    return Phrase()
