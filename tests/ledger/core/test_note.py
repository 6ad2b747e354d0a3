"""Notes, checkpoints and cosignatures, to the byte of the C2SP texts and of what runs in public."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.checkpoint import (
    Checkpoint,
    cosign,
    cosigner_name,
    parse_checkpoint,
    sign_log,
)
from ledger.core.identifiers import NodeId, PublicKey
from ledger.core.note import (
    Kind,
    Note,
    NoteKey,
    NoteSignature,
    parse_line,
    parse_note,
    parse_vkey,
    verify_note,
    verify_signature,
)
from ledger.core.signing import Ed25519Signer
from ledger.errors import FormatError, InvariantBroken, LedgerError, VerificationError

VECTORS = Path(__file__).parents[2] / "vectors" / "note"
ORIGIN = "ledger.example.org/0123456789abcdef"
SIGNER = Ed25519Signer(bytes([7]) * 32)
HEAD = Checkpoint(ORIGIN, 2, merkle.root([merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")]))


def vectors(name: str) -> list[Any]:
    cases: list[Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", vectors("notes"))
def test_notes(case: dict[str, Any]) -> None:
    data = case["note"].encode()
    keys = [parse_vkey(vkey) for vkey in case["vkeys"]]
    if case["expect"] == "holds":
        note = parse_note(data)
        assert note.format() == data
        assert verify_note(note, keys)
        return
    with pytest.raises(LedgerError) as refused:
        verify_note(parse_note(data), keys)
    assert refused.value.code.value == case["expect"]


@pytest.mark.parametrize("case", vectors("checkpoints"))
def test_checkpoints(case: dict[str, Any]) -> None:
    if case["expect"] == "holds":
        assert parse_checkpoint(case["text"]).text() == case["text"]
        return
    with pytest.raises(FormatError) as refused:
        parse_checkpoint(case["text"])
    assert refused.value.code.value == case["expect"]


def test_the_witness_of_a_public_log_gives_its_time() -> None:
    case = next(v.values[0] for v in vectors("notes") if "ct staging" in str(v.id))
    note = parse_note(case["note"].encode())
    verified = verify_note(note, [parse_vkey(vkey) for vkey in case["vkeys"]])
    assert [(each.key.name, each.time_s) for each in verified] == [
        ("arche2025h1.staging.ct.transparency.dev", None),
        ("remora.n621.de", 0x6A122120),
    ]
    assert parse_checkpoint(note.text).size == 1432088532


def test_a_cosignature_signs_the_two_lines_and_the_text_of_the_spec() -> None:
    name = cosigner_name(ORIGIN, NodeId("centre"))
    signature = cosign(SIGNER, name, HEAD, 1679315147)
    message = f"cosignature/v1\ntime 1679315147\n{HEAD.text()}".encode()
    assert signature.signature == (1679315147).to_bytes(8) + SIGNER.sign(message)
    key = NoteKey(name, Kind.COSIGNATURE, SIGNER.public_key)
    assert verify_signature(HEAD.text(), signature, key) == 1679315147


def test_one_key_has_another_id_for_each_use() -> None:
    name = cosigner_name(ORIGIN, NodeId("centre"))
    log, cosigner = (NoteKey(name, kind, SIGNER.public_key) for kind in Kind)
    assert log.key_id != cosigner.key_id
    with pytest.raises(VerificationError):
        verify_signature(HEAD.text(), sign_log(SIGNER, name, HEAD), cosigner)


def test_the_head_of_an_empty_log_is_never_cosigned() -> None:
    with pytest.raises(InvariantBroken):
        cosign(SIGNER, ORIGIN, Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT), 1)
    with pytest.raises(InvariantBroken):
        cosign(SIGNER, ORIGIN, HEAD, 2**63)


@pytest.mark.parametrize(
    "vkey",
    [
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_a_verifier_key_has_one_spelling(vkey: str) -> None:
    with pytest.raises(FormatError) as refused:
        parse_vkey(vkey)
    assert refused.value.code is Code.NOTE_INVALID


def test_a_verifier_key_of_small_order_is_refused() -> None:
    weak = NoteKey("example.com/foo", Kind.LOG, PublicKey(bytes([1]) + bytes(31)))
    with pytest.raises(VerificationError) as refused:
        parse_vkey(weak.vkey())
    assert refused.value.code is Code.KEY_WEAK


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(FormatError):
        parse_note(b"\xff\n\n")
    with pytest.raises(FormatError):
        parse_note(b"x" * (1 << 20))
    with pytest.raises(FormatError):
        parse_line("— name " + "A" * 5)
    with pytest.raises(FormatError):
        Note("\ud800\n", (sign_log(SIGNER, "x", HEAD),))


@given(st.binary(max_size=300))
def test_whatever_parses_formats_to_the_same_bytes(data: bytes) -> None:
    try:
        note = parse_note(data)
    except FormatError:
        return
    assert note.format() == data


_NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1
).filter(lambda name: "+" not in name and not any(c.isspace() for c in name))


@given(_NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=100))
def test_a_line_survives_the_round_trip(name: str, key_id: bytes, signature: bytes) -> None:
    value = NoteSignature(name, key_id, signature)
    assert parse_line(value.line()) == value
