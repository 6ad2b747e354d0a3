"""Quorum arithmetic for every committee, n = 3f + 1 or not (pitfall 22)."""

import itertools

import pytest

from consensus.core.messages import Phase
from consensus.core.votes import VoteBook
from ledger.core.committee import COMMITTEE_MAX
from ledger.core.identifiers import View
from ledger.errors import VerificationError
from tests.consensus.core.world import commit, committee_of, genesis_head, prepare, slot

HASH = genesis_head().header_hash
OTHER = committee_of(1).nodes[0].tls_key_digest


@pytest.mark.parametrize("n", range(1, COMMITTEE_MAX + 1))
def test_any_two_quorums_share_an_honest_node_and_the_honest_are_one(n: int) -> None:
    committee = committee_of(n)
    f, q = committee.f, committee.q
    assert 3 * f < n <= 3 * f + 3
    assert 2 * q - n >= f + 1
    assert q <= n - f
    assert 2 * (q - 1) - n < f + 1, "a smaller quorum would do"


def test_any_two_quorums_of_small_committees_do_share_that_many() -> None:
    for n in range(1, 8):
        committee = committee_of(n)
        quorums = [set(names) for names in itertools.combinations(committee, committee.q)]
        assert all(len(a & b) >= committee.weak for a in quorums for b in quorums)


@pytest.mark.parametrize("n", [1, 4, 5, 6, 7])
def test_q_votes_of_one_slot_count_and_nothing_else_adds_up(n: int) -> None:
    committee = committee_of(n)
    book = VoteBook(committee, 16)
    for number, name in enumerate(committee, 1):
        book.add(commit(slot(1, 2), HASH, name))
        book.add(commit(slot(1, 3 if number % 2 else 4), HASH, name))
        book.add(prepare(slot(1, 2), HASH, name))
        enough = book.quorum(Phase.COMMIT, View(2), HASH)
        assert (enough is not None) == (number >= committee.q)
        if enough is not None:
            assert [node for node, _ in enough] == list(committee)[:number]
    assert book.decided() is not None and book.decided()[0] == 2  # type: ignore[index]


def test_votes_for_two_blocks_of_a_slot_do_not_add_up() -> None:
    committee = committee_of(4)
    book = VoteBook(committee, 16)
    for name, hashed in zip(committee, (HASH, HASH, OTHER, OTHER), strict=True):
        book.add(commit(slot(1, 0), type(HASH)(hashed), name))
    assert book.decided() is None


def test_the_first_word_of_a_node_in_a_slot_is_the_one_that_counts() -> None:
    committee = committee_of(4)
    book = VoteBook(committee, 2)
    first = commit(slot(1, 5), HASH, "a")
    book.add(first)
    book.add(commit(slot(1, 5), type(HASH)(OTHER), "a"))
    assert book.known(first) == first
    for view in range(6, 20):
        book.add(commit(slot(1, view), HASH, "a"))
    assert [vote.slot.view for vote in book.of_node(first.node)] == [18, 19]


def test_a_vote_of_somebody_outside_the_committee_is_refused_and_counts_nowhere() -> None:
    committee = committee_of(4)
    book = VoteBook(committee, 16)
    strange = commit(slot(1, 0), HASH, "stranger")
    assert strange.node not in committee
    assert book.known(strange) is None and list(book.of_node(strange.node)) == []
    for _ in range(committee.q):
        with pytest.raises(VerificationError, match="stranger"):
            book.add(strange)
    assert book.decided() is None and book.voters(View(0)) == set()
