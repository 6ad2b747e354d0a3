"""A snapshot takes a database's place, wherever the power fails; a database with blocks is kept."""

from contextlib import closing
from pathlib import Path

import pytest

from cli.compose.snapshot_folder import joining_folder, take_over
from cli.settings import Address, Settings
from ledger.core.identifiers import Height, NodeId
from ledger.core.merkle import Frontier
from ledger.snapshot_taking import began_at
from ledger.store.keys import BASE, Table, number
from ledger.store.leveldb import LevelDBStore
from ledger.store.rows import head_row

HERE = Address("127.0.0.1", 1)
BLOCKS = 5


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, NodeId("node-a"), HERE, HERE, {}, database_folder=tmp_path / "db")


def database(folder: Path, *, height: int = 0, base: int = 0) -> None:
    """A database with so many blocks, or one that begins with a snapshot."""
    with closing(LevelDBStore(folder)) as store:
        head = (Table.HEAD.key(), head_row(Height(height), Frontier()))
        store.write([head, *([(BASE, number(base))] if base else [])])


def base_of(settings: Settings) -> int:
    with closing(LevelDBStore(settings.database_folder)) as store:
        return began_at(store)


def test_a_database_that_held_blocks_is_kept_though_power_fails_in_the_middle(
    settings: Settings,
) -> None:
    database(settings.database_folder, height=BLOCKS)
    database(joining_folder(settings), base=9)
    aside = settings.database_folder.rename(settings.folder / "db-before-9")
    take_over(settings)
    assert base_of(settings) == 9
    assert aside.is_dir()


def test_one_that_was_put_aside_before_is_in_nobodys_way(settings: Settings) -> None:
    for _ in range(2):
        database(settings.database_folder, height=BLOCKS)
        database(joining_folder(settings), base=9)
        take_over(settings)
    kept = sorted(path.name for path in settings.folder.glob("db-before-*"))
    assert kept == ["db-before-9", "db-before-9-2"]


def test_an_empty_one_goes(settings: Settings) -> None:
    database(settings.database_folder)
    database(joining_folder(settings), base=9)
    take_over(settings)
    assert base_of(settings) == 9
    assert list(settings.folder.glob("db-*")) == []


def test_what_no_other_node_can_give_goes_along(settings: Settings) -> None:
    """The own promise, and half of a contradiction whose other half may come later."""
    own = {Table.LAST_SIGNED.key(): b"promise", Table.STRANGE.key(b"node", number(7)): b"head"}
    database(settings.database_folder, height=BLOCKS)
    with closing(LevelDBStore(settings.database_folder)) as store:
        store.write([*own.items(), (Table.STATE.key(b"row"), b"of old")])
    database(joining_folder(settings), base=9)
    take_over(settings)
    with closing(LevelDBStore(settings.database_folder)) as store:
        assert {key: store.get(key) for key in own} == own
        assert store.get(Table.STATE.key(b"row")) is None
