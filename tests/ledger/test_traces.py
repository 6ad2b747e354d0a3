"""Amendment traces: who changed which field, said only as far as it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import LogIndex, MemberId, NetworkId, Subject
from ledger.core.openings import Opening, commit_fields
from ledger.core.record import Evidence, Private, Record, Ref
from ledger.field_changes import Change, FieldChange, Said
from ledger.trace_json import chain_value
from ledger.traces import ActKind, Chain, traces
from tests.vectors.small_network import nonce, seed

SECTION = "LZ-1/01"
DOCUMENT, ANNOUNCED = "tender.document_filed", "tender.announcement"
SETS = {"tender.change": {"bid_deadline_ms": "tender.announcement.bid_deadline_ms"}}


class Log:
    """Records in the order in which they took effect."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def say(
        self,
        type_key: str,
        *refs: tuple[str, Said],
        who: str = "builder",
        subject: str = SECTION,
        files: Mapping[str, bytes] | None = None,
        private: Mapping[str, Value] | None = None,
        shown: Sequence[str] = (),
        **fields: Value,
    ) -> Said:
        """One more record; of its private fields those of `shown` are opened to the reader."""
        number = len(self.said)
        commitment: Private | None = None
        openings: tuple[Opening, ...] = ()
        if private:
            salts = {name: nonce(f"{number} {name}") for name in private}
            commitment, openings = commit_fields(MemberId(who), private, salts)
        record = Record(
            type_key,
            MemberId(who),
            Subject(subject),
            number,
            tuple(
                Evidence(label, sha256(data), None, len(data), "text/plain")
                for label, data in (files or {}).items()
            ),
            fields,
            commitment,
            tuple(Ref(relation, cited.record_id) for relation, cited in refs),
            nonce(f"record {number}"),
        )
        held = {each.name: each for each in openings if each.name in shown}
        said = Said(record.record_id, record, number, LogIndex(number), number, held)
        self.said.append(said)
        return said

    def chain(self) -> Chain:
        (only,) = traces(reversed(self.said), SETS)
        return only


def told(change: FieldChange) -> tuple[str, Change, tuple[Value, ...], tuple[Value, ...]]:
    return change.name, change.change, change.before, change.after


@pytest.mark.parametrize(
    ("old_shown", "new_shown", "new_value", "change"),
    [
        (True, True, 88, Change.CHANGED),
        (True, True, 90, Change.UNCHANGED),
        (True, False, 88, Change.RECOMMITTED),
        (False, True, 88, Change.RECOMMITTED),
        (False, False, 90, Change.RECOMMITTED),
    ],
)
def test_a_private_field_changed_only_where_both_openings_are_in_hand(
    old_shown: bool, new_shown: bool, new_value: int, change: Change
) -> None:
    log = Log()
    names = {True: ["ceiling_price_fen"], False: []}
    private: dict[str, Value] = {"ceiling_price_fen": 90, "contact": "王"}
    document = log.say(DOCUMENT, private=private, shown=names[old_shown], kind="tender")
    log.say(
        "ledger.amended",
        ("amends", document),
        private={"ceiling_price_fen": new_value},
        shown=names[new_shown],
        reason="笔误",
        changed=("ceiling_price_fen",),
    )
    first, amended = log.chain().acts
    assert (first.kind, amended.kind) == (ActKind.SAID, ActKind.AMENDED)
    before = (90,) if old_shown else ()
    after = (new_value,) if new_shown else ()
    assert [told(each) for each in amended.changes] == [
        ("ceiling_price_fen", change, before, after)
    ]


def test_true_and_one_are_two_values() -> None:
    log = Log()
    document = log.say(DOCUMENT, private={"note": 1}, shown=["note"])
    log.say("ledger.amended", ("amends", document), private={"note": True}, shown=["note"])
    (change,) = log.chain().acts[1].changes
    assert change.change is Change.CHANGED


def test_the_old_value_is_that_of_the_last_version_that_committed_to_the_name() -> None:
    log = Log()
    document = log.say(DOCUMENT, private={"contact": "王", "note": "a"}, shown=["contact"])
    second = log.say("ledger.amended", ("amends", document), private={"note": "b"})
    log.say("ledger.amended", ("amends", second), private={"contact": "李"}, shown=["contact"])
    last = log.chain().acts[-1]
    assert [told(each) for each in last.changes] == [
        ("contact", Change.CHANGED, ("王",), ("李",)),
    ]


def test_a_record_of_the_same_type_says_everything_again() -> None:
    log = Log()
    first = log.say(DOCUMENT, kind="tender", template="GC-1", template_version="1")
    log.say(DOCUMENT, ("amends", first), kind="tender", template="GC-2", page_count=3)
    changes = [told(each) for each in log.chain().acts[1].changes]
    assert changes == [
        ("kind", Change.UNCHANGED, ("tender",), ("tender",)),
        ("page_count", Change.ADDED, (), (3,)),
        ("template", Change.CHANGED, ("GC-1",), ("GC-2",)),
        ("template_version", Change.DROPPED, ("1",), ()),
    ]


def test_a_record_of_another_type_says_nothing_of_public_fields_but_their_names() -> None:
    log = Log()
    document = log.say(DOCUMENT, kind="tender", template="GC-1")
    log.say(
        "tender.clarification",
        ("amends", document),
        kind="amendment",
        reason="更正",
        changed=("template",),
    )
    changes = [told(each) for each in log.chain().acts[1].changes]
    assert changes == [("template", Change.DECLARED, (), ())]


def test_a_field_that_the_record_does_not_list_as_changed_is_marked() -> None:
    log = Log()
    first = log.say(ANNOUNCED, kind="announcement", opening_ms=1, documents_until_ms=1)
    log.say(
        ANNOUNCED,
        ("amends", first),
        changed=("opening_ms",),
        kind="announcement",
        opening_ms=2,
        documents_until_ms=2,
    )
    declared = {each.name: each.declared for each in log.chain().acts[1].changes}
    assert declared == {"documents_until_ms": False, "kind": True, "opening_ms": True}


def test_documents_are_told_by_their_labels() -> None:
    log = Log()
    files = {"招标文件.pdf": b"1", "图纸.zip": b"2", "清单.xls": b"3"}
    first = log.say(DOCUMENT, files=files)
    changed = {"招标文件.pdf": b"other", "图纸.zip": b"2", "补遗.pdf": b"4"}
    log.say("ledger.amended", ("amends", first), files=changed)
    assert [told(each) for each in log.chain().acts[1].changes] == [
        ("招标文件.pdf", Change.CHANGED, (sha256(b"1"),), (sha256(b"other"),)),
        ("图纸.zip", Change.UNCHANGED, (sha256(b"2"),), (sha256(b"2"),)),
        ("补遗.pdf", Change.ADDED, (), (sha256(b"4"),)),
    ]


def test_an_extension_replaces_the_deadline_of_the_newest_announcement() -> None:
    log = Log()
    first = log.say(ANNOUNCED, kind="announcement", bid_deadline_ms=1)
    again = log.say(ANNOUNCED, ("amends", first), kind="announcement", bid_deadline_ms=2)
    log.say("tender.change", kind="extension", bid_deadline_ms=3, files={"公告": b"x"})
    log.say("tender.change", kind="termination")
    last = log.say("tender.change", kind="extension", bid_deadline_ms=4)
    acts = log.chain().acts
    replaced = [each for each in acts if each.kind is ActKind.REPLACED]
    assert [each.of for each in replaced] == [again.record_id] * 2
    assert [told(each) for act in replaced for each in act.changes] == [
        ("bid_deadline_ms", Change.CHANGED, (2,), (3,)),
        ("bid_deadline_ms", Change.CHANGED, (3,), (4,)),
    ]
    assert acts[-1].said is last


def test_a_voiding_holds_with_its_first_confirmation_and_is_told_without_one() -> None:
    log = Log()
    document = log.say("evidence.deposited", who="notary")
    voiding = log.say("ledger.voided", ("voids", document), who="notary", reason="误传")
    (_, asked) = log.chain().acts
    assert asked.kind is ActKind.VOIDED and asked.confirmed_by == ()
    log.say("ledger.alert_raised", ("confirms", voiding), who="network")
    confirmation = log.say("ledger.confirmed", ("confirms", voiding), who="supervisor")
    (_, held) = log.chain().acts
    assert held.confirmed_by == (confirmation,)


def test_what_is_only_said_has_no_trace() -> None:
    log = Log()
    document = log.say(DOCUMENT)
    log.say("tender.clarification", ("follows", document))
    assert traces(log.said, SETS) == ()


def test_an_amendment_of_what_the_reader_may_not_see_says_so() -> None:
    log = Log()
    hidden = log.say("tender.complaint", private={"text": "…"})
    log.say(
        "ledger.amended",
        ("amends", hidden),
        private={"text": "更正"},
        shown=["text"],
        files={"函": b"1"},
    )
    (chain,) = traces(log.said[1:], SETS)
    assert chain.unseen and chain.root == hidden.record_id
    (act,) = chain.acts
    assert [told(each) for each in act.changes] == [
        ("text", Change.RECOMMITTED, (), ("更正",)),
        ("函", Change.SAID, (), (sha256(b"1"),)),
    ]


def test_two_records_amended_by_one_are_two_chains() -> None:
    log = Log()
    one, two = log.say(DOCUMENT, template="a"), log.say(DOCUMENT, template="b")
    both = log.say(DOCUMENT, ("amends", one), ("amends", two), template="c")
    found = traces(log.said, SETS)
    assert [each.root for each in found] == [one.record_id, two.record_id]
    assert all(each.acts[-1].said is both for each in found)
    assert [each.acts[-1].changes[0].before for each in found] == [("a",), ("b",)]


def test_a_citation_of_another_ledger_ties_nothing() -> None:
    log = Log()
    document = log.say(DOCUMENT)
    amended = log.say("ledger.amended", ("amends", document))
    elsewhere = Ref("amends", document.record_id, NetworkId(seed("elsewhere")))
    other = replace(amended, record=replace(amended.record, refs=(elsewhere,)))
    assert traces([document, amended], SETS) != ()
    assert traces([document, other], SETS) == ()


def test_machines_are_told_the_same_under_stable_names() -> None:
    log = Log()
    files = {"文件": b"1"}
    document = log.say(DOCUMENT, private={"contact": "王"}, shown=["contact"], files=files)
    log.say("ledger.amended", ("amends", document), private={"contact": "李"}, reason="更正")
    value = chain_value(log.chain(), lambda key: {"type_code": key})
    assert isinstance(value, dict)
    acts = value["acts"]
    assert isinstance(acts, list) and isinstance(acts[1], dict)
    assert (acts[1]["act"], acts[1]["reason"]) == ("amended", "更正")
    assert acts[1]["of"] == value["record_id"] == document.record_id.hex()
    assert acts[1]["changes"] == [
        {
            "kind": "private",
            "name": "contact",
            "change": "recommitted",
            "before": "王",
            "after": None,
            "before_shown": True,
            "after_shown": False,
            "declared": True,
        }
    ]


def test_a_circle_that_no_ledger_could_hold_has_an_end() -> None:
    """An id is a hash of what the record cites, so this cannot be; a reader of files still ends."""
    log = Log()
    root = log.say(DOCUMENT)
    one = log.say("ledger.amended", ("amends", root))
    two = log.say("ledger.amended", ("amends", one))
    back = replace(one.record, refs=(Ref("amends", two.record_id), Ref("amends", root.record_id)))
    assert traces([root, replace(one, record=back), two], SETS)
