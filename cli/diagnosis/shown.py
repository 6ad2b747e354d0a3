"""How a diagnosis looks in a terminal: findings first, then the facts, in tables.

Meaning is in a sign and a word before it is in a colour. Whatever a node sent is made printable.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from api.diagnose import sentence_of
from api.finding import Finding, Severity
from api.phrases import Span, rendered
from cli.diagnosis.folder import FolderFacts, LogLine
from cli.diagnosis.judgement import heard_by, offset_of
from cli.diagnosis.outside_shown import outside_rows
from cli.diagnosis.seen import Seen
from cli.diagnosis.told import Told, ToldFinding, ToldPeer
from cli.output import facts, table
from cli.words import language, say
from ledger.terminal import printable
from ledger.words.moments import beijing_time

_SIGNS: Final[Mapping[Severity, str]] = {
    Severity.FINE: "[bold green]✓[/]",
    Severity.NOTICE: "[bold cyan]·[/]",
    Severity.WARNING: "[bold yellow]![/]",
    Severity.SERIOUS: "[bold red]✗[/]",
}
_UNBROKEN: Final = re.compile(r"[!-~]+[，。：；、）]*\s*|[（]?[^!-~\s][，。：；、）]*\s*|\s+")
"""A word in Latin letters, or one sign of another script, with the marks that must follow it."""
_NOTHING: Final = "–"
_LINE_MAX: Final = 300


def findings_table(seen: Sequence[Seen], joint: Sequence[Finding], width: int) -> Table:
    """Everything that is found, the worst first: about the network, about mute nodes, and told.

    Args:
        seen: the nodes that were looked at.
        joint: what is found about them together; empty for one node.
        width: columns of the terminal.
    """
    ours = [*joint, *(found for each in seen for found in each.found)]
    rows = [
        (each.severity, sentence_of(each, language()), each.section, [each.code.value])
        for each in ours
    ] + list(_told_rows(seen, single=not joint))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for severity, told, section, beside in sorted(rows, key=lambda row: -row[0]):
        sign = f"{_SIGNS[severity]} [bold]{say(f'severity.{severity.name.lower()}')}[/]"
        small = "" if severity is Severity.FINE else " · ".join([*beside, section])
        dim = f"\n[dim]{escape(printable(small))}[/]" if small else ""
        room = width - cell_len(Text.from_markup(sign).plain) - 2
        grid.add_row(sign, f"{escape(wrapped(printable(told), room))}{dim}")
    return grid


def _told_rows(
    seen: Sequence[Seen], *, single: bool
) -> Iterator[tuple[Severity, str, str, list[str]]]:
    """What the nodes say of themselves, each thing once, with who says it."""
    grouped: dict[tuple[str, str], list[tuple[str, ToldFinding]]] = {}
    for each in seen:
        if each.told is not None:
            for found in each.told.findings:
                about = each.told.node_id if found.code in _ABOUT_ITSELF else found.about
                grouped.setdefault((found.code, about), []).append((each.told.node_id, found))
    for said in grouped.values():
        first = said[0][1]
        if single or first.severity is not Severity.FINE:
            who = [] if single else [say("diagnose.says", nodes=_names([node for node, _ in said]))]
            yield first.severity, first.sentences[language()], first.section, [*who, first.code]


_ABOUT_ITSELF: Final = frozenset(
    f"diagnose.{name}"
    for name in (
        *("stopped", "cloned", "muted", "abstains", "clock", "catching_up", "listening"),
        *("disk_slow", "disk_space", "snapshot_fetching"),
    )
)
"""What is true of one node only, so that two that say it say two things."""


def node_tables(told: Told) -> Iterator[Table]:
    """The facts of one node: where it stands, and its peers."""
    title = f"{told.node_id} · {told.network}"
    yield facts(title, [(say(f"diagnose.{name}"), value) for name, value in _facts(told)])
    if told.peers:
        peers = table(
            say("diagnose.peers"),
            *(say(key) for key in ("network.node", "status.reachable", "diagnose.heard")),
            *(say(key) for key in ("status.height", "diagnose.view", "diagnose.clock")),
            say("diagnose.queued"),
        )
        for peer in told.peers:
            peers.add_row(*map(escape, map(printable, _peer(told, peer))))
        yield peers


def network_table(seen: Sequence[Seen], title: str) -> Table:
    """One row for each node that was looked at."""
    made = table(
        title,
        *(say(key) for key in ("network.node", "diagnose.state", "diagnose.short_height")),
        *(say(key) for key in ("diagnose.view", "diagnose.short_pool", "diagnose.clock")),
        say("diagnose.heard_by"),
    )
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    for each in seen:
        made.add_row(*_row(each, seen))
    return made


def _row(each: Seen, seen: Sequence[Seen]) -> list[str]:
    told = each.told
    name = each.target.name if told is None else told.node_id
    sign = f"{_SIGNS[each.severity]} {say(f'severity.{each.severity.name.lower()}')}"
    hears, asked = heard_by(name, seen)
    offset = offset_of(name, seen)
    heard = say("diagnose.of", count=hears, n=asked) if asked else _NOTHING
    clock = _NOTHING if offset is None else f"{offset:+d} ms"
    if told is None:
        head = None if each.folder is None else each.folder.head
        stored = _NOTHING if head is None else say("diagnose.on_disk", height=head)
        cells = [stored, _NOTHING, _NOTHING]
    else:
        height = str(told.height)
        if told.cosigned < told.height:
            height = say("diagnose.cosigned_to", height=told.height, cosigned=told.cosigned)
        cells = [height, f"{told.view} · {told.primary}", str(told.pool["bundles"])]
    shown = [escape(printable(cell)) for cell in (*cells, clock, heard)]
    return [escape(printable(name)), sign, *shown]


def _facts(told: Told) -> Iterator[tuple[str, str]]:
    here, now_ms = told.open, told.now_ms
    yield "height", say("diagnose.height_value", height=told.height, cosigned=told.cosigned)
    why = "diagnose.primary_changed" if here["view_changes"] else "diagnose.primary_stays"
    yield (
        "primary",
        say(
            why,
            primary=told.primary,
            view=told.view,
            n=told.n,
            changes=here["view_changes"],
            height=told.height + 1,
        ),
    )
    yield "waits", _waits(told)
    yield (
        "votes",
        say(
            "diagnose.votes_value",
            prepared=_names(here["prepared_by"]),
            committed=_names(here["committed_by"]),
            q=told.q,
        ),
    )
    asks = [f"{each['node']} → {each['view']}" for each in here["asked_for"]]
    yield "asks", _names(asks)
    pool = told.pool
    yield "pool", say("diagnose.pool_value", **pool)
    yield from outside_rows(told)
    yield from _machine(told)
    dropped = told.document["facts"]["dropped_messages"]
    if dropped:
        last = told.document["facts"]["dropped_last"]
        yield "dropped", say("diagnose.dropped_value", count=dropped, last=last)
    yield "version", say("diagnose.version_value", version=told.version, at=beijing_time(now_ms))


def _waits(told: Told) -> str:
    """What the open height waits for, since when, and until when."""
    here = told.open
    what = say(f"wait.{here['waits_for']}", count=here["lacking"], of=_names(here["lacking_of"]))
    since_ms, ends_ms = here["waits_since_ms"], here["view_ends_ms"]
    if since_ms is not None:
        what += say("diagnose.since", span=span(told.now_ms - since_ms))
    if ends_ms is not None:
        what += say("diagnose.until", span=span(ends_ms - told.now_ms))
    return what


def _machine(told: Told) -> Iterator[tuple[str, str]]:
    disk = told.document["facts"]["disk"]
    if disk is None:
        return
    sync = say("diagnose.not_yet")
    if disk["sync_ms"] is not None:
        sync = say("diagnose.sync", last=disk["sync_ms"], longest=disk["sync_ms_max"])
    yield (
        "disk",
        say(
            "diagnose.disk_value",
            journal=disk["journal_bytes"],
            intake=disk["intake_bytes"],
            sync=sync,
            free=disk["free_bytes"] >> 20,
        ),
    )
    until_ms = told.document["facts"]["certificate_until_ms"]
    yield "certificate", say("diagnose.certificate_value", at=beijing_time(until_ms))


def _peer(told: Told, peer: ToldPeer) -> list[str]:
    heard_ms = peer.heard_ms
    heard = _NOTHING if heard_ms is None else say("diagnose.ago", span=span(told.now_ms - heard_ms))
    return [
        peer.node_id,
        "✓" if peer.speaks else "✗",
        heard,
        *(_NOTHING if each is None else str(each) for each in (peer.height, peer.view)),
        _NOTHING if peer.offset_ms is None else f"{peer.offset_ms:+d} ms",
        _NOTHING if peer.queued_count is None else str(peer.queued_count),
    ]


def wrapped(text: str, width: int) -> str:
    """`text` in lines of at most `width` columns, as Chinese is set: broken between any two signs.

    Words of other scripts stay whole, and no line begins with a closing mark.
    """
    lines = [""]
    for part in _UNBROKEN.findall(text):
        if lines[-1] and cell_len(lines[-1] + part.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
            part = part.lstrip()
        lines[-1] += part
    return "\n".join(lines)


def _names(given: Sequence[str]) -> str:
    return str(rendered(tuple(given), language()))


def span(ms: int) -> str:
    """A length of time in words, of the units that matter."""
    return str(rendered(Span(max(0, ms)), language()))


def folder_table(name: str, folder: FolderFacts) -> Table:
    """What the folder of a node that does not answer says."""
    held = folder.holder
    rows = [
        ("process", _NOTHING if held is None else str(held.pid)),
        ("stored", _NOTHING if folder.head is None else str(folder.head)),
        ("signed", _NOTHING if folder.signed is None else str(folder.signed)),
    ]
    lines = [
        ("" if number else say("diagnose.log"), _log_line(line))
        for number, line in enumerate(folder.lines)
    ]
    return facts(name, [(say(f"diagnose.{key}"), value) for key, value in rows] + lines)


def _log_line(line: LogLine) -> str:
    left_out = {"event", "timestamp", "level", "node", "exception", "exc_info", "facts"}
    told = " ".join(f"{k}={str(v)[:40]}" for k, v in line.facts.items() if k not in left_out)
    return f"{line.time} {line.event} {told}"[:_LINE_MAX]
