"""The shell around the driver: what ends a node, who is woken, and what floods leave in the log."""

import asyncio
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from consensus import runner as runner_module
from consensus.append_file import DiskFile
from consensus.build import Identity, Storage, codec_of, open_driver
from consensus.depths import QueueDepth
from consensus.event_log import LINES_PER_SECOND, EventLog
from consensus.events import Event, Events
from consensus.fates import Committed
from consensus.runner import Runner, now_ms
from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.block import Header
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.certificate import CommitCertificate
from ledger.core.identifiers import MemberId, NodeId
from ledger.errors import InvariantBroken, StoreError
from ledger.store.memory import MemoryStore
from tests.consensus.memory_file import MemoryFile
from tests.network.ledger_application import LedgerApplication
from tests.vectors.small_network import signer, small_genesis, small_record

OWN = NodeId("node-centre")
GENESIS = small_genesis(("centre",))


class Silence:
    """A line to nobody."""

    def send(self, peer: NodeId, frame: bytes) -> None:
        raise AssertionError("nobody is there")

    def broadcast(self, frame: bytes) -> None:
        """A committee of one has no others."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    @property
    def depths(self) -> dict[NodeId, QueueDepth]:
        return {}


class FullDisk(MemoryFile):
    """A file that cannot grow once `full` is set."""

    full = False

    def append(self, data: bytes) -> None:
        if self.full:
            raise StoreError(Code.STORE_DISK_FULL, path=self.name)
        super().append(data)


class Liar(LedgerApplication):
    """Finds every certified block invalid."""

    def commit(self, header: Header, payload: bytes, certificate: CommitCertificate) -> object:
        raise InvariantBroken("certified block 1 judges invalid")


def runner_of(journal: MemoryFile, application: LedgerApplication) -> Runner:
    identity = Identity(
        GENESIS.network_id, OWN, GENESIS.origin, signer("node centre"), GENESIS.parameters
    )
    storage = Storage(
        application, application.chain, journal, MemoryFile("intake"), MemoryFile("signed")
    )
    return Runner(
        codec_of(identity),
        lambda _receiver: Silence(),
        lambda transport: open_driver(identity, storage, transport),
    )


def bundle(name: str) -> Bundle:
    return sign_bundle(
        signer("member centre"),
        GENESIS.network_id,
        MemberId("centre"),
        [small_record(name).encode()],
        now_ms() - 1,
        now_ms() + 60_000,
        bytes(16),
    )


async def running(runner: Runner) -> asyncio.Task[None]:
    task = asyncio.ensure_future(runner.run())
    await asyncio.sleep(0)
    return task


def test_a_committee_of_one_commits_and_wakes_whoever_waits() -> None:
    async def story() -> None:
        runner = runner_of(MemoryFile(), LedgerApplication(MemoryStore(), GENESIS))
        task = await running(runner)
        one = bundle("a")
        assert isinstance(runner.submit(one), Acknowledgement)
        async with asyncio.timeout(20):
            while not isinstance(runner.fate(one.pool_key), Committed):
                await runner.moved(20)
        task.cancel()
        await asyncio.wait([task])
        assert runner.failure is None

    asyncio.run(story())


def test_waiting_ends_after_its_time() -> None:
    async def story() -> float:
        runner = runner_of(MemoryFile(), LedgerApplication(MemoryStore(), GENESIS))
        start = time.monotonic()
        await runner.moved(0.05)
        assert len(runner._watching) == 0
        return time.monotonic() - start

    assert asyncio.run(story()) >= 0.04


def test_a_clock_that_steps_back_an_hour_is_noticed_although_nothing_comes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All clocks of a network may step back at once; then no peer wakes another."""
    back_ms = 0
    monkeypatch.setattr(runner_module, "now_ms", lambda: now_ms() - back_ms)

    async def story() -> None:
        nonlocal back_ms
        runner = runner_of(MemoryFile(), LedgerApplication(MemoryStore(), GENESIS))
        task = await running(runner)
        while not runner._asleep_until_ms:
            await runner.moved(0.01)
        before_ms = runner.status.now_ms
        back_ms = 3_600_000
        async with asyncio.timeout(20):
            while runner.status.now_ms > before_ms - 3_000_000:
                await runner.moved(0.05)
        task.cancel()
        await asyncio.wait([task])
        assert runner.failure is None

    asyncio.run(story())


def test_a_full_disk_stops_the_node_and_it_starts_clean_again() -> None:
    async def story() -> None:
        journal, store = FullDisk(), MemoryStore()
        runner = runner_of(journal, LedgerApplication(store, GENESIS))
        task = await running(runner)
        journal.full = True
        one = bundle("a")
        assert isinstance(runner.submit(one), Acknowledgement)
        with pytest.raises(StoreError) as caught:
            await asyncio.wait_for(task, 20)
        assert caught.value.code is Code.STORE_DISK_FULL
        # Nothing is done by a node that has failed.
        with pytest.raises(StoreError):
            runner.submit(bundle("b"))
        assert isinstance(runner.failure, StoreError)
        journal.full = False
        again = runner_of(journal.after_crash(), LedgerApplication(store, GENESIS))
        task = await running(again)
        again.submit(one)
        async with asyncio.timeout(20):
            while not isinstance(again.fate(one.pool_key), Committed):
                await again.moved(20)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(story())


def test_a_broken_invariant_stops_the_node() -> None:
    async def story() -> None:
        runner = runner_of(MemoryFile(), Liar(MemoryStore(), GENESIS))
        task = await running(runner)
        runner.submit(bundle("a"))
        with pytest.raises(InvariantBroken, match="judges invalid"):
            await asyncio.wait_for(task, 20)

    asyncio.run(story())


def test_a_second_runner_on_the_same_files_is_refused(tmp_path: Path) -> None:
    first = DiskFile(tmp_path / "promises")
    with pytest.raises(StoreError) as caught:
        DiskFile(tmp_path / "promises")
    assert caught.value.code is Code.STORE_LOCKED
    first.close()
    DiskFile(tmp_path / "promises").close()


def test_a_flood_of_one_event_does_not_fill_the_log() -> None:
    events = [Event("frame.refused", {"peer": "node-notary"})] * (10 * LINES_PER_SECOND)
    with capture_logs() as lines:
        log = EventLog(OWN)
        log.write(events)
        log.write([Event("block.committed", {"height": 1})])
    names = [line["event"] for line in lines]
    assert names.count("frame.refused") <= 2 * LINES_PER_SECOND
    assert names.count("block.committed") == 1
    assert lines[0]["log_level"] == "warning"


def test_events_that_nobody_takes_are_bounded_and_read_as_one_line() -> None:
    events = Events()
    for number in range(3_000):
        events.add("block.committed", height=number)
    taken = events.take()
    assert (len(taken), events.take()) == (1_000, ())
    assert repr(taken[-1]) == "block.committed height=2999"
