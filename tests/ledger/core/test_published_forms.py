"""Vectors of the log's public forms: tiles, policies and proofs, as a stranger would read them."""

import json
from typing import Any

import pytest

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.merkle import leaf_hash, verify_inclusion
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.tile_tree import TileTree
from ledger.core.tiles import bundles_of, parse_tile_path, split_bundle, tiles_of
from ledger.core.tlog_proof import parse_tlog_proof, receipt_in, tlog_proof
from ledger.errors import LedgerError
from ledger.trust import decode_trust
from ledger.verify import verify_receipt
from tests.vectors.reading import cases, octets


@pytest.mark.parametrize("case", cases("tiles/paths"))
def test_a_path_names_a_tile(case: Any) -> None:
    path = parse_tile_path(case["name"])
    level = "entries" if path.level is None else path.level
    assert (level, str(path.index), path.width) == (case["level"], case["index"], case["width"])


@pytest.mark.parametrize("case", cases("tiles/refused_paths"))
def test_other_paths_name_nothing(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        parse_tile_path(case["path"])
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize("case", cases("tiles/bundles"))
def test_a_bundle_is_split_or_refused(case: Any) -> None:
    data, width = octets(case["data"]), case["width"]
    if case["code"] is None:
        assert [leaf.hex() for leaf in split_bundle(data, width)] == case["leaves"]
        return
    with pytest.raises(LedgerError) as refusal:
        split_bundle(data, width)
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize("case", cases("tiles/logs"))
def test_a_log_is_its_files(case: Any) -> None:
    files, size = case["files"], case["size"]
    note = parse_note(case["checkpoint"].encode())
    head, held = parse_policy(case["policy"].encode()).verify(note)
    assert (head.origin, head.size, head.root.hex()) == (case["origin"], size, case["root"])
    assert len(held) == 5
    assert set(files) == {str(path) for path in [*tiles_of(size), *bundles_of(size)]}
    tree = TileTree()
    found = {
        str(place): data.hex()
        for path in bundles_of(size)
        for place, data in tree.add(
            map(leaf_hash, split_bundle(octets(files[str(path)]), path.width))
        )
    }
    found |= {str(place): data.hex() for place, data in tree.partials()}
    assert found == {name: data for name, data in files.items() if "entries" not in name}
    assert tree.root() == head.root


def policy_in(case: Any) -> bytes:
    """A file of octets, which need not be text."""
    return octets(case["octets"]) if case["policy"] is None else case["policy"].encode()


@pytest.mark.parametrize("case", cases("policy/files"))
def test_a_policy_is_read_and_written_in_its_plain_form(case: Any) -> None:
    policy = parse_policy(policy_in(case))
    counts = (len(policy.logs), len(policy.witnesses), len(policy.groups))
    assert counts == (case["logs"], case["witnesses"], case["groups"])
    assert parse_policy(policy.format()) == policy


@pytest.mark.parametrize("case", cases("policy/refused"))
def test_other_policies_are_refused(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        parse_policy(policy_in(case))
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize(
    "data",
    [b"\xff# octets beyond UTF-8\n", b"quorum\x0bnone\n", b"quorum none\x7f\n", b"#" * 70_000],
)
def test_octets_are_allowed_or_not_by_the_specification(data: bytes) -> None:
    with pytest.raises(LedgerError) as refusal:
        parse_policy(data)
    assert refusal.value.code == "policy.invalid"
    assert parse_policy(b"# \xff\nquorum none\n").quorum == "none"


@pytest.mark.parametrize("case", cases("policy/checkpoints"))
def test_a_policy_judges_a_checkpoint(case: Any) -> None:
    policy, note = parse_policy(case["policy"].encode()), parse_note(case["checkpoint"].encode())
    if case["code"] is None:
        assert policy.verify(note)[0] == parse_checkpoint(note.text)
        return
    with pytest.raises(LedgerError) as refusal:
        policy.verify(note)
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize("case", cases("tlog_proof/accepted"))
def test_a_proof_holds_by_its_policy_alone_and_by_the_receipt_that_it_carries(case: Any) -> None:
    proof = parse_tlog_proof(case["proof"].encode())
    head, _ = parse_policy(case["policy"].encode()).verify(parse_note(proof.checkpoint.encode()))
    leaf = leaf_hash(octets(case["leaf"]))
    verify_inclusion(leaf, case["index"], head.size, proof.path, head.root)
    receipt = receipt_in(proof)
    assert receipt.entry == octets(case["leaf"]) and proof.index == case["index"]
    verdict = verify_receipt(receipt, decode_trust(json.dumps(case["trust"]).encode()))
    assert verdict.record_id.hex() == case["record_id"]
    assert tlog_proof(receipt) == proof


@pytest.mark.parametrize("case", cases("tlog_proof/refused"))
def test_other_proofs_are_refused(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        receipt_in(parse_tlog_proof(case["proof"].encode()))
    assert refusal.value.code == case["code"]
