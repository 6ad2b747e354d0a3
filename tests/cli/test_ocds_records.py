"""OCDS packages: the real one, and each way in which a release can be wrong."""

import hashlib
import json
from pathlib import Path

import pytest
import rfc8785

from api.ocds.tags import type_of
from cli.failures import CommandError
from cli.ocds.files import items_in
from cli.ocds.records import Reader, RefusedRelease, Release
from contracts.catalogue import load_catalogue
from ledger.codes import Code
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.record import decode_record

ISSUER = MemberId("centre")
NETWORK = NetworkId(bytes(32))
NOW_MS = 1_800_000_000_000
FIELDS = {key: kind.fields for key, kind in load_catalogue().types.items()}
GOOD: dict[str, object] = {
    "ocid": "ocds-x-1",
    "id": "1",
    "date": "2026-01-02T03:04:05.678Z",
    "tag": ["tender"],
    "tender": {"value": {"amount": 1234.5}},
}


def package(folder: Path, *releases: object, version: object = "1.1") -> Path:
    path = folder / "package.json"
    path.write_text(json.dumps({"version": version, "releases": list(releases)}))
    return path


def judged(
    path: Path, issuer: MemberId = ISSUER, network: NetworkId = NETWORK, now_ms: int = NOW_MS
) -> list[Release | RefusedRelease]:
    reader = Reader(issuer, network, FIELDS, now_ms)
    return [reader.judged(each) for each in items_in(path)]


def test_every_release_of_a_real_package_becomes_a_record(real_data: Path) -> None:
    path = real_data / "ocds" / "colombia-2021-03-03.json"
    releases = json.loads(path.read_text())["releases"]
    found = judged(path)
    assert len(found) == len(releases) == 100
    for release, each in zip(releases, found, strict=True):
        assert isinstance(each, Release)
        assert each.record.subject == release["ocid"]
        assert each.record.evidence[0].sha256 == hashlib.sha256(rfc8785.dumps(release)).digest()
        assert decode_record(each.record.encode()).record_id == each.record.record_id
    assert {each.record.type for each in found if isinstance(each, Release)} == {
        "ocds.contract",
        "ocds.contract_termination",
        "ocds.award_cancellation",
    }


def test_the_same_release_has_the_same_record_id_in_any_run(tmp_path: Path) -> None:
    first, second = judged(package(tmp_path, GOOD)), judged(package(tmp_path, GOOD))
    reordered = judged(package(tmp_path, dict(reversed(GOOD.items()))))
    ids = {
        each.record.record_id for each in first + second + reordered if isinstance(each, Release)
    }
    assert len(ids) == 1


def test_another_issuer_another_network_or_another_byte_is_another_record(tmp_path: Path) -> None:
    path = package(tmp_path, GOOD)
    made = [
        *judged(path),
        *judged(path, issuer=MemberId("notary")),
        *judged(path, network=NetworkId(b"\1" * 32)),
        *judged(package(tmp_path, GOOD | {"language": "zh"})),
    ]
    assert len({each.record.record_id for each in made if isinstance(each, Release)}) == 4


def test_the_first_known_tag_gives_the_type(tmp_path: Path) -> None:
    (made,) = judged(package(tmp_path, GOOD | {"tag": ["novelty", "awardUpdate", "award"]}))
    assert isinstance(made, Release)
    assert made.record.type == "ocds.award_update"
    assert made.record.fields["tags"] == ("novelty", "awardUpdate", "award")
    assert made.record.occurred_at_ms == 1_767_323_045_678
    assert type_of("contractTermination") == "ocds.contract_termination"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ocid": ""}, "ocid"),
        ({"ocid": 7}, "ocid"),
        ({"ocid": "é" * 101}, "ocid"),
        ({"id": None}, "id"),
        ({"date": "yesterday"}, "date"),
        ({"date": "1960-01-01T00:00:00Z"}, "date"),
        ({"tag": "tender"}, "tag"),
        ({"tag": []}, "tag"),
        ({"tag": ["novelty"]}, "tag"),
        ({"tender": {"value": 2**60}}, "RFC 8785"),
        ({"tender": {"value": float("nan")}}, "RFC 8785"),
        ({"ocid": "e\u0301"}, "not_nfc"),
    ],
)
def test_a_malformed_release_is_refused_by_name_and_the_rest_goes_on(
    tmp_path: Path, change: dict[str, object], word: str
) -> None:
    bad, good = judged(package(tmp_path, GOOD | change, GOOD))
    assert isinstance(bad, RefusedRelease)
    assert bad.reason.code is Code.OCDS_RELEASE
    assert bad.reason.detail["position"] == 1
    assert word in str(bad.reason.detail["reason"])
    assert isinstance(good, Release)


def test_a_release_that_is_no_object_is_refused(tmp_path: Path) -> None:
    found = judged(package(tmp_path, 3, None, [], "x", GOOD))
    assert [type(each).__name__ for each in found] == ["RefusedRelease"] * 4 + ["Release"]


def test_a_key_that_occurs_twice_is_refused_because_readers_disagree_about_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "package.json"
    release = json.dumps(GOOD)[:-1] + ', "buyer": {"id": "a", "id": "b"}}'
    path.write_text(f'{{"version": "1.1", "releases": [{release}]}}')
    (bad,) = judged(path)
    assert isinstance(bad, RefusedRelease)
    assert "“id”" in str(bad.reason.detail["reason"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "\x00",
        '{"version": "1.1"}',
        '{"version": "1.1", "releases": {}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_package_is_refused_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "package.json"
    path.write_text(text)
    with pytest.raises(CommandError) as refused:
        judged(path)
    assert refused.value.code is Code.OCDS_PACKAGE


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        judged(package(tmp_path, GOOD, version="1.0"))
    assert refused.value.code is Code.OCDS_PACKAGE
