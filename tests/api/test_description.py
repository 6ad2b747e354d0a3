"""The API describes itself: every answer fits its description, and /docs needs no other host."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from jsonschema import Draft202012Validator

from api.errors import http_status
from api.examples import PROBLEMS
from ledger.words import sentences
from tests.api.json_bundle import bundle_json
from tests.api.one_node import OneNode, canonical
from tests.api.small_tender import SECTION, Tender, play

PROBLEM = "application/problem+json"
HTTP_PAGE = Path(__file__).resolve().parents[2] / "docs" / "spec" / "http.md"


@pytest.fixture(scope="module")
def tender(node: OneNode, client: httpx.Client) -> Tender:
    return play(client, node)


@pytest.fixture(scope="module")
def description(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def misfit(description: dict[str, Any], route: str, answer: httpx.Response) -> str:
    """What is not as the description says; empty where all is."""
    method = answer.request.method.lower()
    foreseen = description["paths"][route][method]["responses"].get(str(answer.status_code))
    if foreseen is None:
        return f"{answer.status_code} is not foreseen"
    media_type = answer.headers["content-type"]
    content = foreseen["content"].get(media_type)
    if content is None:
        return f"{media_type} is not foreseen"
    if not media_type.endswith("json") or content["schema"].get("format") == "binary":
        return ""
    whole = {**content["schema"], "components": description["components"]}
    return "; ".join(
        each.message for each in Draft202012Validator(whole).iter_errors(answer.json())
    )


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("/v1/records/{record}", "/v1/records/{id}"),
        ("/v1/records/{record}", "/v1/records/{id}?raw=true"),
        ("/v1/records/{record}", "/v1/records/{alert}"),
        ("/v1/records/{record}", "/v1/records/{hidden}"),
        ("/v1/records/{record}", "/v1/records/" + "0" * 64),
        ("/v1/records/{record}", "/v1/records/nothing"),
        ("/v1/records/{record}/receipt", "/v1/records/{id}/receipt"),
        ("/v1/records/{record}/receipt", "/v1/records/{hidden}/receipt"),
        ("/v1/records/{record}/bundle/receipts", "/v1/records/{id}/bundle/receipts"),
        ("/v1/records/{record}/tlog-proof", "/v1/records/{id}/tlog-proof"),
        ("/v1/records/{record}/tlog-proof", "/v1/records/{hidden}/tlog-proof"),
        ("/v1/records/{record}/trace", "/v1/records/{id}/trace"),
        ("/v1/records/{record}/trace", "/v1/records/{hidden}/trace"),
        ("/v1/records/{record}/trace", "/v1/records/" + "0" * 64 + "/trace"),
        ("/v1/records/{record}/certificate.pdf", "/v1/records/{id}/certificate.pdf"),
        ("/v1/records/{record}/certificate.pdf", "/v1/records/{hidden}/certificate.pdf"),
        ("/v1/records/{record}/standing", "/v1/records/{id}/standing"),
        ("/v1/deposits", "/v1/deposits"),
        ("/v1/deposits/{deposit}", "/v1/deposits/" + "0" * 64),
        ("/v1/consistency", "/v1/consistency?old=1&new=2"),
        ("/v1/consistency", "/v1/consistency?old=1&new=999999"),
        ("/v1/consistency", "/v1/consistency?old=0"),
        ("/v1/policy", "/v1/policy"),
        ("/v1/epochs", "/v1/epochs"),
        ("/v1/epochs", "/v1/epochs?after=9"),
        ("/v1/epochs", "/v1/epochs?after=-1"),
        ("/v1/export/ocds", "/v1/export/ocds?subject=" + quote(SECTION)),
        ("/v1/export/ocds", "/v1/export/ocds?subject=nothing"),
        ("/v1/ocds-extension/{name}", "/v1/ocds-extension/release-schema.json"),
        ("/v1/subjects", "/v1/subjects?key=" + quote(SECTION)),
        ("/v1/subjects", "/v1/subjects?key=x&limit=0"),
        ("/v1/completeness", "/v1/completeness?key=" + quote(SECTION)),
        ("/v1/completeness", "/v1/completeness"),
        ("/v1/coverage", "/v1/coverage?key=" + quote(SECTION)),
        ("/v1/coverage", "/v1/coverage?key=nothing"),
        ("/v1/coverage", "/v1/coverage"),
        ("/v1/coverage/sections", "/v1/coverage/sections"),
        ("/v1/coverage/sections", "/v1/coverage/sections?after=" + quote(SECTION)),
        ("/v1/coverage/sections", "/v1/coverage/sections?limit=0"),
        ("/v1/status/{row}", "/v1/status/role/builder"),
        ("/v1/status/{row}", "/v1/status/role/builder?at=1"),
        ("/v1/status/{row}", "/v1/status/seal/none"),
        ("/v1/status/{row}", "/v1/status/role/builder?at=-1"),
        ("/v1/search", "/v1/search?q=builder"),
        ("/v1/search", "/v1/search?q={hidden}"),
        ("/v1/search", "/v1/search?q=3"),
        ("/v1/search", "/v1/search?q=nothing-like-it"),
        ("/v1/blocks", "/v1/blocks"),
        ("/v1/blocks/{height}", "/v1/blocks/5"),
        ("/v1/blocks/{height}", "/v1/blocks/8"),
        ("/v1/blocks/{height}", "/v1/blocks/800"),
        ("/v1/checkpoint", "/v1/checkpoint"),
        ("/checkpoint", "/checkpoint"),
        ("/tile/{path}", "/tile/entries/000.p/3"),
        ("/tile/{path}", "/tile/0/x001/000"),
        ("/v1/alerts", "/v1/alerts"),
        ("/v1/alerts", "/v1/alerts?code=x"),
        ("/v1/network", "/v1/network"),
        ("/v1/diagnose", "/v1/diagnose"),
        ("/v1/trust", "/v1/trust"),
        ("/v1/catalogue", "/v1/catalogue"),
        ("/v1/bundles/{bundle}", "/v1/bundles/" + "0" * 64),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
        ("/metrics", "/metrics"),
    ],
)
def test_every_answer_fits_its_description(
    tender: Tender, description: dict[str, Any], route: str, path: str
) -> None:
    alert = tender.client.get("/v1/alerts").json()["items"][0]["record_id"]
    asked = path.format(
        id=tender.document.record_id.hex(),
        hidden=tender.complaint.record_id.hex(),
        alert=alert,
    )
    assert misfit(description, route, tender.client.get(asked)) == ""


def test_every_answer_to_a_submission_fits_too(
    node: OneNode, client: httpx.Client, description: dict[str, Any]
) -> None:
    bundle = node.bundle(node.record())
    answers = [
        canonical(client, bundle),
        canonical(client, bundle, wait=20),
        canonical(client, bundle, receipts="none"),
        canonical(client, node.bundle(node.record(type_key="x", files={}))),
        client.post("/v1/bundles", content=b"?", headers={"Content-Type": "text/plain"}),
        client.post("/v1/bundles", content=b"?", headers={"Content-Type": "application/json"}),
        client.post(
            "/v1/bundles",
            content=bytes(9 << 20),
            headers={"Content-Type": "application/msgpack"},
        ),
    ]
    for answer in answers:
        assert misfit(description, "/v1/bundles", answer) == ""
    assert [each.status_code for each in answers] == [202, 201, 201, 422, 415, 400, 413]
    followed = client.get(f"/v1/bundles/{bundle.pool_key.hex()}")
    assert misfit(description, "/v1/bundles/{bundle}", followed) == ""
    shape = description["components"]["schemas"]["BundleJson"]
    whole = {**shape, "components": description["components"]}
    Draft202012Validator(whole).validate(bundle_json(bundle))


def examples(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(route, status or "body", content) of everything that is JSON."""
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            sent = {"body": route.get("requestBody", {})}
            for status, each in (route["responses"] | sent).items():
                for media_type, content in each.get("content", {}).items():
                    if media_type.endswith("json"):
                        yield f"{method.upper()} {path}", status, content


def test_every_json_has_a_whole_example_that_fits_its_shape(description: dict[str, Any]) -> None:
    there = list(examples(description))
    assert len(there) > 300
    assert [(route, status) for route, status, each in there if "example" not in each] == []
    for route, status, each in there:
        whole = {**each["schema"], "components": description["components"]}
        found = [
            error.message for error in Draft202012Validator(whole).iter_errors(each["example"])
        ]
        assert found == [], (route, status)


def test_the_example_of_a_problem_has_the_status_that_it_stands_for() -> None:
    for status, (code, facts) in PROBLEMS.items():
        assert http_status(code) == status
        names = {name for _, name, _, _ in Formatter().parse(sentences("en")[code.value]) if name}
        assert names == set(facts), code


def test_a_file_is_described_as_the_file_alone(tender: Tender, description: dict[str, Any]) -> None:
    content = description["paths"]["/v1/records/{record}/receipt"]["get"]["responses"]["200"]
    answer = tender.client.get(f"/v1/records/{tender.document.record_id.hex()}/receipt")
    assert set(content["content"]) == {answer.headers["content-type"]}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/court-codes", "GET, POST"),
        ("/v1/court-codes/package", "POST"),
        ("/v1/deposits", "GET, POST"),
        ("/v1/records/x/receipt", "GET"),
        ("/v1/bundles", "POST"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_told_all_that_it_takes(
    client: httpx.Client, path: str, allowed: str
) -> None:
    for method in {"GET", "PUT", "OPTIONS", "DELETE"} - {*allowed.split(", ")}:
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (405, "api.method")
        assert ", ".join(sorted(answer.headers["Allow"].split(", "))) == allowed


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_shape_that_is_named_is_defined_and_none_is_useless(
    description: dict[str, Any],
) -> None:
    named = set(references(description))
    defined = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}
    assert named == defined


def test_every_route_is_described_with_words_and_its_problems(
    description: dict[str, Any],
) -> None:
    assert set(description["paths"]) >= {
        "/v1/bundles",
        "/v1/bundles/{bundle}",
        "/v1/records/{record}",
        "/v1/subjects",
        "/v1/search",
        "/v1/alerts",
        "/v1/blocks",
        "/v1/checkpoint",
        "/v1/network",
    }
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            assert route["summary"] and route["description"], path
            for status, answer in route["responses"].items():
                assert answer["description"], (path, method, status)
                if int(status) >= 400 and path not in ("/healthz", "/readyz"):
                    assert PROBLEM in answer["content"], (path, status)


def test_the_spec_page_lists_exactly_the_routes_that_there_are(description: dict[str, Any]) -> None:
    table = HTTP_PAGE.read_text(encoding="utf-8").partition("## Routes")[2].partition("## ")[0]
    listed = set(re.findall(r"`(GET|POST) (/[^`]*)`", table))
    routes = {
        (method.upper(), path)
        for path, methods in description["paths"].items()
        for method in methods
    }
    assert listed == routes


# What a browser gets.


def test_the_docs_load_nothing_from_another_host(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 3
    for path in loaded:
        assert path.startswith("/static/"), path
        assert client.get(path).status_code == 200
    assert "<script>" not in page.text and "://" not in re.sub(r"<!DOCTYPE[^>]*>", "", page.text)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy


def test_the_licence_of_what_is_shipped_is_shipped(client: httpx.Client) -> None:
    licence = client.get("/static/vendor/swagger-ui/LICENSE")
    assert licence.status_code == 200 and "Apache License" in licence.text


def test_the_verifier_comes_as_modules_with_the_licences_of_what_it_uses(
    client: httpx.Client,
) -> None:
    for path in ("verify/index.js", "verify/sm3.js", "vendor/noble-ed25519/index.js"):
        module = client.get(f"/static/{path}")
        assert module.status_code == 200
        assert module.headers["Content-Type"].startswith("text/javascript")
    for name in ("noble-hashes", "noble-ed25519"):
        assert "MIT License" in client.get(f"/static/vendor/{name}/LICENSE").text


@pytest.mark.parametrize(
    "path", ["/v1/network", "/docs", "/nothing", "/static/docs.js", "/metrics"]
)
def test_security_headers_are_everywhere(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
