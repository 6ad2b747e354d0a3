"""What is found out about an observer: whom it follows, how far behind it is, who lies to it."""

from collections.abc import Iterator

from api.finding import Finding, Severity, Standing, finding
from api.phrases import Phrase, Problem, ago
from consensus.upstreams import Fault, Following, UpstreamFacts
from ledger.codes import Code
from ledger.core.identifiers import NodeId
from ledger.errors import LedgerError

LAG_MAX = 1
"""Blocks: one behind is on its way."""


def of_observer(standing: Standing, following: Following) -> Iterator[Finding]:
    """Everything that keeps an observer from being as new as the nodes."""
    if standing.failure is not None:
        reason = Problem(standing.failure)
        yield finding(Code.DIAGNOSE_STOPPED, Severity.SERIOUS, standing, reason=reason)
    if following.followed is None:
        yield finding(Code.DIAGNOSE_FOLLOWS_NOBODY, Severity.SERIOUS, standing)
    lag = following.top - standing.status.head.height
    if lag > LAG_MAX:
        yield finding(
            Code.DIAGNOSE_OBSERVER_BEHIND,
            Severity.WARNING,
            standing,
            lag=lag,
            top=following.top,
            followed=_named(following),
        )
    for node, facts in following.upstreams.items():
        yield from _of_upstream(standing, node, facts, following.urls[node])
    yield finding(Code.DIAGNOSE_OBSERVER, Severity.FINE, standing, followed=_named(following))


def _of_upstream(
    standing: Standing, node: NodeId, facts: UpstreamFacts, url: str
) -> Iterator[Finding]:
    if facts.lied is not None:
        yield finding(
            Code.DIAGNOSE_UPSTREAM_LIES,
            Severity.SERIOUS,
            standing,
            node=node,
            reason=Problem(LedgerError(facts.lied.code, **facts.lied.detail)),
        )
    if facts.fault is None or facts.reason is None or facts.fault is Fault.LIES:
        return
    heard_ms = facts.heard_ms
    yield finding(
        _CODES[facts.fault],
        Severity.WARNING,
        standing,
        node=node,
        url=url,
        ago=ago(None if heard_ms is None else standing.status.now_ms - heard_ms),
        reason=Problem(LedgerError(facts.reason.code, **facts.reason.detail)),
    )


_CODES = {
    Fault.MUTE: Code.DIAGNOSE_UPSTREAM_MUTE,
    Fault.REFUSES: Code.DIAGNOSE_UPSTREAM_REFUSES,
    Fault.BEHIND: Code.DIAGNOSE_UPSTREAM_BEHIND,
}


def _named(following: Following) -> NodeId | Phrase:
    return Phrase("nobody") if following.followed is None else following.followed
