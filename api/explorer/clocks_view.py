"""The network page's clocks: what keeps each, as recorded; and that of this node, as it is now."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.clock_reports import ClockReport, clock_reports
from api.explorer.names import Names
from api.explorer.words import named, say
from api.service import LedgerService
from consensus.depths import ClockFacts
from ledger.core.canonical import Value

_STEP = {True: "yes", False: "no", None: "unknown"}


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock in words; an empty text where nobody said."""

    organisation: str
    node_id: str
    source: str
    in_step: str
    """``yes``, ``no`` or ``unknown``."""
    off: str
    """By how much it may be off."""
    synchronised_at_ms: int | None
    peers: str
    """``within_bound``, ``beyond_bound`` or ``unknown``; empty of what is not recorded."""
    time_ms: int
    """When it was recorded, or read."""
    record_id: str
    """Of the record; empty of what is read now."""


def clock_rows(service: LedgerService, names: Names, language: str) -> Iterator[ClockRow]:
    """This node's clock as its machine says now, then the last record of each node's."""
    host = service.standing.host
    if host is not None and host.clock is not None:
        yield _now(service, host.clock, language)
    for each in clock_reports(service):
        yield _recorded(each, names, language)


def _now(service: LedgerService, clock: ClockFacts, language: str) -> ClockRow:
    status = service.node.status
    off = ""
    if clock.offset_us is not None:
        facts = {"offset": f"{clock.offset_us:+d} µs", "bound": _thousandths(clock.bound_us)}
        off = say(language, "network.clock_off", **facts)
    return ClockRow(
        "",
        status.node_id,
        _source(language, clock.source.value, clock.stratum),
        _STEP[clock.synchronised],
        off,
        clock.synchronised_at_ms,
        "",
        status.now_ms,
        "",
    )


def _recorded(report: ClockReport, names: Names, language: str) -> ClockRow:
    row, said = report.row, report.said
    slow, fast, at_ms = (said(name) for name in ("slow_most_ms", "fast_most_ms", _AT))
    known = isinstance(slow, int) and isinstance(fast, int)
    return ClockRow(
        names.member(row.member),
        row.node,
        _source(language, str(said("time_source")), said("stratum")),
        str(said("in_step")),
        say(language, "network.clock_bounds", slow=str(slow), fast=str(fast)) if known else "",
        at_ms if isinstance(at_ms, int) else None,
        str(said("peers")),
        row.time_ms,
        row.record_id.hex(),
    )


_AT = "synchronised_at_ms"


def _source(language: str, source: str, stratum: Value) -> str:
    words = named(language, "values", source)
    if not isinstance(stratum, int):
        return words
    return say(language, "network.clock_stratum", source=words, n=stratum)


def _thousandths(bound_us: int | None) -> str:
    return "–" if bound_us is None else f"{-(-bound_us // 1_000)} ms"
