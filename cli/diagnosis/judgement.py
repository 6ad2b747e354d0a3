"""Several nodes judged together: what no single one of them can know.

Who agrees on the head, whether enough of them run and hear one another, and whether any two hold
different blocks at one height, which must never be.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from statistics import median_low

from api.finding import Finding, Severity
from api.phrases import Fact, Phrase
from cli.diagnosis.seen import Seen
from cli.diagnosis.told import Told
from ledger.codes import Code

APART_MAX = 1
"""Blocks: one behind is on its way."""


def judge(seen: Sequence[Seen], n: int, q: int) -> tuple[Finding, ...]:
    """What is found about the network, the worst first.

    Args:
        seen: every node that was looked at.
        n: nodes of the committee.
        q: its quorum.
    """
    told = [each.told for each in seen if each.told is not None]
    working = [each for each in told if not each.stopped]
    found = [
        *_never(told),
        *_quorum(seen, working, n, q),
        *_lines(working),
        *_heights(working),
    ]
    if all(each.severity < Severity.WARNING for each in found) and working:
        found.insert(0, _agreement(working, n, q))
    return tuple(sorted(found, key=lambda each: each.severity, reverse=True))


def offset_of(node_id: str, seen: Sequence[Seen]) -> int | None:
    """How far a node's clock is from those of the nodes that hear it; the middle of their views."""
    offsets = [
        peer.offset_ms
        for each in seen
        if each.told is not None
        for peer in each.told.peers
        if peer.node_id == node_id and peer.speaks and peer.offset_ms is not None
    ]
    return median_low(offsets) if offsets else None


def heard_by(node_id: str, seen: Sequence[Seen]) -> tuple[int, int]:
    """(how many hear a node, how many were asked), itself left out."""
    views = [
        peer.speaks
        for each in seen
        if each.told is not None
        for peer in each.told.peers
        if peer.node_id == node_id
    ]
    return sum(views), len(views)


def _never(told: Sequence[Told]) -> Iterator[Finding]:
    """What must never be."""
    for one, other in combinations(told, 2):
        if one.network_id != other.network_id:
            yield _found(
                Code.DIAGNOSE_OTHER_NETWORK,
                Severity.SERIOUS,
                node=other.node_id,
                found=other.network_id[:16],
                expected=one.network_id[:16],
            )
        elif one.height == other.height and one.head_hash != other.head_hash:
            yield _found(
                Code.DIAGNOSE_FORK,
                Severity.SERIOUS,
                nodes=(one.node_id, other.node_id),
                height=one.height,
                hashes=(one.head_hash[:16], other.head_hash[:16]),
            )


def _quorum(seen: Sequence[Seen], working: Sequence[Told], n: int, q: int) -> Iterator[Finding]:
    """Whether enough nodes run, and hear enough others."""
    highest = max((each.height for each in working), default=0)
    if len(working) < q:
        answered = {each.node_id for each in working}
        yield _found(
            Code.DIAGNOSE_NETWORK_STILL,
            Severity.SERIOUS,
            count=len(working),
            n=n,
            q=q,
            lacking=q - len(working),
            missing=tuple(each.target.name for each in seen if not _answered(each, answered)),
            height=highest,
            at=tuple(each.node_id for each in working if each.height == highest),
        )
    elif sum(each.quorate for each in working) < q:
        yield _found(
            Code.DIAGNOSE_NETWORK_SPLIT,
            Severity.SERIOUS,
            count=len(working),
            q=q,
            deaf=tuple(each.node_id for each in working if not each.quorate),
        )


def _answered(seen: Seen, names: set[str]) -> bool:
    return seen.told is not None and seen.told.node_id in names


def _lines(working: Sequence[Told]) -> Iterator[Finding]:
    """Nodes that answer here, and that others do not hear."""
    names = {each.node_id for each in working}
    for each in working:
        unheard = tuple(p.node_id for p in each.peers if not p.speaks and p.node_id in names)
        if unheard:
            yield _found(
                Code.DIAGNOSE_UNHEARD, Severity.WARNING, node=each.node_id, unheard=unheard
            )


def _heights(working: Sequence[Told]) -> Iterator[Finding]:
    """Heads and views that are apart."""
    heights = {each.height for each in working}
    if heights and max(heights) - min(heights) > APART_MAX:
        yield _found(
            Code.DIAGNOSE_HEADS_APART,
            Severity.WARNING,
            heads=tuple(_at(each.node_id, each.height) for each in working),
        )
    elif len(heights) == 1 and len({each.view for each in working}) > 1:
        yield _found(
            Code.DIAGNOSE_VIEWS_APART,
            Severity.NOTICE,
            height=working[0].height + 1,
            views=tuple(_at(each.node_id, each.view) for each in working),
        )


def _agreement(working: Sequence[Told], n: int, q: int) -> Finding:
    """Everybody who works stands on one head, or within a block of it."""
    highest = max(working, key=lambda each: each.height)
    return _found(
        Code.DIAGNOSE_NETWORK_FINE,
        Severity.FINE,
        count=len(working),
        n=n,
        q=q,
        height=highest.height,
        primary=highest.primary,
        view=highest.view,
    )


def _at(node: str, number: int) -> Phrase:
    return Phrase("at", {"node": node, "number": number})


def _found(code: Code, severity: Severity, **facts: Fact) -> Finding:
    return Finding(code, severity, facts)
