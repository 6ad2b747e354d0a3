"""What a release says of its parts: each its record, exactly, or a reason for none."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from api.ocds.amounts import Amount, Written, amount_of
from api.ocds.mapping import mapping
from api.ocds.stating import PATHS_MAX, gathered
from cli.ocds.documents import Documents
from cli.ocds.files import Item, json_value
from cli.ocds.records import DEPTH_MAX, Reader, RefusedRelease, Release
from contracts.catalogue import load_catalogue
from contracts.shape import check_shape
from ledger.codes import Code
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.record import Record

CATALOGUE = load_catalogue()
FIELDS = {key: kind.fields for key, kind in CATALOGUE.types.items()}
NOW_MS = 1_800_000_000_000
LATER = "2030-01-01T00:00:00Z"
WHOLE = """{
 "ocid": "ocds-x-1", "id": "r1", "date": "2026-01-02T03:04:05Z", "tag": ["contract"],
 "parties": [{"id": "GB-1", "name": "Builder Ltd", "roles": ["supplier"],
              "identifier": {"scheme": "GB-COH", "id": "1"},
              "contactPoint": {"name": "J. Doe", "email": "j@x"}},
             {"id": "7", "name": "A person", "roles": ["payee"]}],
 "planning": {"budget": {"id": "B", "project": "P", "amount": {"amount": 1e3, "currency": "CNY"}},
              "rationale": "words"},
 "tender": {"id": "t", "title": "桥 Bridge", "status": "complete", "numberOfTenderers": 2,
            "procuringEntity": {"id": "GB-2", "name": "N"}, "minValue": {"amount": 0.1},
            "value": {"amount": 1234.50, "currency": "CNY"}, "submissionMethod": ["inPerson"],
            "tenderPeriod": {"startDate": "2025-01-01", "endDate": "2025-02-01T08:00:00+08:00"},
            "amendments": [{"id": "a", "date": "2025-01-05T00:00:00Z", "rationale": "more"}],
            "documents": [{"id": "d", "url": "https://x.example/f/notice.pdf", "title": "N"}]},
 "bids": {"details": [{"id": "b", "value": {"amount": -5}, "tenderers": [{"id": "GB-1"}]}]},
 "awards": [{"id": 3, "suppliers": [{"id": "GB-1", "name": "Builder Ltd"}, {"name": "?"}],
             "value": {"amount": 99999999999.99, "currency": "CNY"}}],
 "contracts": [{"id": "c", "awardID": 3, "dateSigned": "2025-03-01T00:00:00Z"}],
 "extra": {"field": 1}
}"""


def judged(text: str, documents: Path | None = None) -> Release | RefusedRelease:
    reader = Reader(MemberId("centre"), NetworkId(bytes(32)), FIELDS, NOW_MS, Documents(documents))
    return reader.judged(Item(1, json_value(text.encode()), 0))


def read(text: str, documents: Path | None = None) -> Release:
    made = judged(text, documents)
    assert isinstance(made, Release), made
    return made


def changed(**parts: Any) -> str:
    return json.dumps(json.loads(WHOLE) | parts)


def by_type(release: Release) -> dict[str, Record]:
    return {each.type: each for each in release.parts}


def test_each_part_is_a_record_of_its_stage_that_cites_the_release() -> None:
    release = read(WHOLE)
    said = {each.type: dict(each.fields) for each in release.parts}
    assert said["ocds.tender_stated"] == {
        "pointer": "/tender",
        "tender_id": "t",
        "title": "桥 Bridge",
        "status": "complete",
        "procuring_entity": "GB-2",
        "submission_methods": ("inPerson",),
        "value_units": 12345,
        "value_places": 1,
        "value_currency": "CNY",
        "min_value_units": 1,
        "min_value_places": 1,
        "begins_ms": 1_735_689_600_000,
        "ends_ms": 1_738_368_000_000,
        "tenderers_count": 2,
    }
    assert said["ocds.award_stated"] == {
        "pointer": "/awards/0",
        "award_id": "3",
        "suppliers": ("GB-1",),
        "value_units": 9_999_999_999_999,
        "value_places": 2,
        "value_currency": "CNY",
    }
    assert said["ocds.bid_stated"]["value_units"] == -5
    assert said["ocds.planning_stated"]["budget_units"] == 1000
    assert said["ocds.contract_stated"]["award_id"] == "3"
    assert said["ocds.amendment_stated"]["pointer"] == "/tender/amendments/0"
    for each in release.parts:
        kind = CATALOGUE.types[each.type]
        assert check_shape(each, kind, CATALOGUE.common) is None
        assert kind.stage in ("any", "tender", "bid", "award")
        assert [(ref.relation, ref.record_id) for ref in each.refs] == [
            ("follows", release.record.record_id)
        ]


def test_a_part_is_proved_by_the_digest_of_its_canonical_form() -> None:
    award = json.loads(WHOLE)["awards"][0]
    (evidence,) = by_type(read(WHOLE))["ocds.award_stated"].evidence
    assert evidence.sha256 == hashlib.sha256(rfc8785.dumps(award)).digest()
    assert evidence.label == "r1#/awards/0"


def test_what_no_record_holds_is_named_with_its_reason() -> None:
    left_out = read(WHOLE).left_out
    assert left_out["parties[].contactPoint.email", "personal"] == 1
    assert left_out["parties[].name", "unregistered"] == 1
    assert left_out["awards[].suppliers[].name", "personal"] == 2
    assert left_out["planning.rationale", "free_text"] == 1
    assert left_out["tender.documents[]", "no_document"] == 1
    assert left_out["extra.field", "unknown"] == 1
    assert {reason for _, reason in left_out} <= set(mapping().reasons)


def test_no_name_of_a_person_enters_a_record() -> None:
    release = read(WHOLE)
    spelt = b"".join(each.encode() for each in release.records)
    for name in ("J. Doe", "j@x", "A person"):
        assert name.encode() not in spelt
    assert b"Builder Ltd" in spelt


def test_every_row_of_the_mapping_fits_its_type_in_the_catalogue() -> None:
    ends = {"money": ("_units", "_places", "_currency")}
    for row in mapping().parts:
        declared = set(CATALOGUE.types[row.type].fields)
        held = {f"{each.name}{end}" for each in row.fields for end in ends.get(each.kind, ("",))}
        assert held | {"pointer"} == declared
    for reason in mapping().reasons.values():
        assert set(reason) == {"zh", "en"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"awards": [{"id": "1", "value": {"amount": "12"}}]}, "awards[].value"),
        ({"awards": [{"id": "1", "value": {"amount": True}}]}, "awards[].value"),
        ({"awards": [{"id": "1", "value": {"amount": 1e30}}]}, "awards[].value"),
        ({"awards": [{"id": "1", "value": {"amount": 1, "currency": "x" * 9}}]}, "awards[].value"),
        ({"awards": [{"id": "1", "date": "soon"}]}, "awards[].date"),
        ({"awards": [{"id": "1", "title": "x" * 501}]}, "awards[].title"),
        ({"awards": [{"id": "1", "title": "e\u0301"}]}, "awards[].title"),
        ({"awards": [{"id": "1", "title": "\x00"}]}, "awards[].title"),
        ({"awards": [{"id": "1", "title": {"a": 1}}]}, "awards[].title"),
        ({"awards": [{"id": "1", "suppliers": [{"id": "x"}] * 65}]}, "awards[].suppliers"),
        ({"awards": [{"id": "1", "suppliers": {"id": "x"}}]}, "awards[].suppliers"),
        ({"parties": [{"id": "1", "roles": [["x"]]}]}, "parties[].roles"),
        ({"tender": {"id": "1", "status": "complete", "numberOfTenderers": 1.5}},
         "tender.numberOfTenderers"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_left_out_and_its_part_stays(
    change: dict[str, object], path: str
) -> None:
    release = read(changed(**change))
    assert release.left_out[path, "value"] == 1
    for each in release.parts:
        assert check_shape(each, CATALOGUE.types[each.type], CATALOGUE.common) is None


@pytest.mark.parametrize(
    "award", [{"title": "x"}, {"id": None}, {"id": ""}, {"id": {}}, {"id": 1.5}]
)
def test_a_part_without_an_id_is_named_and_what_is_in_it_too(award: dict[str, object]) -> None:
    release = read(changed(awards=[award | {"amendments": [{"id": "1"}]}]))
    assert release.left_out["awards[]", "no_id"] == 1
    assert "ocds.award_stated" not in by_type(release)
    assert [each.fields["pointer"] for each in release.parts if "amendment" in each.type] == [
        "/tender/amendments/0"
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"date": LATER}, Code.OCDS_FUTURE),
        ({"tender": {"tenderPeriod": {"endDate": LATER}}}, Code.OCDS_OPEN),
        ({"tender": {"tenderPeriod": {"endDate": LATER}, "numberOfTenderers": 1}, "bids": {},
          "parties": []}, Code.OCDS_OPEN),
        ({"tender": {"tenderPeriod": {"endDate": LATER}}, "bids": {},
          "parties": [{"id": "1", "roles": ["tenderer"]}]}, Code.OCDS_OPEN),
        ({"tender": {"tenderPeriod": {"endDate": LATER}, "tenderers": [{"id": "1"}]},
          "bids": {}}, Code.OCDS_OPEN),
        ({"tender": {"tenderPeriod": {"endDate": LATER}},
          "bids": {"statistics": [{"id": "1", "value": 3}]}}, Code.OCDS_OPEN),
        ({"tender": {"status": "active"}, "awards": [], "contracts": []}, Code.OCDS_OPEN),
        ({"tender": {}, "awards": [], "contracts": []}, Code.OCDS_OPEN),
        ({"tender": None, "awards": [], "contracts": []}, Code.OCDS_OPEN),
    ],
)  # fmt: skip
def test_what_is_still_secret_is_not_said_not_even_by_its_digest(
    change: dict[str, object], code: Code
) -> None:
    made = judged(changed(**change))
    assert isinstance(made, RefusedRelease)
    assert made.reason.code is code


def test_a_tender_that_is_open_may_be_imported_as_long_as_it_tells_of_no_bids() -> None:
    tender = {"id": "t", "status": "active", "tenderPeriod": {"endDate": LATER}}
    release = read(changed(tender=tender, bids={}, awards=[], contracts=[]))
    assert by_type(release)["ocds.tender_stated"].fields["ends_ms"] == 1_893_456_000_000


def test_hostile_releases_are_capped() -> None:
    deep: object = 1
    for _ in range(DEPTH_MAX):
        deep = [deep]
    made = judged(changed(extra=deep))
    assert isinstance(made, RefusedRelease) and made.reason.code is Code.OCDS_DEPTH
    many = judged(changed(awards=[{"id": str(number)} for number in range(2001)]))
    assert isinstance(many, RefusedRelease) and many.reason.code is Code.OCDS_PARTS
    keys = {f"k{number}": 1 for number in range(2 * PATHS_MAX)}
    counts = gathered([read(changed(extra=keys)).left_out])
    assert len(counts) <= PATHS_MAX + len(mapping().reasons)
    assert counts["…", "unknown"] > PATHS_MAX
    assert counts["parties[].contactPoint.email", "personal"] == 1


@pytest.mark.parametrize("place", ["x.example/f/notice.pdf", "ocds-x-1/notice.pdf"])
def test_a_document_at_hand_is_a_record_with_its_digest(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_bytes(b"notice")
    bare, with_document = read(WHOLE), read(WHOLE, tmp_path)
    ids = [{each.record_id for each in one.parts} for one in (bare, with_document)]
    assert ids[0] < ids[1], "nothing else changes"
    record = by_type(with_document)["ocds.document_stated"]
    assert record.evidence[0].sha256 == hashlib.sha256(b"notice").digest()
    assert record.fields["pointer"] == "/tender/documents/0"


@pytest.mark.parametrize(
    "url",
    ["https://x.example/../../secret", "https://../secret", "file:///secret", "https://x/..%2fsecret", "https://x.example/l", "//x/secret", "https://[/secret", "https://x/%00", "secret"],
)  # fmt: skip
def test_no_address_leads_out_of_the_folder(tmp_path: Path, url: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "documents"
    (folder / "x.example").mkdir(parents=True)
    (folder / "ocds-x-1").mkdir()
    (folder / "x.example" / "l").symlink_to(tmp_path / "secret")
    assert Documents(folder).find("ocds-x-1", {"url": url}) is None
    assert Documents(folder).find("../documents/..", {"url": "https://x/secret"}) is None


def test_a_document_that_is_published_later_is_not_hashed(tmp_path: Path) -> None:
    (tmp_path / "ocds-x-1").mkdir()
    (tmp_path / "ocds-x-1" / "a").write_bytes(b"a")
    document = {"id": "d", "url": "https://x.example/a", "datePublished": LATER}
    release = read(changed(tender={"id": "t", "documents": [document]}), tmp_path)
    assert "ocds.document_stated" not in by_type(release)
    assert release.left_out["tender.documents[]", "embargo"] == 1


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", Amount(0, 0)), ("-0.00", Amount(0, 0)), ("1234.50", Amount(12345, 1)),
        ("0.1", Amount(1, 1)), ("1e3", Amount(1000, 0)), ("1E-2", Amount(1, 2)),
        ("-12.30", Amount(-123, 1)), ("9007199254740991", Amount((1 << 53) - 1, 0)),
        ("9007199254740992", None), ("90071992547409.919", None), ("1e-13", None),
        ("1e999999999", None), ("NaN", None), ("true", None), ('"1"', None), ("null", None),
        (f"1{'0' * 60}", None), (f"0.{'3' * 60}", None),
    ],
)  # fmt: skip
def test_money_is_exact_or_not_there(text: str, amount: Amount | None) -> None:
    value = json.loads(text, parse_float=Written.of)
    assert amount_of(value) == amount
    if amount is not None:
        assert amount.decimal() * 10**amount.places == amount.units


def test_a_float_that_lost_its_digits_is_no_amount() -> None:
    assert amount_of(0.1) is None
