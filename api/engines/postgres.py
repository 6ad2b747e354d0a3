"""PostgresIndex: answers queries from the tables that a projector writes.

The rows say only where records stand; the records, and who may see them, are the node's own. An
answer goes no further than the index has come and no further than this node's ledger, and only
where both have the same block there.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from api.engines.index_rows import amendment_bits
from api.engines.postgres_link import IndexUnusable, arguments, translated
from api.engines.postgres_tables import VERSION
from api.engines.query import Batch, Query
from api.engines.span import span_of
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import Height, LogIndex, RecordId
from ledger.lookup import Found

CONNECTIONS_MAX: Final = 4
WAIT_S: Final = 1.0
"""For a connection."""
_ONE_PLACE: Final = 2
"""Records at one index, at most: an opening, and what came out of it."""

_POSITION: Final = """
    SELECT p.version, p.network_id, p.height, p.is_built, p.fault, b.log_size, b.header_hash
    FROM bidwitness.position p LEFT JOIN bidwitness.block b ON b.height = LEAST(p.height, %s)
"""
_RECORDS: Final = sql.SQL("bidwitness.record r")
_OF_DOCUMENT: Final = sql.SQL(
    "bidwitness.document d JOIN bidwitness.record r USING (log_index, within)"
)
_PAGE: Final = sql.SQL(
    "SELECT log_index, r.record_id FROM {source} WHERE {conditions}"
    " ORDER BY log_index {order}, within {order} LIMIT {limit}"
)

Connection: TypeAlias = psycopg.AsyncConnection[Any]
_Condition: TypeAlias = tuple[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class _At:
    """Up to where an answer holds."""

    height: Height
    log_size: int


class PostgresIndex:
    """One index, as one node asks it."""

    def __init__(self, url: str, chain: Chain) -> None:
        """An index that is not connected yet.

        Args:
            url: ``postgresql://…``; a role that may read is enough.
            chain: whose records are asked for.
        """
        self._chain = chain
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            kwargs=arguments(reads=True),
            min_size=1,
            max_size=CONNECTIONS_MAX,
            timeout=WAIT_S,
            open=False,
        )

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connected meanwhile, anew whenever the line breaks."""
        await self._pool.open(wait=False)
        try:
            yield
        finally:
            await self._pool.close()

    async def height(self) -> Height:
        """As `Engine.height`.

        Raises:
            IndexUnusable: it cannot answer.
        """
        async with self._asking() as connection:
            return (await self._at(connection)).height

    async def batch(
        self, query: Query, after: LogIndex | None, limit: int, *, newest_first: bool = False
    ) -> Batch:
        """As `Engine.batch`.

        Raises:
            IndexUnusable: it cannot answer.
        """
        async with self._asking() as connection:
            at = await self._at(connection)
            span = _left(span_of(self._chain, query), at, after, newest_first=newest_first)
            asked = question(query, span, limit, newest_first=newest_first)
            if asked is None:
                return Batch((), None, at.height)
            page, values = asked
            rows = await (await connection.execute(page, values, binary=True)).fetchall()
        found = [Found(LogIndex(index), RecordId(record_id)) for index, record_id in rows]
        return _batch(found, limit, at.height, newest_first=newest_first)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Connection]:
        """A connection on which all questions see the same rows."""
        with translated():
            async with (
                self._pool.connection() as connection,
                connection.transaction(),
            ):
                yield connection

    async def _at(self, connection: Connection) -> _At:
        """Where this answer will stand; the index is of this ledger up to there."""
        chain = self._chain
        row = await (await connection.execute(_POSITION, [chain.head.height])).fetchone()
        if row is None:
            raise IndexUnusable(Code.INDEX_BUILDING, height=0)
        version, network_id, height, is_built, fault, log_size, header_hash = row
        if version != VERSION:
            raise IndexUnusable(Code.INDEX_VERSION, found=version, expected=VERSION)
        if network_id != chain.head.network_id:
            found, expected = bytes(network_id).hex()[:16], chain.head.network_id.hex()[:16]
            raise IndexUnusable(Code.INDEX_NETWORK, found=found, expected=expected)
        if fault is not None:
            raise IndexUnusable(Code.INDEX_DISAGREES, height=height, what=fault)
        at = Height(min(height, chain.head.height))
        if not is_built or at < chain.blocks.base:
            raise IndexUnusable(Code.INDEX_BUILDING, height=height)
        if at and header_hash != chain.blocks.header(at).hash():
            raise IndexUnusable(Code.INDEX_DISAGREES, height=at, what="header")
        return _At(at, log_size or 0)


def question(
    query: Query, span: range, limit: int, *, newest_first: bool
) -> tuple[sql.Composed, list[object]] | None:
    """What the server is asked; None where nothing can fit.

    Args:
        query: which records.
        span: in which part of the log.
        limit: how many places.
        newest_first: against the log's order.

    Returns:
        The statement and its values; it asks for as many more as show whether there is more.
    """
    conditions = list(_conditions(query))
    if not span or _cannot_be(conditions):
        return None
    conditions.insert(0, ("log_index >= %s AND log_index < %s", (span.start, span.stop)))
    page = _PAGE.format(
        source=_RECORDS if query.digest is None else _OF_DOCUMENT,
        conditions=sql.SQL(" AND ").join(sql.SQL(each) for each, _ in conditions),
        order=sql.SQL("DESC" if newest_first else "ASC"),
        limit=sql.Literal(limit + _ONE_PLACE),
    )
    return page, [value for _, given in conditions for value in given]


def _left(span: range, at: _At, after: LogIndex | None, *, newest_first: bool) -> range:
    """What is still to be looked at, of what the index knows."""
    start, stop = span.start, min(span.stop, at.log_size)
    if after is not None and newest_first:
        stop = min(stop, after)
    elif after is not None:
        start = max(start, after + 1)
    return range(start, stop)


def _conditions(query: Query) -> Iterator[_Condition]:
    """What `fits` says of a record, in the words of the tables; the span is not among them."""
    if query.digest is not None:
        yield "d.digest = %s", (query.digest,)
    if query.subject is not None:
        yield from _about(query.subject.encode(), within=query.within)
    if query.member is not None:
        yield "r.issuer = %s", (query.member,)
    if query.types is not None and len(query.types) == 1:
        yield "r.type = %s", (*query.types,)
    elif query.types is not None:
        yield "r.type = ANY(%s)", ([each for each in sorted(query.types) if "\0" not in each],)
    if query.alert is not None:
        yield "r.alert = %s", (query.alert,)
    if query.severity is not None:
        yield "r.severity = %s", (query.severity,)
    if query.about is not None:
        yield "r.about = %s", (query.about,)
    if query.amendment is not None:
        yield "r.amendments > 0", ()
        if query.amendment != "any":
            yield "r.amendments & %s > 0", (amendment_bits(iter([query.amendment])),)


def _about(subject: bytes, *, within: bool) -> Iterator[_Condition]:
    if not within:
        yield "r.subject = %s", (subject,)
        return
    project, slash, _ = subject.partition(b"/")
    yield "r.project = %s", (project,)
    if slash:
        # Sections begin with the subject and a slash; the next sign after the slash is "0".
        below = (subject, subject + b"/", subject + b"0")
        yield "(r.subject = %s OR r.subject >= %s AND r.subject < %s)", below


def _cannot_be(conditions: Sequence[_Condition]) -> bool:
    """Whether a condition asks for what no row can hold."""
    values = [value for _, given in conditions for value in given]
    return [] in values or any(isinstance(each, str) and "\0" in each for each in values)


def _batch(found: list[Found], limit: int, height: Height, *, newest_first: bool) -> Batch:
    """The first of them, cut between two places of the log."""
    end = limit
    while 0 < end < len(found) and found[end].index == found[end - 1].index:
        end += 1
    reached = found[end - 1].index if end < len(found) else None
    kept = found[:end]
    if newest_first:
        # An opening before what came out of it, in whichever order the log is read.
        places = groupby(kept, key=lambda each: each.index)
        kept = [each for _, place in places for each in reversed(list(place))]
    return Batch(tuple(kept), reached, height)
