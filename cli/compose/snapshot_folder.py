"""The folder beside a node's database in which a snapshot is gathered, and how it takes its place.

Every step may be the last before the power fails: whoever starts next finds either the database as
it was, or a snapshot that is whole, and goes on from there. What the node promised to the outside
goes along; a database that held blocks is put aside and never deleted.
"""

import shutil
from contextlib import ExitStack, closing
from itertools import chain as chain_of
from itertools import count
from pathlib import Path
from typing import Final

import structlog

from cli.settings import Settings
from consensus.snapshot_desk import SnapshotSide
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import NodeId
from ledger.snapshot_taking import SnapshotTaking, began_at, own_rows
from ledger.store.api import Reader, Store
from ledger.store.folders import sync_folder
from ledger.store.keys import Table
from ledger.store.leveldb import LevelDBStore
from ledger.store.rows import head_from

_JOINING: Final = "-joining"
_BEFORE: Final = "-before-"

log = structlog.get_logger("node")


def joining_folder(settings: Settings) -> Path:
    """Where a snapshot is gathered."""
    database = settings.database_folder
    return database.with_name(database.name + _JOINING)


def snapshot_side(
    settings: Settings, chain: Chain, held: ExitStack, liars: tuple[NodeId, ...]
) -> SnapshotSide:
    """What a node gives of its snapshots, and where it gathers one that it lacks.

    Args:
        settings: of the node.
        chain: as it stands: what was gathered below its head is deleted.
        held: closes the store that is opened, with the node.
        liars: who lied before the process began anew.

    Raises:
        StoreError: `store.*`.
    """
    return SnapshotSide(
        chain.offers, _taking(settings, chain, held), settings.snapshot_behind, liars
    )


def _taking(settings: Settings, chain: Chain, held: ExitStack) -> SnapshotTaking | None:
    """What gathers a snapshot; None where the network makes none or the node never takes one."""
    genesis = chain.genesis
    if not genesis.parameters.snapshot_interval or not settings.snapshot_behind:
        return None
    folder = joining_folder(settings)

    def opened() -> Store:
        store = LevelDBStore(folder)
        held.callback(store.close)
        return store

    taking = SnapshotTaking(opened, genesis, genesis_rows(genesis), resume=folder.exists())
    if taking.proven is not None and taking.proven.header.height <= chain.head.height:
        taking.forget()
    return taking


def take_over(settings: Settings) -> None:
    """Let a snapshot that is whole take the database's place; nothing where there is none.

    Raises:
        StoreError: `store.*`.
        OSError: a folder could not be renamed.
    """
    joining, database = joining_folder(settings), settings.database_folder
    if not joining.exists():
        return
    with closing(LevelDBStore(joining)) as store:
        base = began_at(store)
        if not base:
            return
        had = _carry_over(store, base, database) if database.exists() else 0
    if had >= base:
        # Blocks that were in hand came further meanwhile: nobody goes back for a snapshot.
        shutil.rmtree(joining)
        return
    if database.exists():
        database.rename(_aside(database, base))
    joining.rename(database)
    sync_folder(database.parent)
    for aside in sorted(database.parent.glob(f"{database.name}{_BEFORE}*")):
        _clear(aside)
    log.info("snapshot.taken_over", base=base)


def _aside(database: Path, base: int) -> Path:
    """Where a database goes; an earlier one may be there already."""
    first = database.with_name(f"{database.name}{_BEFORE}{base}")
    others = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(path for path in chain_of((first,), others) if not path.exists())


def _clear(aside: Path) -> None:
    """Delete a database that never held a block; of one that did, tell where it is.

    What it held is asked of itself: the process that put it aside may have died since.
    """
    with closing(LevelDBStore(aside)) as store:
        head = _head_of(store)
    if head:
        log.warning("snapshot.database_aside", folder=str(aside), head=head)
    else:
        shutil.rmtree(aside)


def _carry_over(store: LevelDBStore, base: int, database: Path) -> int:
    """Copy what only the old database knows. Returns its head."""
    with closing(LevelDBStore(database)) as old:
        head = _head_of(old)
        if head < base:
            store.write(own_rows(old))
        return head


def _head_of(store: Reader) -> int:
    row = store.get(Table.HEAD.key())
    return 0 if row is None else head_from(row)[0]
