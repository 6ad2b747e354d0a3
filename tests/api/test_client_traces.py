"""What a client makes of a node's lists when it gathers a trace."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.client import Client, ClientError, turning
from ledger.codes import Code
from ledger.core.sealed_file import SealedFile
from ledger.trust import trust_root
from tests.vectors.generate.sealed import NETWORK, SYSTEM, sealed_record
from tests.vectors.small_network import small_genesis

GOOD: dict[str, Any] = {
    "record_id": "11" * 32,
    "record": {"type": "evidence.deposited", "subject": "P", "refs": [], "fields": {}},
}


def node(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    """A client of one node that answers so."""
    transport = httpx.MockTransport(answer)
    return Client(["http://node.example"], trust_root(small_genesis()), transport)


def lists(*items: Any) -> Client:
    return node(lambda _: httpx.Response(200, json={"items": list(items), "cursor": None}))


def cites(relation: str, cited: Any, type_key: str = "ledger.amended") -> dict[str, Any]:
    ref = {"relation": relation, "record_id": cited, "network_id": None}
    record = {**GOOD["record"], "type": type_key, "refs": [ref]}
    return {"record_id": "22" * 32, "record": record}


def test_records_that_nothing_befell_need_no_receipt() -> None:
    assert lists(GOOD).gather_said(["P"], {}) == ()


@pytest.mark.parametrize(
    "items",
    [
        ({},),
        ({"record_id": "11" * 32, "record": None},),
        ({**GOOD, "record": {**GOOD["record"], "refs": [{}]}},),
        (GOOD, {**cites("amends", "11" * 32), "record_id": "no id"}),
    ],
)
def test_a_list_that_is_none_is_said_and_not_traced(items: tuple[Any, ...]) -> None:
    with pytest.raises(ClientError) as problem:
        lists(*items).gather_said(["P"], {})
    assert problem.value.code is Code.API_ANSWER


def test_a_record_without_a_receipt_that_holds_ends_the_trace() -> None:
    """The node says that one amends the other, and cannot prove that either exists."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/receipt"):
            return httpx.Response(404, json={"code": "record.unknown", "facts": {"record": "11"}})
        return httpx.Response(200, json={"items": [GOOD, cites("amends", "11" * 32)]})

    with pytest.raises(ClientError) as problem:
        node(answer).gather_said(["P"], {})
    assert problem.value.code is Code.RECORD_UNKNOWN


def test_sections_are_those_of_the_project_and_of_no_other() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/completeness":
            return httpx.Response(200, json={"sections": ["P/02", "Q/01"]})
        hits = [{"kind": "subject", "name": name} for name in ("P/01", "P/02", "PX/01")]
        return httpx.Response(200, json={"hits": [*hits, {"kind": "type", "name": "P/03"}]})

    assert node(answer).sections("P") == ["P/01", "P/02"]
    assert node(answer).sections("P/01") == []


def test_a_project_without_sections_has_none() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/completeness":
            return httpx.Response(200, json={"sections": []})
        facts = {"query": "P/", "searched": "subject"}
        return httpx.Response(404, json={"code": "api.not_found", "facts": facts})

    assert node(answer).sections("P") == []


@pytest.mark.parametrize(
    "gather",
    [
        lambda client: client.gather_said(["P"], {}),
        lambda client: client.encryption_key_of("centre"),
        lambda client: client.gather_bid_proof(
            SealedFile(NETWORK, SYSTEM, sealed_record("bid")),
        ),
    ],
    ids=["trace", "key", "bid"],
)
def test_a_list_that_never_ends_is_left_by_whoever_gathers(
    gather: Callable[[Client], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turning, "GATHERED_MAX", 5)
    pages: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        pages.append(request.url.path)
        if len(pages) > 10:
            return httpx.Response(503)
        return httpx.Response(200, json={"items": [GOOD, GOOD], "cursor": len(pages)})

    with pytest.raises(ClientError) as problem:
        gather(node(answer))
    assert (problem.value.code, problem.value.detail["what"]) == (Code.API_ANSWER, "items")
    assert pages == ["/v1/subjects"] * 3
