"""Stories of stamped documents, checked in one call, each line with its proof."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.progress import Progress
from typer.testing import CliRunner

from api.client import Client
from api.client.stamps import About, Checked, Holds, check_stamped
from cli.failures import CommandError
from cli.main import app
from cli.stamping import Listed, documents_in, keep_proofs, proofs_of
from ledger.core.batch import DocumentDigest, document_tree
from ledger.core.identifiers import Digest, RecordId
from ledger.core.record import Record
from ledger.evidence import read_evidence
from ledger.judging import judge
from ledger.presented import proofs_under
from ledger.reliance import Reliance
from tests.api.one_node import OneNode, now_ms
from tests.api.small_seal import connected, life_of_a_seal
from tests.api.small_tender import say

SEAL = "SEAL-620100-0077"
HOUR_MS = 3_600_000


def document(data: bytes) -> DocumentDigest:
    return DocumentDigest(Digest(hashlib.sha256(data).digest()), len(data))


class House:
    """A node with a seal and a system, and the SDK at it."""

    def __init__(self, node: OneNode, client: httpx.Client, sdk: Client) -> None:
        self.node, self.client, self.sdk = node, client, sdk

    def say(self, record: Record) -> RecordId:
        return say(self.client, self.node, record).record_id

    def used(self, data: bytes, by: str = "builder", *grants: RecordId, **more: Any) -> RecordId:
        answer = self.sdk.seal_status(SEAL).fields()
        fields: dict[str, Any] = {"system": "bidder", "purpose": "证照", **answer, **more}
        refs = [("follows", each) for each in grants]
        files = {"证照.pdf": data}
        return self.say(self.node.record(by, "seal.used", SEAL, refs=refs, files=files, **fields))

    def granted(self, **more: Any) -> RecordId:
        terms: dict[str, Any] = {
            "grantee": "bidder",
            "system": "bidder",
            "direction": "same_region",
            "purpose": "证照",
            "quota": 1,
            "valid_until_ms": now_ms() + HOUR_MS,
        }
        return self.say(
            self.node.record("builder", "seal.use_authorised", SEAL, **{**terms, **more})
        )

    def checked(self, data: bytes, proof: Any = None) -> Checked:
        return check_stamped(self.sdk, document(data), proof)[0]


@pytest.fixture(scope="module")
def house(node: OneNode, client: httpx.Client) -> Iterator[House]:
    life_of_a_seal(node, client, SEAL)
    connected(node, client, "bidder")
    with Client([node.url], node.trust) as sdk:
        yield House(node, client, sdk)


def told(found: Checked) -> dict[str, str]:
    return {line.about.value: line.why for line in found.lines}


def test_a_document_that_its_owner_stamped_is_told_line_by_line(house: House) -> None:
    house.used(b"licence 1")
    found = house.checked(b"licence 1")
    assert found.stands
    assert told(found) == {
        "anchored": "use",
        "seal": "known",
        "status": "valid",
        "authorised": "owner",
        "batch": "single",
        "signature": "elsewhere",
    }
    # What nobody can judge from the ledger says so, with what is needed to judge it.
    (signature,) = [line for line in found.lines if line.about is About.SIGNATURE]
    assert signature.holds is Holds.UNKNOWN
    assert signature.facts["certificate"] == ("01" * 32)


def test_every_line_is_proved_again_without_a_node(house: House, tmp_path: Path) -> None:
    house.used(b"licence 2", "bidder", house.granted())
    found = check_stamped(house.sdk, document(b"licence 2"))
    assert told(found[0])["authorised"] == "granted"
    keep_proofs(tmp_path, Path("licence.pdf"), found)
    presented = read_evidence(proofs_under([tmp_path])).presented
    reliance = Reliance((house.node.trust,))
    outcomes = judge(presented, reliance, [document(b"licence 2")])
    assert [each.problem for each in outcomes] == [None] * 3
    rows = sorted(each.status.row for each in outcomes if each.status is not None)
    assert rows[0].startswith(f"grant/{SEAL}/") and rows[1] == f"seal/{SEAL}/"


@pytest.mark.parametrize(
    ("terms", "why"),
    [({"purpose": "合同"}, "purpose"), ({"grantee": "supervisor"}, "another")],
)
def test_a_grant_for_something_else_does_not_cover_the_stamp(
    house: House, terms: dict[str, Any], why: str
) -> None:
    data = f"licence {why}".encode()
    house.used(data, "bidder", house.granted(**terms))
    found = house.checked(data)
    assert not found.stands and told(found)["authorised"] == why


def test_a_stranger_and_a_withdrawn_grant_are_told(house: House) -> None:
    house.used(b"licence 3", "bidder")
    assert told(house.checked(b"licence 3"))["authorised"] == "nobody"
    grant = house.granted()
    cites = [("follows", grant)]
    house.say(
        house.node.record(
            "builder", "seal.authorisation_withdrawn", SEAL, refs=cites, kind="withdrawn"
        )
    )
    house.used(b"licence 4", "bidder", grant)
    assert told(house.checked(b"licence 4"))["authorised"] == "withdrawn"


def test_a_document_that_nobody_stamped_is_told_as_such(house: House) -> None:
    found = house.checked(b"never stamped")
    assert not found.stands and told(found)["anchored"] == "nowhere"
    assert {line.holds for line in found.lines if line.about is not About.ANCHORED} == {
        Holds.UNKNOWN
    }


def test_a_document_of_a_batch_is_found_by_its_proof(house: House) -> None:
    files = [b"licence %d of many" % number for number in range(50)]
    digests = [document(each) for each in files]
    tree = document_tree((each.sha256, each.size_bytes) for each in digests)
    terms: dict[str, Any] = {
        "grantee": "bidder",
        "system": "bidder",
        "scope": "存量证照",
        "permitted_count": 50,
        "valid_until_ms": now_ms() + HOUR_MS,
    }
    permitted = house.say(house.node.record("builder", "seal.batch_permitted", SEAL, **terms))
    fields: dict[str, Any] = {
        "system": "bidder",
        "scope": "存量证照",
        "root": tree.root,
        "count": 50,
    }
    fields |= house.sdk.seal_status(SEAL).fields()
    use = house.node.record(
        "bidder", "seal.used_in_batch", SEAL, refs=[("follows", permitted)], **fields
    )
    receipt = house.sdk.receipt(house.say(use))
    listed = [
        Listed(f"{number}.pdf", each.sha256, each.size_bytes) for number, each in enumerate(digests)
    ]
    proofs = list(proofs_of(listed, receipt))
    found = house.checked(files[17], proofs[17])
    assert found.stands
    assert told(found)["batch"] == "proved" and told(found)["authorised"] == "granted"
    other = house.checked(files[18], proofs[17])
    assert not other.stands and told(other)["batch"] == "refused"


def test_a_node_tells_where_a_document_was_stamped_and_what_was_raised(house: House) -> None:
    use = house.used(b"licence 5", "bidder")
    sha256 = hashlib.sha256(b"licence 5").hexdigest()
    answer = house.client.get(f"/v1/stamps/{sha256}")
    (stamp,) = answer.json()["items"]
    assert (stamp["record_id"], stamp["status_when_stamped"]) == (use.hex(), "valid")
    assert stamp["alerts"] == [{"alert": "AL26", "because": "seal_not_authorised"}]
    missing = house.client.get(f"/v1/stamps/{'0' * 64}")
    assert missing.status_code == 404 and missing.json()["code"] == "api.not_found"


def test_a_document_that_was_stamped_in_flight_does_not_stand(house: House) -> None:
    asked: dict[str, Any] = dict(house.sdk.seal_status(SEAL).fields())
    stop = house.node.record("builder", "seal.suspended", SEAL, reason="介质遗失")
    suspension = house.say(stop)
    house.used(b"licence 6", "builder", **asked)
    found = house.checked(b"licence 6")
    assert not found.stands and told(found)["status"] == "suspended"
    cites = [("follows", suspension)]
    house.say(house.node.record("centre", "seal.resumed", SEAL, refs=cites, reason="已找回"))


def test_the_command_line_says_the_same(house: House, tmp_path: Path) -> None:
    house.used(b"licence 7")
    (tmp_path / "licence.pdf").write_bytes(b"licence 7")
    trust = tmp_path / "trust.json"
    trust.write_bytes(house.node.trust.encode())
    at = ["--node", house.node.url, "--trust", str(trust)]

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, [*words, *at])

    answer = tmp_path / "now.status-answer.json"
    told = run("seal", "status", SEAL, "--out", str(answer), "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["value"][1] == "valid"
    assert run("seal", "status", "SEAL-620100-0999").exit_code == 0
    (outcome,) = judge(read_evidence([answer]).presented, Reliance((house.node.trust,)), [])
    assert outcome.status is not None and outcome.status.standing == "in_force"

    checked = run("seal", "check", str(tmp_path / "licence.pdf"), "--out", str(tmp_path / "proofs"))
    assert checked.exit_code == 0, checked.output
    assert len(list((tmp_path / "proofs").iterdir())) == 2
    (tmp_path / "other.pdf").write_bytes(b"never stamped by anybody")
    refused = run("seal", "check", str(tmp_path / "other.pdf"), "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["stamps"][0]["stands"] is False
    assert run("seal", "status", SEAL, "--at", "yesterday").exit_code != 0
    for zone in ("2026-11-26T18:00", "2026-11-26"):
        assert run("seal", "status", SEAL, "--at", zone).exit_code != 0


def test_a_listing_names_documents_line_by_line(tmp_path: Path) -> None:
    listing, digest = tmp_path / "listing.txt", "ab" * 32
    listing.write_text(f"{digest} 12 a b.pdf\n", encoding="utf-8")
    (found,) = documents_in([listing], Progress(disable=True), listing=True)
    assert (found.name, found.sha256.hex(), found.size_bytes) == ("a b.pdf", digest, 12)
    for wrong in ("zz 1 a", f"{digest} x a", f"{digest} 1", "ab 1 a", f"{digest} -1 a"):
        listing.write_text(wrong, encoding="utf-8")
        with pytest.raises(CommandError):
            documents_in([listing], Progress(disable=True), listing=True)
