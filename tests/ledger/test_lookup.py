"""Records are found by what they say, page by page, in one order that never shifts."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.identifiers import Digest, Height, LogIndex, MemberId, RecordId, Subject
from ledger.core.record import Evidence, Record, decode_record
from ledger.lookup import Page, Turn
from ledger.store.index import Algorithm
from ledger.store.keys import Table, number, text, text_from
from ledger.store.memory import MemoryStore
from tests.ledger.small_chain import SmallChain, make_bundle
from tests.vectors.small_network import SECOND, START_MS, document, seed, small_record


def about(name: str, subject: str, issuer: str = "centre", **parts: object) -> Record:
    return small_record(name, issuer, subject=Subject(subject), **parts)


@pytest.fixture(scope="module")
def small() -> SmallChain:
    """Seven blocks: 21 records about three subjects by two issuers, and some derived ones."""
    small = SmallChain(MemoryStore())
    for block in range(7):
        mine = [about(f"{block}/{i}", f"P-{i % 3}/1") for i in range(2)]
        theirs = [about(f"{block}/s", "P-1/1", "supervisor", type="tender.suspension")]
        derived = replace(about(f"{block}/d", "P-1/1"), issuer=MemberId("network"))
        bundles = [make_bundle(mine), make_bundle(theirs, "supervisor")]
        small.commit(bundles, [derived] if block % 2 else [])
    return small


def all_pages(ask: Callable[[Turn], Page], limit: int, *, newest_first: bool) -> list[RecordId]:
    found, after = list[RecordId](), None
    while True:
        page = ask(Turn(limit, after, newest_first))
        assert len(page.items) <= limit
        found += [item.record_id for item in page.items]
        if page.cursor is None:
            return found
        assert page.items
        after = page.cursor


def expected(small: SmallChain, fits: Callable[[Record], bool]) -> list[RecordId]:
    found = []
    for height in range(1, small.chain.head.height + 1):
        for entered in small.chain.blocks.entered(Height(height)):
            if fits(decode_record(entered.data)):
                found.append(entered.record_id)
    return found


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_every_index_hold_each_fitting_record_once(
    small: SmallChain, limit: int, newest_first: bool
) -> None:
    lookup = small.chain.lookup
    heights = range(1, small.chain.head.height + 1)
    cases: list[tuple[Callable[[Turn], Page], Callable[[Record], bool]]] = [
        (lambda t: lookup.by_subject(Subject("P-1/1"), t), lambda r: r.subject == "P-1/1"),
        (lambda t: lookup.by_subject(Subject("P-1"), t), lambda r: False),
        (lambda t: lookup.by_issuer(MemberId("centre"), t), lambda r: r.issuer == "centre"),
        (lambda t: lookup.by_issuer(MemberId("network"), t), lambda r: r.issuer == "network"),
        (lambda t: lookup.by_issuer(MemberId("cent"), t), lambda r: False),
        (lambda t: lookup.by_type("tender.suspension", t), lambda r: r.type == "tender.suspension"),
        (lambda t: lookup.by_type("tender.announcement", t), lambda r: "announ" in r.type),
        (lambda t: lookup.in_order(heights, t), lambda r: True),
        (lambda t: lookup.in_order(range(0), t), lambda r: False),
    ]
    for ask, fits in cases:
        ids = expected(small, fits)
        found = all_pages(ask, limit, newest_first=newest_first)
        assert found == (ids[::-1] if newest_first else ids)


def test_beyond_the_logs_end_everything_is_before_and_nothing_behind(small: SmallChain) -> None:
    lookup, beyond = small.chain.lookup, LogIndex(10**9)
    heights = range(1, small.chain.head.height + 1)
    ids = expected(small, lambda r: True)
    found = lookup.in_order(heights, Turn(100, beyond, newest_first=True))
    assert [each.record_id for each in found.items] == ids[::-1]
    assert lookup.in_order(heights, Turn(100, beyond)).items == ()


def test_a_document_is_found_by_either_digest(small: SmallChain) -> None:
    sm3 = Digest(seed("an sm3 digest"))
    both = Evidence("x", Digest(seed("a document")), sm3, 1, "text/plain")
    record = small_record("with documents", evidence=(both, document("a"), both))
    chain = SmallChain(MemoryStore())
    chain.commit([make_bundle([record, small_record("b", evidence=(document("a"),))])])
    by_digest = chain.chain.lookup.by_digest
    for algorithm, digest, count in (
        (Algorithm.SHA256, both.sha256, 1),
        (Algorithm.SM3, sm3, 1),
        (Algorithm.SM3, both.sha256, 0),
        (Algorithm.SHA256, document("a").sha256, 2),
    ):
        page = by_digest(algorithm, digest, Turn())
        assert [item.record_id for item in page.items][:1] == [record.record_id][:count]
        assert len(page.items) == count


def test_subjects_are_listed_by_prefix_each_once(small: SmallChain) -> None:
    subjects = small.chain.lookup.subjects
    assert subjects("P-", 10) == ("P-0/1", "P-1/1")
    assert subjects("P-", 1) == ("P-0/1",)
    assert subjects("P-1", 10) == ("P-1/1",)
    assert subjects("Q", 10) == ()


def test_a_block_is_found_by_index_size_and_time(small: SmallChain) -> None:
    blocks = small.chain.blocks
    assert blocks.height_of(LogIndex(0)) == 1
    assert blocks.height_of(LogIndex(3)) == 1
    assert blocks.height_of(LogIndex(4)) == 2
    assert blocks.height_of(LogIndex(10**9)) is None
    assert blocks.height_of_size(4) == 1
    assert blocks.height_of_size(5) is None
    assert blocks.height_at(0) == 1
    assert blocks.height_at(START_MS + 2 * SECOND) == 2
    assert blocks.height_at(START_MS + 2 * SECOND + 1) == 3
    assert blocks.height_at(START_MS + 8 * SECOND) is None


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=5))
@settings(max_examples=200)
def test_text_parts_never_run_into_each_other(texts: list[str]) -> None:
    keys = {name: Table.SUBJECT.key(text(name), number(7)) for name in texts}
    for name, key in keys.items():
        assert text_from(key[1:]) == name
        start, stop = Table.SUBJECT.range(text(name))
        assert [other for other, their in keys.items() if start <= their < stop] == [name]


def test_a_range_ends_where_its_table_ends() -> None:
    for table in Table:
        start, stop = table.range()
        assert start <= table.key(b"\xff" * 9) < stop
    start, stop = Table.STATE.range(b"\xff\xff")
    assert start < Table.STATE.key(b"\xff\xff\xff") < stop
