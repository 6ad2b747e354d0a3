"""What is found out about webhooks: who was not told, what was set aside, and what stands still."""

from collections.abc import Iterator
from typing import Final

from api.finding import Finding, Severity, Standing, finding
from api.phrases import Phrase, Span
from ledger.codes import Code

WAITING_MS: Final = 60_000
"""A receiver that is started again answers within a minute."""


def of_hooks(standing: Standing) -> Iterator[Finding]:
    """What wants an operator; the ledger waits for no receiver."""
    now_ms = standing.status.now_ms
    for each in standing.hooks:
        behind = max(0, standing.status.head.log_size - 1 - each.index)
        if each.halt is not None:
            yield finding(
                Code.DIAGNOSE_WEBHOOK_HALTED,
                Severity.WARNING,
                standing,
                webhook=each.name,
                why=Phrase(f"webhook_{each.halt.value}"),
                behind=behind,
            )
        elif each.waiting_since_ms is not None and now_ms - each.waiting_since_ms >= WAITING_MS:
            yield finding(
                Code.DIAGNOSE_WEBHOOK_SILENT,
                Severity.WARNING,
                standing,
                webhook=each.name,
                since=Span(now_ms - each.waiting_since_ms),
                behind=behind,
                reason=each.reason or "–",
            )
        if each.dead_count:
            yield finding(
                Code.DIAGNOSE_WEBHOOK_DEAD,
                Severity.WARNING,
                standing,
                webhook=each.name,
                dead=each.dead_count,
                reason=each.dead_reason or each.reason or "–",
            )
