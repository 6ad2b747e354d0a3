"""A list that nobody sees, and proofs that everybody can check."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.core.identifiers import Digest
from ledger.core.merkle import Tree, leaf_hash
from ledger.core.negative_list import (
    ABSENT,
    LISTED,
    PROOF_BYTES_MAX,
    ListHead,
    ListProof,
    NegativeList,
    Neighbour,
    decode_list_proof,
    listed_leaf,
    verify_listing,
)
from ledger.core.vrf import VrfKey, verify_vrf
from ledger.errors import FormatError, LedgerError, VerificationError
from tests.reference import negative_list as slow
from tests.vectors.reading import cases, octets
from tests.vectors.small_network import seed

LIST = "LIST-110108"
KEY = VrfKey(seed("list key"))
names = st.text("0123456789ABCDEFGHJK", min_size=1, max_size=6).map("ADDR-110108-{}".format)


@pytest.mark.parametrize("case", cases("negative_list/vrf"))
def test_the_keyed_hash_is_that_of_rfc_9381(case: Any) -> None:
    key, data = VrfKey(octets(case["seed"])), octets(case["input"])
    assert key.prove(data).hex() == case["proof"]
    assert key.hash(data).hex() == case["hash"]
    assert verify_vrf(key.public_key, data, octets(case["proof"])).hex() == case["hash"]
    slowly = slow.verified_hash(key.public_key, data, octets(case["proof"]))
    assert slowly == octets(case["hash"]) == slow.keyed_hash(octets(case["seed"]), data)


def head_of(case: Any) -> ListHead:
    told = case["head"]
    root = Digest(octets(told["root"]))
    return ListHead(told["list"], told["version"], root, told["count"], octets(told["key"]))


@pytest.mark.parametrize("case", cases("negative_list/proofs"))
def test_a_proof_holds(case: Any) -> None:
    proof = octets(case["proof"])
    assert verify_listing(head_of(case), case["address"], proof) == case["result"]
    assert decode_list_proof(proof).encode() == proof


@pytest.mark.parametrize("case", cases("negative_list/refused"))
def test_a_proof_that_does_not_hold_is_refused(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        verify_listing(head_of(case), case["address"], octets(case["proof"]))
    assert refusal.value.code == case["code"]


@settings(max_examples=30, deadline=None)
@given(st.lists(names, max_size=12), names)
def test_every_address_is_proven_to_be_what_it_is(listed: list[str], asked: str) -> None:
    kept = NegativeList(LIST, 1, listed, KEY)
    assert kept.head.count == len(set(listed))
    for address in {*listed, asked}:
        shown = verify_listing(kept.head, address, kept.prove(address).encode())
        assert shown == (LISTED if address in listed else ABSENT)


@settings(max_examples=30, deadline=None)
@given(st.lists(names, min_size=1, max_size=12, unique=True), st.data())
def test_no_two_leaves_prove_that_a_listed_address_is_absent(
    listed: list[str], data: st.DataObject
) -> None:
    """Whatever neighbours a liar takes out of the true tree."""
    kept, address = NegativeList(LIST, 1, listed, KEY), data.draw(st.sampled_from(listed))
    places = st.none() | st.integers(0, len(listed) - 1).map(kept.leaf)
    forged = ListProof(kept.prove(address).vrf, None, data.draw(places), data.draw(places))
    with pytest.raises(VerificationError):
        verify_listing(kept.head, address, forged.encode())


def test_the_root_is_the_slow_one() -> None:
    addresses = [f"ADDR-110108-{number}" for number in range(5)]
    kept = NegativeList(LIST, 2, addresses, KEY)
    assert kept.head.root == slow.root_of(LIST, 2, addresses, seed("list key"))


def test_a_guess_cannot_be_tried_without_the_key() -> None:
    """Who guesses the address still lacks its hash: neither a digest nor another key gives it."""
    address = "ADDR-110108-0001"
    kept = NegativeList(LIST, 1, [address], KEY)
    shown = kept.prove("ADDR-110108-0002")
    near = shown.left or shown.right
    assert near is not None
    strange = NegativeList(LIST, 1, [address], VrfKey(seed("a guesser")))
    tried = strange.leaf(0)
    assert tried is not None and tried.keyed != near.keyed


def test_two_versions_have_no_leaf_in_common() -> None:
    """Or who watches the proofs could follow an address from version to version."""
    addresses = [f"ADDR-110108-{number}" for number in range(4)]
    first, second = (NegativeList(LIST, version, addresses, KEY) for version in (1, 2))
    leaves = [
        {each.keyed for at in range(4) if (each := kept.leaf(at))} for kept in (first, second)
    ]
    assert not leaves[0] & leaves[1]


def test_a_tree_of_a_hundred_million_has_room_for_its_proof() -> None:
    path = tuple(Digest(seed(str(level))) for level in range(27))
    sides = [Neighbour(at, Digest(seed(str(at))), path) for at in (100_000_000, 100_000_001)]
    assert len(ListProof(bytes(80), None, *sides).encode()) < PROOF_BYTES_MAX


def test_a_path_longer_than_any_tree_is_refused() -> None:
    path = tuple(Digest(seed(str(level))) for level in range(41))
    with pytest.raises(FormatError) as refusal:
        decode_list_proof(ListProof(bytes(80), (0, path), None, None).encode())
    assert refusal.value.code is Code.FORMAT_SHAPE


def test_a_key_is_made_of_a_whole_seed() -> None:
    with pytest.raises(FormatError):
        VrfKey(bytes(31))
    assert seed("list key").hex() not in repr(KEY)


def test_the_leaf_is_an_rfc_6962_leaf() -> None:
    kept = NegativeList(LIST, 1, ["ADDR-110108-1"], KEY)
    only = kept.leaf(0)
    assert only is not None
    assert kept.head.root == Tree([leaf_hash(listed_leaf(only.keyed))]).root
