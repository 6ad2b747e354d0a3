"""LevelEngine: answers queries from the index rows that every node keeps.

Every index that the query names is read in step with the others, in the log's order, so that a rare
pair (an expert, a type) costs key reads and not records. Work is counted, and the event loop is
given away in between, because consensus votes in the same loop.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from api.engines.opened import let_out
from api.engines.query import ALERT_TYPE, Batch, IndexStanding, Query, fits
from api.engines.span import span_of
from ledger.chain import Chain
from ledger.core.identifiers import Height, LogIndex, RecordId, Subject
from ledger.core.record import decode_record
from ledger.core.sealed import OPENING_TYPE
from ledger.errors import InvariantBroken
from ledger.lookup import Found
from ledger.place_lists import PlaceLists
from ledger.places import OWN, Place, Places
from ledger.store.index import AMENDMENTS

ROWS_MAX: Final = 20_000
"""Index rows read, and steps over them, for one batch; what its lists begin with aside."""
READ_COST: Final = 10
"""What reading a record counts, in rows."""
_AT_ONCE: Final = 500
"""Rows between two times that the event loop is given away."""
_SECTIONS_MAX: Final = 256
"""Sections of a project that are read by their own rows; of more, the other indexes are read."""


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
        span = _rest(span, after, newest_first=newest_first)
        if not span:
            return Batch((), None, height)
        lists = self._chain.lookup.lists(newest_first=newest_first)
        question = _Question(self._chain, query, lists, span)
        found: list[Found] = []
        most = given_away = 0
        while (place := question.next_place()) is not None:
            if len(found) >= limit or (most and lists.spent.rows >= most):
                # What was settled before this place; a cursor never falls inside of one.
                return Batch(tuple(found), lists.order.index(place - 1), height)
            if question.stands_at(place):
                found += question.found(place)
            most = most or lists.spent.rows + ROWS_MAX
            if lists.spent.rows >= given_away + _AT_ONCE:
                given_away = lists.spent.rows
                await asyncio.sleep(0)
        return Batch(tuple(found), None, height)


class _Question:
    """A query at the places that are left of it."""

    def __init__(self, chain: Chain, query: Query, lists: PlaceLists, span: range) -> None:
        self._chain, self._query, self._span = chain, query, span
        self._order, self._spent = lists.order, lists.spent
        self._next: Place | None = self._order.place(span[-1 if self._order.newest_first else 0])
        sections = self._sections()
        self._lists = list(_lists(query, sections, lists))
        self._is_exact = query.subject is None or sections is not None
        self._openings: Places | None = None
        if not self._lists:
            self._lists = [lists.every(span)]
            self._openings = lists.by_types([OPENING_TYPE])

    def next_place(self) -> Place | None:
        """Before it nothing more can fit; None where nothing is left."""
        if self._next is None or self._order.index(self._next) not in self._span:
            return None
        return self._next

    def stands_at(self, place: Place) -> bool:
        """Whether all lists have the place; if not, the next one is where the furthest list is."""
        furthest: Place = place
        for each in self._lists:
            at = each.seek(furthest)
            self._spent.rows += 1
            if at is None:
                self._next = None
                return False
            furthest = at
            if furthest > place:
                break
        self._next = place + 1 if furthest == place else furthest
        return furthest == place

    def found(self, place: Place) -> Sequence[Found]:
        """The records that fit there: an opening before what came out of it."""
        index = self._order.index(place)
        ids = self._shared(place, index)
        self._spent.rows += 1
        if not self._is_exact:
            ids = [each for each in ids if self._fits(each)]
        return [Found(index, each) for each in ids]

    def _shared(self, place: Place, index: LogIndex) -> Sequence[RecordId]:
        """Who stands in all lists."""
        first, *others = ([*each.ids()] for each in self._lists)
        if first == [OWN] and all(each == first for each in others):
            own = self._own(index)
            return [own, *self._came_out(place, own)]
        own = self._own(index)
        shared = {own if each is OWN else each for each in first}
        for each in others:
            shared &= {own if one is OWN else one for one in each}
        return sorted(shared, key=lambda each: each != own)

    def _own(self, index: LogIndex) -> RecordId:
        found = self._chain.lookup.at(index)
        if found is None:
            raise InvariantBroken(f"an index names {index}, where no record stands")
        return found.record_id

    def _came_out(self, place: Place, own: RecordId) -> Iterator[RecordId]:
        """Out of an opening that stands there, where the list is that of all entries."""
        if self._openings is None or self._openings.seek(place) != place:
            return
        self._spent.rows += READ_COST
        stored = self._chain.blocks.record(own)
        inside = None if stored is None else let_out(self._chain, own, stored.data)
        if inside is not None:
            yield inside.record_id

    def _fits(self, record_id: RecordId) -> bool:
        self._spent.rows += READ_COST
        stored = self._chain.blocks.record(record_id)
        if stored is None:
            raise InvariantBroken(f"an index names {record_id.hex()}, which is not there")
        record = decode_record(stored.data, self._chain.genesis.parameters)
        return fits(self._query, record, stored.entry.height, stored.entry.block_time_ms)

    def _sections(self) -> Sequence[Subject] | None:
        """The subjects that are asked about; None where no subject is, or too many are."""
        subject = self._query.subject
        if subject is None or not self._query.within:
            return None if subject is None else (subject,)
        sections = self._chain.lookup.subjects(f"{subject}/", _SECTIONS_MAX + 1)
        self._spent.rows += READ_COST * len(sections)
        return (subject, *sections) if len(sections) <= _SECTIONS_MAX else None


def _lists(query: Query, sections: Sequence[Subject] | None, lists: PlaceLists) -> Iterator[Places]:
    """The lists that a record must stand in; what is asked most rarely of all records first."""
    if query.digest is not None:
        yield lists.by_digest(query.digest)
    if sections is not None:
        yield lists.by_subjects(sections)
    told = {"alert": query.alert, "severity": query.severity, "about": query.about}
    for name, value in told.items():
        if value is not None:
            yield lists.by_marks((name, value))
    if query.amendment is not None:
        wanted = AMENDMENTS if query.amendment == "any" else (query.amendment,)
        yield lists.by_marks(*((each, None) for each in wanted))
    if query.types is not None and not (query.wants_alerts and query.types == {ALERT_TYPE}):
        yield lists.by_types(sorted(query.types))
    if query.member is not None:
        yield lists.by_issuer(query.member)


def _rest(span: range, after: LogIndex | None, *, newest_first: bool) -> range:
    """What is left of a span beyond a cursor."""
    if after is None:
        return span
    if newest_first:
        return range(span.start, min(after, span.stop))
    return range(max(after + 1, span.start), span.stop)
