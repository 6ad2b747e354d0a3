"""A refusal of a value or a citation says what would have been taken, and not only what was not."""

import pytest

from contracts.expected import EXPECTED_MAX, expected_types, expected_value
from contracts.schema import FIELD_KINDS, Cites, Field
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.errors import Rejected
from ledger.words import sentence
from tests.contracts.town import CATALOGUE, DAY, START_MS, Town

FAR = START_MS + 60 * DAY


def refusal(town: Town, type_key: str, *refs: tuple[str, RecordId], **fields: Value) -> Rejected:
    record = town.record("builder", type_key, refs=refs, fields=fields)
    verdict = town.executor.judge(town.bundle(record), town.now_ms)
    assert isinstance(verdict, Rejected)
    return verdict


def test_a_wrong_value_is_refused_with_the_values_that_are_taken() -> None:
    town = Town()
    town.accepted_project()
    refused = refusal(town, "tender.announcement", kind="notice", bid_deadline_ms=FAR)
    expected = "text: announcement | invitation | prequalification"
    assert refused.detail["expected"] == expected
    assert f"not allowed (expected: {expected})." in sentence(refused.code, refused.detail, "en")
    assert f"不符合要求（应为：{expected}）。" in sentence(refused.code, refused.detail, "zh")


def test_a_wrong_citation_is_refused_with_the_relations_and_types_that_are_taken() -> None:
    town = Town()
    document, announcement = town.announced(FAR)
    said = {"kind": "tender"}
    unknown = refusal(town, "tender.document_filed", ("voids", document), **said)
    assert unknown.detail["expected"] == "relation: alert | amends | batch | follows"
    other = refusal(town, "tender.document_filed", ("amends", announcement), **said)
    assert other.detail["expected"] == "tender.document_filed"
    assert "(expected: tender.document_filed)" in sentence(other.code, other.detail, "en")
    missing = refusal(town, "ledger.amended", reason="笔误")
    assert missing.detail["expected"] == expected_types(
        CATALOGUE.types["ledger.amended"].refs["amends"]
    )


def test_a_refusal_that_a_rule_makes_has_its_sentence_without_it() -> None:
    town = Town()
    code = refusal(town, "ledger.amended", reason="笔误").code
    told = sentence(code, {"type": "T", "relation": "amends"}, "en")
    assert "asks for. Check" in told and "?" not in told


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (Field("integer", least=1), "integer >= 1"),
        (Field("fen"), "fen >= 0"),
        (Field("text", limit=64), "text <= 64 bytes"),
        (Field("text", limit=6, pattern="[0-9]{6}"), "text <= 6 bytes, as [0-9]{6}"),
        (Field("texts", allowed=frozenset("ba")), "texts: a | b"),
        (Field("members", limit=100), "members, <= 100 items"),
        (Field("integers", limit=9, least=1), "integers >= 1, <= 9 items"),
        (Field("digest"), "digest: 32 bytes"),
    ],
)
def test_a_field_is_told_in_a_few_signs(field: Field, told: str) -> None:
    assert expected_value(field) == told


def test_nothing_that_the_catalogue_may_say_makes_a_refusal_long() -> None:
    many = frozenset(f"value {number:03}" for number in range(100))
    for kind in FIELD_KINDS:
        assert 0 < len(expected_value(Field(kind, allowed=many))) <= EXPECTED_MAX
    told = expected_types(Cites(many, same=True))
    assert told.startswith("same subject: value 000 | ") and told.endswith("…")
    assert len(told) == EXPECTED_MAX
