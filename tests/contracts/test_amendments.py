"""Amendment traces: who changed which field from what to what, provable, while the ledger holds roots."""

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.openings import Opening, commit_fields, verify_opening
from ledger.core.record import Private, Record, decode_record
from ledger.errors import VerificationError
from tests.contracts.town import DAY, START_MS, Town

FAR = START_MS + 60 * DAY


def committed(issuer: str, **values: Value) -> tuple[Private, dict[str, Opening]]:
    """Private fields under one root, and what their author keeps."""
    salts = {name: bytes([number]) * 16 for number, name in enumerate(sorted(values))}
    private, openings = commit_fields(MemberId(issuer), values, salts)
    return private, {each.name: each for each in openings}


def stored(town: Town, record_id: RecordId) -> Record:
    """The record as the ledger holds it."""
    found = town.chain.blocks.record(record_id)
    assert found is not None
    return decode_record(found.data)


def test_a_clarification_amends_private_fields_and_both_openings_prove_the_change() -> None:
    town = Town()
    town.accepted_project()
    before, kept_before = committed("builder", ceiling_price_fen=90_000_000_00, contact="王")
    document = town.say("builder", "tender.document_filed", kind="tender", private=before)
    town.say("builder", "tender.announcement", kind="announcement", bid_deadline_ms=FAR)
    after, kept_after = committed("builder", ceiling_price_fen=88_000_000_00)
    clarification = town.say(
        "builder",
        "tender.clarification",
        kind="amendment",
        refs=[("amends", document)],
        changed=("ceiling_price_fen",),
        private=after,
    )
    old, new = stored(town, document), stored(town, clarification)
    assert new.refs[0].record_id == old.record_id
    verify_opening(old, kept_before["ceiling_price_fen"])
    verify_opening(new, kept_after["ceiling_price_fen"])
    with pytest.raises(VerificationError):
        verify_opening(old, kept_after["ceiling_price_fen"])
    with pytest.raises(VerificationError):
        verify_opening(new, kept_before["ceiling_price_fen"])
    assert town.alerts() == []


def test_each_version_is_amended_once_and_the_refusal_names_the_newest() -> None:
    town = Town()
    document, _ = town.announced(FAR)
    first = town.say("builder", "ledger.amended", refs=[("amends", document)], reason="笔误")
    twice = town.refused("builder", "ledger.amended", refs=[("amends", document)], reason="笔误")
    assert twice is Code.RECORD_AMENDED
    second = [("amends", first)]
    town.say("builder", "tender.clarification", kind="clarification", refs=[("follows", first)])
    town.say("builder", "ledger.amended", refs=second, reason="再次笔误", changed=("template",))


def test_only_what_the_amended_type_knows_can_change() -> None:
    town = Town()
    document, announcement = town.announced(FAR)
    private, _ = committed("builder", colour="红")
    refs = [("amends", document)]
    unknown = town.refused("builder", "ledger.amended", refs=refs, reason="改", private=private)
    assert unknown is Code.RECORD_PRIVATE_NAME
    named = town.refused("builder", "ledger.amended", refs=refs, reason="改", changed=("colour",))
    assert named is Code.RECORD_FIELD_UNKNOWN
    price, _ = committed("builder", ceiling_price_fen=1)
    notice = [("amends", announcement)]
    other = town.refused("builder", "ledger.amended", refs=notice, reason="改", private=price)
    assert other is Code.RECORD_PRIVATE_NAME, "an announcement has no ceiling price"
    town.say("builder", "ledger.amended", refs=refs, reason="改", private=price)


def test_an_amendment_keeps_the_subject_and_names_what_is_on_the_ledger() -> None:
    town = Town()
    document, _ = town.announced(FAR)
    refs = [("amends", document)]
    elsewhere = town.refused("builder", "ledger.amended", "P-9/1", refs=refs, reason="改")
    assert elsewhere is Code.RECORD_REFS
    nothing = [("amends", RecordId(bytes(32)))]
    unknown = town.refused("builder", "ledger.amended", refs=nothing, reason="改")
    assert unknown is Code.RECORD_REF_UNKNOWN
    assert town.refused("builder", "ledger.amended", reason="改") is Code.RECORD_REFS


def test_a_type_without_private_fields_takes_none() -> None:
    town = Town()
    town.announced(FAR)
    private, _ = committed("builder", text="…")
    refused = town.refused(
        "builder", "tender.change", kind="extension", bid_deadline_ms=FAR + DAY, private=private
    )
    assert refused is Code.RECORD_PRIVATE_NAME
