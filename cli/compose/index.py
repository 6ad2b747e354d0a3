"""The index of a node: connected while the node runs, and asked before the node's own rows."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING

from api.engines.leveldb import LevelEngine
from api.engines.query import Engine
from ledger.chain import Chain

if TYPE_CHECKING:
    from api.engines.indexed import IndexedEngine
    from api.engines.postgres import PostgresIndex


class OpenIndex:
    """One index, and the engine that asks it."""

    def __init__(self, index: "PostgresIndex", engine: "IndexedEngine") -> None:
        self._index = index
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """Answers whether or not the index does."""
        return self._engine

    async def run(self) -> None:
        """Stay connected, and look where the index stands, until cancelled."""
        async with self._index.connected():
            await self._engine.watch()


def open_index(url: str, chain: Chain) -> OpenIndex | None:
    """The index at a URL; None without one: then nothing of PostgreSQL is even loaded."""
    if not url:
        return None
    from api.engines.indexed import IndexedEngine
    from api.engines.postgres import PostgresIndex

    index = PostgresIndex(url, chain)
    return OpenIndex(index, IndexedEngine(index, LevelEngine(chain), chain))


def index_works(opened: OpenIndex | None) -> list[Coroutine[object, object, None]]:
    """What runs beside the node for it."""
    return [] if opened is None else [opened.run()]
