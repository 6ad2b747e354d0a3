"""Who may see what: every route of the API, asked for a record of every class by every reader.

The cells are in ``rights/readers.txt``, what each route shows in ``rights/routes.toml``. A route
without a row fails here, and the failure says what to declare.
"""

import asyncio
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Route

from api.engines.query import Query
from api.event import Wanted
from api.hook_news import HookNews
from ledger.core.identifiers import LogIndex, MemberId
from ledger.core.record import Record
from tests.api.one_node import OneNode, now_ms
from tests.api.rights_story import (
    DAY_MS,
    FOLDER,
    NOBODY,
    PROJECT,
    SECTION,
    Said,
    SealedBids,
    Story,
    concluded,
    read_table,
    say,
    settled,
    stage,
    unpacked,
)

ROUTES: dict[str, dict[str, Any]] = tomllib.loads(
    (FOLDER / "routes.toml").read_text(encoding="utf-8")
)
CLASSES, CELLS = read_table()
OPEN = frozenset({"public", "opened"})
HIDDEN = [name for name in CLASSES if name not in OPEN]
FEW = {
    *({tuple(cells.values()): reader for reader, cells in CELLS.items()}.values()),
    *(NOBODY, "host", "water"),
}
"""One of each kind, and three who are shown least: of what is made anew for each who asks."""
ASKED = [route for route, row in ROUTES.items() if row["shows"] != "own"]
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    node = stage(tmp_path_factory.mktemp("rights"))
    with node.up() as client:
        yield played(node, client)


def played(node: OneNode, client: httpx.Client) -> Story:
    """A tender up to its announcement; then a complaint out of time, and a case for a court."""
    record = node.record
    say(node, client, record("builder", "ledger.delegated", "builder", delegate="agent"))
    say(node, client, record("builder", "tender.entry_commitment", PROJECT))
    accepted = record(
        "centre",
        "tender.project_accepted",
        PROJECT,
        tenderer="builder",
        name="学校",
        industry="housing",
        region="620100",
    )
    say(node, client, accepted)
    bids = SealedBids(node, client)
    filed = say(node, client, record("builder", "tender.document_filed", SECTION, kind="tender"))
    notice = record(
        "builder",
        "tender.announcement",
        SECTION,
        kind="announcement",
        bid_deadline_ms=now_ms() + 60 * DAY_MS,
    )
    say(node, client, notice)
    papers = {"招标文件.pdf": b"other bytes"}
    again = record("builder", "tender.document_filed", SECTION, files=papers, kind="tender")
    alert = concluded(node, client, say(node, client, again).height, "AL04")
    complaint = record(
        "bidder",
        "tender.complaint",
        SECTION,
        files={"投诉书.pdf": b"what the complainant has to say"},
        matter="other",
        known_at_ms=now_ms() - 20 * DAY_MS,
    )
    transferred = record(
        "discipline",
        "tender.case_transferred",
        SECTION,
        files={"移送函.pdf": b"case"},
        refs=[("alert", alert.record_id)],
        receiver="court",
        kind="administrative",
    )
    opened, sealed = bids.one_of_two_opened()
    before = quiet(client, complaint, transferred)

    said = say(node, client, complaint)
    amends = [("amends", complaint.record_id)]
    amended = record("bidder", "ledger.amended", SECTION, refs=amends, reason="补充")
    return Story(
        node,
        client,
        {
            "public": filed,
            "parties": said,
            "supervisor": say(node, client, transferred),
            "amended": say(node, client, amended),
            "alerted": concluded(node, client, said.height, "AL02"),
            "sealed": sealed,
            "opened": opened,
        },
        before,
    )


def quiet(client: httpx.Client, *records: Record) -> dict[str, str]:
    """What the public is answered where a list is asked for any of these, without what moves."""
    said = [Said(record, record.record_id, 1, 1, "") for record in records]
    asked = {
        path
        for row in ROUTES.values()
        for template in row.get("asks", ())
        for each in said
        if row["shows"] == "list" and (path := each.asks(template))
    }
    # The network's page shows the newest blocks.
    return {path: settled(client.get(path)) for path in sorted(asked - {"/"})}


def routes_of(served: Iterable[BaseRoute]) -> set[str]:
    """Each method and path that the application serves, its files left out."""
    found = set()
    for route in served:
        if isinstance(route, Route):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            found |= {f"{method} {path}" for method in route.methods or () if method != "HEAD"}
        # The framework keeps a router that was included as one, under whatever prefix.
        router = getattr(route, "original_router", None)
        found |= routes_of(router.routes) if router is not None else set()
    return found


def test_every_route_says_what_it_may_show(story: Story) -> None:
    served = routes_of(story.node.routes)
    missing = sorted(served - set(ROUTES))
    assert not missing, (
        f"{missing}: give each a row in tests/api/rights/routes.toml that says how it is asked "
        "about a record and what it shows; CONTRIBUTING.md, “A new route”, tells how"
    )
    assert not set(ROUTES) - served, "rows of routes that nobody serves"


def test_every_row_is_whole() -> None:
    for route, row in ROUTES.items():
        if row["shows"] == "own":
            assert (REPOSITORY / row["tested_by"]).is_file(), route
        else:
            assert row["shows"] in {"record", "list", "place", "public"} and row["asks"], route
            assert set(row.get("shown", ())) <= set(CLASSES), route


@pytest.mark.parametrize("route", ASKED)
def test_a_route_shows_each_reader_what_it_may_see_and_nothing_else(
    story: Story, route: str
) -> None:
    row, wrong = ROUTES[route], []
    answers: dict[tuple[str, str], httpx.Response] = {}
    for name, said in story.said.items():
        paths = [path for each in row["asks"] if (path := said.asks(each))]
        for reader, path in each_cell(row, name, paths):
            if (reader, path) not in answers:
                answers[reader, path] = story.ask(path, reader)
            cell = CELLS[reader][name]
            problem = misfit(row, name, said, answers[reader, path], may_see=cell)
            wrong += [f"{reader} asks {path} of {name}: {problem}"] if problem else []
    assert wrong == []


def each_cell(row: dict[str, Any], name: str, paths: list[str]) -> Iterator[tuple[str, str]]:
    """Every reader asks in the first way; one who is shown the class, and one who is not, in all."""
    shown = next((reader for reader, cells in CELLS.items() if cells[name]), NOBODY)
    some = {shown, *(reader for reader, cells in CELLS.items() if not cells[name])}
    few = FEW if len({cells[name] for cells in CELLS.values()}) > 1 else {NOBODY, "chief"}
    for reader in few if row.get("few") else some if row.get("slow") else CELLS:
        yield from ((reader, path) for path in paths[:1])
    for reader in {shown, NOBODY, "water"}:
        yield from ((reader, path) for path in paths[1:])


def misfit(
    row: dict[str, Any], name: str, said: Said, answer: httpx.Response, *, may_see: bool
) -> str:
    """How an answer differs from what the row and the cell say; empty where it does not."""
    body, shows = unpacked(answer), row["shows"]
    if answer.status_code not in {200, 303, 403, 404}:
        return f"status {answer.status_code}: {body[:200]!r}"
    if not may_see or (shows == "public" and name not in OPEN):
        # What is still sealed is not there, and an id that nobody knows is refused as one.
        return betrayal(shows, said, answer, body, 404 if name == "sealed" else 403)
    if shows == "record":
        return "" if answer.status_code == 200 else f"not shown: {answer.status_code}"
    if shows == "list" and name in row.get("shown", CLASSES):
        return "" if said.names(body) else f"not in the list: {answer.status_code} {body[:300]!r}"
    return ""


def betrayal(shows: str, said: Said, answer: httpx.Response, body: bytes, refused: int) -> str:
    """How an answer tells of a record what it may not."""
    if said.betrayed(body, told=str(answer.request.url)):
        return "the content is told"
    if shows == "record":
        if answer.status_code != refused:
            return f"status {answer.status_code} instead of {refused}"
        facts = (said.record.type, said.record.subject, said.record.issuer)
        named = [each for each in facts if each.encode() in body]
        return f"the refusal names {named}" if named else ""
    asked = said.record_id.hex() in str(answer.request.url)
    told = shows in {"list", "public"} and not asked and said.names(body)
    return "the id is told" if told else ""


@pytest.mark.parametrize("reader", [NOBODY, "rival", "host", "water"])
def test_for_whom_it_is_hidden_nothing_is_as_it_was_not(story: Story, reader: str) -> None:
    """Counts, cursors, gaps and tags of a list are those of a ledger without what is hidden."""
    assert story.before
    for path, told in story.before.items():
        assert settled(story.ask(path, reader)) == told, path


@pytest.mark.parametrize("reader", CELLS)
@pytest.mark.parametrize("route", [name for name, row in ROUTES.items() if "pages" in row])
def test_a_list_in_pages_of_one_is_the_list_without_a_gap(
    story: Story, route: str, reader: str
) -> None:
    path = story.said["parties"].asks(ROUTES[route]["pages"])
    joint = "&" if "?" in path else "?"
    whole = story.ask(f"{path}{joint}limit=500", reader).json()["items"]
    turned, after = [], ""
    while True:
        page = story.ask(f"{path}{joint}limit=1{after}", reader).json()
        assert len(page["items"]) == 1 or not whole
        turned += page["items"]
        if page["cursor"] is None:
            break
        after = f"&after={page['cursor']}"
    assert turned == whole


def test_a_token_that_does_not_hold_is_refused_on_every_route(story: Story) -> None:
    """Nobody who sends one is answered as if it were the public, or somebody else."""
    for route in ASKED:
        for path in filter(None, map(story.said["public"].asks, ROUTES[route]["asks"][:1])):
            answer = story.client.get(path, headers={"Authorization": "Bearer eyJ.e30.AA"})
            knows_callers = route not in {
                "GET /metrics",
                "GET /openapi.json",
                "GET /docs",
                "GET /v/{record}",
            }
            assert (answer.status_code == 401) is knows_callers, route


def test_what_one_caller_is_shown_is_kept_by_nobody_on_the_way(story: Story) -> None:
    path = story.said["parties"].asks("/v1/records/{id}")
    shown, hidden = story.ask(path, "housing"), story.ask(path)
    assert shown.headers["cache-control"] == hidden.headers["cache-control"] == "no-store"
    assert "Authorization" in shown.headers["vary"] and "Authorization" in hidden.headers["vary"]


@pytest.mark.parametrize("reader", [each for each in CELLS if each != NOBODY])
def test_a_webhook_tells_its_member_what_it_may_see_and_nothing_else(
    story: Story, reader: str
) -> None:
    """No route at all: what a node sends out by itself goes by the same rights."""
    assert story.node.service is not None
    told, wanted = HookNews(story.node.service), Wanted(Query(), frozenset({"records", "alerts"}))
    _, events = asyncio.run(told.behind(MemberId(reader), wanted, LogIndex(-1), 500))
    keys, body = {each.key for each in events}, json.dumps([each.form for each in events])
    for name, said in story.said.items():
        assert (said.record_id.hex() in keys) is CELLS[reader][name], (reader, name)
        if not CELLS[reader][name]:
            assert not said.betrayed(body.encode(), told=""), (reader, name)
