"""``ledger.clock_reported``: organisations say what keeps the clocks of their nodes in step."""

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from tests.contracts.town import HOUR, MINUTE, ROLES, START_MS, Town

TYPE = "ledger.clock_reported"


def told(node: str = "node-notary", **changed: Value) -> dict[str, Value]:
    """A clock that chrony keeps within a few milliseconds."""
    fields: dict[str, Value] = {
        "node": node,
        "cause": "schedule",
        "time_source": "chrony",
        "in_step": "yes",
        "peers": "within_bound",
        "slow_most_ms": 12,
        "fast_most_ms": 14,
        "stratum": 3,
        "synchronised_at_ms": START_MS - MINUTE,
    }
    return {name: value for name, value in (fields | changed).items() if value is not None}


def loose(**changed: Value) -> dict[str, Value]:
    """A clock that nothing keeps."""
    gone = dict.fromkeys(("slow_most_ms", "fast_most_ms", "stratum", "synchronised_at_ms"))
    fields: dict[str, Value] = {"in_step": "no", "time_source": "kernel", **gone, **changed}
    return told("node-notary", **fields)


def say(town: Town, fields: dict[str, Value], by: str = "notary") -> RecordId:
    return town.say(by, TYPE, by, fields=fields)


def refused(town: Town, fields: dict[str, Value], by: str = "notary") -> Code | None:
    return town.refused(by, TYPE, by, fields=fields)


@pytest.mark.spares("AL39")
def test_an_organisation_reports_the_clock_of_its_own_node_under_its_own_key() -> None:
    town = Town()
    say(town, told())
    assert town.alerts() == []
    assert refused(town, told("node-centre")) is Code.CLOCK_NODE
    assert refused(town, told("node-elsewhere")) is Code.CLOCK_NODE
    assert refused(town, told(), by="builder") is not None


def test_nobody_reports_in_anothers_name() -> None:
    town = Town()
    assert town.refused("centre", TYPE, "notary", fields=told("node-centre")) is not None


@pytest.mark.raises("AL39")
def test_a_clock_that_nothing_keeps_in_step_raises_an_alert_that_names_the_department() -> None:
    town = Town()
    said = say(town, loose())
    assert town.alerts() == [("AL39", "clock_not_in_step")]
    (alert,) = town.raised()
    assert (alert.fields["member"], alert.subject) == ("notary", "notary")
    assert [ref.record_id for ref in alert.refs] == [said]


def test_a_clock_beyond_the_bound_raises_one_though_something_keeps_it() -> None:
    town = Town()
    say(town, told(peers="beyond_bound"))
    assert town.alerts() == [("AL39", "clock_beyond_bound")]


def test_who_cannot_tell_says_so_and_is_not_accused() -> None:
    town = Town()
    say(town, loose(time_source="unknown", in_step="unknown", peers="unknown"))
    assert town.alerts() == []


@pytest.mark.parametrize(
    "fields",
    [
        told(in_step="no"),
        told(time_source="unknown"),
        told(slow_most_ms=None),
        told(fast_most_ms=None),
        told(stratum=16),
        told(stratum=0),
        told(slow_most_ms=-1),
        told(synchronised_at_ms=START_MS + HOUR),
        loose(stratum=1),
        told(cause="because"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_refused(fields: dict[str, Value]) -> None:
    assert refused(Town(), fields) is Code.RECORD_FIELD_VALUE


def test_one_report_in_ten_minutes_enters_and_no_more() -> None:
    town = Town()
    say(town, told())
    assert refused(town, loose(cause="state_change")) is Code.CLOCK_OFTEN
    say(town, told("node-centre"), by="centre")
    town.now_ms += 10 * MINUTE
    say(town, loose(cause="state_change"))
    town.now_ms += HOUR
    say(town, told())
    assert town.alerts() == [("AL39", "clock_not_in_step")]


def test_observers_are_reported_by_who_runs_them_and_under_few_names() -> None:
    watcher = told("observer-bidder")
    assert refused(Town(), watcher, by="bidder") is not None
    town = Town(roles={**ROLES, "bidder": ("bidder", "observer")})
    say(town, watcher, by="bidder")
    for number in range(15):
        say(town, told(f"observer-{number}"), by="bidder")
    assert refused(town, told("observer-more"), by="bidder") is Code.CLOCK_NODE
    town.now_ms += 10 * MINUTE
    say(town, watcher, by="bidder")
    assert refused(town, told("node-centre"), by="bidder") is Code.CLOCK_NODE
