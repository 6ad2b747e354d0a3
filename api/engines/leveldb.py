"""LevelEngine: answers queries from the index rows that every node keeps.

Every index that the query names is read in step with the others, in the log's order, so that a rare
pair (an expert, a type) costs key reads and not records. Work is counted, and the event loop is
given away in between, because consensus votes in the same loop.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import merge
from itertools import groupby
from typing import Final

from api.engines.opened import let_out
from api.engines.query import ALERT_TYPE, Batch, IndexStanding, Query, fits
from api.engines.span import span_of
from api.engines.walk import Listed, each_found
from ledger.chain import Chain
from ledger.core.identifiers import Height, LogIndex, RecordId
from ledger.core.record import decode_record
from ledger.errors import InvariantBroken
from ledger.lookup import Found, Turn
from ledger.store.index import Algorithm

READ_MAX: Final = 2_000
"""Records read for one batch."""
STEPS_MAX: Final = 50_000
"""Steps over index rows for one batch."""
_READ_AT_ONCE: Final = 32
_STEPS_AT_ONCE: Final = 512
_SECTIONS_MAX: Final = 64
"""Sections of a project that are read by their own rows; of more, the other indexes are read."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The records of one index that all lists share; none where the lists only moved on."""

    settled: LogIndex
    """Up to here nothing more can come, this included."""
    found: tuple[Found, ...] = ()


class LevelEngine:
    """The engine over one node's chain."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    @property
    def standing(self) -> IndexStanding | None:
        """None: what it reads is written with each block."""
        return None

    async def height(self) -> Height:
        """As `Engine.height`: the head's."""
        return self._chain.head.height

    async def batch(
        self, query: Query, after: LogIndex | None, limit: int, *, newest_first: bool = False
    ) -> Batch:
        """As `Engine.batch`."""
        span, height = span_of(self._chain, query), self._chain.head.height
        turn = _turn(span, after, limit, newest_first=newest_first)
        if not span or turn is None:
            return Batch((), None, height)
        found: list[Found] = []
        read, settled = 0, LogIndex(span.start)
        for steps, place in enumerate(self._places(query, turn)):
            if place.found and place.found[0].index not in span:
                break
            if len(found) >= limit or read >= READ_MAX or steps >= STEPS_MAX:
                # What was settled before this place; a cursor never falls inside of one.
                return Batch(tuple(found), settled, height)
            for each in self._ordered(place.found):
                if read % _READ_AT_ONCE == 0:
                    await asyncio.sleep(0)
                read += 1
                if self._fits(query, each):
                    found.append(each)
            if steps % _STEPS_AT_ONCE == 0:
                await asyncio.sleep(0)
            settled = place.settled
        return Batch(tuple(found), None, height)

    def _ordered(self, found: tuple[Found, ...]) -> Sequence[Found]:
        """An opening before what came out of it, in whichever order the log is read."""
        if len(found) < 2:
            return found
        return sorted(found, key=lambda each: self._came_out(each.record_id))

    def _came_out(self, record_id: RecordId) -> bool:
        stored = self._chain.blocks.record(record_id)
        return stored is not None and stored.came_from is not None

    def _fits(self, query: Query, found: Found) -> bool:
        stored = self._chain.blocks.record(found.record_id)
        if stored is None:
            raise InvariantBroken(f"an index names {found.record_id.hex()}, which is not there")
        record = decode_record(stored.data, self._chain.genesis.parameters)
        return fits(query, record, stored.entry.height, stored.entry.block_time_ms)

    def _places(self, query: Query, turn: Turn) -> Iterator[_Place]:
        lists = [_grouped(each) for each in self._lists(query, turn)]
        if lists:
            return _shared(lists, newest_first=turn.newest_first)
        every = _grouped(self._every(turn))
        return (_Place(LogIndex(index), tuple(found)) for index, found in every)

    def _lists(self, query: Query, turn: Turn) -> Iterator[Iterator[Found]]:
        """The lists that a record must stand in, each in the order asked for."""
        lookup = self._chain.lookup
        if query.digest is not None:
            kinds = [partial(lookup.by_digest, each, query.digest) for each in Algorithm]
            yield _union(kinds, turn)
        if query.subject is not None:
            subjects = [query.subject]
            if query.within:
                subjects += lookup.subjects(f"{query.subject}/", _SECTIONS_MAX + 1)
            if len(subjects) <= _SECTIONS_MAX:
                yield _union([partial(lookup.by_subject, each) for each in subjects], turn)
        if query.member is not None:
            yield each_found(partial(lookup.by_issuer, query.member), turn)
        if query.wants_alerts:
            yield each_found(partial(lookup.by_type, ALERT_TYPE), turn)
        if query.types is not None:
            types = sorted(query.types)
            yield _union([partial(lookup.by_type, each) for each in types], turn)

    def _every(self, turn: Turn) -> Iterator[Found]:
        """All records in order; what an opening let out stands beside it."""
        base, head = self._chain.blocks.base, self._chain.head.height
        heights = range(base + 1, head + 1)
        for found in each_found(partial(self._chain.lookup.in_order, heights), turn):
            yield found
            stored = self._chain.blocks.record(found.record_id)
            inside = None if stored is None else let_out(self._chain, stored.record_id, stored.data)
            if inside is not None:
                yield Found(found.index, inside.record_id)


def _turn(span: range, after: LogIndex | None, limit: int, *, newest_first: bool) -> Turn | None:
    """Where to begin; None where nothing of the span is left."""
    if newest_first:
        begin = span.stop if after is None else min(after, span.stop)
        return Turn(limit, LogIndex(begin), newest_first=True) if begin > span.start else None
    begin = span.start - 1 if after is None else max(after, span.start - 1)
    if begin >= span.stop - 1:
        return None
    return Turn(limit, None if begin < 0 else LogIndex(begin))


def _union(kinds: Sequence[Listed], turn: Turn) -> Iterator[Found]:
    """Several lists as one in order, each record once."""
    lists = [each_found(each, turn) for each in kinds]
    ordered = merge(*lists, key=lambda each: each.index, reverse=turn.newest_first)
    for _, found in groupby(ordered, key=lambda each: each.index):
        yield from dict.fromkeys(found)


def _grouped(found: Iterator[Found]) -> Iterator[tuple[int, list[Found]]]:
    return ((index, list(each)) for index, each in groupby(found, key=lambda each: each.index))


def _shared(
    lists: list[Iterator[tuple[int, list[Found]]]], *, newest_first: bool
) -> Iterator[_Place]:
    """What stands in all lists, by index; each step moves at least one list on."""
    heads = [next(each, None) for each in lists]
    while True:
        here = [head for head in heads if head is not None]
        if len(here) < len(lists):
            return
        indexes = [index for index, _ in here]
        furthest = min(indexes) if newest_first else max(indexes)
        if all(index == furthest for index in indexes):
            common = [each for each in here[0][1] if all(each in found for _, found in here)]
            yield _Place(LogIndex(furthest), tuple(common))
            heads = [next(each, None) for each in lists]
            continue
        # Whatever stands before the furthest head is missing in that list.
        yield _Place(LogIndex(furthest + 1 if newest_first else furthest - 1))
        for at, index in enumerate(indexes):
            if index != furthest:
                heads[at] = next(lists[at], None)
