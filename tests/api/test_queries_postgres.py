"""Queries over PostgreSQL: the shared suite on a real server, and what an index never pretends."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import psycopg
import pytest

from api.app import create_app
from api.engines import postgres_writer, projector
from api.engines.indexed import IndexedEngine
from api.engines.leveldb import LevelEngine
from api.engines.postgres import PostgresIndex
from api.engines.postgres_link import IndexUnusable
from api.engines.postgres_writer import opened
from api.engines.projector import Projector
from api.engines.query import Batch, Engine, IndexStanding, Query
from api.findings import findings
from api.metrics import exposition, registry_of
from api.queries.asking import Answer, answer_of
from api.service import LedgerService
from api.streams import Streams
from ledger.codes import Code
from ledger.core.identifiers import Height, LogIndex, MemberId, Subject
from tests import postgres
from tests.api.query_suite import (
    ELSEWHERE,
    QuerySuite,
    asked,
    backwards,
    everything,
    ledger_of,
    truth,
)
from tests.api.test_trouble import StillNode
from tests.contracts.sealing import SealedTown
from tests.contracts.town import CATALOGUE, DAY, SECTION
from tests.vectors.small_network import signer


class Asked:
    """An index asked from tests, each of which has an event loop of its own: it has one, too."""

    def __init__(self, index: PostgresIndex, loop: asyncio.AbstractEventLoop) -> None:
        self._index, self._loop = index, loop

    @property
    def standing(self) -> IndexStanding | None:
        return None

    async def height(self) -> Height:
        asked = asyncio.run_coroutine_threadsafe(self._index.height(), self._loop)
        return await asyncio.wrap_future(asked)

    async def batch(
        self, query: Query, after: LogIndex | None, limit: int, *, newest_first: bool = False
    ) -> Batch:
        question = self._index.batch(query, after, limit, newest_first=newest_first)
        asked = asyncio.run_coroutine_threadsafe(question, self._loop)
        return await asyncio.wrap_future(asked)


@contextmanager
def asking(url: str, town: SealedTown) -> Iterator[Asked]:
    """An index that is asked on a thread of its own."""
    loop, index = asyncio.new_event_loop(), PostgresIndex(url, town.chain)
    ready = Event()

    async def hold(stop: asyncio.Event) -> None:
        async with index.connected():
            ready.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = Thread(target=loop.run_until_complete, args=(hold(stop),))
    thread.start()
    try:
        assert ready.wait(60)
        yield Asked(index, loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _never(_: float) -> None:
    raise AssertionError("it waits for nothing")


def project(url: str, town: SealedTown, *, anew: bool = False) -> None:
    """Write what the town's ledger has."""
    asyncio.run(Projector(town.chain, lambda: opened(url), _never, anew=anew).catch_up())


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as found:
        yield found


@pytest.fixture(scope="module")
def town() -> SealedTown:
    """As the suite's, and a complaint, which not everybody sees."""
    town = ledger_of()
    words = {"投诉书.pdf": b"what the complainant has to say"}
    known = town.now_ms - 20 * DAY
    town.say(
        *("bidder", "tender.complaint", SECTION), files=words, matter="other", known_at_ms=known
    )
    return town


@pytest.fixture(scope="module")
def url(server: postgres.Server, town: SealedTown) -> str:
    made = server.new_database()
    project(made, town)
    return made


@pytest.fixture(scope="module")
def engine(url: str, town: SealedTown) -> Iterator[Engine]:
    with asking(url, town) as found:
        yield found


class TestPostgres(QuerySuite):
    """The engine of a node with an index."""

    @pytest.fixture(autouse=True)
    def _url(self, url: str) -> None:
        self.url = url

    def caught_up(self, town: SealedTown) -> None:
        project(self.url, town)


# What a caller is told, whoever found it.

PATHS = (
    "/v1/records?limit=7",
    "/v1/records?newest_first=true&limit=5",
    f"/v1/records?subject={ELSEWHERE}&within=true&limit=3",
    "/v1/records?type=tender.bid_submitted",
    "/v1/records?stage=notice&limit=2",
    "/v1/records?alert=AL04",
    "/v1/records?severity=serious&about=T08",
    "/v1/records?amendment=amends&member=builder",
    "/v1/records?type=%00&member=centre",
    "/v1/members/builder/projects?limit=4",
    "/v1/refunds/overdue",
    "/v1/export/records?member=bidder",
    "/v1/export/records?format=csv&type=tender.bid_submitted",
)


def service_of(town: SealedTown, engine: Engine | None) -> LedgerService:
    node = StillNode(town.chain)
    return LedgerService(town.chain, CATALOGUE, node, signer("log centre"), engine=engine)


def answers(service: LedgerService, path: str, tag: str = "") -> list[httpx.Response]:
    """All pages of a list, for the public."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)
        found: list[httpx.Response] = []
        async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
            cursor = None
            while not found or cursor:
                turn = f"{path}{'&' if '?' in path else '?'}cursor={cursor}" if cursor else path
                found.append(await client.get(turn, headers={"If-None-Match": tag} if tag else {}))
                plain = found[-1].headers.get("content-type") == "application/json"
                cursor = found[-1].json()["cursor"] if plain else None
        return found

    return asyncio.run(ask())


@pytest.mark.parametrize("path", PATHS)
def test_a_caller_cannot_tell_which_engine_answered(
    town: SealedTown, engine: Engine, path: str
) -> None:
    """Pages, cursors and tags: nothing that the caller may not see shows in any of them."""
    indexed = answers(service_of(town, engine), path)
    plain = answers(service_of(town, None), path)
    assert [each.content for each in indexed] == [each.content for each in plain]
    assert [each.headers.get("etag") for each in indexed] == [
        each.headers.get("etag") for each in plain
    ]
    assert all(each.status_code == 200 for each in indexed)


def test_every_reader_is_shown_the_same_by_both_engines(town: SealedTown, engine: Engine) -> None:
    def pages(member: str | None, found_by: Engine | None, limit: int) -> list[Answer]:
        async def ask() -> list[Answer]:
            service = service_of(town, found_by).seen_by(MemberId(member) if member else None)
            found = [await answer_of(service, query, None, limit)]
            while found[-1].reached is not None:
                found.append(await answer_of(service, query, found[-1].reached, limit))
            return found

        return asyncio.run(ask())

    query, counts = Query(subject=Subject(SECTION), within=True), set()
    for member in (None, "bidder", "mason", "supervisor", "builder"):
        for limit in (2, 100):
            shown = pages(member, engine, limit)
            assert shown == pages(member, None, limit), (member, limit)
            counts.add(sum(len(each.items) for each in shown))
    assert len(counts) > 1, "all readers are shown the same: there are no rights to be seen here"


# Where the index stands, and where it does not.


def small(*said: int) -> SealedTown:
    """A ledger with as many more records; two of equal arguments are equal to the byte."""
    town = SealedTown()
    for each in said:
        town.say("centre", "evidence.deposited", ELSEWHERE, files={"f": str(each).encode()})
    return town


def test_an_index_behind_the_ledger_says_how_far_it_has_come(server: postgres.Server) -> None:
    url, town = server.new_database(), small(1, 2)
    project(url, town)
    known, before = town.chain.head.height, truth(town.chain, Query())
    path = f"/v1/records?subject={ELSEWHERE}"
    with asking(url, town) as engine:
        service = service_of(town, engine)
        (first,) = answers(service, path)
        town.say("centre", "evidence.deposited", ELSEWHERE, files={"f": b"3"})
        assert asked(engine, Query()) == before
        (behind,) = answers(service, path)
        assert behind.json() == first.json() and first.json()["height"] == known
        tag = behind.headers["etag"]
        assert [each.status_code for each in answers(service, path, tag)] == [304]
        (end,) = answers(service, "/v1/export/records?since=1")
        assert f'"height":{known}' in end.text.splitlines()[-1]
        project(url, town)
        (after,) = answers(service, path, tag)
        assert (after.status_code, after.json()["height"]) == (200, known + 1)
        assert len(after.json()["items"]) == len(first.json()["items"]) + 1
        (news,) = answers(service, f"{path}&since={first.json()['height']}")
        assert len(news.json()["items"]) == 1


def test_an_index_ahead_of_the_ledger_is_asked_only_for_what_the_ledger_has(
    server: postgres.Server,
) -> None:
    url, further, town = server.new_database(), small(1, 2, 3), small(1)
    project(url, further)
    assert further.chain.head.height == town.chain.head.height + 2
    with asking(url, town) as engine:
        for newest_first in (False, True):
            found = asked(engine, Query(), 2, newest_first=newest_first)
            every = everything(town.chain)
            assert found == (backwards(every) if newest_first else every)
        assert asyncio.run(engine.height()) == town.chain.head.height


def unusable(engine: Engine) -> tuple[str, dict[str, object]]:
    with pytest.raises(IndexUnusable) as raised:
        asyncio.run(engine.batch(Query(), None, 10))
    return raised.value.code.value, dict(raised.value.detail)


def test_an_index_of_another_ledger_is_not_asked(server: postgres.Server) -> None:
    url, town, forked = server.new_database(), small(1, 2), small(1, 3)
    with asking(url, town) as engine:
        code, facts = unusable(engine)
        assert code == "index.unanswered" and "bidwitness.position" in str(facts["reason"])
        project(url, forked)
        height = town.chain.head.height
        assert unusable(engine) == ("index.disagrees", {"height": height, "what": "header"})
        for column, value, code in (
            ("is_built", False, "index.building"),
            ("network_id", bytes(32), "index.network"),
            ("version", 99, "index.version"),
        ):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"UPDATE bidwitness.position SET {column} = %s", [value])
            assert unusable(engine)[0] == code


def test_a_node_answers_from_its_own_rows_while_the_server_is_away(
    server: postgres.Server,
) -> None:
    url, town = server.new_database(), small(1, 2)
    project(url, town)
    wanted = everything(town.chain)
    with asking(url, town) as index:
        engine = IndexedEngine(index, LevelEngine(town.chain), town.chain)
        first = asyncio.run(engine.batch(Query(), None, 3))
        assert engine.standing is not None and engine.standing.usable
        server.stop()
        rest = asyncio.run(engine.batch(Query(), first.reached, 100))
        assert [*first.found, *rest.found] == wanted
        standing = engine.standing
        assert (standing.usable, standing.answered, standing.passed_on) == (False, 1, 1)
        service = service_of(town, engine)
        found = findings(service.standing)
        assert [each.code for each in found if "index" in each.code] == [Code.DIAGNOSE_INDEX_DOWN]
        told = exposition(registry_of(service, Streams())).decode()
        assert "bidwitness_index_usable 0.0" in told
        assert 'bidwitness_index_questions_total{answered_by="own"} 1.0' in told
        server.start()
        for _ in range(100):
            asyncio.run(engine.batch(Query(), None, 3))
            if engine.standing.usable:
                break
        assert engine.standing.usable
        assert not [each for each in findings(service.standing) if "index" in each.code]


# While a projector runs.


def test_a_projector_follows_a_ledger_that_grows_and_a_server_that_falls_until_a_row_lies(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "WAIT_S", 0.01)
    monkeypatch.setattr(projector, "REST_S", 0.05)
    url, town = server.new_database(), small(1)

    async def story() -> None:
        running = asyncio.create_task(Projector(town.chain, lambda: opened(url), sleep).run())
        index = PostgresIndex(url, town.chain)

        async def follows() -> None:
            town.say("centre", "evidence.deposited", ELSEWHERE, files={"f": b"more"})
            while await height_of(index) != town.chain.head.height:
                assert not running.done(), running.result()
                await sleep(0.02)

        async with index.connected(), asyncio.timeout(120):
            for _ in range(3):
                await follows()
            with pytest.raises(IndexUnusable) as second:
                async with opened(url):
                    pass
            assert second.value.code is Code.INDEX_HELD
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await follows()
            async with await psycopg.AsyncConnection.connect(url) as connection:
                await connection.execute("UPDATE bidwitness.document SET digest = %s", [bytes(32)])
            with pytest.raises(IndexUnusable) as found:
                await running
            assert found.value.code is Code.INDEX_DISAGREES
            with pytest.raises(IndexUnusable) as refused:
                await index.height()
            assert refused.value.code is Code.INDEX_DISAGREES

    asyncio.run(story())


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def height_of(index: PostgresIndex) -> Height | None:
    try:
        return await index.height()
    except IndexUnusable:
        return None


LIES = (
    ("UPDATE bidwitness.record SET issuer = 'nobody' WHERE log_index = %s", "row at"),
    ("UPDATE bidwitness.record SET record_id = sha256('') WHERE log_index = %s", "row at"),
    ("DELETE FROM bidwitness.record WHERE log_index = %s", "document at"),
    ("DELETE FROM bidwitness.document WHERE log_index = %s", "row at"),
    ("INSERT INTO bidwitness.document VALUES (sha256(''), %s, 1)", "document at"),
    ("UPDATE bidwitness.block SET log_size = log_size + 1 WHERE log_size > %s", "block"),
    ("DELETE FROM bidwitness.block WHERE log_size > %s", "blocks"),
    ("UPDATE bidwitness.record SET log_index = 400000 WHERE log_index = %s", "document at"),
    ("INSERT INTO bidwitness.document VALUES (sha256(''), 400000 + %s, 1)", "row at 4"),
    ("UPDATE bidwitness.position SET log_root = sha256(''), log_size = %s", "log root"),
)


def test_whatever_is_changed_in_an_index_is_found(server: postgres.Server) -> None:
    town = small(1, 2, 3)
    index = town.chain.head.log_size - 2
    url = server.new_database()
    for change, what in LIES:
        project(url, town, anew=True)
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute(change, [index]).rowcount > 0, change
        with pytest.raises(IndexUnusable) as found:
            asyncio.run(Projector(town.chain, lambda: opened(url), _never).check())
        assert found.value.code is Code.INDEX_DISAGREES, change
        assert str(found.value.detail["what"]).startswith(what), (change, found.value)
    with asking(url, town) as engine:
        assert unusable(engine)[0] == "index.disagrees"


def test_a_ledger_that_is_behind_an_index_compares_what_it_has(server: postgres.Server) -> None:
    url, further, town = server.new_database(), small(1, 2, 3), small(1)
    project(url, further)
    told: list[int] = []
    check = Projector(
        town.chain, lambda: opened(url), _never, told=lambda at: told.append(at.height)
    )
    asyncio.run(check.check())
    assert told[-1] == town.chain.head.height


def test_a_reader_reads_also_what_comes_later_and_writes_nothing(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The roles and grants of the operators' handbook."""
    monkeypatch.setattr(postgres_writer, "PARTITION_LEAVES", 10)
    town = small(1, 2, 3)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for made in ("ROLE projector LOGIN", "ROLE reader LOGIN", "DATABASE ours OWNER projector"):
            connection.execute(f"CREATE {made}")
    with psycopg.connect(server.url("ours"), autocommit=True) as connection:
        for given in ("USAGE ON SCHEMAS", "SELECT ON TABLES"):
            connection.execute(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE projector GRANT {given} TO reader"
            )
    writes = server.url("ours").replace("index@", "projector@")
    reads = server.url("ours").replace("index@", "reader@")
    for _ in range(2):
        project(writes, town, anew=True)
        with asking(reads, town) as engine:
            assert asked(engine, Query(), 4) == everything(town.chain)
    with psycopg.connect(reads, autocommit=True) as connection:
        for change in (
            "DELETE FROM bidwitness.record",
            "UPDATE bidwitness.position SET is_built = true",
            "TRUNCATE bidwitness.block",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change)
        parts = connection.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'bidwitness.record'::regclass"
        ).fetchone()
    assert parts is not None and parts[0] > 1
