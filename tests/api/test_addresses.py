"""Questions about addresses on one real node: recorded first, answered to who asked, and once for a
while; and what the public is shown of an owner, which is nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import addresses
from api.client import Client, ClientError
from api.client.calls.looking_up import PATH
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.openings import Openings
from ledger.core.status_answer import decode_status_answer
from ledger.errors import VerificationError
from ledger.status_answers import verify_status_answer
from tests.api.awaited import awaited
from tests.api.one_node import OneNode
from tests.api.small_address import ADDRESS, SmallAddress
from tests.bits import flipped
from tests.javascript.asking import NODE, ROOT
from tests.vectors.small_network import signer

VERIFIER = ROOT / "api" / "static" / "verify" / "verify.js"


@pytest.fixture(scope="module")
def town(node: OneNode, client: httpx.Client) -> SmallAddress:
    """An address with a certificate of use."""
    made = SmallAddress(node, client)
    made.certified()
    return made


@pytest.fixture
def sdk(node: OneNode, client: httpx.Client) -> Iterator[Client]:
    assert client.base_url.host == "127.0.0.1"
    with Client([node.url], node.trust) as made:
        yield made


def asked(sdk: Client, member: str, question: Openings) -> dict[str, Any]:
    return sdk.look_up(MemberId(member), signer(f"member {member}"), question)


def test_a_recorded_question_is_answered_by_address_and_by_owner(
    town: SmallAddress, sdk: Client
) -> None:
    for by, wanted in (("address", ADDRESS), ("owner", "builder")):
        told = asked(sdk, "centre", town.question("centre", by, wanted))
        (found,) = told["addresses"]
        assert found["address"] == ADDRESS
        (certificate,) = found["certificates"]
        assert certificate["record_id"] == town.records["use"].hex()
        assert (certificate["valid"], certificate["lacks"]) == (True, None)
        assert (certificate["applicant"], certificate["route"]) == ("bidder", "owner")


def test_of_an_owner_that_never_said_a_word_nothing_is_found(
    town: SmallAddress, sdk: Client
) -> None:
    told = asked(sdk, "centre", town.question("centre", "owner", "supervisor"))
    assert told["addresses"] == []


def test_nobody_is_answered_without_a_question_of_its_own(
    town: SmallAddress, sdk: Client, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's question, one about something else than was recorded, no question, an old one."""
    question = town.question("centre", "address", "ADDR-110108-0002")

    def refused(member: str, shown: Openings) -> Code:
        with pytest.raises(ClientError) as problem:
            asked(sdk, member, shown)
        return problem.value.code

    assert client.post(PATH, content=question.encode()).json()["code"] == "identity.missing"
    assert refused("supervisor", question) is Code.ADDRESS_LOOKUP
    other = town.question("centre", "address", "ADDR-110108-0003")
    assert refused("centre", Openings(question.record_id, other.openings)) is Code.OPENING_INVALID
    assert refused("centre", Openings(town.records["use"], question.openings)) is (
        Code.ADDRESS_LOOKUP
    )
    monkeypatch.setattr(addresses, "FRESH_MS", -1)
    assert refused("centre", question) is Code.ADDRESS_LOOKUP


def test_nothing_that_the_public_is_shown_names_the_owner(
    town: SmallAddress, client: httpx.Client
) -> None:
    """The owner's word names it, and is for those concerned; all the rest does not."""
    shown = client.get("/v1/subjects", params={"key": ADDRESS, "limit": 100}).json()["items"]
    types = {each["record"]["type"] for each in shown}
    assert "address.use_certified" in types and "address.owner_confirmed" not in types
    assert all("builder" not in str(each) for each in shown)
    for name in ("shared", "will"):
        record = town.records[name].hex()
        assert client.get(f"/v1/records/{record}").json()["code"] == "api.not_public"
    rows = client.get(f"/v1/status/certificate/{town.records['use'].hex()}").json()["items"]
    assert len(rows) == 3 and "builder" not in str(rows)


# What a holder of a standard address shows of it.


def judged_by(verifier: list[str], file: Path, trust: Path) -> Any:
    """What a verifier says of an openings file, in a process of its own."""
    done = subprocess.run(
        [*verifier, str(file), "--trust", str(trust), "--json"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("implementation", ["python", "javascript"])
def test_the_district_is_shown_without_the_room(
    implementation: str, node: OneNode, town: SmallAddress, sdk: Client, tmp_path: Path
) -> None:
    if implementation == "javascript" and NODE is None:
        pytest.skip("node is not installed: apt install nodejs")
    python = [sys.executable, "-m", "ledger"]
    verifier = python if implementation == "python" else [str(NODE), str(VERIFIER)]
    trust = tmp_path / "trust.json"
    trust.write_bytes(node.trust.encode())
    record = town.records["standard"]
    whole = Openings(record, town.levels, sdk.receipt(record))
    shown = whole.only(("level03_district",))
    file = tmp_path / "shown.openings.json"
    file.write_bytes(shown.encode())
    status, told = judged_by(verifier, file, trust)
    assert status == 0
    assert "海淀区" in json.dumps(told, ensure_ascii=False)
    assert "101 室".encode() not in file.read_bytes() and "101 室" not in str(told)

    (district,) = shown.openings
    file.write_bytes(replace(shown, openings=(replace(district, value="朝阳区"),)).encode())
    assert judged_by(verifier, file, trust)[0] == 1


# The status of a certificate, with proof.


def test_a_certificate_is_valid_by_two_facts_that_fail_alone(
    node: OneNode, town: SmallAddress, sdk: Client
) -> None:
    """Before it was issued, while it is valid, and after the owner said no: each proved offline."""
    certificate = town.records["use"]
    now = sdk.certificate_status(certificate)
    assert (now.kind, now.lacks, now.stated, now.stated_needed) == ("use", (), 1, 1)
    issued = now.verdicts["certificate"].interval
    assert issued is not None and issued.from_time_ms is not None
    before = sdk.certificate_status(certificate, issued.from_time_ms - 1)
    assert before.lacks == ("certificate", "property", "will")

    town.say(
        "denial", "builder", "address.owner_confirmed", refs=[("follows", "match")],
        decision="denied", applicant="bidder", use="residence", owner_salt=town.salt,
    )  # fmt: skip
    after = sdk.certificate_status(certificate)
    assert after.lacks == ("will",)
    assert sdk.certificate_status(certificate, now.at_ms).lacks == ()
    unknown = sdk.certificate_status(RecordId(bytes(32)))
    assert (unknown.kind, unknown.lacks) == ("", ("absent",))
    with awaited([node.url], node.trust) as other:
        assert other.certificate_status(certificate, after.at_ms).lacks == after.lacks
        question = town.question("centre", "address", ADDRESS)
        assert asked(other, "centre", question)["addresses"][0]["address"] == ADDRESS

    for told in (now, before, after, unknown):
        for name, answer in told.answers.items():
            shown = verify_status_answer(decode_status_answer(answer.encode()), node.trust)
            assert shown.verdict == told.verdicts[name]
            # Another's value under the same path is refused.
            forged = replace(
                answer, rows=tuple(replace(r, value=flipped(r.value)) for r in answer.rows)
            )
            with pytest.raises(VerificationError):
                verify_status_answer(forged, node.trust)
