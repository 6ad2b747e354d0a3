"""AL03, hash mismatch (内容篡改): a file outside the ledger is no longer what was anchored."""

import pytest

from ledger.codes import Code
from ledger.core.batch import document_tree
from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import RecordId
from tests.contracts.town import DAY, SECTION, START_MS, Town

FAR = START_MS + 60 * DAY
ANCHORED, CHANGED = sha256(b"content"), sha256(b"other content")


def report(*changed: RecordId, **more: Value) -> dict[str, Value]:
    """What a watcher says about three files, of which those of `changed` came out otherwise."""
    fields: dict[str, Value] = {
        "algorithm": "sha256",
        "algorithm_version": "1",
        "input_root": document_tree([(ANCHORED, 7)] * 3).root,
        "checked_count": 3,
        "mismatched": changed,
        "anchored": (ANCHORED,) * len(changed),
        "found": (CHANGED,) * len(changed),
    }
    return fields | more


def filed(town: Town) -> RecordId:
    """A record that anchors a file."""
    document, _ = town.announced(FAR)
    return document


def watched(town: Town, *changed: RecordId, by: str = "notary", **more: Value) -> RecordId:
    """The notary's watcher reports."""
    refs = [("follows", each) for each in changed]
    fields = report(*changed, **more)
    return town.say(by, "report.content_rehash", "watch", refs=refs, fields=fields)


@pytest.mark.raises("AL03")
def test_a_file_that_is_not_what_was_anchored_raises_al03_where_it_was_anchored() -> None:
    town = Town()
    document = filed(town)
    said = watched(town, document)
    assert town.alerts() == [("AL03", "content_changed")]
    (alert,) = town.raised()
    assert [each.record_id for each in alert.refs] == [said, document]
    assert alert.subject == SECTION, "it is the section's matter, not the watcher's"
    assert (alert.fields["member"], alert.fields["about"]) == ("builder", "tender.document_filed")


def test_files_that_are_as_anchored_raise_nothing() -> None:
    town = Town()
    filed(town)
    watched(town)
    assert town.alerts() == []


@pytest.mark.spares("AL03")
def test_a_file_that_cannot_be_read_is_counted_and_raises_nothing() -> None:
    town = Town()
    filed(town)
    watched(town, unreadable_count=3)
    assert town.alerts() == []


def test_each_record_has_its_own_alert_and_one_is_named_once() -> None:
    town = Town()
    document = filed(town)
    other = town.say("notary", "evidence.deposited", "公证 1", files={"a": b"content", "b": b"two"})
    two = report(document, other, other, anchored=(ANCHORED, ANCHORED, sha256(b"two")))
    refs = [("follows", document), ("follows", other)]
    town.say("centre", "report.content_rehash", "watch", refs=refs, fields=two)
    assert [each.subject for each in town.raised()] == [SECTION, "公证 1"]


def test_the_same_change_reported_every_hour_is_one_alert_until_it_is_disposed_of() -> None:
    town = Town()
    document = filed(town)
    watched(town, document)
    watched(town, document, by="centre")
    assert len(town.raised()) == 1
    disposal: dict[str, Value] = {"decision": "founded", "reason": "文件已恢复"}
    about = [("alert", alert_id(town))]
    town.say("supervisor", "ledger.alert_disposed", refs=about, fields=disposal)
    watched(town, document)
    assert len(town.raised()) == 2, "what changes again after that is told again"


def test_a_record_that_was_voided_raises_nothing_any_more() -> None:
    town = Town()
    document = filed(town)
    refs = [("voids", document)]
    voiding = town.say("builder", "ledger.voided", refs=refs, reason="误传")
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", voiding)])
    watched(town, document)
    assert town.alerts() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"found": (ANCHORED,)},
        {"found": ()},
        {"anchored": (ANCHORED, ANCHORED)},
        {"checked_count": 0},
        {"checked_count": 3, "unreadable_count": 3},
        {"found": (b"short",)},
        {"algorithm": "md5"},
    ],
)
def test_a_report_that_contradicts_itself_is_refused(wrong: dict[str, Value]) -> None:
    town = Town()
    document = filed(town)
    refs, fields = [("follows", document)], report(document) | wrong
    refused = town.refused("notary", "report.content_rehash", "watch", refs=refs, fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE


def test_one_file_told_twice_is_refused() -> None:
    town = Town()
    document = filed(town)
    refs, fields = [("follows", document)], report(document, document)
    refused = town.refused("notary", "report.content_rehash", "watch", refs=refs, fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE


def test_what_a_report_names_it_cites_and_it_is_on_the_ledger() -> None:
    town = Town()
    document = filed(town)
    fields = report(document)
    uncited = town.refused("notary", "report.content_rehash", "watch", fields=fields)
    assert uncited is Code.RECORD_REFS
    nothing = RecordId(bytes(32))
    unknown = town.refused(
        "notary",
        "report.content_rehash",
        "watch",
        refs=[("follows", nothing)],
        fields=report(nothing),
    )
    assert unknown is Code.RECORD_REF_UNKNOWN


def test_whoever_anchors_does_not_report_on_itself() -> None:
    town = Town()
    document = filed(town)
    refs = [("follows", document)]
    refused = town.refused(
        "builder", "report.content_rehash", "watch", refs=refs, fields=report(document)
    )
    assert refused is Code.RECORD_ISSUER_ROLE


def alert_id(town: Town) -> RecordId:
    """The id of the one alert so far."""
    (found,) = (
        RecordId(data)
        for key, _ in town.chain.state.scan(b"alert/")
        if b"\0AL03\0" in key and (data := town.chain.state.get(key))
    )
    return found
