"""Evidence from two heads to the ledger, on the command line and on a real node."""

import json
from pathlib import Path

import pytest

from cli.keyfiles import open_key
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest
from ledger.core.note import Note
from ledger.reliance import read_trust
from tests.cli.one_node import OneNode

pytestmark = pytest.mark.network


def cosigned(one_node: OneNode, name: str, folder: Path, size: int = 5) -> Path:
    """A head of a log that never was, under the key of the network's only node."""
    trust = read_trust(one_node.trust)
    node = one_node.network.nodes[0].node_id
    head = Checkpoint(trust.origin, size, Digest(sha256(name.encode())))
    key = open_key(one_node.network.nodes[0].folder / "keys" / "node.key", b"correct horse")
    line = cosign(key, cosigner_name(trust.origin, node), head, 7)
    path = folder / f"{name}.note"
    path.write_bytes(Note(head.text(), (line,)).format())
    return path


def test_two_heads_that_exclude_each_other_become_a_record_that_names_the_department(
    one_node: OneNode, tmp_path: Path
) -> None:
    one, other = (cosigned(one_node, name, tmp_path) for name in ("one", "other"))
    own = one_node.network.nodes[0].node_id
    trust = ("--trust", one_node.trust)
    made = one_node.run("misconduct", "compare", one, other, *trust, "--out", tmp_path, "--json")
    assert made.code == 0, made.err
    (evidence,) = made.json["evidence"]
    assert (evidence["node"], evidence["kind"]) == (own, "two-heads")
    verified = one_node.run("verify", evidence["file"], *trust, "--json")
    assert verified.code == 0, verified.out
    culprit = verified.json["results"][0]["misconduct"]
    assert (culprit["node_id"], culprit["member_id"]) == (own, "centre")
    said = one_node.run("misconduct", "submit", evidence["file"], "--json")
    assert said.code == 0, said.err
    assert one_node.run("verify", said.json["receipt"], *trust).code == 0
    again = one_node.run("misconduct", "submit", evidence["file"], "--json")
    assert again.code != 0
    assert "fault.known" in again.out + again.err


def test_one_head_twice_proves_nothing(one_node: OneNode, tmp_path: Path) -> None:
    one = cosigned(one_node, "one", tmp_path)
    refused = one_node.run("misconduct", "compare", one, one, "--trust", one_node.trust)
    assert refused.code == 1, refused.err
    assert "fault.none" in refused.err


def test_heads_of_two_sizes_need_a_node_that_shows_how_the_log_grew(
    one_node: OneNode, tmp_path: Path
) -> None:
    one, other = cosigned(one_node, "one", tmp_path), cosigned(one_node, "other", tmp_path, 9)
    refused = one_node.run("misconduct", "compare", other, one, "--trust", one_node.trust)
    assert refused.code == 2, refused.err
    assert "--node" in refused.err


def test_a_broken_file_is_refused_by_name(one_node: OneNode, tmp_path: Path) -> None:
    broken = tmp_path / "x.misconduct.json"
    broken.write_text(json.dumps({"format": "bidwitness.misconduct", "version": 1}))
    refused = one_node.run("misconduct", "submit", broken)
    assert refused.code == 2
    assert str(broken) in refused.err
