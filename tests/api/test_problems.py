"""Bad input and faults: one clear problem document each, never a trace, and bounded memory."""

import asyncio
import gzip
import json
import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

import contracts
from api.bodies import read_capped
from api.errors import ApiError, http_status
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.words import sentences
from tests.api.json_bundle import bundle_json
from tests.api.one_node import OneNode, canonical
from tests.bits import flipped

JSON = {"Content-Type": "application/json"}
MSGPACK = {"Content-Type": "application/msgpack"}


def test_whatever_the_rules_refuse_is_the_submitters_to_mend() -> None:
    """A status of ours would make a client ask again and again for what no node will take."""
    named = re.compile(r"ejected\(\s*Code\.([A-Z_]+)")
    rules = Path(contracts.__file__).parent
    found = {name for file in rules.rglob("*.py") for name in named.findall(file.read_text())}
    assert len(found) > 40
    ours = {name: http_status(Code[name]) for name in found if http_status(Code[name]) >= 500}
    assert ours == {}


def is_problem(answer: httpx.Response, code: Code | None = None) -> None:
    """A problem document (RFC 9457) with words in both languages, and no trace."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert set(body) == {
        "type", "title", "status", "code", "detail", "detail_zh", "facts", "instance", "request_id",
    }  # fmt: skip
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert body["status"] == answer.status_code == http_status(Code(body["code"]))
    assert body["type"] == f"urn:bidwitness:problem:{body['code']}"
    assert body["title"] and body["detail"] and body["detail_zh"]
    assert "Traceback" not in answer.text and ".py" not in answer.text
    if code is not None:
        assert body["code"] == code.value, body


def post(client: httpx.Client, content: bytes, headers: dict[str, str]) -> httpx.Response:
    return client.post("/v1/bundles", content=content, headers=headers)


# The table of codes.


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_status_that_fits_its_kind(code: Code) -> None:
    layer = code.value.partition(".")[0]
    status = http_status(code)
    expected = {
        "format": {400, 413},
        "bundle": {413, 422},
        "record": {404, 413, 421, 422},
        "key": {422},
        "member": {422},
        "role": {422},
        "calendar": {422},
        "signature": {422},
        "block": {404, 421, 422},
        "sealed": {422},
        "seal": {422},
        "list": {422},
        "address": {422},
        "evaluation": {422},
        "draw": {422},
        "auction": {422},
        "committee": {422},
        "fault": {422},
        "clock": {422},
        "note": {422, 500},
        "proof": {422, 500},
        "store": {503},
        "journal": {503},
        "pool": {429},
        "receipt": {202, 500},
        "checkpoint": {404, 500},
        "tile": {404, 500},
        "identity": {401, 403},
        "observer": {421},
        "log": {421},
        "node": {500, 503},
        "deposit": {422, 429, 500},
        "catalogue": {422, 500, 503},
        "certificate_pdf": {400, 429, 500},
        "court_bundle": {404, 413, 429, 500},
        "court_code": {400, 404, 422, 429},
        "ocds": {404, 413, 429, 500},
        "api": {400, 403, 404, 405, 415, 421, 429, 500, 503},
    }.get(layer, {500})
    assert status in expected


def test_what_a_judge_may_say_of_a_submission_is_never_called_our_mistake() -> None:
    said_by_rules = {"bundle", "record", "key", "member", "role", "calendar", "signature"}
    said_by_rules |= {"sealed", "seal", "list"}
    proofs = {Code.PROOF_INCLUSION, Code.PROOF_NEGATIVE_LIST, Code.PROOF_VRF}
    for code in Code:
        if code in proofs or code.value.partition(".")[0] in said_by_rules:
            assert http_status(code) < 500
            assert sentences("zh")[code.value] and sentences("en")[code.value]


# Routes, methods, parameters.


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/nothing", Code.API_ROUTE),
        ("GET", "/v1/records/", Code.API_ROUTE),
        ("GET", "/static/vendor/../../secrets", Code.API_ROUTE),
        ("GET", "/static/%2e%2e/%2e%2e/pyproject.toml", Code.API_ROUTE),
        ("DELETE", "/v1/records/" + "0" * 64, Code.API_METHOD),
        ("PUT", "/v1/bundles", Code.API_METHOD),
        ("POST", "/v1/checkpoint", Code.API_METHOD),
        ("GET", "/v1/records/abc", Code.API_PARAMETER),
        ("GET", "/v1/records/" + "G" * 64, Code.API_PARAMETER),
        ("GET", "/v1/records/" + "0" * 64, Code.RECORD_UNKNOWN),
        ("GET", "/v1/records/" + "0" * 64 + "/receipt", Code.RECORD_UNKNOWN),
        ("GET", "/v1/records/" + "0" * 64 + "/bundle/receipts", Code.RECORD_UNKNOWN),
        ("GET", "/v1/bundles/" + "0" * 64, Code.API_NOT_FOUND),
        ("GET", "/v1/blocks/0", Code.API_PARAMETER),
        ("GET", "/v1/blocks/-1", Code.API_PARAMETER),
        ("GET", "/v1/blocks/one", Code.API_PARAMETER),
        ("GET", "/v1/blocks/99999999999999999999", Code.API_PARAMETER),
        ("GET", "/v1/blocks/999999", Code.BLOCK_UNKNOWN),
        ("GET", "/v1/blocks?limit=0", Code.API_PARAMETER),
        ("GET", "/v1/blocks?limit=501", Code.API_PARAMETER),
        ("GET", "/v1/subjects", Code.API_PARAMETER),
        ("GET", "/v1/subjects?key=", Code.API_PARAMETER),
        ("GET", "/v1/subjects?key=a&after=-1", Code.API_PARAMETER),
        ("GET", "/v1/subjects?key=a&limit=many", Code.API_PARAMETER),
        ("GET", "/v1/search", Code.API_PARAMETER),
        ("GET", "/v1/search?q=" + "x" * 201, Code.API_PARAMETER),
        ("GET", "/v1/search?q=%20", Code.API_NOT_FOUND),
        ("GET", "/v1/search?q=%00", Code.API_NOT_FOUND),
        ("GET", "/v1/alerts?code=AL4", Code.API_PARAMETER),
        ("GET", "/v1/export/ocds", Code.API_PARAMETER),
        ("GET", "/v1/export/ocds?subject=nothing", Code.OCDS_NOTHING),
        ("GET", "/v1/export/ocds?subject=a&prefix=A%20B", Code.API_PARAMETER),
        ("GET", "/v1/ocds-extension/secrets.json", Code.API_PARAMETER),
        ("GET", "/v1/alerts?severity=dreadful", Code.API_PARAMETER),
    ],
)
def test_each_wrong_request_has_its_code(
    client: httpx.Client, method: str, path: str, code: Code
) -> None:
    is_problem(client.request(method, path), code)


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    assert client.delete("/v1/checkpoint").headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "query", [{"wait": -1}, {"wait": 61}, {"wait": "nan"}, {"receipts": "some"}]
)
def test_wrong_parameters_of_a_submission(
    node: OneNode, client: httpx.Client, query: dict[str, Any]
) -> None:
    is_problem(canonical(client, node.bundle(node.record()), **query), Code.API_PARAMETER)


# Bodies.


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"]
)
def test_an_unknown_media_type_is_named(client: httpx.Client, media_type: str) -> None:
    answer = post(client, b"{}", {"Content-Type": media_type})
    is_problem(answer, Code.API_MEDIA_TYPE)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.API_PARAMETER),
        (b"{", Code.API_PARAMETER),
        (b"null", Code.API_PARAMETER),
        (b"[]", Code.API_PARAMETER),
        (b"{}", Code.API_PARAMETER),
        (b'"\xff"', Code.API_PARAMETER),
        (b"[" * 100_000, Code.API_PARAMETER),
        (b'{"header": 1e400}', Code.API_PARAMETER),
    ],
)
def test_what_is_not_a_bundle_in_json(client: httpx.Client, body: bytes, code: Code) -> None:
    is_problem(post(client, body, JSON), code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"{}",
        b"\xdd\xff\xff\xff\xff",
        b"\x95\xc6\x40\x00\x00\x00",
        b"\x95\xa6bundle\x01\xc6\x40\x00\x00\x00",
    ],
)
def test_what_is_not_a_bundle_in_msgpack(client: httpx.Client, body: bytes) -> None:
    answer = post(client, body, MSGPACK)
    is_problem(answer)
    assert answer.status_code in (400, 413), answer.text
    assert answer.json()["code"].startswith("format.")


@pytest.mark.parametrize("damage", ["cut", "longer", "flipped"])
def test_a_damaged_bundle_is_refused(node: OneNode, client: httpx.Client, damage: str) -> None:
    data = node.bundle(node.record()).encode()
    damaged = {
        "cut": data[:-1],
        "longer": data + b"\0",
        "flipped": flipped(data, -20),
    }[damage]
    answer = post(client, damaged, MSGPACK)
    is_problem(answer)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 2},
        {"count": 0},
        {"records_root": "0" * 64},
        {"records_root": "0" * 63},
        {"issuer": "supervisor"},
        {"issuer": "Not A Name"},
        {"network_id": "f" * 64},
        {"created_at_ms": "now"},
        {"created_at_ms": 1.5},
        {"created_at_ms": -1},
        {"surprise": 1},
    ],
)
def test_a_header_that_was_changed_after_signing_is_refused(
    node: OneNode, client: httpx.Client, change: dict[str, Any]
) -> None:
    body = bundle_json(node.bundle(node.record()))
    body["header"] |= change
    answer = client.post("/v1/bundles", json=body)
    is_problem(answer)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {"amount": 1.5}},
        {"fields": {"amount": 1 << 70}},
        {"fields": {"text": "e\u0301"}},
        {"fields": {"nested": {"a": {"b": 1}}}},
        {"fields": {str(i): i for i in range(65)}},
        {"nonce": "00"},
        {"nonce": None},
        {"evidence": [{"label": "x"}]},
        {"refs": [{"relation": "admires", "record_id": "0" * 64}]},
        {"subject": "x" * 201},
        {"private": {"root": "0" * 64, "names": ["b", "a"]}},
        {"type": "x" * 65},
        {"occurred_at_ms": True},
    ],
)
def test_a_record_that_no_record_can_be_is_refused(
    node: OneNode, client: httpx.Client, change: dict[str, Any]
) -> None:
    body = bundle_json(node.bundle(node.record()))
    body["records"][0] |= change
    answer = client.post("/v1/bundles", json=body)
    is_problem(answer)
    assert answer.status_code in (400, 422)


# Sizes: refused while reading, whatever the headers claim.


def test_a_body_above_the_cap_is_refused(client: httpx.Client) -> None:
    body = (bytes(1 << 20) for _ in range(9))
    is_problem(client.post("/v1/bundles", content=body, headers=MSGPACK), Code.BUNDLE_TOO_LARGE)


def test_no_more_is_read_than_the_cap_allows() -> None:
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1000
        return {"type": "http.request", "body": bytes(1000), "more_body": True}

    endless = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(ApiError) as refused:
        asyncio.run(read_capped(endless, 10_000))
    assert refused.value.code is Code.BUNDLE_TOO_LARGE
    assert read == 11_000


def test_a_claimed_length_above_the_cap_is_refused_before_anything_is_read(
    node: OneNode, client: httpx.Client
) -> None:
    host, port = node.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(
            b"POST /v1/bundles HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
            b"Content-Length: 1073741824\r\n\r\n"
        )
        assert raw.recv(4096).startswith(b"HTTP/1.1 413")


def test_a_compressed_body_is_not_unpacked(node: OneNode, client: httpx.Client) -> None:
    packed = gzip.compress(node.bundle(node.record()).encode())
    answer = post(client, packed, MSGPACK | {"Content-Encoding": "gzip"})
    is_problem(answer)
    assert answer.status_code in (400, 415)


def test_too_many_records_in_json(node: OneNode, client: httpx.Client) -> None:
    body = bundle_json(node.bundle(node.record()))
    body["records"] = body["records"] * 10_001
    is_problem(client.post("/v1/bundles", json=body))


# Whatever is sent, the answer is a problem document and the node goes on.

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
leisurely = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@leisurely
@given(body=st.binary(max_size=200), media_type=st.sampled_from([JSON, MSGPACK]))
def test_any_bytes_get_a_problem_document(
    client: httpx.Client, body: bytes, media_type: dict[str, str]
) -> None:
    answer = post(client, body, media_type)
    is_problem(answer)
    assert 400 <= answer.status_code < 500


@leisurely
@given(data=st.data())
def test_any_part_of_a_bundle_may_be_anything(
    node: OneNode, client: httpx.Client, data: st.DataObject
) -> None:
    body = bundle_json(node.bundle(node.record()))
    part = data.draw(st.sampled_from([body, body["header"], body["records"][0]]))
    name = data.draw(st.sampled_from(sorted(part)))
    old, part[name] = part[name], data.draw(json_values)
    sent = json.dumps(body).encode()
    if part[name] == old:
        return
    answer = post(client, sent, JSON)
    is_problem(answer)
    assert 400 <= answer.status_code < 500


@leisurely
@given(
    path=st.sampled_from(["/v1/subjects", "/v1/search", "/v1/alerts", "/v1/blocks"]),
    params=st.dictionaries(
        st.sampled_from(["key", "q", "limit", "after", "below", "code", "subject", "newest_first"]),
        st.text(max_size=30) | st.integers().map(str),
        max_size=4,
    ),
)
def test_any_query_gets_an_answer_or_a_problem(
    client: httpx.Client, path: str, params: dict[str, str]
) -> None:
    try:
        answer = client.get(path, params=params)
    except UnicodeEncodeError:
        # A lone surrogate cannot be spelled in a URL.
        return
    if answer.status_code != 200:
        is_problem(answer)
        assert 400 <= answer.status_code < 500


def test_after_all_of_that_the_node_still_takes_records(
    node: OneNode, client: httpx.Client
) -> None:
    record = node.record()
    assert canonical(client, node.bundle(record), wait=20).status_code == 201
    assert client.get(f"/v1/records/{RecordId(record.record_id).hex()}").status_code == 200
