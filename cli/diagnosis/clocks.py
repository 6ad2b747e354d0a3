"""The clocks of all nodes as their organisations recorded them last: age, offset, source.

Of a node's own clock now the node's facts tell; this is what the ledger keeps of every node. It
comes from one node, and each row names the record that proves it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from cli.diagnosis.seen import Seen
from cli.diagnosis.told import Told
from cli.output import table
from cli.words import say
from ledger.terminal import printable

_NOTHING: Final = "–"
_FIELDS: Final = (
    *("record_id", "time_source", "in_step", "peers"),
    *("slow_most_ms", "fast_most_ms", "stratum", "synchronised_at_ms"),
)


def best_told(seen: Sequence[Seen]) -> Told | None:
    """The answer of the node that knows most of the ledger; None where none answers."""
    answers = (each.told for each in seen if each.told is not None)
    return max(answers, key=lambda told: told.height, default=None)


def clocks_form(told: Told | None) -> list[dict[str, object]]:
    """For programs: one entry for each node, with nulls where none was recorded.

    Args:
        told: of the node that is believed about the ledger.
    """
    return [] if told is None else list(_clocks(told))


def clocks_table(told: Told, span: Callable[[int], str]) -> Table:
    """For people.

    Args:
        told: of the node that is believed about the ledger.
        span: says a length of time in words.
    """
    made = table(
        say("diagnose.clocks"),
        *(say(key) for key in ("network.node", "diagnose.recorded", "clock.source")),
        *(say(key) for key in ("diagnose.offset", "clock.peers")),
    )
    made.columns[0].no_wrap = True
    for each in _clocks(told):
        made.add_row(*(escape(printable(cell)) for cell in _cells(each, span)))
    return made


def _clocks(told: Told) -> Iterator[dict[str, object]]:
    """The reports, and the nodes of the committee of which there is none."""
    given: list[Mapping[str, Any]] = told.document.get("clock_reports") or []
    for each in given:
        yield {
            "node": each["node_id"],
            "member": each["member_id"],
            "recorded_ms": each["time_ms"],
            "age_ms": max(0, told.now_ms - each["time_ms"]),
            **{name: each[name] for name in _FIELDS},
        }
    known = {each["node_id"] for each in given}
    names = sorted({told.node_id, *(peer.node_id for peer in told.peers)} - known)
    for name in names:
        never = dict.fromkeys(("member", "recorded_ms", "age_ms", *_FIELDS))
        yield {"node": name, **never}


def _cells(clock: Mapping[str, Any], span: Callable[[int], str]) -> list[str]:
    name = str(clock["node"])
    if clock["recorded_ms"] is None:
        return [name, say("diagnose.never_recorded"), *(_NOTHING,) * 3]
    slow, fast, stratum = clock["slow_most_ms"], clock["fast_most_ms"], clock["stratum"]
    source, state = str(clock["time_source"]), say(f"diagnose.clock_{clock['in_step']}")
    if stratum is not None:
        source = say("diagnose.clock_stratum", source=source, n=stratum)
    return [
        f"{name} · {clock['member']}",
        say("diagnose.ago", span=span(clock["age_ms"])),
        f"{source} · {state}",
        _NOTHING if slow is None else say("diagnose.clock_bounds", slow=slow, fast=fast),
        say(f"clock.{clock['peers']}"),
    ]
