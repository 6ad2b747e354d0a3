"""Figures: counted of public records alone, block by block, the same as a count of everything."""

import asyncio
from collections import Counter
from dataclasses import replace

import httpx
import pytest

from api.counting.counting import Counting
from api.counting.counts import (
    BIDS_MAX,
    DAYS_MAX,
    NAMES_MAX,
    OTHERS,
    Counts,
    concentration_permille,
    day_of,
)
from api.service import LedgerService
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import RecordId
from tests.api.long_town import LongTown, begun
from tests.api.one_node import OneNode
from tests.api.small_tender import PROJECT, play, say
from tests.api.test_trouble import StillNode
from tests.contracts import tendering
from tests.contracts.sealing import BIDDERS, DEADLINE
from tests.contracts.test_joining import follow
from tests.contracts.town import CATALOGUE, SECTION
from tests.vectors.small_network import signer

MIDNIGHT_MS = 1_780_243_200_000
"""2026-06-01 00:00 in Beijing, and still May in Greenwich."""


async def caught_up(counting: Counting, height: int) -> Counts:
    while (found := await counting.counts()).height < height:
        pass
    return found


def test_what_is_counted_is_what_the_public_is_shown(node: OneNode, client: httpx.Client) -> None:
    tender = play(client, node)
    say(client, node, node.record(subject=PROJECT, files={"f": b"x"}))
    service = node.service
    assert service is not None
    counts = asyncio.run(caught_up(Counting(service), service.chain.head.height))
    shown: list[dict[str, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": 500} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/v1/records", params=query).json()
        shown += [item["record"] for item in answer["items"]]
        cursor = answer["cursor"]
    assert counts.types == Counter(each["type"] for each in shown)
    assert counts.issuers == Counter(each["issuer"] for each in shown)
    assert tender.complaint.type not in counts.types
    blocks = client.get("/v1/blocks", params={"limit": 500}).json()["items"]
    entries = sum(block["header"]["entry_count"] for block in blocks)
    assert sum(day.public + day.others for day in counts.days.values()) == entries
    assert sum(day.others for day in counts.days.values()) > 0
    alerts = client.get("/v1/alerts", params={"limit": 500}).json()["items"]
    assert sum(counts.alerts.values()) == len(alerts) > 0


def test_the_figures_go_on_with_the_blocks_and_are_given_to_programs(
    node: OneNode, client: httpx.Client
) -> None:
    asked = httpx.QueryParams({"lang": "en"})
    before = client.get("/figures.json", params=asked).json()
    say(client, node, node.record(subject="图-1", files={"f": b"y"}))
    after = before
    while after["height"] < before["height"] + 1:
        after = client.get("/figures.json", params=asked).json()
    assert [each["key"] for each in after["figures"]] == [each["key"] for each in before["figures"]]
    days = next(each for each in after["figures"] if each["key"] == "days")
    assert sum(row["values"][0] for row in days["rows"]) > 0
    table = client.get("/figures.csv", params=asked)
    assert table.headers["content-type"].startswith("text/csv")
    assert table.text.startswith("\ufefffigure,label,series,value,height,first_height\r\n")
    assert "types," in table.text


class LateTown(tendering.TenderTown):
    """A fourth bid is of the set, and nobody opens it in time."""

    def __init__(self) -> None:
        super().__init__()
        self.late = self.seal(self.bid(BIDDERS[3]))
        (self.put_off,) = self.commit_sealed(self.late)

    def seal_set(self, *commitments: RecordId) -> RecordId:
        return super().seal_set(*commitments, self.put_off)


def test_who_counts_late_counts_what_who_counted_early_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bid that is opened after the result, and a result that is voided, change no figure.

    By the shipped rules no result can be voided; by those that a network adopts it might.
    """
    kind = replace(CATALOGUE.types["tender.result_published"], voidable=True)
    lenient = replace(CATALOGUE, types={**CATALOGUE.types, kind.key: kind})
    monkeypatch.setattr(tendering, "CATALOGUE", lenient)
    town = LateTown()
    service = LedgerService(town.chain, CATALOGUE, StillNode(town.chain), signer("log centre"))
    town.evaluated()
    result, early = town.awarded(), Counting(service)
    counts = asyncio.run(caught_up(early, town.chain.head.height))
    assert (counts.bids, counts.winners) == (Counter({3: 1}), Counter({"bidder": 1}))
    town.open(town.late, town.put_off)
    voids = [("voids", result)]
    voided = town.say("builder", "ledger.voided", refs=voids, reason="误发")
    town.confirm(voided, "supervisor")
    head, state = town.chain.head, State(Overlay(town.chain.state))
    now = Times(head.log_size, head.time_ms)
    assert not list(state.records(SECTION, "tender.result_published", now))
    assert len(list(state.records(SECTION, "tender.bid_submitted", now))) == 4
    counts = asyncio.run(caught_up(early, head.height))
    assert asyncio.run(caught_up(Counting(service), head.height)) == counts
    assert (counts.bids, counts.winners) == (Counter({3: 1}), Counter({"bidder": 1}))


def test_days_are_beijings() -> None:
    assert day_of(MIDNIGHT_MS) == day_of(MIDNIGHT_MS - 1) + 1


def test_what_can_grow_has_an_end() -> None:
    counts = Counts()
    more = Counts(types=Counter({f"type-{at}": 1 for at in range(NAMES_MAX + 5)}))
    for day in range(DAYS_MAX + 3):
        more.entered(day, 1, public=True)
    counts.add(more)
    assert len(counts.types) == NAMES_MAX + 1
    assert counts.types[OTHERS] == 5
    assert len(counts.days) == DAYS_MAX
    assert min(counts.days) == 3


def test_concentration_is_one_where_one_wins_everything() -> None:
    assert concentration_permille(Counter()) == 0
    assert concentration_permille(Counter({"a": 7})) == 1000
    assert concentration_permille(Counter({"a": 1, "b": 1})) == 500
    assert BIDS_MAX > 3


def test_a_node_that_began_with_a_snapshot_counts_the_bids_from_below_it() -> None:
    town = LongTown()
    town.announced(DEADLINE)
    town.evaluated()
    town.go_on(town.chain.head.height + 8)
    late = begun(town, None)
    town.awarded()
    follow(late, town)
    assert late.chain.blocks.record(town.bids[0]) is None
    for node in (town, late):
        service = LedgerService(node.chain, CATALOGUE, StillNode(node.chain), signer("log centre"))
        counts = asyncio.run(caught_up(Counting(service), node.chain.head.height))
        assert (counts.bids, counts.winners) == (Counter({3: 1}), Counter({"bidder": 1}))
