"""What every engine must answer, over one ledger: another engine plugs in by one fixture.

`QuerySuite` asks an engine; the fixture ``engine`` of a subclass makes it over the ledger of
`ledger_of`. The truth is `fits`, applied to every record of the log one after the other.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from api.engines.query import Batch, Engine, Query, fits
from ledger.chain import Chain
from ledger.core.identifiers import Digest, Height, LogIndex, MemberId, RecordId, Subject
from ledger.core.record import decode_record
from ledger.core.sealed import OPENING_TYPE
from ledger.lookup import Found, Turn
from ledger.store.api import Store
from ledger.store.index import AMENDMENTS
from ledger.stored_parts import sealed_in
from tests.contracts.sealing import AFTER, BIDDERS, SealedTown
from tests.contracts.town import SECOND

ELSEWHERE = "B01"
PLACES = (ELSEWHERE, f"{ELSEWHERE}/01", f"{ELSEWHERE}/02", f"{ELSEWHERE}1", "evidence")


def ledger_of(store: Store | None = None) -> SealedTown:
    """A tender whose bids are opened, an alert, amendments, and many plain records of two members."""
    town = SealedTown(store)
    sealed = [town.seal(town.bid(name)) for name in BIDDERS]
    commitments = town.commit_sealed(*sealed)
    papers = {"file": b"other content"}
    town.say("builder", "tender.document_filed", files=papers, kind="tender")
    for made in range(30):
        issuer = ("centre", "bidder", "builder")[made % 3]
        records = [
            town.record(issuer, "evidence.deposited", place, files={"f": f"{made % 4}".encode()})
            for place in PLACES[: 1 + made % 5]
        ]
        town.commit(town.bundle(*records))
        if made % 7 == 3:
            amends = [("amends", records[0].record_id)]
            town.say(issuer, "evidence.deposited", PLACES[0], refs=amends, files={"f": b"new"})
    town.now_ms = AFTER
    town.wait_until(AFTER)
    town.seal_set(*commitments)
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    return town


def everything(chain: Chain) -> list[Found]:
    """Every record in the log's order; an opening before what came out of it."""
    found = []
    heights = range(1, chain.head.height + 1)
    for each in chain.lookup.in_order(heights, Turn(limit=100_000)).items:
        found.append(each)
        stored = chain.blocks.record(each.record_id)
        assert stored is not None
        if decode_record(stored.data).type == OPENING_TYPE:
            inside = RecordId(sealed_in(stored.data, each.record_id).record_id)
            if chain.blocks.record(inside) is not None:
                found.append(Found(each.index, inside))
    return found


def truth(chain: Chain, query: Query) -> list[Found]:
    """What a query asks for, by its meaning and nothing else."""
    found = []
    for each in everything(chain):
        stored = chain.blocks.record(each.record_id)
        assert stored is not None
        record = decode_record(stored.data)
        if fits(query, record, stored.entry.height, stored.entry.block_time_ms):
            found.append(each)
    return found


def asked(
    engine: Engine, query: Query, limit: int = 100_000, *, newest_first: bool = False
) -> list[Found]:
    """The whole answer, batch by batch."""

    async def ask() -> list[Found]:
        found: list[Found] = []
        after: LogIndex | None = None
        while True:
            batch = await engine.batch(query, after, limit, newest_first=newest_first)
            assert len({each.index for each in batch.found}) <= limit
            found += batch.found
            if batch.reached is None:
                return found
            moved_on = after is None or (
                batch.reached < after if newest_first else batch.reached > after
            )
            assert moved_on, "an engine that never moves on"
            after = batch.reached

    return asyncio.run(ask())


def backwards(found: Sequence[Found]) -> list[Found]:
    """The reverse order: by index only, an opening stays before what came out of it."""
    return sorted(found, key=lambda each: -each.index)


def drawn(chain: Chain, seed: int) -> Query:
    """A query of some parts, each of which is on the ledger, or nearly."""
    draw = random.Random(seed)
    stored = [chain.blocks.record(each.record_id) for each in everything(chain)]
    one = draw.choice([each for each in stored if each is not None])
    record, other = decode_record(one.data), draw.choice([e for e in stored if e is not None])
    parts = {
        "subject": Subject(draw.choice([record.subject, ELSEWHERE]) or ELSEWHERE),
        "member": record.issuer,
        "types": frozenset({record.type, draw.choice(["evidence.deposited", "ledger.amended"])}),
        "digest": record.evidence[0].sha256 if record.evidence else None,
        "from_ms": min(one.entry.block_time_ms, other.entry.block_time_ms) + draw.choice([0, 1]),
        "to_ms": max(one.entry.block_time_ms, other.entry.block_time_ms) + draw.choice([0, 1]),
        "above": Height(draw.randrange(chain.head.height + 1)),
        "alert": draw.choice(["AL04", "AL01"]),
        "severity": draw.choice(["serious", "warning"]),
        "about": "tender.document_filed",
        "amendment": draw.choice(["any", *AMENDMENTS]),
    }
    weights = {"alert": 0.15, "severity": 0.1, "about": 0.1, "amendment": 0.2}
    chosen = {
        name: value for name, value in parts.items() if draw.random() < weights.get(name, 0.4)
    }
    return replace(Query(within=draw.random() < 0.5), **chosen)  # type: ignore[arg-type]


class QuerySuite:
    """Asked of each engine; a subclass has the fixtures ``town`` (`ledger_of`) and ``engine``."""

    def test_everything_in_order_is_every_record_once(
        self, town: SealedTown, engine: Engine
    ) -> None:
        found = asked(engine, Query())
        assert found == everything(town.chain)
        assert len(found) == len({each.record_id for each in found}) > 100

    @pytest.mark.parametrize("limit", [1, 2, 7, 100_000])
    @pytest.mark.parametrize("newest_first", [False, True])
    def test_pages_of_any_size_are_the_same_list(
        self, town: SealedTown, engine: Engine, limit: int, newest_first: bool
    ) -> None:
        for query in (
            Query(),
            Query(member=MemberId("bidder")),
            Query(subject=Subject(ELSEWHERE), within=True, types=frozenset({"evidence.deposited"})),
        ):
            wanted = truth(town.chain, query)
            found = asked(engine, query, limit, newest_first=newest_first)
            assert found == (backwards(wanted) if newest_first else wanted) != []

    @pytest.mark.parametrize("seed", range(60))
    def test_any_query_is_answered_by_its_meaning(
        self, town: SealedTown, engine: Engine, seed: int
    ) -> None:
        query, newest_first = drawn(town.chain, seed), bool(seed % 2)
        wanted = truth(town.chain, query)
        found = asked(engine, query, 1 + seed % 9, newest_first=newest_first)
        assert found == (backwards(wanted) if newest_first else wanted), query

    def test_each_part_of_a_query_finds_something_and_leaves_something_out(
        self, town: SealedTown, engine: Engine
    ) -> None:
        every = len(everything(town.chain))
        document = Digest(
            town.record("centre", "evidence.deposited", files={"f": b"2"}).evidence[0].sha256
        )
        parts = (
            Query(subject=Subject(ELSEWHERE)),
            Query(subject=Subject(ELSEWHERE), within=True),
            Query(member=MemberId("builder")),
            Query(types=frozenset({"tender.bid_submitted"})),
            Query(digest=document),
            Query(from_ms=AFTER),
            Query(to_ms=AFTER),
            Query(above=Height(20)),
            Query(alert="AL04"),
            Query(severity="serious"),
            Query(about="tender.document_filed"),
            Query(amendment="amends"),
        )
        for query in parts:
            assert 0 < len(asked(engine, query)) < every, query

    def test_sections_are_below_their_project_and_not_beside_it(
        self, town: SealedTown, engine: Engine
    ) -> None:
        found = asked(engine, Query(subject=Subject(ELSEWHERE), within=True))
        subjects = set()
        for each in found:
            stored = town.chain.blocks.record(each.record_id)
            assert stored is not None
            subjects.add(decode_record(stored.data).subject)
        assert subjects == {ELSEWHERE, f"{ELSEWHERE}/01", f"{ELSEWHERE}/02"}

    def test_what_nobody_can_be_is_found_at_once(self, town: SealedTown, engine: Engine) -> None:
        head = town.chain.head
        for query in (
            Query(types=frozenset()),
            Query(subject=Subject("nowhere")),
            Query(above=head.height),
            Query(from_ms=head.time_ms + 1),
            Query(from_ms=5, to_ms=5),
            Query(to_ms=0),
            Query(alert="AL04", types=frozenset({"evidence.deposited"})),
        ):
            assert asked(engine, query) == [], query

    def test_a_list_goes_on_where_it_was_while_blocks_arrive(
        self, engine: Engine, town: SealedTown
    ) -> None:
        query = Query(subject=Subject(ELSEWHERE))

        async def first() -> Batch:
            return await engine.batch(query, None, 3)

        begun = asyncio.run(first())
        before = truth(town.chain, query)
        town.say("centre", "evidence.deposited", ELSEWHERE, at=town.now_ms + SECOND)
        self.caught_up(town)

        async def rest() -> Batch:
            return await engine.batch(query, begun.reached, 100_000)

        after = asyncio.run(rest())
        assert [*begun.found, *after.found] == truth(town.chain, query)
        assert len(truth(town.chain, query)) == len(before) + 1

    def caught_up(self, town: SealedTown) -> None:
        """Have the engine know the newest block; one that follows a node waits here."""
