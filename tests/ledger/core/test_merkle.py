"""RFC 6962 trees against the published probes and against the words of the RFC."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.identifiers import Digest
from ledger.core.merkle_stored import consistency_path_from, inclusion_path_from, root_from
from ledger.errors import FormatError, InvariantBroken, VerificationError
from tests.reference import merkle as reference

VECTORS = Path(__file__).parents[2] / "vectors" / "merkle"


def vectors(name: str) -> list[Any]:
    cases: list[Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return [pytest.param(case, id=case["name"]) for case in cases]


def data_of(count: int) -> list[bytes]:
    return [f"leaf {i}".encode() for i in range(count)]


def hashes_of(count: int) -> list[Digest]:
    return [merkle.leaf_hash(data) for data in data_of(count)]


def nodes_of(runs: list[merkle.NodeRun]) -> dict[tuple[int, int], Digest]:
    return {
        (run.level, run.first + place): Digest(digest)
        for run in runs
        for place, digest in enumerate(run.digests)
    }


class StoredNodes:
    """The complete nodes of a log in a dict; counts how often it is asked."""

    def __init__(self, count: int) -> None:
        _, runs = merkle.Frontier().grow(hashes_of(count))
        self.nodes = nodes_of(runs)
        self.reads_count = 0

    def node(self, level: int, index: int) -> Digest:
        self.reads_count += 1
        return self.nodes[level, index]


@pytest.mark.parametrize("case", vectors("roots"))
def test_known_roots(case: dict[str, Any]) -> None:
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in case["leaves"]]
    expected = bytes.fromhex(case["root"])
    assert merkle.root(hashes) == expected
    assert merkle.Frontier().extend(hashes).root() == expected
    assert merkle.Tree(hashes).root == expected


@pytest.mark.parametrize("case", vectors("inclusion"))
def test_inclusion_probes(case: dict[str, Any]) -> None:
    path = [bytes.fromhex(step) for step in case["path"]]
    leaf, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
    if case["holds"]:
        merkle.verify_inclusion(leaf, case["index"], case["size"], path, root)
        return
    with pytest.raises(VerificationError) as refused:
        merkle.verify_inclusion(leaf, case["index"], case["size"], path, root)
    assert refused.value.code is Code.PROOF_INCLUSION


@pytest.mark.parametrize("case", vectors("consistency"))
def test_consistency_probes(case: dict[str, Any]) -> None:
    path = [bytes.fromhex(step) for step in case["path"]]
    roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
    if case["holds"]:
        merkle.verify_consistency(case["old_size"], case["new_size"], path, *roots)
        return
    with pytest.raises(VerificationError) as refused:
        merkle.verify_consistency(case["old_size"], case["new_size"], path, *roots)
    assert refused.value.code is Code.PROOF_CONSISTENCY


def test_every_path_of_every_tree_up_to_33_leaves_is_the_rfcs_and_verifies() -> None:
    for size in range(1, 34):
        data, hashes, stored = data_of(size), hashes_of(size), StoredNodes(size + 7)
        root = merkle.root(hashes)
        assert root == reference.mth(data) == root_from(stored, size)
        for index in range(size):
            path = merkle.inclusion_path(hashes, index)
            assert list(path) == reference.path(index, data)
            assert path == inclusion_path_from(stored, index, size)
            merkle.verify_inclusion(hashes[index], index, size, path, root)


def test_every_consistency_proof_up_to_33_leaves_is_the_rfcs_and_verifies() -> None:
    for new in range(1, 34):
        data, stored = data_of(new), StoredNodes(new)
        for old in range(1, new + 1):
            path = consistency_path_from(stored, old, new)
            assert list(path) == reference.proof(old, data)
            merkle.verify_consistency(
                old, new, path, reference.mth(data[:old]), reference.mth(data)
            )


@given(st.integers(1, 300), st.data())
def test_a_path_proves_one_index_of_one_size_and_nothing_else(
    size: int, draw: st.DataObject
) -> None:
    hashes = hashes_of(size)
    index = draw.draw(st.integers(0, size - 1))
    path, root = merkle.inclusion_path(hashes, index), merkle.root(hashes)
    other = draw.draw(st.integers(0, size + 3).filter(lambda i: i != index))
    with pytest.raises(VerificationError):
        merkle.verify_inclusion(hashes[index], other, size, path, root)
    if path:
        place = draw.draw(st.integers(0, len(path) - 1))
        flipped = bytes([path[place][0] ^ 1]) + path[place][1:]
        with pytest.raises(VerificationError):
            broken = (*path[:place], flipped, *path[place + 1 :])
            merkle.verify_inclusion(hashes[index], index, size, broken, root)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_appending_in_any_portions_gives_one_tree_and_the_same_nodes(portions: list[int]) -> None:
    total = sum(portions)
    hashes, frontier, start = hashes_of(total), merkle.Frontier(), 0
    nodes: dict[tuple[int, int], Digest] = {}
    for count in portions:
        frontier, runs = frontier.grow(hashes[start : start + count])
        assert not nodes.keys() & nodes_of(runs).keys()
        nodes |= nodes_of(runs)
        start += count
    at_once, all_runs = merkle.Frontier().grow(hashes)
    assert frontier == at_once
    assert nodes == nodes_of(all_runs)
    assert frontier.root() == merkle.root(hashes)


def test_a_path_out_of_a_stored_log_costs_logarithmically_many_reads() -> None:
    stored = StoredNodes(10_000)
    for index in (0, 4_999, 8_191, 8_192, 9_999):
        stored.reads_count = 0
        inclusion_path_from(stored, index, 10_000)
        assert stored.reads_count <= 2 * 14
    for old in (1, 8_192, 8_193, 9_999):
        stored.reads_count = 0
        consistency_path_from(stored, old, 10_000)
        assert stored.reads_count <= 2 * 14


def test_appending_costs_as_many_nodes_as_the_block_has_leaves() -> None:
    frontier = merkle.Frontier().extend(hashes_of(8_191))
    _, runs = frontier.grow(hashes_of(100))
    assert sum(len(run.digests) for run in runs) <= 2 * 100 + 14


def test_a_frontier_whose_peaks_do_not_fit_its_size_is_refused() -> None:
    with pytest.raises(FormatError):
        merkle.Frontier(3, (merkle.leaf_hash(b""),))
    with pytest.raises(FormatError):
        merkle.Frontier(1, (Digest(b"short"),))
    with pytest.raises(FormatError):
        merkle.Frontier(-1, (merkle.leaf_hash(b""),))


def test_asking_for_a_leaf_that_is_not_there_is_our_own_fault() -> None:
    with pytest.raises(InvariantBroken):
        merkle.inclusion_path(hashes_of(3), 3)
    with pytest.raises(InvariantBroken):
        inclusion_path_from(StoredNodes(3), 3, 3)
    with pytest.raises(InvariantBroken):
        consistency_path_from(StoredNodes(3), 0, 3)
