"""Whose place a newcomer gets: never one of somebody who holds little."""

from consensus.crowd import gives_way

HELD = ((1, "a"), (2, "b"), (3, "b"), (4, "c"), (5, "b"))


def test_the_oldest_of_the_address_that_holds_most_makes_way() -> None:
    assert gives_way(HELD, "d") == 2
    assert gives_way(HELD, "a") == 2
    assert gives_way(((1, "a"), (2, "b")), "c") == 1


def test_who_holds_as_many_as_anybody_gets_none() -> None:
    assert gives_way(HELD, "b") is None
    assert gives_way(((1, "a"), (2, "b")), "b") is None
    assert gives_way((), "a") is None


def test_who_has_shown_a_purpose_counts_and_keeps_its_place() -> None:
    assert gives_way(HELD, "d", lambda each: each in (2, 3)) == 5
    assert gives_way(HELD, "d", lambda each: each in (2, 3, 5)) == 1
    assert gives_way(HELD, "a", lambda each: each in (2, 3, 5)) is None
