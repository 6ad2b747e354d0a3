"""Real processes whose committee changes: a node joins, is needed, another renews its keys and one
leaves; one of them is killed in between, and the first receipt verifies at the end as at the start.

Every step is a command of an operator, as `docs/operations.md` tells it.
"""

import json
import shutil
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cli.demo.processes import NodeProcess
from cli.seats.files import decode_invitation
from cli.settings import node_settings
from consensus.tls import read_certificate
from ledger.core.identifiers import NodeId
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.operators import admitted, decided, joining, ran, until
from tests.network.real_network import READY_S, RealNetwork
from tests.test_docs import ROOT, blocks_of, commands_of

STARTED_AFTER_S = 5
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
@pytest.mark.timeout(900)
def test_nodes_come_renew_and_leave(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path, ARCHIVE)
    try:
        network.start()
        first = submitted(network, "first")
        early = keys_are_made(network)
        newcomer = a_member_is_admitted_and_its_node_joins(network)
        the_new_node_is_needed_and_votes(network, newcomer)
        a_request_of_an_epoch_that_is_past_is_refused_and_made_anew(network, early)
        a_node_renews_all_its_keys(network, early)
        an_invitation_tells_of_everybody_as_they_are_now(network)
        a_node_leaves_and_destroys_its_keys(network)
        who_left_and_who_renewed_state_it(network)
        last = submitted(network, "last")
        both_receipts_verify_from_the_genesis(network, first, last)
        every_command_of_the_handbook_was_run(network)
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
    # Whoever makes the change need not know that the new node is just being started.
    node.kill()
    again = Timer(STARTED_AFTER_S, node.start)
    again.start()
    decided(network, proposed["proposal"], ("supervisor", "registry"), "--folder", node.folder)
    again.join()
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


def keys_are_made(network: RealNetwork) -> Path:
    """Before another change, which takes the epoch that they were to begin with."""
    made = ran(
        network,
        "registry",
        *("network", "rotate", network.nodes[2].folder),
        *("--key", "node", "--key", "log", "--key", "tls"),
        *("--cost", "interactive", "--passphrase-file", network.folder / "passphrase"),
    )
    assert made["epoch"] == 1
    return Path(made["request"])


def a_request_of_an_epoch_that_is_past_is_refused_and_made_anew(
    network: RealNetwork, request: Path
) -> None:
    refused = network.run("centre", "network", "propose", request, "--json")
    assert refused.code == 1
    assert json.loads(refused.out)["error"]["code"] == "committee.possession"
    again = ran(network, "registry", "network", "request", request.parent)
    assert (Path(again["request"]), again["epoch"]) == (request, 2)


def an_invitation_tells_of_everybody_as_they_are_now(network: RealNetwork) -> None:
    """Written by a node whose folder knows neither who joined nor the key that was renewed."""
    path = network.folder / "later.json"
    ran(network, "notary", "network", "invite", network.nodes[3].folder, "--out", path)
    told = decode_invitation(path.read_bytes())
    assert told.epoch == 2
    for node in network.nodes:
        known, settings = told.peers[NodeId(node.node_id)], node_settings(node.folder)
        certificate = read_certificate(node.folder / "tls" / "certificate.pem")
        assert known.address == str(settings.consensus_listen)
        assert known.certificate == certificate.public_bytes(Encoding.DER)


def a_node_renews_all_its_keys(network: RealNetwork, request: Path) -> None:
    """While it runs: nobody starts it again, and every handshake shows the new key at once."""
    node = network.nodes[2]
    process, shown = node.pid, certificate_shown(node)
    keys = [node.folder / "keys" / name for name in ("node.key", "log.key")]
    before = [key.read_bytes() for key in keys]
    proposed = ran(network, "centre", "network", "propose", request)
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
    kept = network.folder / "kept-node.key"
    shutil.copy2(node.folder / "keys" / "node.key", kept)
    proposed = ran(network, "centre", "network", "leave", "notary", "--reason", "机构撤并")
    decided(network, proposed["proposal"], ("supervisor", "registry", "archive"))
    until(lambda: not node.running, "the node that left has served its time")
    assert not (node.folder / "keys" / "node.key").exists()
    assert '"epoch": 3' in (node.folder / "destroyed-keys.jsonl").read_text(encoding="utf-8")
    again = network.run("notary", "node", "run", node.folder, language="zh_CN.UTF-8")
    assert again.code == 1 and "已退出委员会" in again.err, again.err


def who_left_and_who_renewed_state_it(network: RealNetwork) -> None:
    """Each from what its node wrote down, once, and nobody for a node that still votes."""
    left = network.nodes[3].folder
    spared = left / "keys" / "node.key"
    shutil.move(network.folder / "kept-node.key", spared)
    for manner in ((), ("--by-hand",)):
        stated = ("network", "destroyed", "notary", "--folder", left, "--copies", "none", "--json")
        refused = network.run("notary", *stated, *manner)
        assert json.loads(refused.out)["error"]["code"] == "committee.keys_there", refused
    spared.unlink()
    for node, epoch in ((network.nodes[3], 3), (network.nodes[2], 2)):
        words = ("network", "destroyed", node.node_id, "--folder", node.folder, "--copies")
        (stated,) = ran(network, node.node_id, *words, "destroyed")["stated"]
        assert (stated["epoch"], len(stated["keys"])) == (epoch, 3)
        again = ran(network, node.node_id, *words, "destroyed")
        assert (again["stated"], again["stated_before"]) == ([], [epoch])
    votes = network.run("centre", "network", "destroyed", "centre", "--by-hand", "--copies", "none")
    assert votes.code == 2, votes.err


def every_command_of_the_handbook_was_run(network: RealNetwork) -> None:
    """Who walks through it does what this story does: the same commands with the same options."""
    walk = [
        command[1:]
        for block in blocks_of(ROOT / "docs" / "operations.md")
        if block.marks == ("sh", "walk")
        for command in commands_of(block)
    ]
    assert {words[1] for words in walk} == {
        *("invite", "join", "rotate", "propose", "approve", "change", "leave", "destroyed")
    }
    run = [(words[:2], options(words)) for words in network.commands]
    for words in walk:
        # Who acts is said by the environment here.
        wanted = options(words) - {"--as"}
        assert any(said == tuple(words[:2]) and wanted <= held for said, held in run), words


def options(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.startswith("--")}


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
