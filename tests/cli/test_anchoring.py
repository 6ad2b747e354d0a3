"""Anchoring again, and anchoring on a network whose catalogue is older than this software."""

from pathlib import Path

import pytest

from api.client import Client, captured
from cli import anchoring
from cli.desk import Desk
from cli.documents import hash_document
from contracts.tables import Catalogue
from ledger.core.identifiers import MemberId
from ledger.core.record import decode_record
from tests.api.one_node import OneNode as BareNode
from tests.cli.one_node import OneNode
from tests.contracts.versions import version_of
from tests.vectors.small_network import signer

pytestmark = pytest.mark.network
UNKNOWN = ("tool_version", "captured_ms")


def test_a_receipt_that_is_there_is_neither_replaced_nor_lost(
    one_node: OneNode, tmp_path: Path
) -> None:
    file, receipt = tmp_path / "a.txt", tmp_path / "a.txt.receipt.json"
    file.write_text("内容", encoding="utf-8")
    assert one_node.run("anchor", file).code == 0
    first = receipt.read_bytes()
    refused = one_node.run("anchor", file, "--json")
    assert refused.code == 2 and "anchor.again" in refused.out + refused.err
    assert receipt.read_bytes() == first
    again = one_node.run("anchor", file, "--again", "--json")
    assert again.code == 0, again.err
    assert receipt.read_bytes() != first
    assert (tmp_path / "a.txt.receipt.json.1").read_bytes() == first
    assert one_node.run("verify", receipt).code == 0


def test_a_proof_of_a_batch_is_kept_likewise(one_node: OneNode, tmp_path: Path) -> None:
    file, proof = tmp_path / "b.txt", tmp_path / "b.txt.batch-proof.json"
    file.write_text("内容", encoding="utf-8")
    assert one_node.run("anchor", file, "--batch").code == 0
    first = proof.read_bytes()
    assert one_node.run("anchor", file, "--batch").code == 2
    assert one_node.run("anchor", file, "--batch", "--again").code == 0
    assert (tmp_path / "b.txt.batch-proof.json.1").read_bytes() == first


@pytest.fixture
def older(tmp_path: Path) -> Catalogue:
    """The catalogue as it was before a deposit said by which version of a tool, and when."""
    file = "types/evidence.toml"
    return version_of(
        tmp_path / "catalogue",
        (file, 'fields.tool_version = { type = "text", max = 64 }\n', ""),
        (file, 'fields.captured_ms = { type = "time" }\n', ""),
    )


def test_what_an_older_catalogue_does_not_know_is_left_out_and_named(
    tmp_path: Path, older: Catalogue
) -> None:
    node = BareNode(tmp_path / "node", catalogue=older)
    file = tmp_path / "a.txt"
    file.write_text("内容", encoding="utf-8")
    evidence = hash_document(file, lambda _: None)
    with node.up():
        member = MemberId("centre")
        client = Client([node.url], node.trust)
        with Desk(member, node.trust, signer("member centre"), client) as desk:
            kept, left_out = anchoring.as_far_as_known(
                captured(1_000, collector="档案馆"),
                lambda said: desk.submit([anchoring.deposit(member, "a", evidence, 1_000, said)]),
            )
    assert sorted(left_out) == sorted(UNKNOWN)
    fields = decode_record(kept[0].receipt.record).fields
    assert fields["collector"] == "档案馆" and not set(UNKNOWN) & set(fields)
