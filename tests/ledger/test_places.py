"""Lists that are read in step give what they share, in either order, and read little for it."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.identifiers import Subject
from ledger.place_lists import PlaceLists
from ledger.places import Places
from ledger.store.index import subject_part
from ledger.store.keys import Table, number
from ledger.store.memory import MemoryStore
from tests.ledger.small_chain import SmallChain, make_bundle
from tests.vectors.small_network import small_record

END = 4_000
INDEXES = st.sets(st.integers(0, END), max_size=60) | st.builds(
    lambda start, step: set(range(start, END, step)), st.integers(0, 500), st.integers(1, 40)
)


def lists_of(given: Sequence[set[int]], *, newest_first: bool) -> tuple[PlaceLists, list[Places]]:
    """A list for each set of indexes; the first two are one list of two subjects."""
    store, small = MemoryStore(), SmallChain(MemoryStore())
    for at, indexes in enumerate(given):
        part = subject_part(Subject(f"P{at}"))
        store.write(
            [(Table.SUBJECT.key(part, number(index)), bytes(32)) for index in sorted(indexes)]
        )
    lists = PlaceLists(store, small.chain.blocks, newest_first=newest_first)
    names = [Subject(f"P{at}") for at in range(len(given))]
    return lists, [lists.by_subjects(names[:2]), *(lists.by_subjects([each]) for each in names[2:])]


def shared(lists: PlaceLists, several: list[Places], end: int = END) -> list[int]:
    """The indexes that all lists have, in their order."""
    found: list[int] = []
    place: int | None = lists.order.place(end if lists.order.newest_first else 0)
    while place is not None:
        wanted = place
        for each in several:
            at = each.seek(place)
            if at is None:
                return found
            place = at
        if place == wanted:
            found.append(lists.order.index(place))
            place += 1
    return found


@given(st.lists(INDEXES, min_size=3, max_size=5), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_all_lists_have_is_found_in_order(given: list[set[int]], newest_first: bool) -> None:
    lists, several = lists_of(given, newest_first=newest_first)
    wanted = sorted((given[0] | given[1]).intersection(*given[2:]), reverse=newest_first)
    assert shared(lists, several) == wanted


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_rare_list_is_not_paid_for_by_a_common_one(newest_first: bool) -> None:
    rare = {7, 1_003, 3_999}
    lists, several = lists_of([set(), rare, set(range(END))], newest_first=newest_first)
    assert shared(lists, several) == sorted(rare, reverse=newest_first)
    assert lists.spent.rows < 200


@pytest.mark.parametrize("newest_first", [False, True])
def test_every_entry_is_a_place_and_no_blocks_own_leaf(newest_first: bool) -> None:
    small = SmallChain(MemoryStore())
    for block in range(4):
        records = [small_record(f"{block}/{each}") for each in range(block)]
        small.commit([make_bundle(records)] if records else [])
    entries = [1, 3, 4, 6, 7, 8]
    lists = small.chain.lookup.lists(newest_first=newest_first)
    assert shared(lists, [lists.every(range(9))], 8) == sorted(entries, reverse=newest_first)
