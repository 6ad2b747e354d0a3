"""Real processes whose committee changes: a node joins, is needed, another renews its keys and one
leaves; one of them is killed in between, and the first receipt verifies at the end as at the start.

Every step is a command of an operator, as `docs/operations.md` tells it.
"""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cli.demo.processes import NodeProcess
from cli.settings import node_settings
from consensus.tls import read_certificate
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.operators import admitted, decided, joining, ran, until
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
        newcomer = a_member_is_admitted_and_its_node_joins(network)
        the_new_node_is_needed_and_votes(network, newcomer)
        a_node_renews_all_its_keys(network)
        a_node_leaves_and_destroys_its_keys(network)
        last = submitted(network, "last")
        both_receipts_verify_from_the_genesis(network, first, last)
        network.stop()
        an_audit_finds_nothing(network, newcomer)
    finally:
        network.stop()


def submitted(network: RealNetwork, name: str) -> Path:
    """Anchor a file; the receipt is beside it."""
    path = network.folder / f"{name}.txt"
    path.write_text(name, encoding="utf-8")
    ran(network, "centre", "anchor", path)
    return path.with_name(f"{path.name}.receipt.json")


def a_member_is_admitted_and_its_node_joins(network: RealNetwork) -> NodeProcess:
    admitted(network, "archive", ("centre", "supervisor", "registry"))
    node, request = joining(network, "archive", network.nodes[0])
    proposed = ran(network, "centre", "network", "propose", request)
    assert (proposed["epoch"], proposed["needed"]) == (1, 3)
    decided(network, proposed["proposal"], ("supervisor", "registry"), "--folder", node.folder)
    until(lambda: told(network, node)["epoch"] == 1, "the new node is in epoch 1")
    return node


def told(network: RealNetwork, node: NodeProcess) -> dict[str, Any]:
    return network.status(node)


def the_new_node_is_needed_and_votes(network: RealNetwork, newcomer: NodeProcess) -> None:
    """Of five nodes four are a quorum: with one killed, the new one must vote."""
    killed = network.nodes[3]
    killed.kill()
    submitted(network, "with one killed")
    assert told(network, newcomer)["n"] == 5
    killed.start()
    killed.wait_ready(READY_S)


def a_node_renews_all_its_keys(network: RealNetwork) -> None:
    """While it runs: nobody starts it again, and every handshake shows the new key at once."""
    node = network.nodes[2]
    process, shown = node.pid, certificate_shown(node)
    keys = [node.folder / "keys" / name for name in ("node.key", "log.key")]
    before = [key.read_bytes() for key in keys]
    made = ran(
        network,
        "registry",
        *("network", "rotate", node.folder, "--key", "node", "--key", "log", "--key", "tls"),
        *("--cost", "interactive", "--passphrase-file", network.folder / "passphrase"),
    )
    proposed = ran(network, "centre", "network", "propose", made["request"])
    others = ("supervisor", "registry", "notary")
    decided(network, proposed["proposal"], others, "--folder", node.folder)
    until(lambda: told(network, node)["epoch"] == 2, "it is in epoch 2")
    until((node.folder / "destroyed-keys.jsonl").exists, "its old keys are destroyed")
    until(lambda: [key.read_bytes() for key in keys] != before, "the new keys lie in their place")
    renewed = read_certificate(node.folder / "tls" / "certificate.pem").public_bytes(Encoding.DER)
    assert shown != certificate_shown(node) == renewed
    killed = network.nodes[1]
    killed.kill()
    submitted(network, "with the renewed one needed")
    assert (node.pid, node.running) == (process, True)
    killed.start()
    killed.wait_ready(READY_S)


def certificate_shown(node: NodeProcess) -> bytes:
    """What a node shows of itself to whoever dials it, before it has seen who that is."""
    settings = node_settings(node.folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    at = (settings.consensus_listen.host, settings.consensus_listen.port)
    with socket.create_connection(at) as line, context.wrap_socket(line) as end:
        return end.getpeercert(binary_form=True) or b""


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


def an_audit_finds_nothing(network: RealNetwork, newcomer: NodeProcess) -> None:
    for node in (network.nodes[0], newcomer):
        ended = network.run("centre", "audit", node.folder, "--json")
        assert ended.code == 0, ended.out + ended.err
