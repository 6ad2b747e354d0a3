"""The tree of slow rows that hashes only what changed, beside the one that is built anew."""

import random

import pytest

from ledger.core.status import PREFIX, StatusTree


def same(one: StatusTree, other: StatusTree) -> None:
    assert (one.size, one.root) == (other.size, other.root)
    for index in range(one.size):
        assert one.row(index) == other.row(index)
        assert one.path(index) == other.path(index)
        assert one.index(one.row(index)[0]) == index


@pytest.mark.parametrize("seed", range(20))
def test_a_succeeded_tree_is_the_tree_that_is_built_anew(seed: int) -> None:
    dice = random.Random(seed)
    rows: dict[bytes, bytes] = {}
    tree = StatusTree(rows)
    for _ in range(40):
        writes: dict[bytes, bytes | None] = {}
        for _ in range(dice.randrange(5)):
            key = b"%03d" % dice.randrange(60)
            value = None if dice.random() < 0.25 else dice.randbytes(3)
            writes[PREFIX + key] = value
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value
        writes[b"other/row"] = b"no status"
        before, size = tree.root, tree.size
        after = tree.succeeded(writes.items())
        same(after, StatusTree(rows))
        # The tree below is not touched: a receipt may still be made of it.
        assert (tree.root, tree.size) == (before, size)
        tree = after


def test_nothing_changed_is_the_same_tree() -> None:
    tree = StatusTree({b"a": b"1"})
    assert tree.succeeded([(b"other", b"1")]) is tree
