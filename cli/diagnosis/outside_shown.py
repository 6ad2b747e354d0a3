"""What a diagnosis shows of bodies outside the network, and of the clock of a machine."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cli.diagnosis.told import Told
from cli.words import say
from ledger.words.moments import beijing_time

_NOTHING: Final = "–"


def outside_rows(told: Told) -> Iterator[tuple[str, str]]:
    """Witnesses, time stamps and the clock, each where there is something to tell."""
    yield from _witnesses(told)
    yield from _stamping(told)
    yield from _clock(told)


def _witnesses(told: Told) -> Iterator[tuple[str, str]]:
    """How far each body outside the committee has cosigned, and when it did."""
    given = told.document["facts"]["witnesses"]
    lines = [
        _NOTHING
        if each["time_ms"] is None
        else say("diagnose.witness_value", size=each["size"], at=beijing_time(each["time_ms"]))
        for each in given
    ]
    if given:
        named = [f"{each['name']}: {line}" for each, line in zip(given, lines, strict=True)]
        yield "witnesses", "; ".join(named)


def _stamping(told: Told) -> Iterator[tuple[str, str]]:
    """Which head each authority stamped last, and when."""
    given = told.document["facts"].get("time_stamps", [])
    lines = [
        _NOTHING
        if each["time_ms"] is None
        else say("diagnose.stamp_value", size=each["size"], at=beijing_time(each["time_ms"]))
        for each in given
    ]
    if given:
        named = [f"{each['name']}: {line}" for each, line in zip(given, lines, strict=True)]
        yield "time_stamps", "; ".join(named)


def _clock(told: Told) -> Iterator[tuple[str, str]]:
    """Who keeps the clock in step, how far it is off, and when a server was heard last."""
    clock = told.document["facts"].get("clock")
    if clock is None:
        return
    at_ms, offset_us = clock["synchronised_at_ms"], clock["offset_us"]
    state = {True: "yes", False: "no", None: "unknown"}[clock["synchronised"]]
    yield (
        "own_clock",
        say(
            "diagnose.clock_value",
            source=_source(clock),
            state=say(f"diagnose.clock_{state}"),
            offset=_NOTHING if offset_us is None else f"{offset_us:+d} µs",
            at=_NOTHING if at_ms is None else beijing_time(at_ms),
        ),
    )


def _source(clock: Mapping[str, Any]) -> str:
    """What keeps the clock, and how far it is from a reference clock where it says so."""
    source, stratum = str(clock["source"]), clock.get("stratum")
    return source if stratum is None else say("diagnose.clock_stratum", source=source, n=stratum)
