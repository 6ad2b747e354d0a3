"""The stream of commitments over crashes: no bid is lost, and none is committed twice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.client import Client
from cli.bidding import read_sealed
from cli.desk import Desk
from cli.sealing_stream import FOLDER, SealingStream, Told
from ledger.codes import Code
from ledger.core.bundle import decode_bundle
from ledger.core.record import decode_record
from ledger.core.sealed import digest_in
from ledger.core.sealed_file import SealedFile, check_committed
from ledger.errors import StoreError
from ledger.verify import verify_receipt
from tests.cli.venue import PLACES, WAIT_S, Venue

pytestmark = pytest.mark.network
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def inbox(venue: Venue, tmp_path: Path) -> Path:
    """An inbox of its own for each test, at the same network."""
    venue.inbox = tmp_path / "inbox"
    venue.inbox.mkdir()
    return venue.inbox


@contextmanager
def stream(venue: Venue, *, reachable: bool = True) -> Iterator[SealingStream]:
    """The bid system's stream; with `reachable` off, no node answers it."""
    with venue.desk("centre") as desk:
        lost = Desk(desk.member_id, desk.trust, desk.signer, Client([NOWHERE], desk.trust))
        with SealingStream(desk if reachable else lost, venue.inbox, PLACES) as made:
            yield made


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def settled(running: SealingStream) -> list[Path]:
    """Settle until nothing is out; which files got their receipt."""
    committed: list[Path] = []
    until = time.monotonic() + WAIT_S
    while running.pending_count:
        assert time.monotonic() < until
        committed += running.settle().committed
    return committed


def next_tick(running: SealingStream) -> Told:
    """Wait for the next tick, and take it."""
    time.sleep(max(0, running.next_tick_ms - now_ms()) / 1000)
    return running.step(max(now_ms(), running.next_tick_ms))


def on_disk(inbox: Path) -> list[Path]:
    return sorted((inbox / FOLDER).glob("*.bundle"))


def holds(venue: Venue, held: SealedFile) -> None:
    """The receipt in a file proves the commitment to what the file holds."""
    assert held.receipt is not None
    with venue.desk("centre") as desk:
        assert verify_receipt(held.receipt, desk.trust).record.type == "sealed.commitment"
    check_committed(held, held.receipt)


def test_a_crash_before_the_bundle_was_sent_loses_no_bid(venue: Venue, inbox: Path) -> None:
    path = venue.seal("alpha")
    with stream(venue, reachable=False) as lost:
        told = lost.step(now_ms())
        assert told.ticked and [each.code for each in told.problems] == [Code.NODE_UNREACHABLE]
        assert lost.settle().problems == (), "told once while it lasts"
    (kept,) = on_disk(inbox)
    planned = decode_bundle(kept.read_bytes())
    assert len(planned.record_ids) == PLACES
    assert kept.stat().st_mode & 0o777 == 0o600
    with stream(venue) as again:
        assert not again.step(int(kept.stem)).ticked, "the same tick is not made twice"
        settled(again)
    held = read_sealed(path)
    holds(venue, held)
    assert held.receipt is not None
    assert held.receipt.record_id in planned.record_ids, "the very bundle that was on disk"
    assert on_disk(inbox) == []


def test_a_crash_before_the_receipt_was_written_commits_nothing_twice(
    venue: Venue, inbox: Path
) -> None:
    path = venue.seal("beta")
    with stream(venue, reachable=False) as lost:
        lost.step(now_ms())
    (kept,) = on_disk(inbox)
    bundle = decode_bundle(kept.read_bytes())
    with venue.desk("centre") as desk:
        receipts = desk.client.submit(bundle, WAIT_S)
    assert read_sealed(path).receipt is None
    with stream(venue) as again:
        next_tick(again)
        assert path not in settled(again), "its receipt came with the first look"
    digests = [digest_in(decode_record(each.record)) for each in receipts]
    held = read_sealed(path)
    holds(venue, held)
    assert held.receipt is not None
    assert held.receipt.record_id == receipts[digests.index(held.digest)].record_id


def test_more_bids_than_places_wait_for_the_next_tick(venue: Venue, inbox: Path) -> None:
    for number in range(PLACES + 1):
        copy = venue.seal("gamma")
        copy.rename(inbox / f"{number}.sealed.json")
        (inbox.parent / "gamma" / copy.name).unlink()
    with stream(venue) as running:
        told = running.step(now_ms())
        first = [*told.committed, *settled(running)]
        assert len(first) == PLACES
        told = next_tick(running)
        assert len([*told.committed, *settled(running)]) == 1


def test_what_is_not_ours_or_no_file_is_named_once_and_left_out(venue: Venue, inbox: Path) -> None:
    path = venue.seal("alpha")
    with venue.desk("alpha") as desk:
        held = read_sealed(path)
        other = SealedFile(desk.network_id, desk.member_id, held.sealed)
    (inbox / "other.sealed.json").write_bytes(other.encode())
    (inbox / "half.sealed.json").write_bytes(held.encode()[:100])
    with stream(venue) as running:
        told: Told = running.step(now_ms())
        assert [each.code for each in told.problems] == [Code.BID_FILE, Code.BID_FILE]
        done = [*told.committed, *settled(running)]
        assert done == [path]
        assert next_tick(running).problems == ()
        settled(running)


def test_a_file_that_lost_its_receipt_holds_nobody_up(venue: Venue, inbox: Path) -> None:
    path = venue.seal("alpha")
    blank = path.read_bytes()
    with stream(venue) as running:
        running.step(now_ms())
        settled(running)
        path.write_bytes(blank)
        beta = venue.seal("beta")
        told = next_tick(running)
        assert Code.SEALED_COMMITTED in {each.code for each in told.problems}
        told = next_tick(running)
        assert Code.BID_COMMITTED in {each.code for each in told.problems}
        assert beta in [*told.committed, *settled(running)]


def test_two_streams_never_share_an_inbox(venue: Venue, inbox: Path) -> None:
    with stream(venue), pytest.raises(StoreError, match=r"store\.locked"), stream(venue):
        pytest.fail(f"a second stream runs over {inbox}")
