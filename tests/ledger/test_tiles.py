"""The stored log as tiles: the same leaves and hashes as the blocks have, whatever their shape."""

import random

import pytest

from ledger.codes import Code
from ledger.core.merkle import leaf_hash
from ledger.core.tile_tree import TileTree
from ledger.core.tiles import TilePath, bundles_of, encode_bundle, tiles_of
from ledger.errors import StoreError
from ledger.store.memory import MemoryStore
from tests.ledger.small_chain import SmallChain, make_bundle
from tests.vectors.small_network import small_record


@pytest.fixture(scope="module")
def made() -> tuple[SmallChain, list[bytes]]:
    """A chain of blocks of every shape, and its leaves as they were logged."""
    small, leaves, dice = SmallChain(MemoryStore()), list[bytes](), random.Random(5)
    known = [small_record("known")]
    small.commit([make_bundle(known)])
    leaves += [small.chain.blocks.record(known[0].record_id).entry.leaf()]  # type: ignore[union-attr]
    leaves.append(small.chain.blocks.header(small.chain.head.height).leaf())
    for number, counts in enumerate([[1], [], [300], [2, 0, 3], [255], [1], [700, 1], [0]] * 2):
        bundles = [
            make_bundle([small_record(f"{number} {place} {each}") for each in range(count)])
            for place, count in enumerate(counts)
            if count
        ]
        # Only a part of this one enters; the rest has been on the ledger for long.
        mixed = make_bundle([*known, small_record(f"mixed {number}")])
        bundles.insert(dice.randint(0, len(bundles)), mixed)
        derived = [small_record(f"derived {number}", "network")] if number % 3 else []
        effects = small.commit(bundles, derived)
        leaves += [
            small.chain.blocks.record(each.record_id).entry.leaf()  # type: ignore[union-attr]
            for each in effects.records
        ]
        leaves.append(effects.header.leaf())
    return small, leaves


def test_every_leaf_is_in_its_bundle_and_every_hash_in_its_tile(
    made: tuple[SmallChain, list[bytes]],
) -> None:
    small, leaves = made
    tiles, size = small.chain.tiles, len(leaves)
    assert size == small.chain.head.log_size > 2500
    for path in bundles_of(size):
        expected = encode_bundle(leaves[path.first : path.first + path.width])
        assert tiles.read(path, size) == expected
    tree = TileTree()
    files = dict(tree.add(map(leaf_hash, leaves))) | dict(tree.partials())
    assert set(files) == set(tiles_of(size))
    assert {path: tiles.read(path, size) for path in files} == files
    assert tree.root() == small.chain.blocks.header(small.chain.head.height).log_root


def test_a_tile_of_any_smaller_log_stays(made: tuple[SmallChain, list[bytes]]) -> None:
    small, leaves = made
    for first, width in [(0, 1), (0, 255), (512, 3), (1024, 200), (2048, 256)]:
        path = TilePath(None, first // 256, width)
        expected = encode_bundle(leaves[first : first + width])
        assert small.chain.tiles.read(path, len(leaves)) == expected


def test_what_lies_beyond_the_size_that_may_be_shown_is_unknown(
    made: tuple[SmallChain, list[bytes]],
) -> None:
    small, leaves = made
    for path, size in [
        (TilePath(0, 0, 1), 0),
        (TilePath(0, 0), 255),
        (TilePath(None, 1, 2), 257),
        (TilePath(1, 0, 2), 511),
        (TilePath(2, 0, 1), len(leaves)),
        (TilePath(63, 0, 1), len(leaves)),
    ]:
        with pytest.raises(StoreError) as refusal:
            small.chain.tiles.read(path, size)
        assert refusal.value.code is Code.TILE_UNKNOWN


def test_only_what_a_quorum_cosigned_may_be_shown() -> None:
    small = SmallChain(MemoryStore())
    assert small.chain.cosigned_size == 0
    small.commit([make_bundle([small_record("a")])])
    small.commit([make_bundle([small_record("b")])])
    assert small.chain.cosigned_size == 0
    small.cosign(1)
    assert small.chain.cosigned_size == 2
    small.cosign(2)
    assert small.chain.cosigned_size == 4


def test_a_row_that_is_gone_is_damage(made: tuple[SmallChain, list[bytes]]) -> None:
    small = SmallChain(MemoryStore())
    small.commit([make_bundle([small_record("a")])])
    for key, _ in list(small.store.scan(b"E", b"F")) + list(small.store.scan(b"N", b"O")):
        small.store.write([(key, None)])
    for path in (TilePath(0, 0, 2), TilePath(None, 0, 2)):
        with pytest.raises(StoreError) as refusal:
            small.chain.tiles.read(path, 2)
        assert refusal.value.code is Code.STORE_DAMAGED
