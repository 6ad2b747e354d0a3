"""Every vector of the core, read as a stranger would read it: plain JSON against the decoders."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.acknowledgement import Acknowledgement, SignedRefusal
from ledger.core.block import decode_header_of_block, header_from_leaf
from ledger.core.bundle import decode_bundle, decode_header, records_root, verify_header
from ledger.core.canonical import decode, encode
from ledger.core.certificate import decode_certificate
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.derived import recomputed_nonce
from ledger.core.entry import Entry, decode_entry
from ledger.core.genesis import decode_genesis
from ledger.core.identifiers import (
    BundleId,
    Digest,
    Epoch,
    HeaderHash,
    Height,
    MemberId,
    NetworkId,
    NodeId,
    PublicKey,
    RecordId,
)
from ledger.core.misconduct import decode_fault
from ledger.core.misconduct_file import decode_misconduct_file
from ledger.core.payload import bundles_root, decode_payload, encode_payload, rebuild
from ledger.core.record import decode_record
from ledger.core.signing import check_public_key, key_id, verify
from ledger.core.status import (
    StatusTree,
    genesis_state_hash,
    interval_from,
    state_hash,
    status_leaf,
)
from ledger.errors import FormatError, LedgerError, VerificationError
from tests.reference import ed25519 as reference
from tests.vectors.generate import misconduct
from tests.vectors.generate.__main__ import generated
from tests.vectors.generate.spelling import told, untold
from tests.vectors.reading import VECTORS, cases, octets


def must_refuse(decoder: Callable[[bytes], object], case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        decoder(octets(case["data"]))
    assert refusal.value.code == case["code"]


def test_generated_files_are_those_that_are_committed() -> None:
    texts = generated()
    stale = [
        name for name, text in texts.items() if (VECTORS / name).read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run `python -m tests.vectors.generate`, then look at: {stale}"


# Canonical bytes.


@pytest.mark.parametrize("case", cases("canonical/values"))
def test_a_value_has_this_spelling(case: Any) -> None:
    value, data = untold(case["value"]), octets(case["data"])
    assert encode(value) == data
    assert decode(data, len(data)) == value


@pytest.mark.parametrize("case", cases("canonical/refused"))
def test_other_spellings_are_refused(case: Any) -> None:
    must_refuse(lambda data: decode(data, 1 << 20), case)


# Keys and signatures.


@pytest.mark.parametrize("case", cases("keys/keys"))
def test_a_key_is_fit_or_weak(case: Any) -> None:
    key = octets(case["public_key"])
    if case["fit"]:
        assert key_id(check_public_key(key)).hex() == case["key_id"]
        return
    with pytest.raises(VerificationError) as refusal:
        check_public_key(key)
    assert refusal.value.code is Code.KEY_WEAK


@pytest.mark.parametrize("case", cases("signing/signatures"))
def test_a_signature_holds_or_not(case: Any) -> None:
    key, message = octets(case["public_key"]), octets(case["message"])
    signature = octets(case["signature"])
    if case["holds"]:
        verify(key, message, signature)
    else:
        with pytest.raises(VerificationError):
            verify(key, message, signature)
    if len(signature) == 64:
        assert reference.holds(key, message, signature) == case["holds"]


# Records and entries.


@pytest.mark.parametrize("case", cases("record/records"))
def test_a_record_has_these_bytes_and_this_id(case: Any) -> None:
    data = octets(case["data"])
    record = decode_record(data)
    assert record.encode() == data
    assert record.record_id.hex() == case["record_id"]
    assert (record.type, record.issuer, record.subject) == (
        case["type"],
        case["issuer"],
        case["subject"],
    )
    assert record.occurred_at_ms == case["occurred_at_ms"]
    assert told(record.fields) == case["fields"]
    assert told(tuple(each.value() for each in record.evidence)) == case["evidence"]
    assert told(tuple(each.value() for each in record.refs)) == case["refs"]
    assert told(record.private.value() if record.private else None) == case["private"]
    assert record.nonce.hex() == case["nonce"]
    if record.issuer == "network":
        assert record.nonce == recomputed_nonce(record)


@pytest.mark.parametrize("case", cases("record/refused"))
def test_these_are_no_records(case: Any) -> None:
    must_refuse(decode_record, case)


@pytest.mark.parametrize("case", cases("log/entries"))
def test_an_entry_has_this_leaf(case: Any) -> None:
    bundle_id = None if case["bundle_id"] is None else BundleId(octets(case["bundle_id"]))
    height, time_ms = untold(case["height"]), untold(case["block_time_ms"])
    assert isinstance(height, int) and isinstance(time_ms, int)
    entry = Entry(Height(height), time_ms, bundle_id, RecordId(octets(case["record_id"])))
    assert entry.leaf().hex() == case["data"]
    assert decode_entry(octets(case["data"])) == entry


@pytest.mark.parametrize("case", cases("log/refused_entries"))
def test_these_are_no_entries(case: Any) -> None:
    must_refuse(decode_entry, case)


# Bundles.


@pytest.mark.parametrize("case", cases("bundle/bundles"))
def test_a_bundle_covers_its_records(case: Any) -> None:
    bundle = decode_bundle(octets(case["data"]))
    assert bundle.encode().hex() == case["data"]
    assert bundle.header_bytes.hex() == case["header"]
    assert [each.hex() for each in bundle.record_ids] == case["record_ids"]
    assert records_root(bundle.record_ids).hex() == case["records_root"]
    assert bundle.bundle_id.hex() == case["bundle_id"]
    assert bundle.pool_key.hex() == case["pool_key"]
    bundle.verify(octets(case["public_key"]))


@pytest.mark.parametrize("case", cases("bundle/refused"))
def test_these_are_no_bundles(case: Any) -> None:
    must_refuse(decode_bundle, case)


@pytest.mark.parametrize("case", cases("bundle/signatures"))
def test_a_bundle_is_signed_by_its_key_or_not(case: Any) -> None:
    key, data = octets(case["public_key"]), octets(case["header"])
    header, signature = decode_header(data), octets(case["signature"])
    if case["holds"]:
        verify_header(header, data, signature, key)
        return
    with pytest.raises(VerificationError) as refusal:
        verify_header(header, data, signature, key)
    assert refusal.value.code is Code.BUNDLE_SIGNATURE


# Genesis and committee.


@pytest.mark.parametrize("case", cases("genesis/genesis"))
def test_a_genesis_founds_this_network(case: Any) -> None:
    genesis = decode_genesis(octets(case["data"]))
    assert genesis.encode().hex() == case["data"]
    assert genesis.network_id.hex() == case["network_id"]
    assert genesis.origin == case["origin"]
    committee = genesis.committee
    assert (committee.n, committee.f, committee.q) == (case["n"], case["f"], case["q"])
    rows = {key.encode(): octets(value) for key, value in case["status_rows"]}
    assert genesis_state_hash(genesis.network_id, rows).hex() == case["state_hash"]


@pytest.mark.parametrize("case", cases("genesis/refused"))
def test_these_found_no_network(case: Any) -> None:
    must_refuse(decode_genesis, case)


@pytest.mark.parametrize("case", cases("committee/sizes"))
def test_a_committee_of_n_has_this_quorum(case: Any) -> None:
    committee = Committee(Epoch(0), tuple(node(place) for place in range(case["n"])))
    assert (committee.f, committee.q) == (case["f"], case["q"])
    assert 2 * committee.q - committee.n >= committee.weak, "two quorums share an honest node"
    assert committee.q <= committee.n - committee.f, "the honest nodes alone are a quorum"


def node(place: int) -> CommitteeNode:
    def key(use: int) -> bytes:
        return bytes((use, place)) + bytes(30)

    member, pin = MemberId(f"m{place}"), Digest(key(3))
    return CommitteeNode(NodeId(f"n{place}"), member, PublicKey(key(1)), PublicKey(key(2)), pin)


@pytest.mark.parametrize("case", cases("certificate/certificates"))
def test_a_certificate_commits_or_not(case: Any) -> None:
    genesis = decode_genesis(octets(case["genesis"]))
    certificate = decode_certificate(octets(case["data"]))
    assert certificate.encode().hex() == case["data"]
    if case["code"] is None:
        certificate.verify(genesis.network_id, genesis.committee)
        return
    with pytest.raises(VerificationError) as refusal:
        certificate.verify(genesis.network_id, genesis.committee)
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize("case", cases("certificate/refused"))
def test_these_are_no_certificates(case: Any) -> None:
    must_refuse(decode_certificate, case)


# Status rows and state.


@pytest.mark.parametrize("case", cases("status/trees"))
def test_status_rows_have_this_root(case: Any) -> None:
    rows = {octets(key): octets(value) for key, value in case["rows"]}
    tree = StatusTree(rows)
    assert (tree.size, tree.root.hex()) == (case["size"], case["root"])
    for index, ((key, value), path) in enumerate(
        zip(sorted(rows.items()), case["paths"], strict=True)
    ):
        leaf = merkle.leaf_hash(status_leaf(key, value))
        merkle.verify_inclusion(leaf, index, tree.size, [octets(each) for each in path], tree.root)
    writes = [(b"status/" + key, value) for key, value in sorted(rows.items())]
    parent = octets(case["parent"])
    assert state_hash(parent, writes).hex() == case["state_hash"]
    gone = [(key, None) for key, _ in writes]
    assert state_hash(parent, gone).hex() == case["state_hash_of_deletion"]


@pytest.mark.parametrize("case", cases("status/intervals"))
def test_a_row_is_in_force_strictly_inside_its_interval(case: Any) -> None:
    interval = interval_from(tuple(case["interval"]))
    assert interval.in_force(case["index"]) == case["in_force"]


# Blocks.


@pytest.mark.parametrize("case", cases("block/headers"))
def test_a_header_has_this_hash_and_leaf(case: Any) -> None:
    header = decode_header_of_block(octets(case["data"]))
    assert header.encode().hex() == case["data"]
    assert header.hash().hex() == case["hash"]
    assert header.leaf().hex() == case["leaf"]
    log_root = Digest(octets(case["log_root"]))
    log_size = untold(case["log_size"])
    assert isinstance(log_size, int)
    assert header_from_leaf(octets(case["leaf"]), log_size, log_root) == header


@pytest.mark.parametrize("case", cases("block/refused_headers"))
def test_these_are_no_headers(case: Any) -> None:
    must_refuse(decode_header_of_block, case)


@pytest.mark.parametrize("case", cases("block/payloads"))
def test_a_payload_rebuilds_its_header_and_no_other(case: Any) -> None:
    payload = octets(case["payload"])
    bundles = decode_payload(payload)
    assert encode_payload(bundles) == payload
    assert [each.entered.hex() for each in bundles] == case["entered"]
    assert bundles_root(bundles).hex() == case["bundles_root"]
    assert rebuild(decode_header_of_block(octets(case["header"])), payload) == bundles
    for other in ("header_of_one_more", "header_of_another_root"):
        with pytest.raises(FormatError) as refusal:
            rebuild(decode_header_of_block(octets(case[other])), payload)
        assert refusal.value.code is Code.BLOCK_NOT_REBUILT


@pytest.mark.parametrize("case", cases("block/refused_payloads"))
def test_these_are_no_payloads(case: Any) -> None:
    must_refuse(decode_payload, case)


# A node's signed words.


@pytest.mark.parametrize("case", cases("acknowledgement/signed"))
def test_a_signed_word_holds_or_not(case: Any) -> None:
    network, node_id = NetworkId(octets(case["network_id"])), NodeId(case["node_id"])
    pool_key, signature = Digest(octets(case["bundle"])), octets(case["signature"])
    word: Acknowledgement | SignedRefusal
    if case["kind"] == "acknowledgement":
        word = Acknowledgement(network, node_id, pool_key, case["received_at_ms"], signature)
    else:
        head = HeaderHash(octets(case["head_hash"]))
        word = SignedRefusal(network, node_id, pool_key, Code(case["code"]), head, signature)
    if case["holds"]:
        word.verify(octets(case["public_key"]))
        return
    with pytest.raises(VerificationError):
        word.verify(octets(case["public_key"]))


# Evidence of misconduct.


@pytest.mark.parametrize("case", cases("misconduct/proofs"))
def test_evidence_names_a_culprit_or_proves_nothing(case: Any) -> None:
    assert misconduct.holds(case) == case["code"]


@pytest.mark.parametrize("case", cases("misconduct/refused"))
def test_these_are_no_evidence(case: Any) -> None:
    must_refuse(decode_fault, case)


@pytest.mark.parametrize("case", cases("misconduct/refused_files"))
def test_these_are_no_files_of_evidence(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        decode_misconduct_file(json.dumps(case["file"]).encode())
    assert refusal.value.code == case["code"]
