"""Four real processes, one of them with a wrong clock: it does not vote, and says so everywhere."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo.processes import NodeProcess
from tests.network.real_network import READY_S, RealNetwork

PATIENCE_S = 120
HTTP = httpx.Client(timeout=30, trust_env=False)
AHEAD = "+600s"


def faketime() -> str:
    """The library that shifts what a process takes for the time of day."""
    found = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if found is None:
        pytest.skip("needs libfaketime (Debian package faketime)")
    return str(found)


@pytest.mark.network
@pytest.mark.slow
def test_a_node_whose_clock_is_beyond_the_bound_votes_for_nothing_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, network = faketime(), RealNetwork(tmp_path)
    *others, notary = network.nodes
    try:
        with monkeypatch.context() as wrong:
            wrong.setenv("LD_PRELOAD", library)
            wrong.setenv("FAKETIME", AHEAD)
            wrong.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            notary.start()
        for node in others:
            node.start()
        for node in others:
            node.wait_ready(READY_S)
        the_three_go_on_without_it(network, notary)
        its_organisation_has_it_recorded(network, notary)
        once_mended_it_votes(network, notary)
    finally:
        network.stop()
        HTTP.close()


def the_three_go_on_without_it(network: RealNetwork, notary: NodeProcess) -> None:
    until(lambda: "clock" in status(notary)["troubles"], "it knows that it is the wrong one")
    found = HTTP.get(f"{notary.api}/v1/diagnose").json()
    assert not found["facts"]["open"]["clock_trusted"]
    (finding,) = [each for each in found["findings"] if each["code"] == "diagnose.clock"]
    assert finding["severity"] == "serious"
    assert "votes for no fresh block" in finding["en"] and "-600" in finding["en"]
    page = HTTP.get(f"{notary.api}/nodes?lang=zh").text
    assert finding["zh"].split("。")[0][:12] in page
    for _ in range(5):
        submit(network)
    until(lambda: status(notary)["height"] == status(network.nodes[0])["height"] >= 5, "blocks")
    signed = [voters(network.nodes[0], height) for height in range(1, 6)]
    assert signed == [{"centre", "supervisor", "registry"}] * 5, "it follows, and votes for none"


def its_organisation_has_it_recorded(network: RealNetwork, notary: NodeProcess) -> None:
    said = network.run("notary", "node", "clock-report", "--json")
    assert said.code == 0, said.err
    (report,) = status(network.nodes[0])["clock_reports"]
    assert (report["node_id"], report["peers"]) == ("notary", "beyond_bound")
    alerts = HTTP.get(f"{network.nodes[0].api}/v1/alerts", params={"code": "AL39"}).json()
    (alert,) = alerts["items"]
    assert alert["record"]["fields"]["because"] == "clock_beyond_bound"


def once_mended_it_votes(network: RealNetwork, notary: NodeProcess) -> None:
    notary.kill()
    notary.start()
    notary.wait_ready(READY_S)
    until(lambda: "clock" not in status(notary)["troubles"], "it trusts its clock")

    def votes() -> bool:
        submit(network)
        return "notary" in voters(network.nodes[0], status(network.nodes[0])["height"])

    until(votes, "it votes")


def status(node: NodeProcess) -> dict[str, Any]:
    answer: dict[str, Any] = HTTP.get(f"{node.api}/v1/network").json()
    return answer


def voters(node: NodeProcess, height: int) -> set[str]:
    """Who signed the commit certificate of a block."""
    block = HTTP.get(f"{node.api}/v1/blocks/{height}").json()
    return {each["node_id"] for each in block["certificate"]["votes"]}


def submit(network: RealNetwork) -> None:
    """A record that the first node has on the ledger, with its receipt, when this returns."""
    answer = HTTP.post(
        f"{network.nodes[0].api}/v1/bundles",
        params={"wait": 20, "receipts": "none"},
        content=network.bundle(1, "supervisor").encode(),
        headers={"content-type": "application/msgpack"},
    )
    assert answer.status_code in (201, 202), answer.text


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s in vain until {what}"
        time.sleep(0.25)
