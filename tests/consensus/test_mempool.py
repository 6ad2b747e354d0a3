"""The pool: room for every member, turns for every member, and verdicts of the newest head."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from consensus.mempool import Mempool, Pooled
from consensus.pool_limits import PoolLimits
from ledger.codes import Code
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import Digest, Height, MemberId, NetworkId, NodeId
from ledger.errors import Rejected
from tests.vectors.small_network import signer, small_record

OWN, PEER = NodeId("node-own"), NodeId("node-peer")
NETWORK = NetworkId(bytes(32))
UNFIT = Rejected(Code.RECORD_INVALID)


def bundle(
    name: str,
    issuer: str = "centre",
    count: int = 1,
    expires_at_ms: int = 10**6,
    created_at_ms: int = 0,
) -> Bundle:
    records = [small_record(f"{name}-{each}", issuer=issuer).encode() for each in range(count)]
    key = signer(f"member {issuer}")
    return sign_bundle(
        key, NETWORK, MemberId(issuer), records, created_at_ms, expires_at_ms, bytes(16)
    )


@dataclass
class Judge:
    """Refuses what it is told to refuse, and counts."""

    unfit: set[Digest] = field(default_factory=set)
    calls: int = 0

    def __call__(self, judged: Bundle, time_ms: int) -> object:
        self.calls += 1
        in_time = judged.header.created_at_ms <= time_ms <= judged.header.expires_at_ms
        return UNFIT if judged.pool_key in self.unfit or not in_time else None


def pool_of(*bundles: Bundle, judge: Judge | None = None, **limits: int) -> Mempool:
    pool = Mempool(judge or Judge(), PoolLimits(**limits))
    for each in bundles:
        assert isinstance(pool.admit(each, OWN, Height(0), 1), Pooled)
    return pool


def test_an_unfit_bundle_is_refused_and_judged_again_when_it_comes_again() -> None:
    judge, one = Judge(), bundle("a")
    pool = pool_of(judge=judge)
    judge.unfit.add(one.pool_key)
    assert pool.admit(one, OWN, Height(0), 1) == UNFIT
    judge.unfit.clear()
    assert isinstance(pool.admit(one, OWN, Height(0), 1), Pooled)
    assert judge.calls == 2


def test_a_bundle_known_already_is_not_judged_again_and_counts_in_both_shares() -> None:
    judge, one = Judge(), bundle("a")
    pool = pool_of(one, judge=judge)
    pooled = pool.admit(one, PEER, Height(0), 5)
    assert isinstance(pooled, Pooled)
    assert pooled.sources == frozenset({OWN, PEER})
    assert (pooled.received_at_ms, judge.calls) == (1, 1)
    assert len(pool) == 1


def test_room_is_kept_per_member_and_per_node_that_took_it_in() -> None:
    pool = pool_of(bundle("a"), bundle("b"), member_bundles_max=2)
    full = pool.admit(bundle("c"), OWN, Height(0), 1)
    assert isinstance(full, Rejected)
    assert (full.code, full.detail["count"]) == (Code.POOL_FULL, 2)
    assert isinstance(pool.admit(bundle("c"), PEER, Height(0), 1), Pooled)
    assert isinstance(pool.admit(bundle("d", "notary"), OWN, Height(0), 1), Pooled)


def test_a_committed_bundle_makes_room() -> None:
    one, two = bundle("a"), bundle("b")
    pool = pool_of(one, member_bundles_max=1)
    assert isinstance(pool.admit(two, OWN, Height(0), 1), Rejected)
    assert [each.bundle for each in pool.committed([one.pool_key], Height(1), 1)] == [one]
    assert isinstance(pool.admit(two, OWN, Height(1), 1), Pooled)
    assert pool.size_bytes == sum(map(len, two.records)) + len(two.header_bytes)


def test_bytes_are_counted_for_a_member_and_for_a_node() -> None:
    size = sum(map(len, bundle("a").records)) + len(bundle("a").header_bytes)
    pool = pool_of(bundle("a"), member_bytes_max=size + 1)
    assert isinstance(pool.admit(bundle("b"), OWN, Height(0), 1), Rejected)
    pool = pool_of(bundle("a"), node_bytes_max=size + 1)
    full = pool.admit(bundle("b", "notary"), OWN, Height(0), 1)
    assert isinstance(full, Rejected), "and the notary, who has nothing here, is told why"
    assert (full.code, full.detail["size"]) == (Code.POOL_NODE_FULL, size)


def test_members_take_turns_and_each_keeps_its_order() -> None:
    centre = [bundle(name) for name in "abc"]
    notary = [bundle(name, "notary") for name in "xy"]
    pool = pool_of(*centre, *notary)
    expected = [centre[0], notary[0], centre[1], notary[1], centre[2]]
    assert pool.candidates() == expected


def test_a_proposal_ends_with_the_bundle_that_reaches_the_limit() -> None:
    pool = pool_of(bundle("a", count=3), bundle("b", count=3), proposal_records_max=2)
    assert [each.header.count for each in pool.candidates()] == [3]
    pool = pool_of(bundle("a", count=3), bundle("b", count=3), proposal_records_max=4)
    assert [each.header.count for each in pool.candidates()] == [3, 3]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4)), max_size=12))
def test_candidates_are_the_pool_in_turns(given_: list[tuple[str, int]]) -> None:
    names = {"a": "centre", "b": "notary", "c": "registry"}
    bundles = [
        bundle(str(place), names[member], count) for place, (member, count) in enumerate(given_)
    ]
    pool = pool_of(*bundles)
    found = pool.candidates()
    assert sorted(each.pool_key for each in found) == sorted(each.pool_key for each in bundles)
    for member in names.values():
        own = [each for each in bundles if each.header.issuer == member]
        assert [each for each in found if each.header.issuer == member] == own
    for place in range(1, len(found)):
        # Nobody gets a second turn while another member with a bundle left waits for its first.
        before = [each.header.issuer for each in found[:place]]
        turns = {name: before.count(MemberId(name)) for name in names.values()}
        left = {each.header.issuer for each in found[place:]}
        assert max(turns.values()) - min([turns[m] for m in left], default=0) <= 1


def test_a_bundle_is_passed_over_when_a_later_one_of_its_member_commits() -> None:
    first, second, other = bundle("a"), bundle("b"), bundle("x", "notary")
    pool = pool_of(first, other, second)
    pool.committed([second.pool_key], Height(1), 1)
    assert pool.passed_over == {first.pool_key}
    pool.committed([first.pool_key], Height(2), 2)
    assert pool.passed_over == set()


def test_after_a_commit_the_unfit_leave_with_their_verdict() -> None:
    judge, one, two = Judge(), bundle("a"), bundle("b")
    pool = pool_of(one, two, judge=judge)
    assert pool.judge_again(5_000) == []
    pool.committed([], Height(1), 1)
    judge.unfit.add(two.pool_key)
    left = pool.judge_again(5_000)
    assert [(each.bundle, verdict) for each, verdict in left] == [(two, UNFIT)]
    assert pool.candidates() == [one]
    assert pool.judge_again(50_000) == []


def test_what_waits_long_is_judged_ever_more_rarely_and_only_on_a_new_head() -> None:
    judge, one = Judge(), bundle("a", expires_at_ms=10**9)
    pool = pool_of(one, judge=judge)
    judged_at_s = []
    for second in range(1, 100):
        pool.committed([], Height(second), 1_000 * second)
        judge.calls = 0
        pool.judge_again(1_000 * second + 1)
        if judge.calls:
            judged_at_s.append(second)
    assert judged_at_s == [1, 3, 7, 15, 31, 47, 63, 79, 95]
    judge.calls = 0
    assert (pool.judge_again(10**8), judge.calls) == ([], 1)
    assert (pool.judge_again(2 * 10**8), judge.calls) == ([], 1)


def test_what_a_peer_judged_is_held_for_a_moment_and_then_judged() -> None:
    judge, one = Judge(), bundle("a")
    pool = Mempool(judge, PoolLimits(held_ms=500))
    pooled = pool.admit(one, PEER, Height(0), 1_000, held=True)
    assert isinstance(pooled, Pooled) and not pooled.fit
    assert (judge.calls, pool.has_fit, pool.candidates()) == (0, False, [one])
    assert (pool.judge_again(1_499), judge.calls) == ([], 0)
    assert (pool.judge_again(1_500), judge.calls) == ([], 1)
    assert (len(pool), pool.has_fit) == (1, True)
    pool.committed([one.pool_key], Height(1), 1)
    assert (len(pool), pool.has_fit) == (0, False)


def test_while_blocks_empty_the_pool_a_judgement_waits_for_the_next_but_not_for_ever() -> None:
    judge, gone, one = Judge(), [bundle(f"gone{n}") for n in range(20)], bundle("x", "notary")
    pool = pool_of(*gone, judge=judge)
    pool.admit(one, PEER, Height(0), 1_000, held=True)
    judged_at_ms = 0
    for number, each in enumerate(gone):
        now_ms = 1_000 + 400 * number
        pool.committed([each.pool_key], Height(1 + number), now_ms)
        judge.calls = 0
        pool.judge_again(now_ms + 399)
        if (pooled := pool.get(one.pool_key)) is not None and pooled.fit and not judged_at_ms:
            judged_at_ms = now_ms + 399
    assert 5_500 <= judged_at_ms < 5_900


def test_what_is_passed_over_or_doubted_is_judged_though_blocks_come() -> None:
    judge, early, late, other = Judge(), bundle("a"), bundle("b"), bundle("x", "notary")
    pool = pool_of(late, judge=judge)
    for each in (early, other):
        pool.admit(each, PEER, Height(0), 1_000, held=True)
    later = bundle("c")
    pool.admit(later, OWN, Height(0), 1_001)
    pool.committed([later.pool_key], Height(1), 1_400)
    assert pool.passed_over == {early.pool_key, late.pool_key}
    pool.judge_again(1_600)
    found = {key: pool.get(key) for key in (early.pool_key, other.pool_key)}
    assert [each is not None and each.fit for each in found.values()] == [True, False]
    pool.doubt(1_600)
    pooled = pool.get(other.pool_key)
    assert pooled is not None and pooled.fit


def test_a_held_bundle_is_judged_at_once_when_a_member_submits_it_here() -> None:
    judge, one = Judge(), bundle("a")
    pool = Mempool(judge, PoolLimits())
    pool.admit(one, PEER, Height(0), 1, held=True)
    pooled = pool.admit(one, OWN, Height(0), 2)
    assert isinstance(pooled, Pooled) and pooled.fit
    assert (judge.calls, pooled.sources) == (1, frozenset({OWN, PEER}))
    bad = bundle("b")
    judge.unfit.add(bad.pool_key)
    pool.admit(bad, PEER, Height(0), 3, held=True)
    assert pool.admit(bad, OWN, Height(0), 4) == UNFIT
    assert pool.get(bad.pool_key) is None


def test_judging_again_is_bounded_and_goes_on_where_it_ended() -> None:
    judge = Judge()
    pool = pool_of(*[bundle(str(n), count=3) for n in range(4)], judge=judge, rejudge_records_max=6)
    pool.committed([], Height(1), 1)
    judge.calls = 0
    for calls in (2, 4, 4):
        pool.judge_again(5_000)
        assert judge.calls == calls


def test_what_expires_leaves_without_a_commit() -> None:
    pool = pool_of(bundle("a", expires_at_ms=100))
    assert pool.judge_again(100) == []
    assert [verdict for _, verdict in pool.judge_again(101)] == [UNFIT]
    assert len(pool) == 0


def test_a_clock_that_steps_back_throws_nothing_out_that_was_in_time() -> None:
    """Seed 8452: three seconds were enough to refuse, with a signed word, what was acknowledged."""
    judge, one = Judge(), bundle("a", created_at_ms=5_000)
    pool = pool_of(judge=judge)
    assert pool.admit(one, OWN, Height(0), 4_999) == UNFIT
    assert isinstance(pool.admit(one, OWN, Height(0), 5_000), Pooled)
    pool.committed([], Height(1), 1)
    assert pool.judge_again(2_000) == [] and pool.doubt(2_000) == []
    assert (len(pool), pool.has_fit) == (1, True)


def test_doubted_candidates_are_judged_at_once() -> None:
    judge, one, two = Judge(), bundle("a"), bundle("b")
    pool = pool_of(one, two, judge=judge, rejudge_records_max=1)
    judge.unfit |= {one.pool_key, two.pool_key}
    assert pool.judge_again(1) == []
    assert [each.bundle for each, _ in pool.doubt(1)] == [one, two]
    assert (len(pool), pool.has_fit) == (0, False)
