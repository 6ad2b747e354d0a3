"""A node whose lists never end, or say the same for ever, is left by whoever turns their pages."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from api.client import Client, ClientError, turning
from api.client.calls import telling
from cli.bundling import records_about
from cli.commands.coverage import _sections
from cli.seats.whereabouts import _on_ledger
from ledger.codes import Code
from ledger.core.sealed_file import SealedFile
from tests.api.test_client_traces import GOOD, node
from tests.vectors.generate.sealed import NETWORK, SYSTEM, sealed_record

PATIENCE = 20
"""Pages after which a lying node of these tests is gone: who still asks then had no limit."""
_CENTRE = SimpleNamespace(member_id="centre")


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a list may do often, it may do five times here."""
    monkeypatch.setattr(turning, "EMPTY_MAX", 5)
    monkeypatch.setattr(turning, "GATHERED_MAX", 5)


def telling_for_ever(page: Callable[[int], Any]) -> Client:
    """A client of a node that answers with page after page, as long as somebody has patience."""
    pages: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path in {"/v1/completeness", "/v1/search"}:
            return httpx.Response(200, json={"sections": [], "hits": []})
        pages.append(request.url.path)
        if len(pages) > PATIENCE:
            return httpx.Response(503)
        told = page(len(pages))
        return httpx.Response(200, text=told if isinstance(told, str) else json.dumps(told))

    return node(answer)


def left(ask: Callable[[Client], object], client: Client, what: str) -> None:
    """The node is left for what it answers, and not because it is gone."""
    with pytest.raises(ClientError) as refused:
        ask(client)
    assert refused.value.code is Code.API_ANSWER
    assert refused.value.detail["what"] == what


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: list(client.subject("P")),
        lambda client: list(client.alerts()),
        lambda client: client.gather_said(["P"], {}),
        lambda client: client.encryption_key_of("centre"),
        lambda client: client.gather_bid_proof(
            SealedFile(NETWORK, SYSTEM, sealed_record("bid")),
        ),
        lambda client: list(client.coverage_pages()),
    ],
    ids=["subject", "alerts", "trace", "key", "bid", "coverage"],
)
def test_pages_on_which_nothing_is_do_not_go_on_for_ever(ask: Callable[[Client], object]) -> None:
    client = telling_for_ever(lambda count: {"items": [], "cursor": count, "time_ms": 0})
    left(ask, client, "cursor")


def test_coverage_whose_empty_pages_name_other_sections_for_ever_is_left() -> None:
    client = telling_for_ever(lambda n: {"items": [], "cursor": f"P/{n:04}", "time_ms": 0})
    left(lambda client: list(client.coverage_pages()), client, "cursor")


@pytest.mark.parametrize(
    ("items", "goes_on", "what"),
    [
        ([{"index": 5}, {"index": 4}], False, "cursor"),
        ([{"index": 5}] * 3, False, "cursor"),
        ([{"index": 5}], True, "cursor"),
        ([{"index": -1}], False, "cursor"),
        ([{"index": "5"}], False, "index"),
        ([1] * (telling.PAGE + 2), False, "items"),
    ],
    ids=["falls", "thrice", "beyond its cursor", "before the log", "no place", "too many"],
)
def test_a_page_that_is_none_is_left(items: list[Any], goes_on: bool, what: str) -> None:
    client = telling_for_ever(lambda n: {"items": items, "cursor": n if goes_on else None})
    left(lambda client: list(client.subject("P")), client, what)


def test_the_same_record_does_not_come_on_every_page() -> None:
    client = telling_for_ever(lambda count: {"items": [{"index": 0}], "cursor": count})
    left(lambda client: list(client.subject("P")), client, "cursor")


def test_an_opening_and_what_came_out_of_it_stand_at_one_place_and_are_told() -> None:
    places = {1: [1, 1, 2], 2: [3, 3], 3: [4]}

    def page(count: int) -> Any:
        items = [{"index": each} for each in places[count]]
        return {"items": items, "cursor": places[count][-1] if count < 3 else None}

    told = telling_for_ever(page).subject("P")
    assert [each["index"] for each in told] == [1, 1, 2, 3, 3, 4]


def export(*indexes: int, cursor: str | None) -> str:
    """A page of a query."""
    lines: list[Any] = [{"index": each} for each in indexes]
    return "\n".join(map(json.dumps, [*lines, {"end": {"height": 1, "cursor": cursor}}]))


@pytest.mark.parametrize("indexes", [(7,), (7, 7), (), (7, 7, 7)])
def test_a_query_whose_pages_never_move_on_is_left(indexes: tuple[int, ...]) -> None:
    """One record may not come for ever, however its cursor changes; nor may nothing."""
    client = telling_for_ever(lambda count: export(*indexes, cursor=f"q{count}"))
    left(lambda client: list(client.query_pages({})), client, "cursor")


def test_a_query_tells_of_an_opening_and_what_came_out_of_it() -> None:
    pages = {1: export(1, 1, cursor="a"), 2: export(2, 3, 3, cursor=None)}
    told = telling_for_ever(lambda count: pages[count]).query_pages({})
    assert [each["index"] for page in told for each in page.items] == [1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    "gather",
    [
        lambda client: records_about(client, "P"),
        lambda client: list(_on_ledger(client, cast(Any, None), cast(Any, _CENTRE))),
    ],
    ids=["a bundle", "whereabouts"],
)
def test_who_gathers_a_list_counts_it(gather: Callable[[Client], object]) -> None:
    """Also where each item is one that is known already, or of no use: a set would never fill."""
    client = telling_for_ever(
        lambda count: {"items": [{**GOOD, "index": count}], "cursor": count},
    )
    left(gather, client, "items")


def test_who_gathers_the_points_of_all_sections_counts_them() -> None:
    def page(count: int) -> Any:
        section = f"P/{count:04}"
        item = {"subject": section, "points": []}
        return {"items": [item], "cursor": section, "time_ms": 0}

    left(lambda client: _sections(client.coverage_pages()), telling_for_ever(page), "items")
