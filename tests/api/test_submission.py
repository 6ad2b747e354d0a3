"""Submitting: the same answer for the same bundle, and for every refusal a code and what to do."""

import json
from dataclasses import replace

import httpx
import pytest

from api.schemas import read_bundle
from consensus.fates import Refused
from contracts.faults import FAULTS_MAX
from ledger import VerificationError
from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement, acknowledge, refuse
from ledger.core.bundle import sign_bundle
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, HeaderHash, MemberId, NetworkId, NodeId
from ledger.core.limits import DEFAULT
from ledger.core.receipt import decode_receipt, receipt_from
from ledger.core.record import Private, Record
from ledger.errors import FormatError, Rejected
from ledger.verify import verify_receipt
from tests.api.json_bundle import bundle_json
from tests.api.one_node import HOUR_MS, OneNode, canonical, now_ms
from tests.bits import flipped
from tests.vectors.small_network import signer


def test_a_submission_that_waits_is_answered_with_receipts_that_verify(
    node: OneNode, client: httpx.Client
) -> None:
    bundle = node.bundle(node.record(), node.record())
    answer = canonical(client, bundle, wait=20)
    assert answer.status_code == 201
    body = answer.json()
    assert body["status"] == "committed"
    assert [each["record_id"] for each in body["records"]] == [i.hex() for i in bundle.record_ids]
    for value, record_id in zip(body["receipts"], bundle.record_ids, strict=True):
        assert verify_receipt(receipt_from(value), node.trust).record_id == record_id


def test_the_same_bundle_sent_again_gets_the_same_answer_to_the_byte(
    node: OneNode, client: httpx.Client
) -> None:
    bundle = node.bundle(node.record())
    first = canonical(client, bundle, wait=20)
    again = canonical(client, bundle, wait=20)
    assert (again.status_code, again.content) == (201, first.content)
    assert canonical(client, bundle).content == first.content


def test_records_known_and_new_mixed_are_each_answered_with_their_own_entry(
    node: OneNode, client: httpx.Client
) -> None:
    known, new = node.record(), node.record()
    canonical(client, node.bundle(known), wait=20)
    body = canonical(client, node.bundle(new, known), wait=20).json()
    heights = [each["height"] for each in body["records"]]
    assert heights[0] == heights[1] + 1
    verified = [verify_receipt(receipt_from(each), node.trust) for each in body["receipts"]]
    assert [each.record_id for each in verified] == [new.record_id, known.record_id]


def test_json_and_msgpack_spell_one_and_the_same_bundle(
    node: OneNode, client: httpx.Client
) -> None:
    said = node.record(description="说明", method="扫描")
    private = Private(Digest(sha256(b"root")), ("content", "holder"))
    bundle = node.bundle(replace(said, private=private))
    by_json = client.post("/v1/bundles", params={"wait": 20}, json=bundle_json(bundle))
    assert by_json.status_code == 201, by_json.text
    assert canonical(client, bundle).content == by_json.content
    raw = client.get(f"/v1/records/{bundle.record_ids[0].hex()}", params={"raw": True})
    assert raw.content == bundle.records[0]


def test_bytes_and_references_survive_the_json_form(node: OneNode, client: httpx.Client) -> None:
    cited = node.record()
    canonical(client, node.bundle(cited), wait=20)
    said = node.record(
        type_key="ledger.batch_anchored", root=sha256(b"any root"), count=7, files={}
    )
    amending = node.record(refs=[("amends", cited.record_id)])
    bundle = node.bundle(said, amending)
    answer = client.post("/v1/bundles", params={"wait": 20}, json=bundle_json(bundle))
    assert answer.status_code == 201, answer.text
    assert [each["record_id"] for each in answer.json()["records"]] == [
        said.record_id.hex(),
        amending.record_id.hex(),
    ]


def test_without_waiting_it_is_acknowledged_by_a_signature_and_can_be_followed(
    node: OneNode, client: httpx.Client
) -> None:
    bundle = node.bundle(node.record())
    answer = canonical(client, bundle)
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "1"
    body = answer.json()
    said = body["acknowledgement"]
    acknowledgement = Acknowledgement(
        NetworkId(bytes.fromhex(said["network_id"])),
        NodeId(said["node_id"]),
        Digest(bytes.fromhex(said["bundle"])),
        said["received_at_ms"],
        bytes.fromhex(said["signature"]),
    )
    acknowledgement.verify(node.tls.signer.public_key)
    assert acknowledgement.pool_key == bundle.pool_key
    location = answer.headers["Location"]
    named = bundle.record_ids[-1].hex()
    assert location == f"/v1/bundles/{bundle.pool_key.hex()}?record={named}"
    assert canonical(client, bundle, wait=20).status_code == 201
    followed = client.get(location).json()
    assert followed["status"] == "committed"
    lines = client.get(followed["receipts_url"]).text.splitlines()
    assert [decode_receipt(each.encode()).record_id for each in lines] == list(bundle.record_ids)


def test_receipts_can_be_left_out(node: OneNode, client: httpx.Client) -> None:
    body = canonical(client, node.bundle(node.record()), wait=20, receipts="none").json()
    assert body["status"] == "committed"
    assert "receipts" not in body and "receipts_url" not in body


def test_above_a_hundred_records_the_receipts_are_linked_as_json_lines(
    node: OneNode, client: httpx.Client
) -> None:
    bundle = node.bundle(*[node.record() for _ in range(101)])
    answer = canonical(client, bundle, wait=30)
    body = answer.json()
    assert answer.status_code == 201 and "receipts" not in body
    lines = client.get(body["receipts_url"])
    assert lines.headers["content-type"] == "application/jsonl"
    receipts = [decode_receipt(line.encode()) for line in lines.text.splitlines()]
    assert [each.record_id for each in receipts] == list(bundle.record_ids)
    verify_receipt(receipts[100], node.trust)
    asked = client.post(
        "/v1/bundles",
        content=bundle.encode(),
        headers={"Content-Type": "application/msgpack", "Accept": "application/jsonl"},
    )
    assert (asked.status_code, asked.content) == (201, lines.content)


# Refusals: 422 with a code, in both languages, and nothing is left on the ledger.


def refused(client: httpx.Client, answer: httpx.Response, code: Code, status: int = 422) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["status"]) == (code.value, status)
    assert body["detail"] and body["detail_zh"] and body["detail"] != body["detail_zh"]


def height(client: httpx.Client) -> int:
    return int(client.get("/v1/network").json()["height"])


def test_a_bundle_signed_by_another_key_is_refused_and_leaves_no_trace(
    node: OneNode, client: httpx.Client
) -> None:
    before = height(client)
    stranger = node.bundle(node.record(), key=signer("a stranger"))
    refused(client, canonical(client, stranger, wait=5), Code.BUNDLE_KEY)
    bundle = node.bundle(node.record())
    flipped = bytes((bundle.signature[0] ^ 1, *bundle.signature[1:]))
    forged = replace(bundle, signature=flipped)
    refused(client, canonical(client, forged, wait=5), Code.BUNDLE_SIGNATURE)
    assert height(client) == before
    unknown = client.get(f"/v1/records/{bundle.record_ids[0].hex()}")
    refused(client, unknown, Code.RECORD_UNKNOWN, 404)


def test_a_wrong_signature_gets_no_receipts_even_of_known_records(
    node: OneNode, client: httpx.Client
) -> None:
    bundle = node.bundle(node.record())
    assert canonical(client, bundle, wait=20).status_code == 201
    forged = replace(bundle, signature=bytes(64))
    refused(client, canonical(client, forged), Code.BUNDLE_SIGNATURE)
    stranger = sign_bundle(
        signer("a stranger"),
        node.genesis.network_id,
        MemberId("centre"),
        bundle.records,
        now_ms(),
        now_ms() + HOUR_MS,
        bytes(16),
    )
    refused(client, canonical(client, stranger), Code.BUNDLE_KEY)


def test_a_bundle_for_another_network_is_refused(node: OneNode, client: httpx.Client) -> None:
    elsewhere = NetworkId(sha256(b"another network"))
    for record in (node.record(), known_record(node, client)):
        foreign = sign_bundle(
            signer("member centre"),
            elsewhere,
            MemberId("centre"),
            [record.encode()],
            now_ms(),
            now_ms() + HOUR_MS,
            bytes(16),
        )
        refused(client, canonical(client, foreign), Code.BUNDLE_NETWORK)


def known_record(node: OneNode, client: httpx.Client) -> Record:
    record = node.record()
    assert canonical(client, node.bundle(record), wait=20).status_code == 201
    return record


def test_an_expired_bundle_is_refused(node: OneNode, client: httpx.Client) -> None:
    old = sign_bundle(
        signer("member centre"),
        node.genesis.network_id,
        MemberId("centre"),
        [node.record().encode()],
        now_ms() - HOUR_MS,
        now_ms() - 1,
        bytes(16),
    )
    refused(client, canonical(client, old), Code.BUNDLE_EXPIRED)


def test_a_record_that_the_rules_refuse_says_which_rule(
    node: OneNode, client: httpx.Client
) -> None:
    orphan = node.record("builder", "tender.announcement", "P/1", kind="announcement")
    refused(client, canonical(client, node.bundle(orphan)), Code.RECORD_FIELD_MISSING)
    orphan = node.record(
        "builder", "tender.announcement", "P/1", kind="announcement", bid_deadline_ms=now_ms()
    )
    answer = canonical(client, node.bundle(orphan))
    refused(client, answer, Code.RECORD_MUST_FOLLOW)
    assert "tender.document_filed" in json.dumps(answer.json()["facts"])


def test_one_unfit_record_refuses_the_whole_bundle(node: OneNode, client: httpx.Client) -> None:
    before = height(client)
    good, bad = node.record(), node.record(type_key="no.such_type", files={})
    refused(client, canonical(client, node.bundle(good, bad), wait=5), Code.RECORD_TYPE)
    assert height(client) == before


def test_each_unfit_record_is_named_with_its_own_reason(
    node: OneNode, client: httpx.Client
) -> None:
    good, unknown = node.record(), node.record(type_key="no.such_type", files={})
    lacking = node.record("centre", "evidence.deposited", files={})
    answer = canonical(client, node.bundle(good, unknown, node.record(), lacking))
    refused(client, answer, Code.RECORD_TYPE)
    named = {each["index"]: each for each in answer.json()["records"]}
    assert list(named) == [1, 3] and answer.json()["looked_at"] == 4
    assert named[1]["code"] == Code.RECORD_TYPE.value
    assert named[1]["record_id"] == unknown.record_id.hex()
    assert named[3]["code"] != named[1]["code"]
    assert all(each["detail"] != each["detail_zh"] for each in named.values())


def test_what_rests_on_an_unfit_record_is_named_too_and_what_rests_on_a_fit_one_is_not(
    node: OneNode, client: httpx.Client
) -> None:
    good, unknown = node.record(), node.record(type_key="no.such_type", files={})
    on_good = node.record(refs=[("amends", good.record_id)])
    on_bad = node.record(refs=[("amends", unknown.record_id)])
    answer = canonical(client, node.bundle(good, unknown, on_good, on_bad)).json()
    assert [each["index"] for each in answer["records"]] == [1, 3]


def test_of_very_many_unfit_records_so_many_are_named_and_the_answer_says_how_far_it_looked(
    node: OneNode, client: httpx.Client
) -> None:
    bad = [node.record(type_key="no.such_type", files={}) for _ in range(FAULTS_MAX + 5)]
    answer = canonical(client, node.bundle(*bad)).json()
    assert len(answer["records"]) == answer["looked_at"] == FAULTS_MAX


def test_a_bundle_at_fault_itself_names_no_record(node: OneNode, client: httpx.Client) -> None:
    bad = node.record(type_key="no.such_type", files={})
    answer = canonical(client, node.bundle(bad, key=signer("a stranger"))).json()
    assert answer["code"] == Code.BUNDLE_KEY.value and "records" not in answer


def test_records_are_named_too_where_the_bundle_became_unfit_while_its_submitter_waited(
    node: OneNode, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = node.bundle(node.record(), node.record(type_key="no.such_type", files={}))
    own, network_id, key = node.tls, node.genesis.network_id, bundle.pool_key
    head = HeaderHash(bytes(32))
    signed = refuse(own.signer, network_id, own.node_id, key, Code.RECORD_TYPE, head)
    taken = acknowledge(own.signer, network_id, own.node_id, key, now_ms())
    refused = Refused(Rejected(Code.RECORD_TYPE, {"type": "no.such_type"}), signed, now_ms())
    assert node.service is not None
    part = type(node.service.node)
    monkeypatch.setattr(part, "submit", lambda self, bundle: taken)
    monkeypatch.setattr(part, "fate", lambda self, key: refused)
    answer = canonical(client, bundle, wait=5)
    assert answer.headers["Bidwitness-Refusal"] == signed.signature.hex()
    assert [each["index"] for each in answer.json()["records"]] == [1]


def test_a_record_is_answered_with_its_number_and_its_certificate(
    node: OneNode, client: httpx.Client
) -> None:
    bundle = node.bundle(node.record(), node.record())
    said = canonical(client, bundle, wait=20).json()["records"]
    assert client.get(f"/v1/bundles/{bundle.pool_key.hex()}").json()["records"] == said
    for each in said:
        (hit,) = client.get("/v1/search", params={"q": each["certificate_number"]}).json()["hits"]
        assert hit["name"] == each["record_id"]
        path = each["certificate_url"].removesuffix(".pdf")
        assert path == f"/v1/records/{each['record_id']}/certificate"


def test_what_a_restart_may_not_lose(tmp_path_factory: pytest.TempPathFactory) -> None:
    node = OneNode(tmp_path_factory.mktemp("restarted"))
    bundle = node.bundle(node.record())
    with node.up() as client:
        first = canonical(client, bundle, wait=20)
        assert first.status_code == 201
        checkpoint = client.get("/v1/checkpoint").text
    with node.up() as client:
        assert canonical(client, bundle).content == first.content
        after = client.get("/v1/checkpoint").text
        assert after.splitlines()[:3] == checkpoint.splitlines()[:3]
        asked = f"/v1/bundles/{bundle.pool_key.hex()}"
        refused(client, client.get(asked), Code.API_NOT_FOUND, 404)
        found = client.get(asked, params={"record": bundle.record_ids[0].hex()})
        assert (found.status_code, found.json()["status"]) == (200, "committed")
        other = client.get("/v1/bundles/" + "0" * 64, params={"record": bundle.record_ids[0].hex()})
        refused(client, other, Code.API_NOT_FOUND, 404)


def test_a_receipt_from_the_api_fails_where_a_byte_is_changed(
    node: OneNode, client: httpx.Client
) -> None:
    record = known_record(node, client)
    answer = client.get(f"/v1/records/{record.record_id.hex()}/receipt")
    assert answer.headers["content-type"] == "application/vnd.bidwitness.receipt+json"
    receipt = decode_receipt(answer.content)
    verify_receipt(receipt, node.trust)
    broken = replace(receipt, record=flipped(receipt.record))
    with pytest.raises(VerificationError):
        verify_receipt(broken, node.trust)


@pytest.mark.parametrize("filler", [b"[],", b"1,", b"{},"])
def test_a_body_of_empty_values_is_refused_before_it_is_parsed(filler: bytes) -> None:
    """24 MiB of empty lists took 3 GB and a minute, from anybody who can reach the port."""
    data = b'{"header":[' + filler * 500_000 + b"0]}"
    with pytest.raises(FormatError) as refused:
        read_bundle(data, DEFAULT)
    assert refused.value.code is Code.FORMAT_TOO_LARGE
