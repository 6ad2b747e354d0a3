"""Queries over LevelDB: the shared suite, and that no question takes more than its share of work."""

import asyncio
from collections.abc import Iterator

import pytest

from api.engines import leveldb
from api.engines.leveldb import LevelEngine
from api.engines.query import Engine, Query
from ledger.core.identifiers import MemberId, Subject
from tests.api.query_suite import ELSEWHERE, QuerySuite, asked, everything, ledger_of, truth
from tests.contracts.sealing import SealedTown


@pytest.fixture(scope="module")
def town() -> SealedTown:
    return ledger_of()


@pytest.fixture(scope="module")
def engine(town: SealedTown) -> Engine:
    return LevelEngine(town.chain)


class TestLevelDB(QuerySuite):
    """The engine of every node."""


@pytest.fixture
def small_share(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Little work at a time; and a project whose sections are too many to be read one by one."""
    monkeypatch.setattr(leveldb, "ROWS_MAX", 50)
    monkeypatch.setattr(leveldb, "_AT_ONCE", 1)
    monkeypatch.setattr(leveldb, "_SECTIONS_MAX", 1)
    yield


@pytest.mark.usefixtures("small_share")
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_question_that_costs_more_than_its_share_is_continued(
    town: SealedTown, engine: Engine, newest_first: bool
) -> None:
    for query in (
        Query(subject=Subject(ELSEWHERE), within=True),
        Query(subject=Subject(ELSEWHERE), within=True, member=MemberId("builder")),
        Query(subject=Subject(ELSEWHERE), within=True, amendment="any"),
        Query(member=MemberId("builder"), types=frozenset({"tender.document_filed"})),
    ):
        wanted = truth(town.chain, query)
        found = asked(engine, query, newest_first=newest_first)
        assert sorted(found, key=lambda each: each.index) == wanted != []


@pytest.mark.usefixtures("small_share")
def test_one_batch_reads_no_more_than_its_share_and_says_how_far_it_came(
    town: SealedTown, engine: Engine
) -> None:
    batch = asyncio.run(engine.batch(Query(subject=Subject(ELSEWHERE), within=True), None, 10))
    assert batch.found == () and batch.reached is not None
    assert batch.reached < everything(town.chain)[10].index


@pytest.mark.usefixtures("small_share")
def test_consensus_is_given_the_loop_while_a_question_is_answered(
    town: SealedTown, engine: Engine
) -> None:
    """A neighbour in the same event loop gets its turn many times before the answer is there."""
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def story() -> None:
        beside = asyncio.create_task(neighbour())
        await engine.batch(Query(subject=Subject(ELSEWHERE), within=True), None, 1_000)
        beside.cancel()

    asyncio.run(story())
    assert turns >= 3
