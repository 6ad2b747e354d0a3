"""A store of layout 1 gets the rows that it lacks, once, whatever happens meanwhile."""

import asyncio
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cli.compose.opening import opened_chain, up_to_date
from cli.output import Output
from contracts.genesis_rows import genesis_rows
from ledger import upgrading
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.chain import Chain
from ledger.codes import Code
from ledger.errors import StoreError
from ledger.opening import stored_height
from ledger.store.api import Row, Write
from ledger.store.keys import Table, number
from ledger.store.leveldb import LevelDBStore
from ledger.store.memory import MemoryStore
from ledger.trust import trust_root
from ledger.upgrading import LAYOUT_KEY, OLDER, bring_up
from tests.api.query_suite import ledger_of
from tests.contracts.sealing import SealedTown
from tests.vectors.small_network import small_genesis


class MortalStore(MemoryStore):
    """Takes only so many more writes."""

    left: int | None = None

    def write(self, writes: Iterable[Write]) -> None:
        if self.left == 0:
            raise StoreError(Code.STORE_DISK_FULL, path="memory")
        self.left = None if self.left is None else self.left - 1
        super().write(writes)


WRITTEN = MemoryStore()


@pytest.fixture(scope="module")
def town() -> SealedTown:
    """Alerts, amendments, and bids that came out of openings."""
    return ledger_of(WRITTEN)


@pytest.fixture
def older(town: SealedTown, monkeypatch: pytest.MonkeyPatch) -> MortalStore:
    """The same store as layout 1 had it; brought up in several parts."""
    assert town.chain.head.height > 0
    monkeypatch.setattr(upgrading, "_RECORDS_AT_ONCE", 30)
    store = MortalStore()
    store.write([each for each in rows(WRITTEN) if each[0][:1] != Table.MARK.value])
    store.write([(LAYOUT_KEY, number(OLDER))])
    return store


def rows(store: MemoryStore) -> list[Row]:
    return list(store.scan(b"", b"\xff"))


def findings(town: SealedTown, store: MemoryStore) -> list[Finding]:
    events = audit(store, town.genesis, genesis_rows(town.genesis), None)
    return [each for each in events if isinstance(each, Finding)]


def test_an_older_store_becomes_what_this_software_would_have_written(
    town: SealedTown, older: MortalStore
) -> None:
    Chain(older, town.genesis, genesis_rows(town.genesis))
    assert rows(older) == rows(WRITTEN)
    marks = {Table.MARK.value, b""}
    assert len([key for key, _ in rows(older) if key[:1] in marks]) >= 5


def test_it_says_how_far_it_is(town: SealedTown, older: MortalStore) -> None:
    told: list[tuple[int, int]] = []
    bring_up(older, lambda height, head: told.append((height, head)))
    head = town.chain.head.height
    assert len(told) >= 3 and told == sorted(told) and told[-1] == (head, head)


def test_a_node_logs_how_far_it_is_and_starts(town: SealedTown, older: MortalStore) -> None:
    trust = trust_root(town.genesis)
    with capture_logs() as logs:
        assert opened_chain(older, trust).head == town.chain.head
        assert opened_chain(older, trust).head == town.chain.head
    told = [each["height"] for each in logs if each["event"] == "store.upgrading"]
    assert len(told) >= 3 and told == sorted(set(told))


def test_a_process_that_is_told_to_stop_meanwhile_stops_and_goes_on_there(
    town: SealedTown, older: MortalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop hears of the signal while the rows are made, however many they are."""
    monkeypatch.setattr(upgrading, "_RECORDS_AT_ONCE", 1)
    with closing(LevelDBStore(tmp_path / "db")) as store:
        store.write(rows(older))

    async def started(signal: bool) -> bool:
        stop = asyncio.Event()
        if signal:
            asyncio.get_running_loop().call_soon(stop.set)
        return await up_to_date(tmp_path / "db", trust_root(town.genesis), stop)

    assert not asyncio.run(started(signal=True))
    with closing(LevelDBStore(tmp_path / "db")) as store:
        assert store.get(LAYOUT_KEY) == number(OLDER)
        assert store.get(Table.META.key(b"marked")) is not None, "what was made stays"
    assert asyncio.run(started(signal=False))
    with closing(LevelDBStore(tmp_path / "db")) as store:
        assert list(store.scan(b"", b"\xff")) == rows(WRITTEN)


def test_a_command_on_a_stopped_folder_says_how_far_it_is(
    town: SealedTown, older: MortalStore, capsys: pytest.CaptureFixture[str]
) -> None:
    opened_chain(older, trust_root(town.genesis), Output(as_json=True).upgrading)
    told = capsys.readouterr()
    head = town.chain.head.height
    assert told.out == "" and f"{head}" in told.err and len(told.err.splitlines()) >= 3


def test_whoever_dies_in_between_goes_on_where_it_was(town: SealedTown, older: MortalStore) -> None:
    older.left = 2
    with pytest.raises(StoreError):
        Chain(older, town.genesis, genesis_rows(town.genesis))
    assert older.get(LAYOUT_KEY) == number(OLDER), "older software still opens it"
    begun = rows(older)
    assert findings(town, older) == []
    older.left = None
    told: list[int] = []
    bring_up(older, lambda height, _: told.append(height))
    assert rows(older) == rows(WRITTEN) != begun
    reached = dict(begun)[Table.META.key(b"marked")]
    assert min(told) > int.from_bytes(reached) > 0


def test_an_audit_takes_either_layout_as_it_is(town: SealedTown, older: MortalStore) -> None:
    before = rows(older)
    assert findings(town, older) == [] == findings(town, WRITTEN)
    assert rows(older) == before
    stray = MortalStore()
    stray.write([*rows(WRITTEN), (Table.MARK.key(b"amends\x00\x01", number(1)), bytes(32))])
    assert [each.code for each in findings(town, stray)] == [Code.AUDIT_STRAY]


def test_the_height_of_an_older_store_is_read_without_changing_it(
    town: SealedTown, older: MortalStore
) -> None:
    before = rows(older)
    assert stored_height(older, town.genesis) == town.chain.head.height
    with pytest.raises(StoreError) as refused:
        stored_height(older, small_genesis())
    assert refused.value.code is Code.STORE_OTHER_NETWORK
    assert rows(older) == before
