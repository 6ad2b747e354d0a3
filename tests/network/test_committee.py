"""Real processes whose committee changes: a node joins, is needed, another renews its keys and one
leaves; one of them is killed in between, and the first receipt verifies at the end as at the start.

Every step is a command of an operator, as `docs/operations.md` tells it.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.compose.ports import free_addresses
from cli.demo.processes import NodeProcess
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.real_network import READY_S, RealNetwork

ARCHIVE = """
[[members]]
id = "archive"
name_zh = "档案馆"
name_en = "Archive"
credit_code = "12620100438036614K"
roles = ["client_system"]
"""


@pytest.mark.network
@pytest.mark.slow
def test_nodes_come_renew_and_leave(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path, ARCHIVE)
    try:
        network.start()
        first = submitted(network, "first")
        joining = a_member_is_admitted_and_its_node_joins(network)
        the_new_node_is_needed_and_votes(network, joining)
        a_node_renews_all_its_keys(network)
        a_node_leaves_and_destroys_its_keys(network)
        last = submitted(network, "last")
        both_receipts_verify_from_the_genesis(network, first, last)
        network.stop()
        an_audit_finds_nothing(network, joining)
    finally:
        network.stop()


def ran(network: RealNetwork, who: str, *words: str | Path) -> Any:
    """What a command of a member answers in JSON."""
    ended = network.run(who, *words, "--json")
    assert ended.code == 0, ended.err + ended.out
    return json.loads(ended.out)


def submitted(network: RealNetwork, name: str) -> Path:
    """Anchor a file; the receipt is beside it."""
    path = network.folder / f"{name}.txt"
    path.write_text(name, encoding="utf-8")
    ran(network, "centre", "anchor", path)
    return path.with_name(f"{path.name}.receipt.json")


def said(network: RealNetwork, who: str, name: str, **record: Any) -> str:
    """Submit one record from a file; returns its id."""
    path = network.folder / f"{name}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    told = ran(network, who, "submit", path)
    return str(told["records"][0]["record"])


def decided(network: RealNetwork, proposal: str, by: tuple[str, ...], *more: str | Path) -> None:
    answers = [ran(network, member, "network", "approve", proposal) for member in by]
    assert len(answers[-1]["approved_by"]) == answers[-1]["needed"]
    ran(network, by[0], "network", "change", proposal, *more)


def a_member_is_admitted_and_its_node_joins(network: RealNetwork) -> NodeProcess:
    admitted = said(
        network,
        "centre",
        "admit",
        type="ledger.node_admitted",
        subject="archive",
        fields={"action": "admit", "roles": ["node_operator"]},
    )
    for member in ("supervisor", "registry"):
        said(
            network,
            member,
            f"admit-{member}",
            type="ledger.confirmed",
            subject="archive",
            refs=[["confirms", admitted]],
        )
    folder, invitation = network.folder / "archive-node", network.folder / "invitation.json"
    centre = network.nodes[0].folder
    ran(network, "centre", "network", "invite", centre, "--out", invitation)
    consensus, api = free_addresses(2)
    made = ran(
        network,
        "centre",
        *("network", "join", folder, "--invitation", invitation),
        *("--node-id", "archive", "--member", "archive"),
        *("--consensus", str(consensus), "--api", str(api)),
        *("--cost", "interactive", "--store-passphrase"),
        *("--passphrase-file", network.folder / "passphrase"),
    )
    node = NodeProcess("archive", folder, f"http://{api}")
    node.start()
    network.nodes.append(node)
    proposed = ran(network, "centre", "network", "propose", made["request"])
    assert (proposed["epoch"], proposed["needed"]) == (1, 3)
    decided(network, proposed["proposal"], ("supervisor", "registry"), "--folder", folder)
    until(lambda: told(network, node)["epoch"] == 1, "the new node is in epoch 1")
    return node


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + READY_S
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def told(network: RealNetwork, node: NodeProcess) -> dict[str, Any]:
    return network.status(node)


def the_new_node_is_needed_and_votes(network: RealNetwork, joining: NodeProcess) -> None:
    """Of five nodes four are a quorum: with one killed, the new one must vote."""
    killed = network.nodes[3]
    killed.kill()
    submitted(network, "with one killed")
    assert told(network, joining)["n"] == 5
    killed.start()
    killed.wait_ready(READY_S)


def a_node_renews_all_its_keys(network: RealNetwork) -> None:
    node = network.nodes[2]
    keys = [node.folder / "keys" / name for name in ("node.key", "log.key")]
    before = [key.read_bytes() for key in keys]
    made = ran(
        network,
        "registry",
        *("network", "rotate", node.folder, "--key", "node", "--key", "log", "--key", "tls"),
        *("--cost", "interactive", "--passphrase-file", network.folder / "passphrase"),
    )
    node.ask_to_stop()
    node.wait_stopped()
    node.start()
    node.wait_ready(READY_S)
    proposed = ran(network, "centre", "network", "propose", made["request"])
    others = ("supervisor", "registry", "notary")
    decided(network, proposed["proposal"], others, "--folder", node.folder)
    until(lambda: told(network, node)["epoch"] == 2, "it is in epoch 2")
    until((node.folder / "destroyed-keys.jsonl").exists, "its old keys are destroyed")
    until(lambda: [key.read_bytes() for key in keys] != before, "the new keys lie in their place")
    killed = network.nodes[1]
    killed.kill()
    submitted(network, "with the renewed one needed")
    killed.start()
    killed.wait_ready(READY_S)


def a_node_leaves_and_destroys_its_keys(network: RealNetwork) -> None:
    node = network.nodes[3]
    proposed = ran(network, "centre", "network", "leave", "notary", "--reason", "机构撤并")
    decided(network, proposed["proposal"], ("supervisor", "registry", "archive"))
    until(lambda: not node.running, "the node that left has served its time")
    assert not (node.folder / "keys" / "node.key").exists()
    assert '"epoch": 3' in (node.folder / "destroyed-keys.jsonl").read_text(encoding="utf-8")
    again = network.run("notary", "node", "run", node.folder, language="zh_CN.UTF-8")
    assert again.code == 1 and "已退出委员会" in again.err, again.err


def both_receipts_verify_from_the_genesis(network: RealNetwork, first: Path, last: Path) -> None:
    epochs = []
    for path in (first, last):
        receipt = decode_receipt(path.read_bytes())
        verified = verify_receipt(receipt, network.trust)
        epochs.append((len(receipt.epochs), verified.nodes_count))
    assert epochs == [(0, 4), (3, 4)]


def an_audit_finds_nothing(network: RealNetwork, joining: NodeProcess) -> None:
    for node in (network.nodes[0], joining):
        ended = network.run("centre", "audit", node.folder, "--json")
        assert ended.code == 0, ended.out + ended.err
