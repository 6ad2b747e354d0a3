"""Four real nodes and two real witnesses: whose word is there, whose is missing, and who lies."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo.processes import NodeProcess
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.identifiers import RecordId
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.receipt import Receipt, decode_receipt
from ledger.verify import verify_receipt
from tests.commands import bidwitness
from tests.network.real_network import READY_S, RealNetwork
from tests.network.real_witness import RealWitness
from tests.stamping.responder import Responder

PATIENCE_S = 90
HTTP = httpx.Client(timeout=30, trust_env=False)
COURT, NOTARY = "court.example/w1", "notary.example/w1"


@pytest.mark.network
@pytest.mark.slow
def test_a_network_shows_its_heads_to_two_witnesses(tmp_path: Path) -> None:
    authority = Responder(tmp_path / "tsa")
    with authority, network_with_witnesses(tmp_path, authority) as (network, court, notary):
        strict = policy(network, court, notary)
        with court.running():
            network.start()
            record = commit(network)
            without_the_notary(network, record, strict)
            with notary.running():
                the_notary_is_back(network, record, strict)
                before = receipt(network.nodes[0], record)
            time_is_stamped(network, record, authority)
            what_was_kept_is_there_after_a_restart(network, record, before)
            a_liar_is_not_kept(network, notary)
        nothing_waits_for_witnesses(network)


def without_the_notary(network: RealNetwork, record: RecordId, strict: Path) -> None:
    """Heads are published with the court's line, and the receipt does not fulfil the policy."""
    everywhere(network, lambda node: names(node) == {COURT}, "the court's line")
    found = until_found(network.nodes[0], "witness_silent")
    assert found["facts"]["witness"] == NOTARY and found["severity"] == "warning"
    told = bidwitness("diagnose", "--all", str(network.folder / "network"), "--lang", "en")
    assert told.returncode == 1 and f"Witness {NOTARY} has cosigned nothing" in told.stdout
    alone = bidwitness("diagnose", "--url", network.nodes[0].api, "--lang", "en").stdout
    assert f"{COURT}: cosigned size" in alone and f"{NOTARY}: –" in alone
    node = network.nodes[0]
    fetched = fetch(node, network, record, "--policy", str(strict))
    assert fetched.returncode == 3 and NOTARY in fetched.stderr and COURT not in fetched.stderr
    metrics = HTTP.get(f"{node.api}/metrics").text
    assert f'bidwitness_witness_log_size{{witness="{NOTARY}"}} 0.0' in metrics
    assert f'bidwitness_witness_failures_total{{witness="{NOTARY}"}} 0.0' not in metrics


def the_notary_is_back(network: RealNetwork, record: RecordId, strict: Path) -> None:
    """It catches up by itself, and the receipt of the old record carries both lines."""
    everywhere(network, lambda node: names(node) == {COURT, NOTARY}, "both lines")
    node, out = network.nodes[0], network.folder / "receipt.json"
    words = ("--policy", str(strict), "--wait", "60", "--out", str(out))
    fetched = fetch(node, network, record, *words)
    assert fetched.returncode == 0, fetched.stderr
    demanded = parse_policy(strict.read_bytes())
    verified = verify_receipt(decode_receipt(out.read_bytes()), network.trust, policy=demanded)
    assert {each.name for each in verified.witnesses} == {COURT, NOTARY}
    until(lambda: found_by(node) == {"fine"}, "all is well")
    told = {each["name"]: each for each in network.status(node)["witnesses"]}
    assert told[COURT]["size"] == told[NOTARY]["size"] > 0
    assert told[NOTARY]["time_ms"] > 0 and "+" in told[NOTARY]["vkey"]


def time_is_stamped(network: RealNetwork, record: RecordId, authority: Responder) -> None:
    """One authority stamps and another is down; the receipt says when it existed at the latest."""
    node, roots = network.nodes[0], network.folder / "roots"
    roots.mkdir()
    (roots / "trust.json").write_bytes(network.trust.encode())
    (roots / "time.tsa.pem").write_bytes(authority.roots.read_bytes())
    out = roots / "receipt.json"
    fetched = fetch(node, network, record, "--with-time", "--wait", "60", "--out", str(out))
    assert fetched.returncode == 0, fetched.stderr
    asked = ("verify", str(out), "--trust", str(roots), "--json", "--stamped-by")
    verdict = json.loads(bidwitness(*asked, "time").stdout)["results"][0]["record"]
    assert [each["name"] for each in verdict["time_stamps"]] == ["time"]
    assert bidwitness(*asked, "down").returncode == 2
    told = {each["name"]: each for each in network.status(node)["time_stamps"]}
    assert told["time"]["size"] > 0 and told["time"]["fault"] is None
    assert told["down"]["size"] == 0 and told["down"]["failed"] > 0
    alone = bidwitness("diagnose", "--url", node.api, "--lang", "en").stdout
    assert "Time stamps" in alone and "down:" in alone


def what_was_kept_is_there_after_a_restart(
    network: RealNetwork, record: RecordId, before: Receipt
) -> None:
    """The notary is away again, and its word of before is not."""
    node = network.nodes[0]
    size = head_of(node)
    node.kill()
    node.start()
    node.wait_ready(READY_S)
    assert receipt(node, record) == before
    assert head_of(node) >= size
    assert names(node) >= {NOTARY}


def a_liar_is_not_kept(network: RealNetwork, notary: RealWitness) -> None:
    """Somebody else answers under the notary's name, with another key and another memory."""
    folder = notary.folder.with_name("liar")
    with made(RealWitness(folder, network.trust, NOTARY, notary.port)).running():
        record = commit(network)
        lies = {"witness_split", "witness_false"}
        everywhere(network, lambda node: lies <= found_by(node), "both lies")
        assert names(network.nodes[1]) == {COURT}
        (head,) = receipt(network.nodes[1], record).cosignatures
        assert NOTARY not in head.checkpoint


def nothing_waits_for_witnesses(network: RealNetwork) -> None:
    """With no witness there at all, records are committed and heads published."""
    node = network.nodes[2]
    before = head_of(node)
    record = commit(network)
    until(lambda: head_of(node) > before, "a head is published")
    assert receipt(node, record).cosignatures == ()
    assert names(node) == set()


def policy(network: RealNetwork, *witnesses: RealWitness) -> Path:
    """What a reader demands who wants the word of both, as the command writes it."""
    out = network.folder / "policy"
    demanded = [word for each in witnesses for word in ("--witness", each.vkey)]
    trust = str(network.folder / "network" / "trust.json")
    written = bidwitness(
        "network", "policy", "--trust", trust, *demanded, "--outside", "2", "--out", str(out)
    )
    assert written.returncode == 0, written.stderr
    return out


def fetch(node: NodeProcess, network: RealNetwork, record: RecordId, *words: str) -> Any:
    trust = str(network.folder / "network" / "trust.json")
    return bidwitness("receipt", record.hex(), "--node", node.api, "--trust", trust, *words)


def commit(network: RealNetwork) -> RecordId:
    """One more record, committed and cosigned."""
    bundle = network.bundle(1, "notary")
    answer = HTTP.post(
        f"{network.nodes[1].api}/v1/bundles",
        params={"wait": 25},
        content=bundle.encode(),
        headers={"content-type": "application/msgpack"},
    )
    assert answer.status_code == 201, answer.text
    return bundle.record_ids[0]


def receipt(node: NodeProcess, record: RecordId) -> Receipt:
    answer = HTTP.get(f"{node.api}/v1/records/{record.hex()}/receipt")
    assert answer.status_code == 200, answer.text
    return decode_receipt(answer.content)


def head_of(node: NodeProcess) -> int:
    """The size of the head that a node publishes."""
    return parse_checkpoint(parse_note(HTTP.get(f"{node.api}/checkpoint").content).text).size


def names(node: NodeProcess) -> set[str]:
    """The witnesses whose lines are under what a node publishes."""
    answer = HTTP.get(f"{node.api}/checkpoint")
    if answer.status_code == 404:
        return set()
    return {each.name for each in parse_note(answer.content).signatures} & {COURT, NOTARY}


def found_by(node: NodeProcess) -> set[str]:
    return {each["code"].removeprefix("diagnose.") for each in diagnosis(node)}


def diagnosis(node: NodeProcess) -> list[Any]:
    found: list[Any] = HTTP.get(f"{node.api}/v1/diagnose").json()["findings"]
    return found


def everywhere(network: RealNetwork, holds: Callable[[NodeProcess], bool], what: str) -> None:
    until(lambda: all(map(holds, network.nodes)), f"{what} at every node")


def until(holds: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


def until_found(node: NodeProcess, code: str) -> Any:
    until(lambda: code in found_by(node), code)
    return next(each for each in diagnosis(node) if each["code"] == f"diagnose.{code}")


def made(witness: RealWitness) -> RealWitness:
    witness.make()
    return witness


@contextmanager
def network_with_witnesses(
    folder: Path, authority: Responder
) -> Iterator[tuple[RealNetwork, RealWitness, RealWitness]]:
    """A network whose nodes all name two witnesses; nothing runs yet."""
    network = RealNetwork(folder)
    court = made(RealWitness(folder / "court", network.trust, COURT))
    notary = made(RealWitness(folder / "notary", network.trust, NOTARY))
    tables = [
        f"{{ vkey = {json.dumps(each.vkey)}, url = {json.dumps(each.url)} }}"
        for each in (court, notary)
    ]
    for node in network.nodes:
        settings = node.folder / "node.toml"
        text = settings.read_text(encoding="utf-8")
        assert "witnesses = []\n" in text
        named = text.replace("witnesses = []\n", f"witnesses = [{', '.join(tables)}]\n")
        (node.folder / "time.pem").write_bytes(authority.roots.read_bytes())
        stamps = ", ".join(
            f'{{ name = "{name}", url = "{url}", roots = "time.pem" }}'
            for name, url in (("time", authority.url), ("down", "http://127.0.0.1:9/tsa"))
        )
        assert "time_stamps = []\n" in named
        named = named.replace("time_stamps = []\n", f"time_stamps = [{stamps}]\n")
        settings.write_text(named, encoding="utf-8")
    try:
        yield network, court, notary
    finally:
        network.stop()
        HTTP.close()
