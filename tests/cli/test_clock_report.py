"""An organisation reports the clock of its own real node, and reads it back everywhere."""

import json
from typing import Any

import httpx
import pytest

from cli.clock_reporting import NotOurs, reading
from ledger.core.identifiers import MemberId
from tests.cli.one_node import OneNode

CENTRE = MemberId("centre")


@pytest.mark.network
def test_a_clock_is_reported_under_the_organisations_key_and_seen_on_the_page(
    one_node: OneNode,
) -> None:
    said = one_node.run("node", "clock-report", "--json")
    assert said.code == 0, said.err
    fields = said.json["fields"]
    assert (fields["node"], fields["cause"]) == (one_node.node.node_id, "schedule")
    network = httpx.get(f"{one_node.node.api}/v1/network", trust_env=False).json()
    (report,) = network["clock_reports"]
    assert report["record_id"] == said.json["record"]
    assert report["time_source"] == network["clock"]["source"] == fields["time_source"]
    diagnosis = one_node.run("diagnose", "--json").json
    (clock,) = diagnosis["clocks"]
    assert (clock["record_id"], clock["member"]) == (said.json["record"], CENTRE)
    assert clock["age_ms"] >= 0 and clock["time_source"] == fields["time_source"]
    for language, heading in (("en", "Clocks"), ("zh", "时钟")):
        page = httpx.get(f"{one_node.node.api}/nodes?lang={language}", trust_env=False).text
        assert heading in page and said.json["record"] in page
    again = one_node.run("node", "clock-report", "--json")
    assert again.code == 1 and "clock.often" in again.out + again.err


@pytest.mark.network
def test_nobody_reports_the_clock_of_anothers_node(one_node: OneNode) -> None:
    refused = one_node.run("node", "clock-report", "--json", who="notary")
    assert "clock.unknown" in refused.out + refused.err, refused.out


def told(**changed: Any) -> Any:
    """What a node of the centre answers."""
    clock = {
        "source": "chrony",
        "synchronised": True,
        "offset_us": 1_200,
        "bound_us": 4_300,
        "synchronised_at_ms": 1_000_000,
        "unsynchronised_since_ms": None,
        "stratum": 3,
    }
    nodes = [{"reachable": True, "offset_ms": 0} for _ in range(4)]
    return {
        "this_node": "centre",
        "committee": [
            {"node_id": name, "member_id": name} for name in ("centre", "notary", "court", "bank")
        ],
        "observer": None,
        "f": 1,
        "troubles": [],
        "nodes": nodes,
        "clock": clock,
        "clock_reports": [],
    } | changed


def test_bounds_are_rounded_away_from_what_is_good() -> None:
    fields = reading(told(), CENTRE).fields
    assert (fields["slow_most_ms"], fields["fast_most_ms"], fields["stratum"]) == (6, 4, 3)
    assert (fields["in_step"], fields["peers"]) == ("yes", "within_bound")


def test_a_clock_that_nothing_keeps_has_no_bounds() -> None:
    fields = reading(told(clock=told()["clock"] | {"synchronised": False}), CENTRE).fields
    assert fields["in_step"] == "no" and not {"slow_most_ms", "stratum"} & set(fields)


def test_a_node_that_hears_too_few_cannot_tell_and_one_in_trouble_says_so() -> None:
    alone = [{"reachable": index < 2, "offset_ms": 0} for index in range(4)]
    assert reading(told(nodes=alone), CENTRE).fields["peers"] == "unknown"
    assert reading(told(troubles=["clock"]), CENTRE).fields["peers"] == "beyond_bound"
    observes = told(observer={"follows": "notary"}, this_node="watcher")
    assert reading(observes, CENTRE).fields["peers"] == "unknown"


@pytest.mark.parametrize("changed", [{"this_node": "notary"}, {"clock": None}], ids=str)
def test_anothers_node_and_one_that_does_not_say_are_passed_over(changed: Any) -> None:
    with pytest.raises(NotOurs):
        reading(told(**changed), CENTRE)


def test_what_is_no_answer_is_not_taken_for_one() -> None:
    good = json.dumps(told())
    for wrong in (good.replace("4300", '"x"'), good.replace("chrony", "sundial")):
        with pytest.raises((LookupError, TypeError, ValueError)):
            reading(json.loads(wrong), CENTRE)


def test_a_report_is_due_by_schedule_and_where_the_state_changed_but_not_too_often() -> None:
    first = reading(told(), CENTRE)
    assert first.due(5_000, every_ms=1_000, least_ms=100) == "schedule"
    last = {"node_id": "centre", "member_id": "centre", "time_ms": 5_000}
    same = last | {name: first.fields[name] for name in ("time_source", "in_step", "peers")}
    kept = reading(told(clock_reports=[same]), CENTRE)
    assert [kept.due(at, 1_000, 100) for at in (5_050, 5_500, 6_000)] == ["", "", "schedule"]
    changed = reading(told(clock_reports=[same | {"in_step": "no"}]), CENTRE)
    assert [changed.due(at, 1_000, 100) for at in (5_050, 5_100)] == ["", "state_change"]
