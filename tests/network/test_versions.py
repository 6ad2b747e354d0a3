"""Four real processes adopt a version of the rules; one operator forgot to install it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from contracts.catalogue import load_version
from tests.cli.one_node import Ended
from tests.contracts.versions import copied
from tests.network.real_network import READY_S, RealNetwork

PATIENCE_S = 60
AUTHORITY = """
[[members]]
id = "rules-office"
name_zh = "规则主管方"
name_en = "Rules office"
credit_code = "11620000013890006X"
roles = ["rule_authority"]
"""
DESCRIPTION = 'fields.description = { type = "text", max = 500 }'


@pytest.mark.network
@pytest.mark.slow
def test_a_version_is_adopted_and_who_lacks_it_stops_says_so_and_goes_on(tmp_path: Path) -> None:
    network = RealNetwork(tmp_path, AUTHORITY)
    version = copied(
        tmp_path / "catalogue-2",
        ("types/evidence.toml", DESCRIPTION, DESCRIPTION.replace("500", "500, required = true")),
    )
    *rich, notary = network.nodes
    for node in rich:
        told_of(node.folder, version)
    try:
        network.start()
        adopted(network, version)
        until(lambda: heights(network) == [4] * 4, "the adoption is on every node")
        refused = anchored(network)
        assert refused.code == 1 and "description" in refused.err + refused.out
        described(network)
        until(lambda: not notary.running, "the notary's node has stopped")
        notary.wait_stopped()
        notary.ask_to_stop()
        assert all(node.running for node in rich)
        looked = network.run("centre", "diagnose", "--data", notary.folder, "--json")
        (down,) = json.loads(looked.out)["nodes"][0]["findings"]
        assert down["code"] == "diagnose.down"
        assert load_version(version).hash.hex() in down["en"] and "version 2" in down["en"]
        told_of(notary.folder, version)
        notary.start()
        notary.wait_ready(READY_S)
        until(lambda: heights(network) == [5] * 4, "it goes on where it stopped")
    finally:
        network.stop()
    audited = network.run("centre", "audit", notary.folder, "--json")
    assert audited.code == 0, audited.err
    assert json.loads(audited.out)["findings"] == []


def adopted(network: RealNetwork, version: Path) -> None:
    """The rule authority proposes what `propose` says, and three organisations confirm it."""
    proposal = network.run("rules-office", "catalogue", "propose", version, "--json")
    digest = json.loads(proposal.out)["hash"]
    decision = network.folder / "decision.pdf"
    decision.write_bytes(b"decided")
    said = 'type = "ledger.rules_adopted"\nsubject = "rules"\ndocuments = ["decision.pdf"]\n'
    said += f'[fields]\nversion = "2"\n[fields.catalogue]\nhex = "{digest}"\n'
    record = submitted(network, "rules-office", "rules", said)
    for member in ("centre", "supervisor", "registry"):
        confirms = (
            f'type = "ledger.confirmed"\nsubject = "rules"\nrefs = [["confirms", "{record}"]]\n'
        )
        submitted(network, member, f"confirms-{member}", confirms)


def submitted(network: RealNetwork, who: str, name: str, text: str) -> str:
    """Submit a record as a member writes it down; its id."""
    file = network.folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    ended = network.run(who, "submit", file, "--json")
    assert ended.code == 0, ended.err + ended.out
    (kept,) = json.loads(ended.out)["records"]
    return str(kept["record"])


def anchored(network: RealNetwork) -> Ended:
    """A document about a new subject, as everybody anchored it before."""
    file = network.folder / "letter.txt"
    file.write_text("a letter")
    return network.run("centre", "anchor", file, "--json")


def described(network: RealNetwork) -> None:
    """The same, as version 2 asks for it."""
    said = 'type = "evidence.deposited"\nsubject = "letter"\ndocuments = ["letter.txt"]\n'
    submitted(network, "centre", "letter", f'{said}[fields]\ndescription = "a letter"\n')


def told_of(folder: Path, version: Path) -> None:
    """The operator names the folder of the version in node.toml."""
    file = folder / "node.toml"
    text = file.read_text(encoding="utf-8")
    assert "\ncatalogues = []\n" in text
    file.write_text(text.replace("\ncatalogues = []\n", f'\ncatalogues = ["{version}"]\n'))


def heights(network: RealNetwork) -> list[int]:
    return [int(network.status(node)["height"]) for node in network.nodes]


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something to become true; a node that does not answer has not got there."""
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        try:
            if holds():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"not in {PATIENCE_S} s: {what}")
