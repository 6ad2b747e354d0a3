"""Open data: valid, verified offline, compared with its receipts, and importable as statements."""

import asyncio
import json
import threading
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft4Validator
from referencing import Registry, Resource

from api import open_data as desk
from api.client import ClientError
from api.ocds.acts import acts
from api.ocds.items import items_from
from api.ocds.packaging import check_package, package_of
from api.ocds.tags import TAGS
from api.service import LedgerService
from cli.commands.verifying import _compare
from cli.ocds.files import Item as Entry
from cli.ocds.files import items_in, json_value
from cli.ocds.records import Reader, Release
from contracts.catalogue import load_catalogue
from contracts.shape import check_shape
from ledger.__main__ import OK, REFUSED, UNREADABLE, main
from ledger.block_store import StoredRecord
from ledger.carriers.ocds_package import package_value, receipts_in
from ledger.codes import Code
from ledger.core.identifiers import MemberId, NetworkId, RecordId, Subject
from ledger.core.receipt import decode_receipt
from ledger.core.record import Record, Ref
from ledger.errors import FormatError
from ledger.trust import TrustRoot
from tests.api.awaited import Opening
from tests.api.one_node import OneNode, canonical, now_ms
from tests.api.rights_story import token
from tests.api.small_tender import PROJECT, SECTION, Tender, play
from tests.vectors.reading import cases
from tests.vectors.small_network import START_MS, SmallNetwork, small_record

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ocds"
CATALOGUE = load_catalogue()
FIELDS = {key: kind.fields for key, kind in CATALOGUE.types.items()}
DAY_MS = 86_400_000
P, S = Subject("兰州-2026-009"), Subject("兰州-2026-009/01")
STATED = """{"ocid": "ocds-x-9", "id": "r#1", "date": "2026-01-02T03:04:05Z", "tag": ["contract"],
 "language": "en", "initiationType": "tender",
 "parties": [{"id": "GB-1", "name": "Builder Ltd", "roles": ["supplier"],
              "identifier": {"scheme": "GB-COH", "id": "1"}}],
 "tender": {"id": "t", "title": "Bridge", "status": "complete",
            "tenderPeriod": {"endDate": "2025-02-01T08:00:00Z"},
            "value": {"amount": 1234.5, "currency": "CNY"}, "submissionMethod": ["inPerson"],
            "amendments": [{"id": "a", "date": "2025-01-05T00:00:00Z"}]},
 "bids": {"details": [{"id": "b", "value": {"amount": 5}, "tenderers": [{"id": "GB-1"}]}]},
 "awards": [{"id": "3", "suppliers": [{"id": "GB-1"}],
             "value": {"amount": 99999999999.99, "currency": "CNY"}}],
 "contracts": [{"id": "c", "awardID": "3", "dateSigned": "2025-03-01T00:00:00Z"}]}"""


def misfits(package: Any) -> list[str]:
    """What the schemas of OCDS 1.1.5 say against a package."""
    schemas = {name: DATA / f"{name}-schema-1.1.5.json" for name in ("record-package", "release")}
    missing = [str(path) for path in schemas.values() if not path.is_file()]
    if missing:
        pytest.skip(f"not at hand: {missing}")
    loaded = {name: json.loads(path.read_text()) for name, path in schemas.items()}
    release = Resource.from_contents(loaded["release"])
    registry = Registry().with_resource(loaded["release"]["id"], release)
    checker = Draft4Validator.FORMAT_CHECKER
    judge = Draft4Validator(loaded["record-package"], registry=registry, format_checker=checker)
    return [each.message[:200] for each in judge.iter_errors(package)]


def imported(path: Path) -> list[Release]:
    """What an import makes of a file; nothing of it may be refused."""
    centre = MemberId("centre")
    reader = Reader(centre, SmallNetwork().trust.network_id, FIELDS, now_ms())
    found = [reader.judged(each) for each in items_in(path)]
    refused = [each for each in found if not isinstance(each, Release)]
    assert not refused
    return [each for each in found if isinstance(each, Release)]


class Town:
    """Records that a ledger took, as nobody's rules judged them."""

    def __init__(self) -> None:
        self.network, self.records = SmallNetwork(), []  # type: tuple[SmallNetwork, list[Record]]

    def say(
        self, type_: str, subject: Subject = S, issuer: str = "registry", /, **parts: Any
    ) -> Record:
        after = tuple(Ref("follows", each.record_id) for each in parts.pop("after", ()))
        refs = (*after, *parts.pop("refs", ()))
        made = small_record(
            f"{type_} {len(self.records)}",
            issuer,
            type=type_,
            subject=subject,
            fields=parts,
            refs=refs,
        )
        self.network.commit([self.network.bundle([made])])
        self.records.append(made)
        return made

    def confirm(self, awaited: Record, *members: str) -> None:
        for each in members:
            cited = (Ref("confirms", awaited.record_id),)
            self.say("ledger.confirmed", awaited.subject, each, refs=cited)

    def package(self, prefix: str = "ocds-213czf") -> Any:
        receipts = [self.network.receipt(each) for each in self.records]
        items, genesis = items_from(receipts), self.network.trust.genesis
        made = package_of(items, genesis, prefix, "https://n.example", "https://n.example/x")
        check_package(made, receipts, lambda _: self.network.trust)
        return made


@pytest.fixture(scope="module")
def town() -> Town:
    """A tender from its plan to its contract, and a complaint for which OCDS has no word.

    What needs further signers has them: a rejection most of the committee, a contract the other
    party.
    """
    made = Town()
    say, end = made.say, START_MS + 30 * DAY_MS
    say("tender.project_accepted", P, "centre", tenderer="registry", name="学校")
    say("tender.announcement", kind="announcement", bid_deadline_ms=end)
    say("tender.change", kind="extension", bid_deadline_ms=end + DAY_MS, reason="踏勘")
    bids = [say("tender.bid_submitted", S, each) for each in ("notary", "supervisor")]
    say("tender.bid_withdrawn", S, "supervisor", kind="withdrawn", after=bids[1:])
    say("tender.committee_formed", members=("registry", "centre", "notary"), chair="centre")
    rejected = say("tender.bid_rejected", reason="签章", after=bids[:1])
    made.confirm(rejected, "centre")
    say("tender.complaint", S, "notary", matter="other")
    say("tender.award_decided", winner="notary")
    say("tender.result_published", winner="notary", price_fen=123_456_789_01)
    contract = say("tender.contract_signed", contractor="notary", price_fen=1_000_050)
    made.confirm(contract, "notary")
    changed = say("tender.contract_changed", contractor="notary", kind="change", after=[contract])
    made.confirm(changed, "notary")
    return made


def test_a_tender_is_one_process_for_each_subject_and_fits_the_schema(town: Town) -> None:
    package = town.package()
    assert misfits(package) == []
    project, section = package["records"]
    assert [each["ocid"] for each in package["records"]] == [f"ocds-213czf-{P}", f"ocds-213czf-{S}"]
    assert [each["tag"][0] for each in section["releases"]] == [
        "tender",
        "tenderAmendment",
        *["tenderUpdate"] * 4,
        *["award", "awardUpdate", "contract", "contractAmendment"],
    ]
    parent = section["compiledRelease"]["relatedProcesses"]
    assert parent[0]["identifier"] == project["ocid"]
    assert [each["type"] for each in section["ledgerRecords"]] == [
        "tender.committee_formed",
        "ledger.confirmed",
        "tender.complaint",
        *["ledger.confirmed"] * 2,
    ]


def test_the_compiled_release_is_the_newest_state_of_each_thing(town: Town) -> None:
    compiled = town.package()["records"][1]["compiledRelease"]
    assert compiled["tag"] == ["compiled"] and "ledgerRecords" not in compiled
    tender = compiled["tender"]
    assert tender["status"] == "complete" and tender["procurementMethod"] == "open"
    assert tender["procuringEntity"] == {"id": "registry"}
    assert tender["tenderPeriod"]["endDate"] == "2026-02-01T00:00:00Z"
    assert [each.get("status") for each in compiled["bids"]["details"]] == [
        "disqualified",
        "withdrawn",
    ]
    (award,) = compiled["awards"]
    assert award["value"] == {"amount": 123456789.01, "currency": "CNY"}
    assert (award["status"], award["suppliers"]) == ("active", [{"id": "notary"}])
    (contract,) = compiled["contracts"]
    assert contract["value"]["amount"] == 10000.5 and contract["awardID"] == award["id"]
    assert {each["id"]: each["name"] for each in compiled["parties"]}["notary"] == "市公证处"


def test_what_is_exported_is_imported_as_statements_and_never_as_acts(
    town: Town, tmp_path: Path
) -> None:
    path = tmp_path / "track.ocds.json"
    path.write_text(json.dumps(town.package(), ensure_ascii=False))
    releases = imported(path)
    assert len(releases) == 1 + 10
    records = [each for release in releases for each in release.records]
    assert {each.type.partition(".")[0] for each in records} == {"ocds"}
    assert {"ocds.award_stated", "ocds.bid_stated", "ocds.contract_stated"} < {
        each.type for each in records
    }
    left_out = {reason for release in releases for _, reason in release.left_out}
    assert left_out <= {
        "receipt",
        "personal",
        "free_text",
        "elsewhere",
        "no_document",
        "unregistered",
    }
    for each in records:
        assert check_shape(each, CATALOGUE.types[each.type], CATALOGUE.common) is None


def test_an_imported_release_is_exported_as_it_was_and_beside_an_act_only_listed() -> None:
    reader = Reader(MemberId("centre"), SmallNetwork().trust.network_id, FIELDS, now_ms())
    release = reader.judged(Entry(1, json_value(STATED.encode()), 0))
    assert isinstance(release, Release)
    made = Town()
    for each in release.records:
        made.network.commit([made.network.bundle([each])])
        made.records.append(each)
    package = made.package()
    assert misfits(package) == []
    (record,) = package["records"]
    (again,) = record["releases"]
    assert len(again.pop("ledgerRecords")) == len(release.records)
    assert again == json.loads(STATED) and record["ocid"] == "ocds-x-9"

    made.say("tender.document_filed", Subject("ocds-x-9"), kind="tender")
    (mixed,) = made.package()["records"]
    assert [each["ledgerRecords"][0]["type"] for each in mixed["releases"]] == [
        "tender.document_filed"
    ]
    assert len(mixed["ledgerRecords"]) == len(release.records)
    assert "awards" not in mixed["compiledRelease"]


def test_a_strangers_award_has_no_release_and_stands_beside() -> None:
    made = Town()
    made.say("tender.project_accepted", P, "centre", tenderer="registry")
    made.say("tender.announcement", kind="announcement")
    award = made.say("tender.result_published", S, "notary", winner="notary", price_fen=1)
    alert = {"alert": "AL05", "because": "not_party"}
    made.say("ledger.alert_raised", S, "centre", after=[award], **alert)
    (_, section) = made.package()["records"]
    assert [each["tag"] for each in section["releases"]] == [["tender"]]
    assert section["compiledRelease"]["tender"]["status"] == "active"
    assert "awards" not in section["compiledRelease"]
    assert [each["type"] for each in section["ledgerRecords"]] == [
        "tender.result_published",
        "ledger.alert_raised",
    ]


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_stated_award_that_was_voided_is_told_no_more(confirmed: bool) -> None:
    made = Town()
    whole = made.say("ocds.award", S, "centre", release_id="1", tags=("award",))
    said = {"pointer": "/awards/0", "award_id": "7"}
    part = made.say("ocds.award_stated", S, "centre", after=[whole], **said)
    voids = (Ref("voids", part.record_id),)
    voided = made.say("ledger.voided", S, "centre", reason="误录", refs=voids)
    if confirmed:
        made.confirm(voided, "supervisor")
    (record,) = made.package()["records"]
    assert ("awards" in record["compiledRelease"]) != confirmed
    assert len(record["ledgerRecords"]) == 1 + 2 * confirmed


@pytest.mark.parametrize("case", cases("open_data/packages"))
def test_packages_hold_or_not_as_the_vectors_say(case: Any, tmp_path: Path) -> None:
    path, trust = tmp_path / "package.json", tmp_path / "trust.json"
    path.write_text(case["package"])
    trust.write_text(case["trust"])
    assert verified(path, trust) == (OK if case.get("holds") else UNREADABLE)


def test_a_part_at_a_place_that_no_release_has_stays_beside() -> None:
    made = Town()
    said = {"release_id": "1", "release_date_ms": START_MS, "tags": ("tender",)}
    whole = made.say("ocds.tender", S, "centre", **said)
    for pointer in ("/tender/0", "/awards/x", "/awards/²", "tender", "/planning/tender"):
        made.say("ocds.tender_stated", S, "centre", pointer=pointer, tender_id="t", after=[whole])
    (record,) = made.package()["records"]
    assert "tender" not in record["releases"][0] and len(record["ledgerRecords"]) == 5


def test_every_row_of_acts_fits_the_catalogue() -> None:
    for row in acts():
        kind = CATALOGUE.types[row.type]
        assert row.first in TAGS and row.later in TAGS
        for value in row.values:
            if value.kind in ("field", "time", "fen", "member"):
                declared = kind.fields[value.name].kind
                assert declared in {"field": {"text"}, "time": {"time"}, "fen": {"fen"}}.get(
                    value.kind, {"member"}
                ), (row.type, value.name)
            if value.kind == "ref":
                assert value.name in kind.refs
        for name, said in row.when.items():
            assert said in (kind.fields[name].allowed or ())


# Of a node.


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


@pytest.fixture(scope="module")
def file(tender: Tender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the project, and beside it the trust root."""
    answer = tender.client.get("/v1/export/ocds", params={"subject": PROJECT})
    assert answer.status_code == 200, answer.text
    path = tmp_path_factory.mktemp("ocds") / "package.ocds.json"
    path.write_bytes(answer.content)
    path.with_name("trust.json").write_bytes(tender.node.trust.encode())
    return path


def verified(path: Path, trust: Path, *words: str, compares: bool = True) -> int:
    check = _compare if compares else None
    return main([str(path), "--trust", str(trust), "--lang", "en", *words], packages=check)


def test_a_nodes_package_is_valid_and_every_receipt_in_it_verifies(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = json.loads(file.read_text())
    assert misfits(package) == []
    trust = file.with_name("trust.json")
    assert verified(file, trust, "--json") == OK
    told = json.loads(capsys.readouterr().out)
    count = len(receipts_in(package_value(file.read_bytes())))
    assert len(told["results"]) == count > 6
    assert all("open_data" not in each["record"]["not_proved"] for each in told["results"])
    assert verified(file, trust, compares=False) == OK
    assert "bidwitness verify compares it" in capsys.readouterr().out
    assert verified(file.parent, trust, "--json") == OK, "in a folder"


Change = Callable[[Any], None]


def _price(package: Any) -> None:
    package["records"][1]["compiledRelease"]["tender"]["tenderPeriod"]["endDate"] = "2027"


def _drop(package: Any) -> None:
    del package["records"][1]["releases"][0]


def _digest(package: Any) -> None:
    package["records"][1]["releases"][0]["tender"]["documents"][0]["digests"]["sha256"] = "0" * 64


def _date(package: Any) -> None:
    package["publishedDate"] = "2020-01-01T00:00:00Z"


def _truth(package: Any) -> None:
    package["records"][1]["releases"][0]["tender"]["documents"][0]["digests"]["sizeBytes"] = True


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_price, "/records/1/compiledRelease/tender/tenderPeriod/endDate"),
        (_drop, "/records/1/"),
        (_digest, "/records/1/releases/0/tender/documents/0/digests/sha256"),
        (_date, "/publishedDate"),
        (_truth, "/records/1/releases/0/tender/documents/0/digests/sizeBytes"),
        (lambda package: package.update(version="1.2"), "/version"),
        (lambda package: package.update(license="free"), "/license"),
        (lambda package: package.update(uri={"says": "who won"}), "/uri"),
        (lambda package: package["extensions"].append(["who won"]), "/extensions"),
        (lambda package: package["records"][0].update(note="who won"), "/records/0/note"),
        (
            lambda package: package["records"][0]["releases"][0]["ledgerRecords"][0].update(a=1),
            "/records/0/releases/0/ledgerRecords/0/a",
        ),
    ],
)
def test_a_word_that_was_changed_beside_the_receipts_is_named(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, where: str
) -> None:
    package = json.loads(file.read_text())
    change(package)
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(package))
    assert verified(changed, file.with_name("trust.json")) == UNREADABLE
    told = capsys.readouterr().err
    assert where in told and "[ocds.other]" in told


def test_a_receipt_that_was_changed_is_refused_at_its_step(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = json.loads(file.read_text())
    receipt = package["records"][0]["releases"][0]["ledgerRecords"][0]["receipt"]
    receipt["head"]["path"] = ["0" * 64, *receipt["head"]["path"]]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(package))
    assert verified(changed, file.with_name("trust.json")) == REFUSED
    assert "REFUSED at step" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda package: package["records"][0]["releases"][0].pop("ledgerRecords"),
        lambda package: package["records"][0]["releases"][0]["ledgerRecords"][0].pop("receipt"),
        lambda package: package["records"].append(7),
        lambda package: package["records"][0].update(ledgerRecords={}),
    ],
)
def test_a_package_without_its_receipts_is_none(file: Path, change: Change) -> None:
    package = json.loads(file.read_text())
    change(package)
    with pytest.raises(FormatError) as refused:
        receipts_in(package_value(json.dumps(package).encode()))
    assert refused.value.code is Code.FORMAT_SHAPE


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('{"records": [' + ",".join(["{}"] * 2_001) + "]}", Code.FORMAT_TOO_LARGE),
        ('{"records": [], "a": [' + "[],[" * (1 << 20) + "]]}", Code.FORMAT_TOO_LARGE),
        ('{"records": ' + "[" * 99 + "]" * 99 + "}", Code.FORMAT_TOO_DEEP),
        ('{"records": ' + "[" * 99_999, Code.FORMAT_TOO_DEEP),
        ('{"records": [], "\\ud800": 1}', Code.FORMAT_NOT_ALLOWED),
        ('{"records": [], "a": NaN}', Code.FORMAT_JSON),
    ],
)
def test_a_package_that_could_be_a_burden_is_none(data: str, code: Code) -> None:
    with pytest.raises(FormatError) as refused:
        package_value(data.encode())
    assert refused.value.code is code


def test_a_name_that_comes_twice_is_found_in_one_pass_among_many() -> None:
    """Counting each name among all the others would take an hour."""
    names = ",".join(f'"{name}":1' for name in range(1 << 19))
    doubled = f'{{"records": [{{{names}, "{(1 << 19) - 1}": 1}}]}}'.encode()
    with pytest.raises(FormatError) as refused:
        package_value(doubled)
    assert refused.value.code is Code.FORMAT_DUPLICATE
    assert json_value(doubled)["records"][0].doubled == str((1 << 19) - 1)


def test_receipts_of_two_networks_are_no_package(town: Town) -> None:
    receipts = [town.network.receipt(each) for each in town.records[:2]]
    receipts[1] = replace(receipts[1], network_id=NetworkId(bytes(32)))
    trust = town.network.trust
    package = package_of(items_from(receipts), trust.genesis, "ocds-1", "https://n.example", "")
    with pytest.raises(FormatError) as refused:
        check_package(package, receipts, lambda _: trust)
    assert refused.value.detail == {"where": "network_id"}


MADE_UP = [
    ("tender.subject_registered", {"kind": {"a": 1}}),
    ("ocds.award_stated", {"pointer": "/awards/" + "9" * 5_000, "award_id": "1"}),
    *(
        ("ocds.award_stated", {"pointer": "/awards/0", "value_units": units, "value_places": at})
        for units, at in ((1, (1 << 64) - 1), (1, -5_000), (1, 13), (1 << 53, 0))
    ),
]


@pytest.mark.parametrize(("type_", "fields"), MADE_UP)
def test_made_up_receipts_are_compared_without_harm(type_: str, fields: dict[str, Any]) -> None:
    """A package is compared before its receipts are judged, and a publisher may state anything."""
    made = Town()
    whole = made.say("ocds.award", S, "centre", release_id="1", tags=("award",))
    made.say(type_, S, "centre", after=[whole], **fields)
    receipts = [made.network.receipt(each) for each in made.records]
    with pytest.raises(FormatError) as refused:
        check_package({"records": [{}]}, receipts, lambda _: made.network.trust)
    assert refused.value.code is Code.OCDS_OTHER
    (record,) = made.package()["records"]
    assert "value" not in record["compiledRelease"].get("awards", [{}])[0]


def test_members_are_shown_what_the_public_is_not(tender: Tender, node: OneNode) -> None:
    def types(reader: str) -> set[str]:
        asked = {"subject": SECTION}
        body = tender.client.get(
            "/v1/export/ocds", params=asked, headers=token(node, reader)
        ).json()
        (record,) = body["records"]
        return {each["type"] for each in record["ledgerRecords"]}

    assert "tender.complaint" in types("supervisor") - types("nobody")


def test_many_turns_over_what_is_hidden_come_to_an_end(
    tender: Tender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "TURNS_MAX", 1)
    monkeypatch.setattr(desk, "_PAGE", 2)
    answer = tender.client.get("/v1/export/ocds", params={"subject": PROJECT})
    assert (answer.status_code, answer.json()["code"]) == (413, "ocds.many")


def test_who_is_much_talked_about_costs_no_more_and_no_index_is_asked_who_it_is(
    tender: Tender, node: OneNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may say a lot about a member, and an index may not know yet what was registered."""
    monkeypatch.setattr(desk, "REGISTERED", "tender.entry_commitment")
    named = node.record("builder", "tender.entry_commitment", "bidder")
    gossip = [node.record("builder", subject="bidder") for _ in range(40)]
    for records in ([named], gossip):
        assert canonical(tender.client, node.bundle(*records), wait=20).status_code == 201
    assert node.service is not None
    service, looked = copy(node.service), []
    service.engine = None  # type: ignore[assignment]
    stored = LedgerService.stored

    def looks(self: LedgerService, record_id: RecordId) -> StoredRecord:
        looked.append(record_id)
        return stored(self, record_id)

    monkeypatch.setattr(LedgerService, "stored", looks)
    found = asyncio.run(desk._registration(service, MemberId("bidder")))
    assert found == named.record_id and len(looked) == 1


def test_a_file_is_spelt_beside_the_event_loop(
    tender: Tender, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, spelt = [], []
    shown, dumps = desk._shown, json.dumps

    async def seen(service: LedgerService, subject: Subject) -> list[RecordId]:
        loop.append(threading.get_ident())
        return await shown(service, subject)

    def spelling(*parts: Any, **how: Any) -> str:
        spelt.append(threading.get_ident())
        return dumps(*parts, **how)

    monkeypatch.setattr(desk, "_shown", seen)
    monkeypatch.setattr(json, "dumps", spelling)
    answer = tender.client.get("/v1/export/ocds", params={"subject": PROJECT})
    assert answer.status_code == 200
    assert len(loop) == 1 and loop[0] not in spelt


def test_the_extension_that_a_package_names_is_there(tender: Tender, file: Path) -> None:
    *_, ours = json.loads(file.read_text())["extensions"]
    path = httpx.URL(ours).path
    described = tender.client.get(path).json()
    assert described["compatibility"] == ["1.1"]
    for name in described["schemas"]:
        patch = tender.client.get(path.replace("extension.json", name)).json()
        assert patch["definitions"]


def test_the_sdk_returns_only_what_it_compared(
    tender: Tender, opens: Opening, trust: TrustRoot
) -> None:
    with opens([tender.node.url], trust) as sdk:
        found = sdk.open_data(PROJECT, prefix="ocds-213czf")
        assert found.package["records"][0]["ocid"] == f"ocds-213czf-{PROJECT}"
        assert decode_receipt(found.receipts[0].encode()) == found.receipts[0]
        with pytest.raises(ClientError) as refused:
            sdk.open_data("nothing")
    assert refused.value.code is Code.OCDS_NOTHING


@pytest.fixture
def trust(node: OneNode) -> TrustRoot:
    return node.trust


def test_what_has_no_word_in_ocds_is_no_package(tender: Tender, node: OneNode) -> None:
    record = node.record(subject="只有存证")
    assert canonical(tender.client, node.bundle(record), wait=20).status_code == 201
    answer = tender.client.get("/v1/export/ocds", params={"subject": "只有存证"})
    assert (answer.status_code, answer.json()["code"]) == (404, "ocds.nothing")
