"""Four real processes, frozen, killed and out of disk: what they say, and what is said of them."""

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.diagnose import sentence_of
from cli.demo.processes import NodeProcess
from cli.diagnosis.judgement import judge
from cli.diagnosis.seen import Seen, Target, see
from cli.settings import node_settings
from tests.commands import bidwitness
from tests.network.real_network import READY_S, RealNetwork

PATIENCE_S = 60
HTTP = httpx.Client(timeout=30, trust_env=False)


@pytest.mark.network
@pytest.mark.slow
def test_a_network_is_diagnosed_while_things_happen_to_it(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path)
    try:
        network.start()
        all_is_well(network)
        the_primary_is_frozen(network)
        two_of_four_are_frozen(network)
        one_is_killed(network)
        one_has_no_room_left(network)
    finally:
        network.stop()
        HTTP.close()


def all_is_well(network: RealNetwork) -> None:
    submit(network, network.nodes[1])
    until(lambda: heights(network) == [1] * 4, "one block everywhere")
    until(lambda: codes(looked_at(network)) == {"network_fine", "fine"}, "all is well")
    told = command("--all", str(network.folder / "network"), "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["network"][0]["code"] == "diagnose.network_fine"


def the_primary_is_frozen(network: RealNetwork) -> None:
    primary, supervisor = network.nodes[0], network.nodes[1]
    with frozen(primary):
        submit(network, supervisor)
        waiting = until_found(supervisor, "waiting_proposal")
        assert "centre" in waiting["en"] and "last heard" in waiting["en"]
        assert "Next view in" in waiting["en"] and "后更换视图" in waiting["zh"]
        (mute,) = looked_at(network)[0].found
        assert mute.code.value == "diagnose.suspended" and mute.facts["pid"] == primary.pid
        until(lambda: diagnosis(supervisor)["facts"]["open"]["height"] == 3, "the view is changed")
        assert diagnosis(supervisor)["facts"]["open"]["primary"] != "centre"
        silent = until_found(supervisor, "silent")
        assert "Node centre cannot be reached" in silent["en"]
    until(lambda: codes(looked_at(network)) == {"network_fine", "fine"}, "it is back")


def two_of_four_are_frozen(network: RealNetwork) -> None:
    centre, supervisor, registry, notary = network.nodes
    with frozen(registry, notary):
        submit(network, supervisor)
        lost = until_found(supervisor, "no_quorum")
        assert "registry (last heard" in lost["en"] and "notary (last heard" in lost["en"]
        stands = {each["code"] for node in (centre, supervisor) for each in found_by(node)}
        lacking = {"diagnose.waiting_prepares", "diagnose.view_change"}
        assert stands & lacking, stands
        shown = command("--all", str(network.folder / "network"), "--lang", "zh")
        assert shown.returncode == 1, shown.stderr
        assert "只有 2/4 个节点应答，需要 3 个" in shown.stdout
        assert "被挂起" in shown.stdout and "\x1b" not in shown.stdout
    until(lambda: heights(network) == [3] * 4, "what waited is committed")


def one_is_killed(network: RealNetwork) -> None:
    *_, notary = network.nodes
    notary.kill()
    until_found(network.nodes[1], "silent")
    looked = looked_at(network)[3]
    (down,) = looked.found
    assert down.code.value == "diagnose.down" and looked.folder is not None
    assert looked.folder.head == 3 and looked.folder.holder is None
    assert "killed, or the power failed" in sentence_of(down, "en")
    before = listing(notary.folder)
    told = command("--data", str(notary.folder), "--json")
    assert told.returncode == 3 and "Traceback" not in told.stderr
    assert json.loads(told.stdout)["nodes"][0]["stored_height"] == 3
    assert listing(notary.folder) == before
    notary.start()
    notary.wait_ready(READY_S)
    until(lambda: codes(looked_at(network)) == {"network_fine", "fine"}, "it is back")


def one_has_no_room_left(network: RealNetwork) -> None:
    registry = network.nodes[2]
    room = (registry.folder / "node.log").stat().st_size + (64 << 10)
    resource.prlimit(registry.pid, resource.RLIMIT_FSIZE, (room, room))
    submit(network, network.nodes[1], records=500)
    until(lambda: not registry.running, "the node has stopped")
    told = command("--data", str(registry.folder), "--json")
    assert told.returncode == 3, told.stderr
    (node,) = json.loads(told.stdout)["nodes"]
    (down,) = node["findings"]
    assert down["code"] == "diagnose.down"
    assert "stopped by itself" in down["en"] and "is full" in down["en"]
    assert "自行停止" in down["zh"] and "已满" in down["zh"]


def looked_at(network: RealNetwork) -> list[Seen]:
    return [
        see(Target(node.node_id, node.api, node_settings(node.folder))) for node in network.nodes
    ]


def codes(looked: list[Seen]) -> set[str]:
    """Everything that is found, by anybody, but what is only worth knowing."""
    found = {each.code.value for each in judge(looked, 4, 3)}
    found |= {each.code.value for one in looked for each in one.found}
    found |= {each.code for one in looked if one.told is not None for each in one.told.findings}
    return {code.removeprefix("diagnose.") for code in found} - {"listening"}


def diagnosis(node: NodeProcess) -> dict[str, Any]:
    answer: dict[str, Any] = HTTP.get(f"{node.api}/v1/diagnose").json()
    return answer


def found_by(node: NodeProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = diagnosis(node)["findings"]
    return found


def heights(network: RealNetwork) -> list[int]:
    return [diagnosis(node)["facts"]["head"]["cosigned_height"] for node in network.nodes]


def submit(network: RealNetwork, node: NodeProcess, records: int = 1) -> None:
    answer = HTTP.post(
        f"{node.api}/v1/bundles",
        params={"wait": 0, "receipts": "none"},
        content=network.bundle(records, "supervisor").encode(),
        headers={"content-type": "application/msgpack"},
    )
    assert answer.status_code in (201, 202), answer.text


@contextmanager
def frozen(*nodes: NodeProcess) -> Iterator[None]:
    for node in nodes:
        os.kill(node.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for node in nodes:
            os.kill(node.pid, signal.SIGCONT)


def until_found(node: NodeProcess, code: str) -> dict[str, Any]:
    """The finding of that code, once the node has it."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found[:] = [each for each in found_by(node) if each["code"] == f"diagnose.{code}"]
        return bool(found)

    until(there, code)
    return found[0]


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s in vain until {what}"
        time.sleep(0.25)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {"LANG": "en_US.UTF-8", "COLUMNS": "200"}
    return bidwitness("diagnose", *words, env=environment, timeout=PATIENCE_S)


def listing(folder: Path) -> list[tuple[str, int, int]]:
    """Every file with its size and time."""
    files = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    return [(str(each), each.stat().st_size, each.stat().st_mtime_ns) for each in files]
