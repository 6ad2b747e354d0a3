"""A folder is copied to another machine and started beside the first: both notice, while all is idle."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from cli.compose.ports import free_addresses
from cli.demo.processes import NodeProcess, stop_all
from tests.network.real_network import RealNetwork, _process

PATIENCE_S = 120


def wait(what: str, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.2)


def found(node: NodeProcess) -> dict[str, dict[str, str]]:
    """What a node finds out about itself: facts by code."""
    answer = httpx.get(f"{node.api}/v1/diagnose", trust_env=False, timeout=30)
    return {each["code"]: each["facts"] for each in answer.json()["findings"]}


def copied(node: NodeProcess, folder: Path) -> NodeProcess:
    """The whole folder, as whoever moves a machine copies it; it listens elsewhere."""
    shutil.copytree(node.folder, folder)
    (folder / "node.log").unlink()
    settings = folder / "node.toml"
    lines = settings.read_text(encoding="utf-8").splitlines()
    addresses = iter(free_addresses(2))
    for place, line in enumerate(lines):
        if line.startswith(("consensus_listen", "api_listen")):
            lines[place] = f'{line.split(" = ")[0]} = "{next(addresses)}"'
    settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return _process(folder)


@pytest.mark.network
@pytest.mark.slow
def test_two_processes_with_one_key_are_named_before_they_sign_anything(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path)
    network.start()
    first, *peers = network.nodes
    copy = None

    def submit(count: int) -> None:
        before = network.status(peers[0])["height"]
        answer = httpx.post(
            f"{peers[0].api}/v1/bundles",
            content=network.bundle(count, "supervisor").encode(),
            headers={"Content-Type": "application/msgpack"},
            trust_env=False,
            timeout=90,
        )
        assert answer.is_success, answer.text
        wait("a block", lambda: network.status(peers[0])["height"] > before)

    try:
        submit(1)
        stop_all([first])
        copy = copied(first, tmp_path / "copy")
        first.start()
        first.wait_ready(PATIENCE_S)
        assert "diagnose.cloned" not in found(first)

        copy.start()
        wait("the true node", lambda: "diagnose.cloned" in found(first))
        wait("its copy", lambda: "diagnose.cloned" in found(copy))
        for peer in peers:
            wait("a peer", lambda peer=peer: "diagnose.peer_cloned" in found(peer))  # type: ignore[misc]
            assert found(peer)["diagnose.peer_cloned"]["node"] == first.node_id
            assert "diagnose.cloned" not in found(peer)
        assert '"node.cloned"' in (first.folder / "node.log").read_text(encoding="utf-8")
        assert '"peer.cloned"' in (peers[0].folder / "node.log").read_text(encoding="utf-8")

        # Neither promises anything; the others go on without both, and nobody has lied.
        refused = httpx.post(
            f"{first.api}/v1/bundles",
            content=network.bundle(3, "supervisor").encode(),
            headers={"Content-Type": "application/msgpack"},
            trust_env=False,
            timeout=90,
        )
        # They end each other's connections: with too few of them it says that first.
        assert refused.status_code == 503, refused.text
        assert refused.json()["code"] in {"node.cloned", "api.no_quorum"}, refused.text
        submit(2)
        stop_all([copy, first])
        first.start()
        first.wait_ready(PATIENCE_S)
        submit(1)
        wait(
            "the true node",
            lambda: network.status(first)["height"] == network.status(peers[0])["height"],
        )
        assert "diagnose.cloned" not in found(first)
        assert not any(list((node.folder / "misconduct").glob("*.json")) for node in network.nodes)
    finally:
        network.stop()
        if copy is not None:
            stop_all([copy])
