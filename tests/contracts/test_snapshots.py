"""Snapshots of the state: what headers say of earlier states, made while blocks go on."""

from dataclasses import replace

import pytest

from contracts.genesis_rows import genesis_rows
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.codes import Code
from ledger.core.block import Header, Snapshot, decode_header_of_block
from ledger.core.certificate import decode_certificate
from ledger.core.identifiers import Digest, Height
from ledger.core.limits import Parameters
from ledger.core.snapshot_chunk import CHUNK_ROWS, chunk_count, decode_state_chunk, verify_chunk
from ledger.errors import InvariantBroken
from ledger.store.keys import Table, number
from ledger.store.memory import MemoryStore
from tests.bits import flipped
from tests.contracts.town import Town
from tests.reference.snapshot import slow_snapshot

INTERVAL = 3
EVERY_THIRD = replace(Parameters(), snapshot_interval=INTERVAL)


def snapshot_town(store: MemoryStore | None = None) -> Town:
    return Town(store or MemoryStore(), parameters=EVERY_THIRD)


def deposits(town: Town, count: int = 60) -> Header:
    """One block with so many records."""
    records = [
        town.record("centre", "evidence.deposited", f"file-{town.now_ms}-{each}")
        for each in range(count)
    ]
    made = town.commit(town.bundle(*records))
    assert made is not None
    return made


def state(town: Town) -> dict[bytes, bytes]:
    return dict(town.chain.state.scan(b""))


def test_scheduled_headers_say_the_whole_state_one_interval_before() -> None:
    town = snapshot_town()
    states, said = {}, {}
    for _ in range(4 * INTERVAL + 1):
        header = deposits(town)
        states[header.height] = state(town)
        said[header.height] = header.snapshot
    scheduled = {height: each for height, each in said.items() if each is not None}
    assert set(scheduled) == {2 * INTERVAL, 3 * INTERVAL, 4 * INTERVAL}
    for height, snapshot in scheduled.items():
        assert snapshot.height == height - INTERVAL
        assert (snapshot.size, snapshot.root) == slow_snapshot(states[snapshot.height])


@pytest.mark.parametrize("steps", range(6))
def test_a_process_that_dies_in_the_middle_goes_on_where_it_was(steps: int) -> None:
    store = MemoryStore()
    town = snapshot_town(store)
    for _ in range(INTERVAL):
        deposits(town, 600)
    then = state(town)
    assert len(then) > 16 * CHUNK_ROWS, "more than one durable write"
    for _ in range(steps * 7):
        town.chain.snapshots.step()
    said = town._said
    town = snapshot_town(store)
    town._said = said
    town.now_ms = town.chain.head.time_ms
    newest = [deposits(town) for _ in range(INTERVAL)][-1]
    assert newest.snapshot is not None
    assert (newest.snapshot.size, newest.snapshot.root) == slow_snapshot(then)


def test_what_blocks_overwrite_meanwhile_is_kept_and_then_swept() -> None:
    store = MemoryStore()
    town = snapshot_town(store)
    for _ in range(INTERVAL):
        deposits(town)
    assert town.chain.snapshots.making == INTERVAL
    deposits(town)
    assert list(store.scan(*Table.BEFORE.range()))
    while town.chain.snapshots.step():
        pass
    assert not list(store.scan(*Table.BEFORE.range()))
    deposits(town)
    assert not list(store.scan(*Table.BEFORE.range()))


def test_two_snapshots_are_kept() -> None:
    store = MemoryStore()
    town = snapshot_town(store)
    for _ in range(6 * INTERVAL):
        deposits(town, 20)
        while town.chain.snapshots.step():
            pass
    heights = {key[1:9] for key, _ in store.scan(*Table.CHUNK.range())}
    assert heights == {number(5 * INTERVAL), number(6 * INTERVAL)}
    assert town.chain.snapshots.newest(town.chain.head.height) == 5 * INTERVAL


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        Snapshot(Height(INTERVAL), 1, Digest(bytes(32))),
        "size",
        "root",
        "height",
    ],
)
def test_a_header_that_says_another_state_gets_no_vote(wrong: Snapshot | str | None) -> None:
    town, voter = snapshot_town(), snapshot_town()
    for _ in range(2 * INTERVAL - 1):
        deposits(town)
    follow(voter, town)
    made = town.block(town.bundle(town.record("centre", "evidence.deposited", "last")))
    assert made is not None
    header, payload = made
    true = header.snapshot
    assert true is not None
    if wrong == "size":
        wrong = replace(true, size=true.size + 1)
    elif wrong == "root":
        wrong = replace(true, root=Digest(flipped(true.root)))
    elif wrong == "height":
        wrong = replace(true, height=Height(true.height + 1))
    verdict = voter.executor.check(replace(header, snapshot=wrong), payload)  # type: ignore[arg-type]
    assert verdict is not None and verdict.code is Code.BLOCK_MISMATCH
    assert verdict.detail["what"] == "snapshot"
    assert voter.executor.check(header, payload) is None


def test_the_chain_itself_takes_no_other_state() -> None:
    town = snapshot_town()
    for _ in range(2 * INTERVAL - 1):
        deposits(town)
    stated = town.chain.snapshots.stated_at
    town.chain.snapshots = Wrong(stated(Height(2 * INTERVAL)))  # type: ignore[assignment]
    with pytest.raises(InvariantBroken, match="snapshot"):
        deposits(town)


class Wrong:
    """Says one thing to who assembles, and another to who appends."""

    def __init__(self, true: Snapshot | None) -> None:
        self._answers = [true, None]

    def stated_at(self, height: Height) -> Snapshot | None:
        return self._answers.pop(0)


def test_every_chunk_proves_itself_and_no_other_does() -> None:
    town = snapshot_town()
    for _ in range(2 * INTERVAL):
        deposits(town, 200)
    snapshot = town.chain.blocks.header(Height(2 * INTERVAL)).snapshot
    assert snapshot is not None
    where = Height(INTERVAL)
    rows: list[tuple[bytes, bytes]] = []
    for place in range(chunk_count(snapshot.size)):
        found = town.chain.snapshots.chunk(where, place)
        assert found is not None
        chunk = decode_state_chunk(found[0], EVERY_THIRD)
        verify_chunk(chunk, place, snapshot.size, found[1], snapshot.root)
        rows += chunk
    assert slow_snapshot(dict(rows)) == (snapshot.size, snapshot.root)
    assert town.chain.snapshots.chunk(where, chunk_count(snapshot.size)) is None
    assert town.chain.snapshots.chunk(Height(INTERVAL + 1), 0) is None


def test_an_audit_accounts_for_snapshots_and_finds_a_changed_one() -> None:
    store = MemoryStore()
    town = snapshot_town(store)
    for _ in range(2 * INTERVAL + 1):
        deposits(town)
    assert findings(store, town) == []
    key, value = next(iter(store.scan(*Table.CHUNK.range())))
    store.write([(key, flipped(value, at=len(value) - 1))])
    assert [each.code for each in findings(store, town)] == [Code.AUDIT_ROW]


def findings(store: MemoryStore, town: Town) -> list[Finding]:
    events = audit(store, town.genesis, genesis_rows(town.genesis), None)
    return [each for each in events if isinstance(each, Finding)]


def follow(voter: Town, town: Town) -> None:
    """Give a second town every block of the first."""
    for header, payload, certificate in town.executor.serve(Height(1), 1 << 30):
        block = decode_header_of_block(header)
        assert voter.executor.check(block, payload) is None
        voter.executor.commit(block, payload, decode_certificate(certificate))
