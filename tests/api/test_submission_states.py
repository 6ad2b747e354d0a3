"""The states of one submission go one way, whoever restarts in between, and waiting has a cap."""

import asyncio
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.patience import Patience
from ledger.core.bundle import Bundle
from ledger.core.identifiers import MemberId
from tests.api.one_node import OneNode, canonical

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
