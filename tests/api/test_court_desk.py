"""Court bundles over HTTP: what a caller is shown of a subject, and nothing else."""

import threading
import zipfile
from pathlib import Path

import httpx
import pytest

from api.documents import court_desk
from ledger.core.tlog_proof import parse_tlog_proof, receipt_in
from ledger.court_bundles import CourtBundle, check_court_bundle, read_court_bundle
from ledger.evidence import read_evidence
from ledger.judging import judge
from ledger.reliance import Reliance
from tests.api.one_node import OneNode, canonical
from tests.api.small_tender import SECTION, Tender, play


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


def kept(answer: httpx.Response, folder: Path) -> tuple[CourtBundle, Path]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert int(answer.headers["content-length"]) == len(answer.content)
    path = folder / "x.zip"
    path.write_bytes(answer.content)
    bundle = read_court_bundle(path)
    check_court_bundle(bundle)
    return bundle, path


def bundle_page(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("verify.html").decode()


def all_hold(path: Path, node: OneNode) -> None:
    evidence = read_evidence([path])
    for each in judge(evidence.presented, Reliance((node.trust,)), evidence.documents):
        assert each.verdict is not None, each.problem


def test_a_subjects_package_holds_what_the_public_may_see_and_verifies(
    tender: Tender, node: OneNode, tmp_path: Path
) -> None:
    """The complaint is a matter of the parties: neither its bytes nor its id leave the node."""
    answer = tender.client.get("/v1/subjects/bundle.zip", params={"key": SECTION})
    bundle, path = kept(answer, tmp_path)
    all_hold(path, node)
    listed = tender.client.get("/v1/subjects", params={"key": SECTION, "limit": 100}).json()
    shown = {each["record_id"] for each in listed["items"]}
    inside = {each.record_id.hex() for each in bundle.receipts.values()}
    assert inside == shown
    hidden = tender.complaint
    assert hidden.record_id.hex() not in inside
    whole = answer.content
    assert whole.find(hidden.record_id) < 0
    assert hidden.record_id.hex().encode() not in whole
    assert hidden.encode() not in whole
    page = bundle.digests.keys()
    assert {"verify.html", "verify.txt", "network/policy.txt", "network/trust.json"} <= page


def test_a_record_that_is_not_shown_has_no_package(tender: Tender) -> None:
    path = f"/v1/records/{tender.complaint.record_id.hex()}/bundle.zip"
    refused = tender.client.get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "api.not_public")
    unknown = tender.client.get(f"/v1/records/{'00' * 32}/bundle.zip")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "record.unknown")


def test_one_records_package_has_one_receipt_and_its_proof_for_other_tools(
    tender: Tender, node: OneNode, tmp_path: Path
) -> None:
    record = tender.document.record_id
    bundle, path = kept(tender.client.get(f"/v1/records/{record.hex()}/bundle.zip"), tmp_path)
    all_hold(path, node)
    (receipt,) = bundle.receipts.values()
    (proof,) = bundle.proofs.values()
    assert receipt.record_id == record
    assert receipt_in(parse_tlog_proof(proof)).record_id == record
    (paper,) = bundle.presented
    number = tender.client.get(f"/v1/records/{record.hex()}/standing").json()["number"]
    assert paper == f"certificates/{number}.pdf"
    assert "存证证书" in bundle_page(path)


def test_a_package_of_many_records_holds_no_certificates(
    tender: Tender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes the printer a moment, and one at a time is made."""
    asked = {"key": SECTION}
    listed = tender.client.get("/v1/subjects", params=asked | {"limit": 100}).json()["items"]
    for most, expected in ((len(listed), len(listed)), (len(listed) - 1, 0)):
        monkeypatch.setattr(court_desk, "CERTIFICATES_MAX", most)
        answer = tender.client.get("/v1/subjects/bundle.zip", params=asked)
        bundle, path = kept(answer, tmp_path)
        assert len(bundle.presented) == expected
        assert ("certificates/" in bundle_page(path)) == bool(expected)


def test_a_subject_of_which_nothing_is_shown_has_no_package(tender: Tender) -> None:
    for key in ("no such project", "../../etc/passwd", "兰州-2026-002"):
        refused = tender.client.get("/v1/subjects/bundle.zip", params={"key": key})
        assert (refused.status_code, refused.json()["code"]) == (404, "court_bundle.nothing")


def test_as_many_records_as_a_package_holds_and_one_more(
    tender: Tender, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tender.client.get("/v1/subjects", params={"key": SECTION}).json()["items"]
    asked = {"key": SECTION}
    monkeypatch.setattr(court_desk, "RECORDS_MAX", len(listed))
    assert tender.client.get("/v1/subjects/bundle.zip", params=asked).status_code == 200
    monkeypatch.setattr(court_desk, "RECORDS_MAX", len(listed) - 1)
    refused = tender.client.get("/v1/subjects/bundle.zip", params=asked)
    assert (refused.status_code, refused.json()["code"]) == (413, "court_bundle.too_many")


def test_many_who_ask_at_once_are_told_to_come_again_and_the_ledger_goes_on(
    tender: Tender, node: OneNode
) -> None:
    codes: list[int] = []

    def ask() -> None:
        with httpx.Client(base_url=tender.client.base_url, timeout=60, trust_env=False) as asking:
            answer = asking.get("/v1/subjects/bundle.zip", params={"key": SECTION})
            codes.append(answer.status_code)

    asking = [threading.Thread(target=ask) for _ in range(12)]
    for each in asking:
        each.start()
    record = node.record("centre", "evidence.deposited", "beside")
    answer = canonical(tender.client, node.bundle(record), wait=20)
    for each in asking:
        each.join()
    assert answer.status_code == 201
    assert set(codes) <= {200, 429} and 200 in codes
