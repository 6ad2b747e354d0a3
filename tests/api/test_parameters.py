"""A misspelt parameter is told of: it would have asked for more than was meant."""

from typing import Any

import httpx
import pytest

from ledger.codes import Code
from tests.api.one_node import OneNode
from tests.api.test_problems import is_problem

CODE = "api.parameter_unknown"
BROWSER = {"Accept": "text/html"}
PROBED = {"/healthz", "/readyz", "/metrics"}


def test_no_route_answers_a_question_that_has_a_parameter_which_it_does_not_know(
    client: httpx.Client,
) -> None:
    described = client.get("/openapi.json").json()["paths"]
    asked = [(verb, path) for path, verbs in described.items() for verb in verbs]
    assert len(asked) > 40
    for verb, path in asked:
        answer = client.request(verb, path, params={"mebmer": "x"})
        if path not in PROBED:
            is_problem(answer, Code.API_PARAMETER_UNKNOWN)
            assert answer.json()["facts"]["name"] == "mebmer"


def test_the_refusal_names_what_is_known(client: httpx.Client) -> None:
    body: dict[str, Any] = client.get("/v1/records?mebmer=builder").json()
    known = body["facts"]["known"].split(", ")
    assert {"member", "subject", "limit", "cursor", "newest_first"} <= set(known)
    assert known == sorted(known)
    assert "mebmer" in body["detail_zh"] and "member" in body["detail_zh"]


@pytest.mark.parametrize("name", ["Member", "member ", "", "x" * 4000])
def test_a_name_that_is_any_other_is_unknown(client: httpx.Client, name: str) -> None:
    answer = client.get("/v1/records", params={name: "builder"})
    assert (answer.status_code, answer.json()["code"]) == (400, CODE)
    assert len(answer.text) < 2000


def test_a_route_without_parameters_says_so(client: httpx.Client) -> None:
    assert client.get("/v1/network?member=x").json()["facts"]["known"] == "-"


def test_a_probe_may_hang_on_what_it_likes(client: httpx.Client) -> None:
    for path in PROBED:
        assert client.get(path, params={"probe": "1700000000"}).status_code == 200


def test_a_link_to_a_page_that_was_passed_on_still_leads_there(client: httpx.Client) -> None:
    passed_on = "utm_source=mail&utm_medium=x&from=singlemessage&isappinstalled=0&spm=a.b&fbclid=1"
    for path in ("/", "/blocks", "/alerts", "/verify"):
        answer = client.get(f"{path}?{passed_on}&lang=en", headers=BROWSER)
        assert answer.status_code == 200, answer.text


def test_a_parameter_of_a_page_that_is_misspelt_is_told_of_on_a_page(client: httpx.Client) -> None:
    answer = client.get("/alerts?severty=serious&lang=en", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (400, "text/html")
    assert CODE in answer.text and "severty" in answer.text and "severity" in answer.text


def test_a_name_cannot_write_on_the_page_that_tells_of_it(client: httpx.Client) -> None:
    answer = client.get("/alerts", params={"severity<b>": "1"}, headers=BROWSER)
    assert answer.status_code == 400 and "<b>" not in answer.text


def test_the_log_under_its_own_name_is_asked_no_more_loosely(node: OneNode) -> None:
    prefix = "/" + node.genesis.origin.partition("/")[2]
    with httpx.Client(base_url=node.url, trust_env=False) as client:
        assert client.get(f"{prefix}/checkpoint?x=1").json()["code"] == CODE
