"""What is new, told while it happens: in order, once, by rights, over restarts, and to few at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.engines.query import Query
from api.errors import ApiError
from api.event import KINDS
from api.events import Following, stream
from api.service import LedgerService
from api.streams import PacedResponse, Streams
from ledger.codes import Code
from ledger.core.identifiers import LogIndex
from tests.api.one_node import OneNode, canonical
from tests.api.rights_story import NOBODY, read_table, stage, token
from tests.api.test_rights_matrix import played
from tests.api.test_trouble import StillNode
from tests.contracts.sealing import SealedTown
from tests.contracts.town import CATALOGUE, Town
from tests.vectors.small_network import signer


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    id: int | None
    data: Any

    @property
    def record_id(self) -> str:
        return str(self.data["record_id"])


def parsed(text: str) -> Event | None:
    """One event as a browser reads it; None for comments and for an id alone."""
    parts = dict(line.split(": ", 1) for line in text.split("\n") if line and line[0] != ":")
    if "data" not in parts:
        return None
    name = parts.get("id")
    return Event(parts["event"], None if name is None else int(name), json.loads(parts["data"]))


def heard(
    client: httpx.Client,
    until: Callable[[list[Event]], bool],
    headers: Mapping[str, str] | None = None,
    **query: Any,
) -> list[Event]:
    """Listen until it is enough."""
    found: list[Event] = []
    with client.stream("GET", "/v1/events", params=query, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = ""
        for part in answer.iter_text():
            *whole, text = (text + part).split("\n\n")
            found += [event for each in whole if (event := parsed(each)) is not None]
            if until(found):
                return found
    return found


def up_to(height: int) -> Callable[[list[Event]], bool]:
    """Whether the block at a height was told."""
    return lambda found: any(e.kind == "block" and e.data["height"] >= height for e in found)


def say(node: OneNode, client: httpx.Client, *issuers: str) -> list[str]:
    """One bundle with a record of each; their ids."""
    bundle = node.bundle(*[node.record(each) for each in issuers])
    assert canonical(client, bundle, wait=20).status_code == 201
    return [each.hex() for each in bundle.record_ids]


def test_everything_is_told_once_in_the_logs_order_also_over_a_restart(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    with node.up() as client:
        said = say(node, client, "centre", "centre") + say(node, client, "centre")
        first = heard(client, lambda found: len(found) >= 2, since=0)[:2]
        assert [each.record_id for each in first] == said[:2]
    with node.up() as client:
        said += say(node, client, "centre")
        height = client.get("/v1/network").json()["height"]
        last = {"Last-Event-ID": str(first[-1].id)}
        rest = heard(client, up_to(height), last)
        told = [*first, *rest]
        assert [each.record_id for each in told if each.kind == "record"] == said
        assert [e.data["height"] for e in told if e.kind == "block"] == list(range(1, height + 1))
        ids = [each.id for each in told]
        assert ids == sorted(set(ids), key=lambda each: each or 0)


def test_without_a_beginning_only_what_comes_now_is_told(
    node: OneNode, client: httpx.Client
) -> None:
    say(node, client, "centre")
    said: list[str] = []

    with client.stream("GET", "/v1/events", params={"kinds": "records"}) as answer:
        parts = answer.iter_text()
        assert "id: " in next(parts), "the place it begins behind is named at once"
        with httpx.Client(base_url=node.url, timeout=60, trust_env=False) as other:
            said = say(node, other, "centre")
        event = parsed(next(part for part in parts if "data" in part).split("\n\n")[0])
    assert event is not None and [event.record_id] == said


def test_kinds_and_the_parts_of_a_query_narrow_it(node: OneNode, client: httpx.Client) -> None:
    say(node, client, "centre")
    own = say(node, client, "bidder")
    height = client.get("/v1/network").json()["height"]
    found = heard(client, up_to(height), since=0, member="bidder")
    assert [each.record_id for each in found if each.kind == "record"] == own
    only = heard(client, bool, since=0, kinds="records", member="bidder")
    assert {each.kind for each in only} == {"record"}


def test_each_reader_hears_of_what_it_may_see_and_of_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    node = stage(tmp_path_factory.mktemp("rights"))
    _, cells = read_table()
    with node.up() as client:
        story = played(node, client)
        height = client.get("/v1/network").json()["height"]
        for reader in (
            NOBODY,
            "rival",
            "host",
            "bidder",
            "housing",
            "water",
            "court",
            "discipline",
        ):
            found = heard(client, up_to(height), token(node, reader), since=0)
            told = {each.record_id for each in found if each.kind != "block"}
            for name, said in story.said.items():
                assert (said.record_id.hex() in told) is cells[reader][name], (reader, name)


def lines_of(town: Town, wanted: Following) -> str:
    """What a stream says in its short life."""
    service = LedgerService(town.chain, CATALOGUE, StillNode(town.chain), signer("log centre"))

    async def listen() -> str:
        return "".join([part.decode() async for part in stream(service, wanted)])

    return asyncio.run(listen())


def test_a_silent_ledger_still_gives_a_sign_of_life_and_the_stream_has_an_end() -> None:
    wanted = Following(Query(), frozenset(KINDS), LogIndex(-1), heartbeat_s=0.01, life_ms=60)
    assert ": still here\n\n" in lines_of(Town(), wanted)


def test_who_is_cut_off_between_an_opening_and_what_came_out_hears_both() -> None:
    town = SealedTown()
    sealed = town.seal(town.bid("bidder"))
    (commitment,) = town.commit_sealed(sealed)
    town.seal_set(commitment)
    town.start()
    town.open(sealed, commitment)
    wanted = Following(Query(), frozenset(KINDS), LogIndex(-1), heartbeat_s=0.01, life_ms=400)
    found = [e for each in lines_of(town, wanted).split("\n\n") if each and (e := parsed(each))]
    kinds = [e.data["record"]["type"] if e.kind != "block" else "" for e in found]
    at = kinds.index("sealed.opening")
    assert found[at].id is None and found[at + 1].id == found[at].data["index"]
    assert found[at + 1].data["record"]["type"] == "tender.bid_submitted"


@pytest.fixture
def streams() -> Streams:
    return Streams(most=3, holder_max=2)


def test_places_are_few_and_are_given_back(streams: Streams) -> None:
    with streams.place("a"), streams.place("a"):
        with pytest.raises(ApiError) as refused:
            streams.check("a")
        assert refused.value.code is Code.API_STREAMS
        with streams.place("b"), pytest.raises(ApiError):
            streams.check("c")
    streams.check("a")


def test_a_reader_that_does_not_read_is_cut_off_and_its_place_given_back(streams: Streams) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x"

    async def story() -> None:
        never = asyncio.Event()
        sent = 0

        async def send(message: Any) -> None:
            nonlocal sent
            sent += 1
            if sent > 2:
                await never.wait()

        async def receive() -> Any:
            await never.wait()

        answer = PacedResponse(endless(), streams, "a", "text/plain", {}, read_s=0.05)
        scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
        await answer(scope, receive, send)
        assert sent == 3
        with streams.place("a"), streams.place("a"):
            pass

    asyncio.run(story())


def test_over_http_one_more_stream_is_refused_with_words() -> None:
    town = Town()
    service = LedgerService(town.chain, CATALOGUE, StillNode(town.chain), signer("log centre"))
    app = create_app(service)
    app.state.streams = Streams(most=0)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
            return await client.get("/v1/events")

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.json()["code"]) == (429, "api.streams")
    assert answer.headers["Retry-After"] and answer.json()["detail_zh"]


@pytest.mark.parametrize(
    ("query", "last"), [({"kinds": "votes"}, None), ({}, "-1"), ({"kinds": ""}, None), ({}, "x")]
)
def test_what_is_not_as_declared_is_refused_before_the_stream_begins(
    client: httpx.Client, query: dict[str, str], last: str | None
) -> None:
    headers = {} if last is None else {"Last-Event-ID": last}
    answer = client.get("/v1/events", params=query, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.parameter")
