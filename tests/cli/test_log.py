"""The log in public formats, as people get it from the command line of a real node."""

import json
import time
from pathlib import Path

import httpx
import pytest

from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.tlog_proof import parse_tlog_proof
from tests.cli.one_node import READY_S, Ended, OneNode

pytestmark = pytest.mark.network


def anchor(one_node: OneNode, folder: Path, name: str) -> str:
    (folder / name).write_text(name)
    done = one_node.run("anchor", folder / name, "--json")
    assert done.code == 0, done.err
    record: str = done.json["records"][0]["record"]
    return record


def held(ended: Ended) -> Ended:
    assert ended.code == 0, ended.out + ended.err
    return ended


def published_beyond(one_node: OneNode, size: int) -> None:
    """Wait until the node serves a later head: a receipt may be there a moment before."""
    until = time.monotonic() + READY_S
    while (
        int(httpx.get(f"{one_node.node.api}/checkpoint", trust_env=False).text.split()[1]) <= size
    ):
        assert time.monotonic() < until, "no later head"
        time.sleep(0.05)


def test_a_copy_of_a_running_node_is_what_it_serves_and_of_a_stopped_one_the_same(
    one_node: OneNode, tmp_path: Path
) -> None:
    anchor(one_node, tmp_path, "a")
    copy, again = tmp_path / "copy", tmp_path / "again"
    done = held(one_node.run("export", "tiles", copy, "--json")).json
    assert (done["size_before"], done["folder"]) == (0, str(copy))
    named = {str(path.relative_to(copy)): path for path in copy.rglob("*") if path.is_file()}
    assert len(named) == done["files"]
    for name, path in named.items():
        served = httpx.get(f"{one_node.node.api}/{name}", trust_env=False)
        assert path.read_bytes() == served.content
    refused = one_node.run("export", "tiles", again, "--stopped", one_node.node.folder, "--json")
    assert refused.json["error"]["code"] == "store.locked"
    one_node.node.ask_to_stop()
    one_node.node.wait_stopped()
    held(one_node.run("export", "tiles", again, "--stopped", one_node.node.folder))
    for name, path in named.items():
        assert (again / name).read_bytes() == path.read_bytes()
    one_node.node.start()
    one_node.node.wait_ready(READY_S)


def test_the_copy_grows_and_proves_by_itself_that_it_only_grew(
    one_node: OneNode, tmp_path: Path
) -> None:
    record = anchor(one_node, tmp_path, "b")
    copy = tmp_path / "copy"
    first = held(one_node.run("export", "tiles", copy, "--json")).json["size"]
    (tmp_path / "old").write_bytes((copy / "checkpoint").read_bytes())
    anchor(one_node, tmp_path, "c")
    published_beyond(one_node, first)
    shown = held(one_node.run("export", "tiles", copy, language="zh_CN.UTF-8")).out
    assert f"原有 {first} 个" in shown
    proof = tmp_path / "b.tlog-proof"
    held(one_node.run("receipt", record, "--tlog-proof", proof))
    asked = None
    for old in (tmp_path / "old", proof):
        asked = held(one_node.run("consistency", old, "--json")).json
        alone = held(one_node.run("consistency", old, "--tiles", copy, "--json")).json
        assert asked == alone
        assert asked["old"]["size"] <= first < asked["new"]["size"]
    receipt = tmp_path / "b.receipt.json"
    swapped = one_node.run("consistency", copy / "checkpoint", receipt, "--tiles", copy, "--json")
    assert held(swapped).json == asked


def test_two_heads_that_are_not_of_one_log_are_told_apart(
    one_node: OneNode, tmp_path: Path
) -> None:
    anchor(one_node, tmp_path, "d")
    held(one_node.run("export", "tiles", tmp_path / "copy"))
    old = tmp_path / "old"
    text = (tmp_path / "copy" / "checkpoint").read_bytes()
    anchor(one_node, tmp_path, "e")
    published_beyond(one_node, int(text.split()[1]))
    held(one_node.run("export", "tiles", tmp_path / "copy"))
    origin, size, root, *rest = text.split(b"\n")
    old.write_bytes(b"\n".join([origin, str(int(size) - 1).encode(), root, *rest]))
    refused = one_node.run("consistency", old, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "note.signature")
    old.write_bytes(text)
    for tile in (tmp_path / "copy" / "tile" / "0").rglob("*"):
        if tile.is_file():
            tile.write_bytes(bytes(len(tile.read_bytes())))
    refused = one_node.run("consistency", old, "--tiles", tmp_path / "copy", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "proof.consistency")


def test_policy_and_proof_are_made_for_tools_of_other_people(
    one_node: OneNode, tmp_path: Path
) -> None:
    record = anchor(one_node, tmp_path, "f")
    proof, policy = tmp_path / "f.tlog-proof", tmp_path / "policy"
    told = held(one_node.run("receipt", record, "--tlog-proof", proof, "--json")).json
    assert told == {"record": record, "tlog_proof": str(proof)}
    held(one_node.run("network", "policy", "--out", policy))
    served = httpx.get(f"{one_node.node.api}/v1/policy", trust_env=False).content
    printed = held(one_node.run("network", "policy", "--log", "centre")).out.encode()
    assert policy.read_bytes() == served == printed
    note = parse_note(parse_tlog_proof(proof.read_bytes()).checkpoint.encode())
    assert len(parse_policy(policy.read_bytes()).verify(note)[1]) == 2
    verified = held(one_node.run("verify", proof, "--document", tmp_path / "f", "--json"))
    assert json.loads(verified.out)["verified"] is True
    proof.write_bytes(proof.read_bytes().replace(b"\nindex ", b"\nindex 1"))
    broken = one_node.run("verify", proof, "--json")
    assert (broken.code, broken.json["problem"]["code"]) == (2, "tlog_proof.other")
    nobody = one_node.run("network", "policy", "--log", "nobody", "--json")
    assert (nobody.code, nobody.json["error"]["code"]) == (2, "node.not_member")
    nowhere = one_node.run("network", "policy", "--out", tmp_path / "no" / "where", "--json")
    assert (nowhere.code, nowhere.json["error"]["code"]) == (3, "file.unwritable")
