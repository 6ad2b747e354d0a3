"""The stream of commitments over crashes: no bid is lost, and none is committed twice."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
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
def stream(
    venue: Venue, *, reachable: bool = True, stumbling: httpx.Response | None = None
) -> Iterator[SealingStream]:
    """The bid system's stream; with `reachable` off no node answers it, or each as `stumbling`."""
    transport = httpx.MockTransport(lambda _: stumbling) if stumbling is not None else None
    with venue.desk("centre") as desk:
        client = Client([NOWHERE], desk.trust, transport)
        lost = Desk(desk.member_id, desk.trust, desk.signer, client)
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
        commitment = verify_receipt(held.receipt, desk.trust).record
    check_committed(held, commitment)


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


@pytest.mark.parametrize(
    "stumbling",
    [
        httpx.Response(500, json={"code": "api.internal"}),
        httpx.Response(404, json={"code": "api.route"}),
        httpx.Response(201, content=b"{}\n" * PLACES),
    ],
    ids=["a fault of its own", "another service", "receipts that are none"],
)
def test_a_node_that_stumbles_makes_nobody_forget_what_was_sent(
    venue: Venue, inbox: Path, stumbling: httpx.Response
) -> None:
    path = venue.seal("delta")
    with stream(venue, reachable=False, stumbling=stumbling) as lost:
        told = lost.step(now_ms())
        assert len(told.problems) == 1 and lost.pending_count == 1
    (kept,) = on_disk(inbox)
    planned = decode_bundle(kept.read_bytes())
    with stream(venue) as again:
        assert path in settled(again)
    held = read_sealed(path)
    assert held.receipt is not None and held.receipt.record_id in planned.record_ids


def test_a_clock_that_was_ahead_and_is_set_back_stops_nothing(venue: Venue, inbox: Path) -> None:
    path = venue.seal("alpha")
    day_ms = 86_400_000
    with stream(venue) as running:
        told = running.step(now_ms() + day_ms)
        assert told.ticked and [each.code for each in told.problems] == [Code.BUNDLE_EARLY]
        assert running.step(now_ms()).ticked, "ticks go on at the right time"
        settled(running)
        next_tick(running)
        settled(running)
    holds(venue, read_sealed(path))
    assert on_disk(inbox) == []


def test_nothing_odd_in_the_inbox_holds_the_stream_up(venue: Venue, inbox: Path) -> None:
    path = venue.seal("beta")
    long = path.rename(inbox / ("投" * 81 + ".sealed.json"))
    os.mkfifo(inbox / "pipe.sealed.json")
    (inbox / "gone.sealed.json").symlink_to(inbox / "nowhere")
    (inbox / "folder.sealed.json").mkdir()
    with stream(venue) as running:
        told = running.step(now_ms())
        assert [each.code for each in told.problems] == [Code.BID_FILE] * 3
        assert [*told.committed, *settled(running)] == [long]
    holds(venue, read_sealed(long))


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
        reasons = [str(each.detail["reason"]) for each in told.problems]
        assert any("committed_by = alpha" in each for each in reasons)
        assert not any("format." in each for each in reasons), "sentences, not codes"
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
