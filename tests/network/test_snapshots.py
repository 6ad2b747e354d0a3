"""Real processes: a node that was never there begins with a snapshot and is needed at once."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo.processes import NodeProcess
from ledger.core.bundle import Bundle
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.real_network import READY_S, RealNetwork

INTERVAL = 4
PARAMETERS = f"\n[parameters]\nsnapshot_interval = {INTERVAL}\n"


@pytest.mark.network
@pytest.mark.slow
def test_a_node_begins_with_a_snapshot(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path, PARAMETERS)
    *others, late = network.nodes
    lacks_at_most(late, 1)
    try:
        network.start_some(others)
        first = committed(network, others[0])
        for _ in range(2 * INTERVAL + 1):
            committed(network, others[0])
        late.start()
        late.wait_ready(READY_S)
        in_step(network, late, others[0])
        base = network.status(late)["first_height"] - 1
        assert base >= INTERVAL and base % INTERVAL == 0
        assert "snapshot.taken_over" in events(late)
        others[2].kill()
        last = committed(network, late)
        the_receipt_verifies(network, late, last)
        what_was_before_is_elsewhere(late, first)
        in_step(network, late, others[0])
        same_log(network, late, others[0])
        network.stop()
        an_audit_says_where_it_begins(network, late, base)
    finally:
        network.stop()


def lacks_at_most(node: NodeProcess, blocks: int) -> None:
    """Have a node take a snapshot sooner than a real one would."""
    path = node.folder / "node.toml"
    text = path.read_text(encoding="utf-8")
    changed = text.replace("snapshot_behind = 1000", f"snapshot_behind = {blocks}")
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def post(node: NodeProcess, bundle: Bundle) -> httpx.Response:
    return httpx.post(
        f"{node.api}/v1/bundles",
        params={"wait": 30, "receipts": "none"},
        content=bundle.encode(),
        headers={"content-type": "application/msgpack"},
        timeout=60,
        trust_env=False,
    )


def committed(network: RealNetwork, node: NodeProcess) -> Bundle:
    """One bundle on the ledger, hence one block at least."""
    bundle = network.bundle(30, "centre")
    until(lambda: post(node, bundle).status_code == 201, "the bundle is committed")
    return bundle


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + READY_S
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def in_step(network: RealNetwork, one: NodeProcess, other: NodeProcess) -> None:
    def same() -> bool:
        try:
            ours, theirs = network.status(one), network.status(other)
        except httpx.HTTPError:
            return False
        return bool(ours["height"] == theirs["height"])

    until(same, "both are at one height")


def same_log(network: RealNetwork, one: NodeProcess, other: NodeProcess) -> None:
    height = network.status(one)["height"]
    headers = [told(node, f"/v1/blocks/{height}")["header"] for node in (one, other)]
    assert headers[0] == headers[1]


def told(node: NodeProcess, path: str) -> Any:
    answer = httpx.get(f"{node.api}{path}", trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def events(node: NodeProcess) -> set[str]:
    lines = (node.folder / "node.log").read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["event"] for line in lines}


def the_receipt_verifies(network: RealNetwork, node: NodeProcess, bundle: Bundle) -> None:
    record = bundle.record_ids[0].hex()
    answer = httpx.get(f"{node.api}/v1/records/{record}/receipt", trust_env=False)
    assert answer.status_code == 200, answer.text
    verify_receipt(decode_receipt(answer.content), network.trust)


def what_was_before_is_elsewhere(node: NodeProcess, old: Bundle) -> None:
    again = post(node, old)
    assert (again.status_code, again.json()["code"]) == (421, "record.not_kept"), again.text
    record = httpx.get(f"{node.api}/v1/records/{old.record_ids[0].hex()}", trust_env=False)
    assert (record.status_code, record.json()["code"]) == (421, "record.not_kept"), record.text
    block = httpx.get(f"{node.api}/v1/blocks/1", trust_env=False)
    assert (block.status_code, block.json()["code"]) == (421, "block.not_kept"), block.text


def an_audit_says_where_it_begins(network: RealNetwork, node: NodeProcess, base: int) -> None:
    ended = network.run("centre", "audit", node.folder, "--json")
    assert ended.code == 0, ended.out + ended.err
    assert json.loads(ended.out)["base"] == base
