"""Every request has an id that leads to its line, and is counted; nothing that was asked is told."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from api.headers import SecurityHeaders
from tests.api.one_node import OneNode

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
OWN = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize("path", ["/v1/network", "/nothing", "/static/docs.js", "/v1/records/x"])
def test_every_answer_has_an_id_of_its_own(client: httpx.Client, path: str) -> None:
    answers = [client.get(path) for _ in range(2)]
    first, second = (each.headers["X-Request-Id"] for each in answers)
    assert OWN.fullmatch(first) and OWN.fullmatch(second) and first != second
    if answers[0].status_code >= 400:
        assert answers[0].json()["request_id"] == first


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("proxy-7.example_0001", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("short", False),
        ('{"event": "forged"}', False),
        ("a b c d e f g h", False),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", False),
    ],
)
def test_an_id_that_was_given_is_kept_where_it_is_no_more_than_that(
    client: httpx.Client, given: str, kept: bool
) -> None:
    answer = client.get("/healthz", headers={b"X-Request-Id": given.encode()})
    assert (answer.headers["X-Request-Id"] == given) is kept


def test_what_is_asked_for_is_in_no_label_and_in_no_line(client: httpx.Client) -> None:
    with capture_logs() as lines:
        client.get("/v1/subjects", params={"key": "whom-they-look-for"})
        client.get("/v1/whom-they-look-for")
        client.request("WHOM", "/v1/network")
        client.post("/v1/bundles", content=b"whom-they-look-for")
        told = client.get("/metrics").text
    assert "look-for" not in told and "WHOM" not in told and "look-for" not in str(lines)
    for labels in (
        'method="GET",route="/v1/subjects",status="200"',
        'method="GET",route="none",status="404"',
        'method="other",route="/v1/network",status="405"',
        'method="POST",route="/v1/bundles",status="415"',
    ):
        assert f"bidwitness_http_requests_total{{{labels}}} " in told
    found = [line["status"] for line in lines if line["route"] not in ("/metrics", "/healthz")]
    assert found == [200, 404, 405, 415]


def test_our_own_mistake_has_the_id_of_its_trace(
    node: OneNode, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of ours")

    monkeypatch.setattr("api.routes.alerts.page_of", broken)
    with capture_logs() as lines:
        # The server closes this line: the answer was made where nothing is left to be trusted.
        answer = httpx.get(f"{node.url}/v1/alerts", trust_env=False)
    assert client.get("/healthz").status_code == 200
    assert answer.status_code == 500 and "secret" not in answer.text
    own = answer.headers["X-Request-Id"]
    assert answer.json()["request_id"] == own
    found = [line["event"] for line in lines if "/v1/alerts" in line.values()]
    assert found == ["request.answered", "request.failed"]


def test_the_operators_page_lists_exactly_the_metrics_that_there_are(client: httpx.Client) -> None:
    table = OPERATIONS.read_text(encoding="utf-8").partition("### Metrics")[2].partition("### ")[0]
    listed = re.findall(r"`(bidwitness_\w+)`", table)
    there = re.findall(r"^# HELP (bidwitness_\w+) ", client.get("/metrics").text, re.MULTILINE)
    assert sorted(listed) == sorted(name for name in there if not name.endswith("_created"))


@pytest.mark.parametrize(
    ("url", "strict"),
    [
        ("https://node.example/", True),
        ("https://node.example:443/", True),
        ("https://node.example:8443/", False),
        ("https://[::1]/", True),
        ("https://[::1]:8443/", False),
        ("http://node.example/", False),
    ],
)
def test_a_name_is_held_to_https_only_by_who_answers_at_its_own_port(
    url: str, strict: bool
) -> None:
    async def answered(_: Request) -> PlainTextResponse:
        return PlainTextResponse("")

    app = SecurityHeaders(Starlette(routes=[Route("/", answered)]))

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get(url)

    assert ("Strict-Transport-Security" in asyncio.run(asked()).headers) is strict
