"""IndexWriter: the one connection by which a projector writes an index, whole blocks at a time.

Rows and the position that they lead to are one transaction, so a process that is killed anywhere
goes on behind the last whole one; a commit whose answer was lost is seen in the position. Knows no
ledger: it is handed rows.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql

from api.engines.index_rows import IndexedBlock, IndexedRecord
from api.engines.postgres_link import IndexPosition, IndexUnusable, arguments, translated
from api.engines.postgres_tables import PARTITION_LEAVES, TABLES, VERSION
from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.identifiers import Digest, Height, LogIndex, NetworkId
from ledger.core.merkle import EMPTY_ROOT
from ledger.errors import InvariantBroken

_LOCK: Final = 0x6269_6477_6974
"""Of whoever writes, within one database."""
_RECORD_COLUMNS: Final = (
    "log_index", "within", "record_id", "bundle_id", "height", "time_ms", "subject", "project",
    "issuer", "type", "alert", "severity", "about", "amendments",
)  # fmt: skip
_BLOCK_COLUMNS: Final = ("height", "log_size", "time_ms", "header_hash")
_DOCUMENT_COLUMNS: Final = ("digest", "log_index", "within")

_BEGINNING: Final = "INSERT INTO bidwitness.position VALUES (true, %s, %s, 0, 0, %s, false, NULL)"
_BLOCKS: Final = """
    SELECT height, log_size, time_ms, header_hash FROM bidwitness.block
    WHERE height BETWEEN %s AND %s ORDER BY height
"""
_RECORDS: Final = """
    SELECT log_index, within, record_id, bundle_id, height, time_ms, subject, project, issuer, type,
        alert, severity, about, amendments
    FROM bidwitness.record WHERE log_index >= %s AND log_index < %s ORDER BY log_index, within
"""
_DOCUMENTS: Final = """
    SELECT log_index, within, digest FROM bidwitness.document
    WHERE log_index >= %s AND log_index < %s ORDER BY log_index, within, digest
"""
_BEYOND: Final = """
    SELECT log_index FROM bidwitness.record WHERE log_index >= %s
    UNION ALL SELECT log_index FROM bidwitness.document WHERE log_index >= %s LIMIT 1
"""

Row: TypeAlias = tuple[Any, ...]
"""As the server gives it."""


class IndexWriter:
    """One index, to be written by nobody else meanwhile."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """`opened` makes one."""
        self._connection = connection

    async def hold(self) -> bool:
        """Whether nobody else writes, from now on until the connection ends."""
        with translated():
            return bool((await self._rows("SELECT pg_try_advisory_lock(%s)", _LOCK))[0][0])

    async def begin(self, network_id: NetworkId, *, anew: bool) -> IndexPosition:
        """Where to go on.

        Args:
            network_id: of the ledger.
            anew: throw away what is there and begin before the first block.

        Raises:
            IndexUnusable: `index.network`, `index.version`, `index.unanswered`.
        """
        with translated():
            async with self._connection.transaction():
                found = await self._rows("SELECT to_regclass('bidwitness.position') IS NOT NULL")
                stands = bool(found[0][0])
                if stands and anew:
                    # Readers take this lock first, so that none of them is in the middle.
                    await self._run("LOCK TABLE bidwitness.position IN ACCESS EXCLUSIVE MODE")
                    await self._run("DROP SCHEMA bidwitness CASCADE")
                if anew or not stands:
                    await self._run(TABLES)
                    await self._run(_BEGINNING, VERSION, network_id, EMPTY_ROOT)
        return await self.position(network_id)

    async def position(self, network_id: NetworkId) -> IndexPosition:
        """How far the index has come; raises as `begin`."""
        with translated():
            found = await self._rows(
                "SELECT version, network_id, height, log_root, is_built, fault"
                " FROM bidwitness.position"
            )
        if not found:
            raise IndexUnusable(Code.INDEX_BUILDING, height=0)
        version, network, height, log_root, is_built, fault = found[0]
        if version != VERSION:
            raise IndexUnusable(Code.INDEX_VERSION, found=version, expected=VERSION)
        if network != network_id:
            told = {"found": bytes(network).hex()[:16], "expected": network_id.hex()[:16]}
            raise IndexUnusable(Code.INDEX_NETWORK, **told)
        return IndexPosition(network_id, Height(height), Digest(log_root), is_built, fault or "")

    async def write(self, blocks: Sequence[IndexedBlock]) -> None:
        """Add blocks, which go on where the index ends, and say so in the same transaction.

        Raises:
            IndexUnusable: `index.unanswered`: whether they are in it, `position` tells.
            InvariantBroken: they do not go on there.
        """
        first, last = blocks[0].header, blocks[-1].header
        records = [each for block in blocks for each in block.records]
        with translated():
            async with self._connection.transaction():
                at = await self._rows("SELECT height FROM bidwitness.position FOR UPDATE")
                if at != [(first.height - 1,)]:
                    raise InvariantBroken(f"block {first.height} for an index at {at}")
                for number in _partitions(first, last):
                    await self._partition(number)
                await self._copy("record", _RECORD_COLUMNS, map(_record_row, records))
                await self._copy("document", _DOCUMENT_COLUMNS, _document_rows(records))
                await self._copy("block", _BLOCK_COLUMNS, (block_row(b.header) for b in blocks))
                await self._run(
                    "UPDATE bidwitness.position SET height = %s, log_size = %s, log_root = %s",
                    last.height,
                    last.log_size,
                    last.log_root,
                )

    async def built(self) -> None:
        """From now on it may be asked."""
        with translated():
            await self._run("ANALYZE bidwitness.record, bidwitness.document, bidwitness.block")
        await self._settle("UPDATE bidwitness.position SET is_built = true")

    async def blame(self, what: str) -> None:
        """From now on nobody may ask it."""
        await self._settle("UPDATE bidwitness.position SET fault = %s", what)

    async def kept(self, headers: Sequence[Header]) -> tuple[list[Row], list[IndexedRecord]]:
        """What stands in the index of neighbouring blocks, ascending.

        Returns:
            Rows as `block_row` makes them, and the records.
        """
        first, last = headers[0], headers[-1]
        span = (first.log_size - first.entry_count - 1, last.log_size)
        with translated():
            blocks = await self._rows(_BLOCKS, first.height, last.height)
            records = await self._rows(_RECORDS, *span)
            documents = await self._rows(_DOCUMENTS, *span)
        digests: dict[tuple[int, int], list[bytes]] = {}
        for index, within, digest in documents:
            digests.setdefault((index, within), []).append(digest)
        found = [
            IndexedRecord(
                **dict(zip(_RECORD_COLUMNS, row, strict=True)),
                digests=tuple(digests.pop(row[:2], ())),
            )
            for row in records
        ]
        for index, _ in digests:
            height = next(each.height for each in headers if index < each.log_size)
            what = f"document at {index}"
            raise IndexUnusable(Code.INDEX_DISAGREES, height=height, what=what)
        return blocks, found

    async def beyond(self, log_size: int) -> LogIndex | None:
        """A row that stands where the index has not come yet; None where there is none."""
        with translated():
            found = await self._rows(_BEYOND, log_size, log_size)
        return LogIndex(found[0][0]) if found else None

    async def _settle(self, statement: str, *values: object) -> None:
        """Run what must outlive the server's fall, and with it all that was written before."""
        with translated():
            async with self._connection.transaction():
                await self._run("SET LOCAL synchronous_commit = on")
                await self._run(statement, *values)

    async def _partition(self, number: int) -> None:
        bounds = (number * PARTITION_LEAVES, (number + 1) * PARTITION_LEAVES)
        for table in ("record", "document"):
            make = sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})"
            ).format(
                sql.Identifier("bidwitness", f"{table}_{number}"),
                sql.Identifier("bidwitness", table),
                *map(sql.Literal, bounds),
            )
            await self._run(make)

    async def _copy(self, table: str, columns: Sequence[str], rows: Iterator[Row]) -> None:
        target = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier("bidwitness", table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        async with self._connection.cursor() as cursor, cursor.copy(target) as copy:
            for row in rows:
                await copy.write_row(row)

    async def _run(self, statement: str | sql.Composed, *values: object) -> None:
        query = sql.SQL(statement) if isinstance(statement, str) else statement
        await self._connection.execute(query, values or None)

    async def _rows(self, statement: str | sql.Composed, *values: object) -> list[Row]:
        query = sql.SQL(statement) if isinstance(statement, str) else statement
        cursor = await self._connection.execute(query, values or None, binary=True)
        return await cursor.fetchall()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[IndexWriter]:
    """The writer of an index, while nobody else is.

    Args:
        url: ``postgresql://…``, of a role that owns its database or may make a schema in it.

    Raises:
        IndexUnusable: `index.unanswered`; `index.held` where another process writes.
    """
    with translated():
        connection = await psycopg.AsyncConnection[Any].connect(url, **arguments(reads=False))
    try:
        writer = IndexWriter(connection)
        if not await writer.hold():
            raise IndexUnusable(Code.INDEX_HELD)
        yield writer
    finally:
        await connection.close()


def block_row(header: Header) -> Row:
    """The row of a block."""
    return header.height, header.log_size, header.time_ms, header.hash()


def _record_row(record: IndexedRecord) -> Row:
    return tuple(getattr(record, name) for name in _RECORD_COLUMNS)


def _document_rows(records: Sequence[IndexedRecord]) -> Iterator[Row]:
    return ((d, each.log_index, each.within) for each in records for d in each.digests)


def _partitions(first: Header, last: Header) -> range:
    """Of the log's leaves from one block to another."""
    begin = first.log_size - first.entry_count - 1
    return range(begin // PARTITION_LEAVES, (last.log_size - 1) // PARTITION_LEAVES + 1)
