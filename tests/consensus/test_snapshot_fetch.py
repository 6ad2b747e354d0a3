"""A node that lacks many blocks asks for a snapshot, believes nothing, and names who lies."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from consensus.events import Events
from consensus.snapshot_donor import BYTES_PER_SECOND, OFFERS_PER_SECOND, SnapshotDonor
from consensus.snapshot_fetch import ASK_MS, STALL_MS, SnapshotFetch
from consensus.snapshot_frames import (
    ChunkGiven,
    ChunkRequest,
    Offered,
    OfferRequest,
    SnapshotAnswer,
    SnapshotRequest,
)
from ledger.core.identifiers import Height, NodeId
from ledger.core.snapshot_offer import decode_snapshot_offer
from ledger.snapshot_taking import SnapshotTaking, began_at
from ledger.store.memory import MemoryStore
from tests.bits import flipped
from tests.contracts.test_joining import BASE, donor, gathering, opened
from tests.contracts.town import Town

A, B, C = NodeId("node-a"), NodeId("node-b"), NodeId("node-c")
Answers = Callable[[SnapshotAnswer], SnapshotAnswer | None]


def honest(answer: SnapshotAnswer) -> SnapshotAnswer | None:
    return answer


def mute(answer: SnapshotAnswer) -> SnapshotAnswer | None:
    return None


def gives_offers_only(answer: SnapshotAnswer) -> SnapshotAnswer | None:
    return answer if isinstance(answer, Offered) else None


def changes_rows(answer: SnapshotAnswer) -> SnapshotAnswer | None:
    return replace(answer, rows=flipped(answer.rows)) if isinstance(answer, ChunkGiven) else answer


def forges_offers(answer: SnapshotAnswer) -> SnapshotAnswer | None:
    if not isinstance(answer, Offered):
        return answer
    offer = decode_snapshot_offer(answer.offer)
    return Offered(replace(offer, header=offer.stating_header).encode())


def swept(answer: SnapshotAnswer) -> SnapshotAnswer | None:
    if isinstance(answer, ChunkGiven):
        return ChunkGiven(answer.height, answer.place, (), b"")
    return answer


class Joiner:
    """A node that fetches, and donors that answer as they are told to."""

    def __init__(self, town: Town, behind: int = 1, head: int = 0, **habits: Answers) -> None:
        self.town, self.store, self.events = town, MemoryStore(), Events()
        self.head = Height(head)
        self.donors = {NodeId(f"node-{name}"): habit for name, habit in habits.items()}
        self.asked: list[tuple[NodeId, SnapshotRequest]] = []
        self.now_ms = 1_000
        self.behind = behind
        self.start()

    def start(self) -> None:
        """Begin, or begin again after a crash."""
        self.taking: SnapshotTaking = gathering(self.town, self.store)
        self.fetch = SnapshotFetch(self.taking, self.behind, lambda: self.head, self.events)

    def meet(self, *peers: NodeId) -> None:
        for peer in peers or tuple(self.donors):
            self.fetch.connected(peer, self.now_ms)
            self.fetch.heard(peer, self.now_ms)

    def run(self, rounds: int = 1_000) -> None:
        """Let requests and answers go to and fro, a millisecond each, until nothing is asked."""
        for _ in range(rounds):
            requests = self.fetch.take_requests()
            if not requests:
                return
            self.asked += requests
            for peer, request in requests:
                source = SnapshotDonor(self.town.chain.offers)
                told = source.answer(peer, request, self.now_ms)
                answer = None if told is None else self.donors[peer](told)
                self.now_ms += 1
                if answer is not None:
                    self.fetch.received(peer, answer, self.now_ms)

    def wait(self, ms: int) -> None:
        self.now_ms += ms
        self.fetch.tick(self.now_ms)

    def holds(self) -> bool:
        return self.fetch.holds or self.fetch.waits

    def finished(self) -> bool:
        return self.fetch.finished

    def silent(self) -> tuple[NodeId, ...]:
        progress = self.fetch.progress
        return () if progress is None else progress.silent

    def told(self) -> list[str]:
        return [event.name for event in self.events.take()]


@pytest.fixture(scope="module")
def town() -> Town:
    return donor()


def test_it_fetches_from_all_in_turn_and_is_whole(town: Town) -> None:
    joiner = Joiner(town, a=honest, b=honest, c=honest)
    joiner.meet()
    assert joiner.holds()
    joiner.run()
    assert joiner.finished()
    chunks = [peer for peer, each in joiner.asked if isinstance(each, ChunkRequest)]
    assert set(chunks) == {A, B, C}
    assert len(chunks) == joiner.taking.total, "no chunk is asked for twice"
    assert joiner.told() == ["snapshot.begun", "snapshot.fetched"]
    assert opened(town, joiner.store).chain.head.height == BASE


def test_nobody_is_asked_before_both_ways_are_open(town: Town) -> None:
    joiner = Joiner(town, a=honest)
    joiner.fetch.connected(A, 1)
    assert joiner.fetch.take_requests() == () and not joiner.holds()
    joiner.fetch.heard(A, 2)
    assert joiner.fetch.take_requests() == ((A, OfferRequest()),)


@pytest.mark.parametrize("lie", [changes_rows, forges_offers])
def test_a_donor_that_lies_is_named_and_left(town: Town, lie: Answers) -> None:
    joiner = Joiner(town, a=lie, b=honest)
    joiner.meet()
    joiner.run()
    assert joiner.finished()
    progress = joiner.fetch.progress
    assert progress is not None and progress.liars == (A,)
    lied = [each for each in joiner.events.take() if each.name == "snapshot.donor_lied"]
    assert [each.facts["peer"] for each in lied] == [A]
    before = len(joiner.asked)
    joiner.meet(A)
    joiner.run()
    assert len(joiner.asked) == before, "it is not asked again, though it comes again"


def test_where_only_liars_are_left_it_goes_on_by_blocks(town: Town) -> None:
    joiner = Joiner(town, a=changes_rows)
    joiner.meet()
    joiner.run()
    assert not joiner.finished() and not joiner.holds()
    assert joiner.told() == ["snapshot.begun", "snapshot.donor_lied", "snapshot.given_up"]


def test_where_nobody_keeps_it_any_more_it_goes_on_by_blocks(town: Town) -> None:
    joiner = Joiner(town, a=swept, b=swept)
    joiner.meet()
    joiner.run()
    assert not joiner.finished() and not joiner.holds()


def test_who_is_mute_holds_nobody_up(town: Town) -> None:
    joiner = Joiner(town, a=mute, b=honest)
    joiner.meet()
    joiner.run()
    assert joiner.holds() and not joiner.finished()
    joiner.wait(ASK_MS)
    joiner.run()
    while not joiner.finished():
        joiner.wait(ASK_MS)
        joiner.run()
    assert joiner.fetch.progress is not None and joiner.fetch.progress.liars == ()


def test_who_gives_no_chunk_is_named_once_until_it_gives_one(town: Town) -> None:
    joiner = Joiner(town, a=gives_offers_only, b=gives_offers_only)
    joiner.meet()
    joiner.run()
    for _ in range(5):
        joiner.wait(ASK_MS)
        joiner.run()
    silent = [each for each in joiner.events.take() if each.name == "snapshot.donor_silent"]
    assert [each.facts["peer"] for each in silent] == [A, B]
    assert joiner.silent() == (A, B)
    joiner.donors[A] = honest
    while not joiner.finished():
        joiner.wait(ASK_MS)
        joiner.run()
    assert joiner.silent() == (B,)


def test_without_a_new_chunk_for_long_blocks_are_taken(town: Town) -> None:
    joiner = Joiner(town, a=gives_offers_only)
    joiner.meet()
    joiner.run()
    began_ms = joiner.now_ms
    while joiner.holds():
        joiner.wait(ASK_MS)
        joiner.run()
    assert STALL_MS <= joiner.now_ms - began_ms <= STALL_MS + 2 * ASK_MS


def test_only_a_start_waits_for_answers_and_only_once(town: Town) -> None:
    joiner = Joiner(town, behind=10_000, a=mute, b=mute)
    joiner.meet(A)
    assert joiner.holds()
    joiner.wait(ASK_MS)
    assert not joiner.holds()
    joiner.meet(B)
    assert not joiner.holds(), "whoever connects later silences nobody"


def test_a_fresh_network_does_not_wait() -> None:
    joiner = Joiner(donor(1), a=honest, b=honest)
    joiner.meet()
    joiner.run()
    assert not joiner.holds()
    assert joiner.fetch.progress is None


@pytest.mark.parametrize(("behind", "takes"), [(BASE, True), (BASE + 1, False)])
def test_it_takes_one_where_so_many_blocks_are_lacking(
    town: Town, behind: int, takes: bool
) -> None:
    joiner = Joiner(town, behind=behind, a=honest)
    joiner.meet()
    joiner.run()
    assert joiner.finished() is takes


@pytest.mark.parametrize("after", range(1, 9))
def test_a_process_that_dies_at_any_chunk_goes_on_there(town: Town, after: int) -> None:
    joiner = Joiner(town, a=honest, b=honest)
    joiner.meet()
    while joiner.taking.total - len(joiner.taking.missing) < after:
        joiner.run(1)
    left = len(joiner.taking.missing)
    joiner.start()
    assert joiner.holds() and len(joiner.taking.missing) == left
    joiner.asked.clear()
    joiner.meet()
    joiner.run()
    assert joiner.finished()
    assert len(joiner.asked) == left, "what is here is not asked for again"
    assert began_at(joiner.store) == BASE


def test_what_was_not_asked_for_is_dropped(town: Town) -> None:
    joiner = Joiner(town, a=gives_offers_only, b=gives_offers_only)
    joiner.meet()
    joiner.run(1)
    donor_ = SnapshotDonor(town.chain.offers)
    last = joiner.taking.total - 1
    given = donor_.answer(B, ChunkRequest(Height(BASE), last), 1)
    assert given is not None
    before = list(joiner.taking.missing)
    joiner.fetch.received(B, given, joiner.now_ms)
    assert list(joiner.taking.missing) == before


def test_a_half_snapshot_below_the_head_is_forgotten(town: Town) -> None:
    joiner = Joiner(town, a=honest)
    joiner.meet()
    joiner.run(2)
    joiner.head = Height(BASE)
    joiner.start()
    assert not joiner.holds()


def test_nobody_goes_back_for_a_snapshot(town: Town) -> None:
    joiner = Joiner(town, a=honest)
    joiner.meet()
    while len(joiner.taking.missing) != 1:
        joiner.run(1)
    joiner.head = Height(BASE)
    joiner.run()
    assert not joiner.finished() and not joiner.holds()
    assert joiner.told()[-1] == "snapshot.given_up"


def test_a_donor_gives_so_much_in_a_second_and_no_more(town: Town) -> None:
    one = SnapshotDonor(town.chain.offers)
    offers = [one.answer(A, OfferRequest(), 5_000) for _ in range(OFFERS_PER_SECOND + 1)]
    assert all(offers[:-1]) and offers[-1] is None
    assert one.answer(A, OfferRequest(), 6_000) is not None
    chunk = one.answer(A, ChunkRequest(Height(BASE), 0), 6_000)
    assert isinstance(chunk, ChunkGiven)
    answers = BYTES_PER_SECOND // len(chunk.rows) + 2
    given = [one.answer(B, ChunkRequest(Height(BASE), 0), 7_000) for _ in range(answers)]
    assert given[0] is not None and given[-1] is None
    assert one.answer(B, ChunkRequest(Height(BASE), 0), 8_000) is not None


def test_a_node_without_snapshots_answers_with_nothing() -> None:
    one = SnapshotDonor(None)
    assert one.answer(A, OfferRequest(), 1) == Offered(b"")
    asked = ChunkRequest(Height(1), 0)
    assert one.answer(A, asked, 1) == ChunkGiven(Height(1), 0, (), b"")
