"""Tiles as files: how they are named, what a log of each size has of them, and its root from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.merkle_stored import consistency_path_from, inclusion_path_from
from ledger.core.tile_tree import TileNodes, TileTree
from ledger.core.tiles import (
    INDEX_MAX,
    TilePath,
    bundles_of,
    encode_bundle,
    parse_tile_path,
    split_bundle,
    tiles_of,
)
from ledger.errors import FormatError

SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 70_000]


def leaf_hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(index.to_bytes(4)) for index in range(count)]


def built(size: int) -> tuple[TileTree, dict[str, bytes]]:
    """A tree and every file of its log, full and partial."""
    tree = TileTree()
    files = {str(path): data for path, data in tree.add(leaf_hashes(size))}
    return tree, files | {str(path): data for path, data in tree.partials()}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("tile/0/000", TilePath(0, 0)),
        ("tile/0/005.p/1", TilePath(0, 5, 1)),
        ("tile/3/999.p/255", TilePath(3, 999, 255)),
        ("tile/0/x001/000", TilePath(0, 1000)),
        ("tile/63/x001/x234/067", TilePath(63, 1_234_067)),
        ("tile/entries/x001/x234/067.p/8", TilePath(None, 1_234_067, 8)),
    ],
)
def test_a_path_has_one_spelling(text: str, path: TilePath) -> None:
    assert str(path) == text
    assert parse_tile_path(text) == path


@pytest.mark.parametrize(
    "text",
    [
        *("", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile/0/00", "tile/0/0"),
        *("tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/data/000"),
        *("tile/0/x000/005", "tile/0/001/000", "tile/0/x001", "tile/0/1000", "tile/0/X001/000"),
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p", "tile/0/000.p/"),
        *("tile/0/000.p/1/", "tile/0/000\n", "tile/0/٠٠٠", "tile/0/000.p/１", "tile/0/../0/000"),
        f"tile/0/{TilePath(0, INDEX_MAX + 1)}".replace("tile/0/tile/0/", "tile/0/"),
        "tile/0/" + "x001/" * 12 + "000",
    ],
)
def test_every_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as refusal:
        parse_tile_path(text)
    assert refusal.value.code is Code.TILE_PATH


def test_the_largest_index_has_a_path() -> None:
    assert parse_tile_path(str(TilePath(0, INDEX_MAX))) == TilePath(0, INDEX_MAX)


def test_a_log_of_70000_leaves_has_the_tiles_that_the_specification_counts() -> None:
    full = [path.level for path in tiles_of(70_000) if not path.is_partial]
    partial = [(path.level, path.width) for path in tiles_of(70_000) if path.is_partial]
    assert (full.count(0), full.count(1), len(full)) == (273, 1, 274)
    assert partial == [(0, 112), (1, 17), (2, 1)]
    assert [str(path) for path in tiles_of(256)] == ["tile/0/000", "tile/1/000.p/1"]


@pytest.mark.parametrize("size", SIZES)
def test_the_tree_gives_the_tiles_of_its_size_and_their_root(size: int) -> None:
    tree, files = built(size)
    assert sorted(files) == sorted(str(path) for path in tiles_of(size))
    assert all(len(files[str(path)]) == 32 * path.width for path in tiles_of(size))
    assert all(path.fits(size) for path in tiles_of(size))
    assert not any(path.fits(size - 1) for path, _ in tree.partials() if path.level == 0)
    assert tree.root() == merkle.root(leaf_hashes(size))


@given(st.lists(st.integers(0, 600), min_size=1, max_size=4))
def test_growing_in_parts_or_from_kept_tiles_is_the_same(parts: list[int]) -> None:
    hashes = leaf_hashes(sum(parts))
    tree, files = TileTree(), dict[str, bytes]()
    for part in parts:
        full = tree.add(hashes[tree.size : tree.size + part])
        files |= {str(path): data for path, data in [*full, *tree.partials()]}
        tree = TileTree.resumed(tree.size, lambda path, kept=files: kept[str(path)])  # type: ignore[misc]
    assert tree.root() == merkle.root(hashes)
    wanted = built(len(hashes))[1]
    assert {name: files[name] for name in wanted} == wanted


@given(st.integers(1, 1500), st.data())
def test_tiles_prove_what_the_tree_proves(size: int, data: st.DataObject) -> None:
    hashes = leaf_hashes(size)
    files = built(size)[1]
    nodes = TileNodes(size, lambda path: files[str(path)])
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path = inclusion_path_from(nodes, index, size)
    merkle.verify_inclusion(hashes[index], index, size, path, merkle.root(hashes))
    proof = consistency_path_from(nodes, old, size)
    merkle.verify_consistency(old, size, proof, merkle.root(hashes[:old]), merkle.root(hashes))
    assert len(path) <= 11


def test_a_tile_that_is_too_short_is_no_tile() -> None:
    with pytest.raises(FormatError) as refusal:
        TileTree.resumed(300, lambda _: bytes(31))
    assert refusal.value.code is Code.TILE_HASHES


def test_a_bundle_gives_its_leaves_back() -> None:
    leaves = [b"", b"a", bytes(1_024)]
    assert split_bundle(encode_bundle(leaves), 3) == leaves
    assert [path.width for path in bundles_of(513)] == [256, 256, 1]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\0", b"\0\1", b"\0\2a", b"\0\1ab", b"\0\1a\0", b"\0\1a\0\1", b"\0\1a\0\1b\0\1c"),
        b"\0\1a\0\1b\0",
    ],
)
def test_a_bundle_of_another_width_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as refusal:
        split_bundle(data, 2)
    assert refusal.value.code is Code.TILE_BUNDLE
