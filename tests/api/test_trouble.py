"""A node in trouble says what it is, takes nothing in that it cannot keep, and says when to ask."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx
import pytest

from api.app import create_app
from api.published import Published
from api.service import LedgerService
from consensus.fates import Fate, Unknown
from consensus.pool_limits import PoolLimits
from consensus.status import NodeStatus
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, NodeId, RecordId
from ledger.errors import Rejected, StoreError
from tests.api.one_node import OneNode, canonical
from tests.consensus.standing import well
from tests.contracts.town import CATALOGUE, Town
from tests.vectors.small_network import signer


def test_without_quorum_nothing_is_taken_in_and_the_missing_are_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    node = OneNode(tmp_path_factory.mktemp("alone"), absent=("two", "three", "four"))
    with node.up() as client:
        bundle = node.bundle(node.record())
        answer = canonical(client, bundle, wait=5)
        assert (answer.status_code, answer.json()["code"]) == (503, "api.no_quorum")
        assert answer.json()["facts"] == {"found": 1, "needed": 3}
        assert answer.headers["Retry-After"] == "1"
        assert client.get(f"/v1/bundles/{bundle.pool_key.hex()}").status_code == 404
        ready = client.get("/readyz")
        assert ready.status_code == 503 and ready.json()["ready"] is False
        words = ready.json()["words_zh"][0]
        assert all(f"{name}（本节点启动后从未收到" in words for name in ("two", "three", "four"))
        assert client.get("/healthz").status_code == 200
        network = client.get("/v1/network").json()
        assert network["troubles"][0] == "no_quorum"
        reachable = [(each["node_id"], each["reachable"]) for each in network["nodes"]]
        assert reachable == [("one", True), ("two", False), ("three", False), ("four", False)]


def test_a_full_pool_asks_to_come_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    full = PoolLimits(member_bundles_max=0)
    node = OneNode(tmp_path_factory.mktemp("full"), pool_limits=full)
    with node.up() as client:
        answer = canonical(client, node.bundle(node.record()), wait=5)
        assert (answer.status_code, answer.json()["code"]) == (429, "pool.full")
        assert answer.headers["Retry-After"] == "1"
        assert "Traceback" not in answer.text


# Some states last only for a moment on a node at work. Here the chain is the real one, committed to
# by a quorum that has not cosigned yet, and the node's part in consensus stands still.


@dataclass
class StillNode:
    """A node that neither takes in nor forgets; satisfies `api.node.Node`."""

    chain: Chain
    failure: Exception | None = None

    @property
    def status(self) -> NodeStatus:
        own = NodeId("node-centre")
        committee = replace(
            self.chain.committee,
            nodes=tuple(node for node in self.chain.committee.nodes if node.node_id == own),
        )
        at_rest = well(own, self.chain.head, committee, {}, 0)
        return replace(at_rest, cosigned_height=self.chain.cosigned_height)

    def submit(self, bundle: Bundle) -> Rejected:
        return Rejected(Code.BUNDLE_KNOWN)

    def fate(self, pool_key: Digest) -> Fate:
        return Unknown()

    async def moved(self, timeout_s: float) -> None:
        await asyncio.sleep(min(timeout_s, 0.01))


def ask(
    town: Town, method: str, path: str, failure: Exception | None = None, body: bytes = b""
) -> httpx.Response:
    service = LedgerService(
        town.chain, CATALOGUE, StillNode(town.chain, failure), signer("log centre")
    )

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
            kind = {"Content-Type": "application/msgpack"}
            return await client.request(method, path, content=body, headers=kind)

    return asyncio.run(asked())


def test_a_node_answers_so_many_requests_of_one_address_at_a_time() -> None:
    town = Town()
    service = LedgerService(town.chain, CATALOGUE, StillNode(town.chain), signer("log centre"))
    app = create_app(service, requests_per_address=1)

    async def story() -> None:
        sent, finish = asyncio.Event(), asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            sent.set()
            await finish.wait()
            yield b""

        def client(host: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, client=(host, 1))
            return httpx.AsyncClient(transport=transport, base_url="http://node")

        async with client("192.0.2.1") as greedy, client("192.0.2.2") as modest:
            kind = {"Content-Type": "application/msgpack"}
            slow = asyncio.create_task(greedy.post("/v1/bundles", content=body(), headers=kind))
            await sent.wait()
            busy = await greedy.get("/v1/network")
            assert (busy.status_code, busy.json()["code"]) == (429, "api.busy")
            assert busy.headers["Retry-After"] == "1"
            assert busy.headers["X-Frame-Options"] == "DENY", "like any other answer"
            assert (await modest.get("/v1/network")).status_code == 200
            finish.set()
            assert (await slow).status_code == 400
            assert (await greedy.get("/v1/network")).status_code == 200

    asyncio.run(story())


def deposited(town: Town) -> tuple[Bundle, RecordId]:
    bundle = town.bundle(town.record("centre", "evidence.deposited", "X-1"))
    assert town.commit(bundle) is not None
    return bundle, bundle.record_ids[0]


def test_committed_without_cosignatures_is_pending_with_its_height() -> None:
    town = Town()
    bundle, record_id = deposited(town)
    answer = ask(town, "POST", "/v1/bundles?wait=0.1", body=bundle.encode())
    assert answer.status_code == 202
    assert answer.json()["status"] == "committed, receipt pending"
    assert answer.json()["height"] == 1
    for path in ("receipt", "bundle/receipts"):
        receipt = ask(town, "GET", f"/v1/records/{record_id.hex()}/{path}")
        assert (receipt.status_code, receipt.json()["code"]) == (202, "receipt.pending")
        assert receipt.json()["facts"] == {"height": 1, "found": 0, "needed": 3}
        assert receipt.headers["Retry-After"] == "1"
    words = ask(town, "GET", "/readyz").json()["words_en"]
    assert any("wait for the cosignatures of" in each for each in words)


def test_a_stopped_node_takes_nothing_in_and_says_why() -> None:
    town, failure = Town(), StoreError(Code.STORE_DISK_FULL)
    bundle = town.bundle(town.record("centre", "evidence.deposited", "X-1"))
    answer = ask(town, "POST", "/v1/bundles?wait=30", failure, bundle.encode())
    assert (answer.status_code, answer.json()["code"]) == (503, "api.stopped")
    health = ask(town, "GET", "/healthz", failure)
    assert health.status_code == 503 and "disk" in health.json()["reason"]
    assert ask(town, "GET", "/readyz", failure).status_code == 503
    told = ask(town, "GET", "/v1/diagnose", failure).json()
    assert (told["severity"], told["findings"][0]["code"]) == ("serious", "diagnose.stopped")
    assert "disk" in told["findings"][0]["en"] and "磁盘" in told["findings"][0]["zh"]
    assert "bidwitness_failed 1.0" in ask(town, "GET", "/metrics", failure).text


def test_our_own_mistake_is_a_problem_document_without_a_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    town = Town()

    def broken(_: object) -> bytes:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(Published, "note", broken)
    answer = ask(town, "GET", "/v1/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (500, "api.internal")
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
