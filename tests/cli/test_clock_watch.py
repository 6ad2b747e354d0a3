"""What a machine says of its clock: read where it can be read, and unknown everywhere else."""

import asyncio
import sys
from dataclasses import replace

import pytest

from api.finding import Standing
from api.findings import LOOSE_MS, findings
from cli.compose.clock_watch import ClockWatch, chrony_facts, clock_facts
from consensus.depths import ClockFacts, ClockSource, DiskFacts, HostFacts
from tests.api.test_diagnose import NOW_MS, status

KERNEL = ClockFacts(ClockSource.KERNEL, True, 12, 900, None)
TRACKING = (
    "CB00710A,203.0.113.10,2,1795714593.123456789,-0.000012345,0.000001,0.00002,-1.5,0.0,0.1,"
    "0.02,0.001,64.2,Normal\n"
)


def test_this_machine_says_something_and_never_fails() -> None:
    found = clock_facts()
    assert found.source in ClockSource
    if sys.platform.startswith("linux"):
        assert found.synchronised is not None or found.source is ClockSource.UNKNOWN


def test_chrony_says_when_it_heard_a_server_and_what_is_to_be_corrected() -> None:
    found = chrony_facts(TRACKING, KERNEL)
    assert found == ClockFacts(ClockSource.CHRONY, True, 12, 900, 1_795_714_593_123, stratum=2)
    never = TRACKING.replace("Normal", "Not synchronised").replace("1795714593.123456789", "0.0")
    found = chrony_facts(never, KERNEL)
    assert found is not None
    assert (found.synchronised, found.synchronised_at_ms) == (False, None)


@pytest.mark.parametrize(
    "line",
    ["", "506 Cannot talk to daemon", TRACKING.replace(",Normal", ""), TRACKING * 3,
     TRACKING.replace("1795714593.123456789", "soon"),
     TRACKING.replace("-0.000012345", "nan"), TRACKING.replace("-0.000012345", "1e9")],
)  # fmt: skip
def test_what_is_not_chronys_form_is_not_taken_for_it(line: str) -> None:
    assert chrony_facts(line, KERNEL) is None


def test_since_when_a_clock_is_loose_is_remembered_until_it_is_in_step() -> None:
    now, said = [1_000], [replace(KERNEL, synchronised=False)]
    watch = ClockWatch(lambda: said[0], lambda: now[0])
    assert watch.facts is None

    def look() -> int | None:
        asyncio.run(watch.look())
        assert watch.facts is not None
        return watch.facts.unsynchronised_since_ms

    assert look() == 1_000
    now[0] = 9_000
    assert look() == 1_000
    said[0] = KERNEL
    assert look() is None
    said[0] = replace(KERNEL, synchronised=None)
    assert look() is None, "what nobody knows is no trouble"


def test_six_hours_out_of_step_are_found_and_a_moment_less_is_not() -> None:
    """A finding and no rule: such a node votes on, as its peers' clocks judge it."""
    for since_ms, found in ((NOW_MS - LOOSE_MS, True), (NOW_MS - LOOSE_MS + 1, False)):
        clock = replace(KERNEL, synchronised=False, unsynchronised_since_ms=since_ms)
        host = HostFacts(DiskFacts(1, 1, 1, 1, 1 << 40), 0, clock)
        codes = [each.code for each in findings(Standing(status(), host=host))]
        assert ("diagnose.clock_loose" in codes) == found
        assert ("diagnose.clock" in codes) is False
