"""The states of one submission go one way, whoever restarts in between, and waiting has a cap."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.patience import Patience
from api.service import LedgerService
from consensus.fates import Refused
from ledger.codes import Code
from ledger.core.acknowledgement import refuse
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import HeaderHash, MemberId
from ledger.errors import Rejected
from tests.api.one_node import OneNode, canonical, now_ms
from tests.vectors.small_network import signer

ORDER = ("pending", "committed, receipt pending", "committed")
"""A refusal is an end of its own: none of these follows it, and it follows neither of the last."""


def state(client: httpx.Client, bundle: Bundle) -> str:
    """What the node says of a bundle, by the address that its 202 names."""
    asked = f"/v1/bundles/{bundle.pool_key.hex()}?record={bundle.record_ids[-1].hex()}"
    answer = client.get(asked)
    assert answer.status_code in {200, 202}, answer.text
    return str(answer.json()["status"])


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(["send", "again", "ask", "restart"]), max_size=8))
def test_no_submission_goes_back_over_restarts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    node = OneNode(tmp_path_factory.mktemp("states"))
    sent: dict[Bundle, int] = {}
    lives: list[list[str]] = [[]]
    for step in [*steps, "ask", "restart", "ask"]:
        if step == "restart":
            lives.append([])
        else:
            lives[-1].append(step)
    for life in lives:
        with node.up() as client:
            for step in ["ask", *life]:
                if step == "send":
                    bundle = node.bundle(node.record())
                    assert canonical(client, bundle).status_code in {201, 202}
                    sent[bundle] = 0
                for bundle in sent if step != "ask" else ():
                    assert canonical(client, bundle).status_code in {201, 202}
                for bundle, reached in sent.items():
                    now = ORDER.index(state(client, bundle))
                    assert now >= reached
                    sent[bundle] = now
            for bundle in sent:
                assert canonical(client, bundle, wait=20).status_code == 201
                assert state(client, bundle) == "committed"
                sent[bundle] = ORDER.index("committed")


def test_whoever_finds_no_place_to_wait_is_answered_at_once() -> None:
    patience, centre = Patience(most=3, member_max=2), MemberId("centre")
    with patience.place(centre) as first, patience.place(centre) as second:
        with patience.place(centre) as third:
            assert (first, second, third) == (True, True, False)
        with patience.place(MemberId("bidder")) as other:
            assert other
            with patience.place(MemberId("builder")) as beyond:
                assert not beyond
    with patience.place(centre) as again:
        assert again


def test_a_place_is_given_back_where_whoever_waited_left() -> None:
    patience, centre = Patience(most=1), MemberId("centre")

    async def leave() -> None:
        with patience.place(centre):
            await asyncio.Event().wait()

    async def story() -> None:
        waiting = asyncio.create_task(leave())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        with patience.place(centre) as found:
            assert found

    asyncio.run(story())


def test_without_a_place_a_bundle_is_taken_in_all_the_same(tmp_path: Path) -> None:
    node = OneNode(tmp_path)
    node.patience = Patience(most=0)
    bundle = node.bundle(node.record())
    with node.up() as client:
        answer = canonical(client, bundle, wait=30)
        assert answer.status_code == 202
        while canonical(client, bundle).status_code != 201:
            pass
        assert state(client, bundle) == "committed"


def test_a_refusal_stays_over_a_restart_with_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken in, it waits for a quorum that never comes, until it has expired."""
    monkeypatch.setattr(LedgerService, "_check_working", lambda self: None)
    node = OneNode(tmp_path, absent=("two", "three", "four"))
    now, record = now_ms(), node.record()
    bundle = sign_bundle(
        signer("member centre"),
        node.genesis.network_id,
        MemberId("centre"),
        [record.encode()],
        now,
        now + 1_500,
        bytes(16),
    )
    asked = f"/v1/bundles/{bundle.pool_key.hex()}?record={record.record_id.hex()}"
    with node.up() as client:
        assert canonical(client, bundle).status_code == 202
        while (before := client.get(asked)).status_code == 202:
            time.sleep(0.1)
        assert before.json()["status"] == "refused"
        assert before.json()["code"] == "bundle.expired"
    for _ in range(2):
        with node.up() as client:
            assert client.get(asked).json() == before.json()
            assert canonical(client, bundle).status_code == 422
            assert client.get(asked).json() == before.json()


def test_what_entered_is_entered_whatever_a_node_refused_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = OneNode(tmp_path)
    bundle = node.bundle(node.record())
    with node.up() as client:
        assert canonical(client, bundle, wait=20).status_code == 201
        assert node.service is not None
        code, key = Code.BUNDLE_EXPIRED, bundle.pool_key
        network_id, head = node.genesis.network_id, HeaderHash(bytes(32))
        signed = refuse(node.tls.signer, network_id, node.tls.node_id, key, code, head)
        refused = Refused(Rejected(code), signed, now_ms())
        monkeypatch.setattr(type(node.service.node), "fate", lambda self, key: refused)
        assert state(client, bundle) == "committed"
        assert canonical(client, bundle, wait=20).status_code == 201
