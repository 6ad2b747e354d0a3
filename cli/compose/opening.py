"""Opens the chain of a stopped folder, and says how far an older store is brought up.

That takes minutes where the ledger is large. A process that is told to stop meanwhile stops: each
part is durable, and the next start goes on there.
"""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog

from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.opening import stored_height
from ledger.store.api import Store
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot
from ledger.upgrading import LAYOUT_KEY, Told, bring_up, is_older

_LINES: Final = 20
"""Told of the whole of it."""


class _Stopped(Exception):  # noqa: N818 - somebody's wish, and not a fault
    """The process is to end."""


def logged(height: Height, head: Height) -> None:
    """For processes, whose log people read: one line."""
    structlog.get_logger("store").info("store.upgrading", height=height, of=head)


def opened_chain(store: Store, trust: TrustRoot, told: Told = logged) -> Chain:
    """The chain of a trust root's network in `store`.

    Args:
        store: of this layout or an older one.
        trust: of the network.
        told: hears now and then how far an older one is brought up.

    Raises:
        StoreError: as `Chain`.
    """
    _bring_up(store, trust, told)
    return Chain(store, trust.genesis, genesis_rows(trust.genesis))


async def up_to_date(database_folder: Path, trust: TrustRoot, stop: asyncio.Event) -> bool:
    """Bring the store in a folder up before anything else is opened, in a thread.

    Returns:
        False where the process was told to stop meanwhile.

    Raises:
        StoreError: as `Chain`.
    """
    with closing(LevelDBStore(database_folder)) as store:
        try:
            await asyncio.to_thread(_bring_up, store, trust, logged, stop.is_set)
        except _Stopped:
            return False
    return not stop.is_set()


def _bring_up(
    store: Store, trust: TrustRoot, told: Told, stopped: Callable[[], bool] = lambda: False
) -> None:
    """Do nothing to a store of this layout."""
    if not is_older(store.get(LAYOUT_KEY)):
        return
    stored_height(store, trust.genesis)
    said = -1

    def some(height: Height, head: Height) -> None:
        nonlocal said
        line = height * _LINES // max(1, head)
        if line != said:
            said = line
            told(height, head)
        if height < head and stopped():
            raise _Stopped

    bring_up(store, some)
