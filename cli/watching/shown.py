"""One round for people and for machines: each finding with file, record and digests; counts."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.markup import escape

from cli.desk import Kept
from cli.output import FAILED, HELD
from cli.watching.judging import Finding, Weight
from cli.watching.watcher import Look
from cli.words import language, say
from ledger.terminal import printable
from ledger.words import sentence
from ledger.words.moments import beijing_time

_SIGNS: Final = {
    Weight.ALARM: FAILED,
    Weight.PROBLEM: "[bold yellow]![/]",
    Weight.NOTICE: "·",
}
_ORDER: Final = tuple(Weight)
SHOWN_MAX: Final = 1_000
"""Findings of one round that a terminal is shown; ``--json`` has all."""


def look_lines(look: Look, reports: Sequence[Kept]) -> Iterator[str]:
    """The round for people, the worst first."""
    found = sorted(look.findings, key=lambda each: _ORDER.index(each.weight))
    for each in found[:SHOWN_MAX]:
        told = printable(_sentence(each))
        yield f"{_SIGNS[each.weight]} {escape(told)} [dim]({each.code.value})[/]"
    if len(found) > SHOWN_MAX:
        yield say("watch.more", count=len(found) - SHOWN_MAX)
    for kept in reports:
        record = kept.receipt.record_id.hex()
        yield f"{HELD} {escape(say('watch.reported', record=record, height=kept.height))}"
    if not look.asked:
        yield f"[bold yellow]![/] {escape(say('watch.unasked'))}"
    if look.unconfirmed_count:
        yield escape(say("watch.unconfirmed", count=look.unconfirmed_count))
    counts: dict[str, str | int] = {
        "when": beijing_time(look.at_ms),
        "held": look.as_anchored_count,
        "alarms": len(look.alarms),
        "unanchored": look.unanchored_count,
        "skipped": look.skipped_count,
    }
    yield f"{FAILED if look.alarms else HELD} {escape(say('watch.counts', **counts))}"


def look_document(look: Look, reports: Sequence[Kept]) -> dict[str, object]:
    """The round for machines."""
    return {
        "at_ms": look.at_ms,
        "checked_count": len(look.checked),
        "as_anchored_count": look.as_anchored_count,
        "unanchored_count": look.unanchored_count,
        "skipped_count": look.skipped_count,
        "unplaced_count": look.unplaced_count,
        "unconfirmed_count": look.unconfirmed_count,
        "asked": look.asked,
        "findings": [_value(each) for each in look.findings],
        "reports": [
            {"record_id": each.receipt.record_id.hex(), "height": each.height} for each in reports
        ],
    }


def _value(found: Finding) -> dict[str, object]:
    entry = found.entry
    return {
        "code": found.code.value,
        "weight": found.weight.value,
        "path": printable(found.path),
        "record_id": None if entry is None else entry.record_id.hex(),
        "label": None if entry is None else entry.label,
        "anchored": None if entry is None else entry.sha256.hex(),
        "found": None if found.found is None else found.found.hex(),
        "other": None if found.other is None else found.other.hex(),
        "reason": found.reason or None,
        "sentence": printable(_sentence(found)),
    }


def _sentence(found: Finding) -> str:
    return sentence(found.code, found.detail, language())
