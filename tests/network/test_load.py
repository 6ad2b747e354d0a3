"""What holds the answers under load to the log finds each kind of wrong answer."""

from dataclasses import replace

import pytest

from tests.network.load.book import Book, Page, Stream, Told
from tests.network.load.verdict import Log, hold_page, hold_stream

ENTRIES = ((0, "a"), (1, "b"), (3, "c"), (5, "d"), (6, "e"))
LEAVES = ((2, "block 1"), (4, "block 2"), (7, "block 3"))
LOG = Log(
    ENTRIES,
    {"odd": (ENTRIES[0], ENTRIES[2], ENTRIES[4])},
    {"a": 1, "b": 1, "c": 2, "d": 3, "e": 3},
    LEAVES,
    (0, 3, 5, 8),
)
FIRST = Page(None, False, None, ENTRIES[:2], ends=False, height=3)
LAST = Page(None, False, 1, ENTRIES[2:], ends=True, height=3)
NEWEST = Page(None, True, None, (ENTRIES[4], ENTRIES[3]), ends=False, height=3)
OLDEST = Page("odd", True, 6, (ENTRIES[2], ENTRIES[0]), ends=True, height=3)
STREAM = Stream(1, [Told(2, "block 1"), Told(3, "c"), Told(4, "block 2")])


def test_pages_that_are_so_hold_also_while_blocks_come() -> None:
    for page in (FIRST, LAST, NEWEST, OLDEST):
        assert hold_page(page, LOG) == len(page.items)
    # Given when only the first block was there, or just as the second one came.
    assert hold_page(Page(None, False, None, ENTRIES[:2], ends=True, height=1), LOG) == 2
    assert hold_page(Page(None, False, None, ENTRIES[:3], ends=True, height=1), LOG) == 3
    assert hold_page(Page("odd", True, None, (ENTRIES[2],), ends=False, height=1), LOG) == 1


@pytest.mark.parametrize(
    "page",
    [
        replace(FIRST, items=ENTRIES[1:3]),
        replace(FIRST, items=(ENTRIES[0], ENTRIES[0])),
        replace(FIRST, items=(ENTRIES[0], (1, "x"))),
        replace(FIRST, ends=True),
        replace(LAST, items=ENTRIES[1:]),
        replace(LAST, items=ENTRIES[3:]),
        replace(LAST, items=ENTRIES[2:4]),
        replace(LAST, items=()),
        replace(NEWEST, items=(ENTRIES[3], ENTRIES[2])),
        replace(NEWEST, items=(ENTRIES[3], ENTRIES[4])),
        replace(NEWEST, items=()),
        replace(NEWEST, ends=True),
        replace(OLDEST, items=(ENTRIES[1], ENTRIES[0])),
        replace(OLDEST, items=(ENTRIES[2],)),
        replace(OLDEST, member=None),
    ],
)
def test_a_page_with_a_gap_a_double_a_stranger_or_a_wrong_end_is_found(page: Page) -> None:
    with pytest.raises(AssertionError):
        hold_page(page, LOG)


def test_a_stream_with_a_gap_a_double_or_something_else_is_found() -> None:
    assert hold_stream(STREAM, LOG) == 3 and hold_stream(Stream(7), LOG) == 0
    for told in (
        STREAM.told[1:],
        [STREAM.told[0], *STREAM.told],
        [STREAM.told[0], STREAM.told[2]],
        [Told(2, "block x")],
    ):
        with pytest.raises(AssertionError):
            hold_stream(Stream(1, told), LOG)
    with pytest.raises(AssertionError):
        hold_stream(Stream(7, [Told(8, "block 4")]), LOG)


def test_two_answers_that_contradict_each_other_are_found_at_once() -> None:
    book = Book()
    book.place("a", 0, 1)
    book.block(1, "x")
    book.head(3, "root")
    book.place("a", 0, 1)
    with pytest.raises(AssertionError):
        book.place("a", 1, 1)
    with pytest.raises(AssertionError):
        book.place("b", 0, 1)
    with pytest.raises(AssertionError):
        book.block(1, "y")
    with pytest.raises(AssertionError):
        book.head(3, "other")


def test_a_state_that_goes_back_is_found_unless_nothing_was_promised() -> None:
    book = Book()
    book.state("one", "bundle", 1, lost_at=1)
    book.state("one", "bundle", 0, lost_at=1)
    book.state("one", "bundle", 3, lost_at=1)
    for back in (0, 1, 2):
        with pytest.raises(AssertionError):
            book.state("one", "bundle", back, lost_at=1)
    book.state("two", "bundle", 1)
    with pytest.raises(AssertionError):
        book.state("two", "bundle", 0)
