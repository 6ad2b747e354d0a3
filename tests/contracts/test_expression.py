"""The must-follow language: what it reads, what it refuses, and what it says of a small state."""

import pytest

from contracts.case import Case
from contracts.expression import (
    AlertRaised,
    Either,
    Every,
    Exists,
    Expression,
    Moment,
    NoneOpen,
    Scope,
    parse,
)
from contracts.must_follow import holds
from contracts.overlay import EmptyState, Overlay
from contracts.state import State
from contracts.verdict import Facts, RecordRow, Times, World
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, NetworkId, RecordId, Subject
from ledger.core.limits import Parameters
from ledger.core.record import Record, Ref
from ledger.errors import FormatError
from tests.contracts.town import CATALOGUE

A, B, C = Exists("x.a"), Exists("x.b"), Exists("x.c")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("x.a", A),
        ("T09", Exists("T09")),
        ("x.a@same", A),
        ("x.a:one", A),
        ("x.a & x.b", Every((A, B))),
        ("x.a | x.b & x.c", Either((A, Every((B, C))))),
        ("(x.a | x.b) & x.c", Every((Either((A, B)), C))),
        ("x.a@issuer", Exists("x.a", Scope("issuer"))),
        ("x.a@ref:answers", Exists("x.a", Scope("ref", "answers"))),
        ("x.a@field:tenderer", Exists("x.a", Scope("field", "tenderer"))),
        ("x.a:each(x.b)", Exists("x.a", Scope(), "each", "x.b")),
        ("x.a:all(bids)", Exists("x.a", Scope(), "all", "bids")),
        ("x.a@issuer:k(3)", Exists("x.a", Scope("issuer"), "k", "", 3)),
        ("x.a{kind=end}@issuer", Exists("x.a", Scope("issuer"), field="kind", value="end")),
        ("x.a{kind=end}:k(2)", Exists("x.a", Scope(), "k", "", 2, "kind", "end")),
        ("none_open(x.a)", NoneOpen("x.a")),
        ("none_open(x.a@field:project)", NoneOpen("x.a", Scope("field", "project"))),
        ("before(x.a.deadline_ms)", Moment(before=True, type="x.a", field="deadline_ms")),
        ("after(x.a.deadline_ms)", Moment(before=False, type="x.a", field="deadline_ms")),
        ("alert(AL17)", AlertRaised("AL17")),
        ("alert(*)", AlertRaised("*")),
    ],
)
def test_an_expression_means_one_thing(text: str, meaning: Expression) -> None:
    assert parse(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x.a x.b",
        "x.a &",
        "| x.a",
        "(x.a",
        "x.a)",
        "x.a@",
        "x.a@nobody",
        "x.a@ref",
        "x.a@ref:",
        "x.a:k(many)",
        "x.a:each()",
        "x.a:each(3)",
        "x.a:some",
        "x.a{kind}",
        "x.a{kind=}",
        "x.a{kind=end",
        "x.a@same{kind=end}",
        "x.a{kind=end}:each(x.b)",
        "none_open()",
        "before()",
        "alert(17)",
        "x.a ; x.b",
        "((((((((((x.a))))))))))",
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(FormatError) as refusal:
        parse(text)
    assert refusal.value.code is Code.CATALOGUE_EXPRESSION


# A small state: who filed what, and at which index.


def record_id(name: str) -> RecordId:
    return RecordId(name.encode().ljust(32, b"\0"))


class Shelf:
    """Records on a shelf, by name; every question is asked from index 100 on, or as told."""

    def __init__(self) -> None:
        self.state = State(Overlay(EmptyState()))

    def put(self, name: str, type_key: str, subject: str, index: int) -> None:
        times = Times(index, index)
        row = RecordRow(type_key, MemberId("builder"), Subject(subject), times, times, None, {}, ())
        self.state.put_record(record_id(name), row)
        self.state.put_listed(record_id(name), row, times)

    def holds(
        self,
        text: str,
        subject: str = "P/1",
        *,
        index: int = 100,
        time_ms: int = 100,
        refs: tuple[Ref, ...] = (),
        **fields: Value,
    ) -> bool:
        record = Record(
            "x.new",
            MemberId("builder"),
            Subject(subject),
            0,
            (),
            fields,
            None,
            refs,
            bytes(16),
        )
        world = World(NetworkId(bytes(32)), CATALOGUE, Parameters(), 3, frozenset())
        facts = Facts(record_id("new"), None, world)
        kind = CATALOGUE.types["evidence.deposited"]
        case = Case(record, kind, facts, self.state, Times(index, time_ms))
        return holds(parse(text), case, [])


def test_a_section_sees_its_project_and_not_the_reverse_nor_its_neighbour() -> None:
    shelf = Shelf()
    shelf.put("intake", "x.intake", "P", 1)
    shelf.put("document", "x.document", "P/1", 2)
    assert shelf.holds("x.intake", "P/1") and shelf.holds("x.intake", "P")
    assert shelf.holds("x.document", "P/1")
    assert not shelf.holds("x.document", "P")
    assert not shelf.holds("x.document", "P/2")


def test_only_earlier_positions_count() -> None:
    shelf = Shelf()
    shelf.put("document", "x.document", "P/1", 7)
    assert not shelf.holds("x.document", index=7)
    assert shelf.holds("x.document", index=8)


def test_the_issuer_a_field_and_a_ref_name_other_records() -> None:
    shelf = Shelf()
    shelf.put("builder", "x.registered", "builder", 1)
    shelf.put("agency", "x.registered", "agency", 2)
    assert shelf.holds("x.registered@issuer")
    assert shelf.holds("x.registered@field:agent", agent="agency")
    assert not shelf.holds("x.registered@field:agent", agent="stranger")
    assert not shelf.holds("x.registered@field:agent")
    cited = (Ref("follows", record_id("agency")),)
    assert shelf.holds("x.registered@ref:follows", refs=cited)
    assert not shelf.holds("x.registered@ref:answers", refs=cited)
    elsewhere = (Ref("follows", record_id("agency"), NetworkId(bytes(32))),)
    assert not shelf.holds("x.registered@ref:follows", refs=elsewhere)


def test_k_counts_and_each_wants_an_answer_to_every_one() -> None:
    shelf = Shelf()
    for index, name in enumerate(["one", "two"]):
        shelf.put(name, "x.bid", "P/1", index)
    assert shelf.holds("x.bid:k(2)") and not shelf.holds("x.bid:k(3)")
    shelf.state.put_citation(record_id("one"), "x.opened", "follows", 10)
    assert not shelf.holds("x.opened:each(x.bid)")
    shelf.state.put_citation(record_id("two"), "x.opened", "follows", 11)
    assert shelf.holds("x.opened:each(x.bid)")
    assert not shelf.holds("x.opened:each(x.bid)", index=11)
    assert shelf.holds("x.opened:each(x.bid)", "P/2"), "nothing was to be answered there"


def test_all_wants_every_name_of_a_list() -> None:
    shelf = Shelf()
    shelf.put("one", "x.bid", "P/1", 1)
    shelf.put("builder", "x.registered", "builder", 2)
    assert shelf.holds("x.bid:all(bids)", bids=(record_id("one"),))
    assert not shelf.holds("x.bid:all(bids)", bids=(record_id("one"), record_id("two")))
    assert shelf.holds("x.registered:all(members)", members=("builder",))
    assert not shelf.holds("x.registered:all(members)", members=("builder", "agency"))


def test_none_open_waits_for_what_closes_it() -> None:
    shelf = Shelf()
    times = Times(5, 5)
    row = RecordRow("x.stop", MemberId("m"), Subject("P"), times, times, None, {}, ())
    shelf.state.put_open(record_id("stop"), row, times)
    assert not shelf.holds("none_open(x.stop)", "P/1")
    assert shelf.holds("none_open(x.stop)", "P/1", index=5)
    shelf.state.close(record_id("stop"), row, 9)
    assert shelf.holds("none_open(x.stop)", "P/1")
    assert not shelf.holds("none_open(x.stop)", "P/1", index=8), "as of then it was open"


def test_before_and_after_share_one_limit_and_its_grace() -> None:
    shelf = Shelf()
    shelf.state.put_value("P/1", "x.notice.limit_ms", 1_000_000, 1)
    grace = Parameters().deadline_grace_ms
    for time_ms, in_time in [(1_000_000 + grace, True), (1_000_001 + grace, False)]:
        assert shelf.holds("before(x.notice.limit_ms)", time_ms=time_ms) is in_time
        assert shelf.holds("after(x.notice.limit_ms)", time_ms=time_ms) is not in_time
    assert shelf.holds("before(x.other.limit_ms)"), "no limit was set"
    assert not shelf.holds("after(x.other.limit_ms)"), "what was not set has not passed"


def test_an_alert_is_seen_by_code_or_as_any() -> None:
    shelf = Shelf()
    shelf.state.put_alert("P", "AL17", record_id("alert"), 3)
    assert shelf.holds("alert(AL17)", "P/1") and shelf.holds("alert(*)", "P/1")
    assert not shelf.holds("alert(AL18)", "P/1")
    assert not shelf.holds("alert(*)", "P/1", index=3)


def test_brackets_and_both_operators_combine() -> None:
    shelf = Shelf()
    shelf.put("a", "x.a", "P/1", 1)
    assert shelf.holds("x.a | x.b") and not shelf.holds("x.a & x.b")
    assert shelf.holds("x.b & x.c | x.a") and not shelf.holds("x.b & (x.c | x.a)")


def test_a_voided_record_no_longer_counts_but_did_before() -> None:
    shelf = Shelf()
    shelf.put("document", "x.document", "P/1", 2)
    row = shelf.state.record(record_id("document"))
    assert row is not None
    shelf.state.void(record_id("document"), row, 6)
    assert not shelf.holds("x.document")
    assert shelf.holds("x.document", index=5)
