"""Private fields: what an author may commit to, and files of openings that say something else."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.openings import Opening, Openings, commit_fields, decode_openings
from ledger.disclosures import verify_openings
from ledger.errors import FormatError, VerificationError
from tests.vectors.small_network import nonce, seed, small_record

CENTRE = MemberId("centre")
FIELDS: Mapping[str, Value] = {"bank": "兰州银行", "price_fen": 1}


def committed() -> Openings:
    private, openings = commit_fields(CENTRE, FIELDS, {name: nonce(name) for name in FIELDS})
    return Openings(small_record("private", private=private).record_id, openings)


@pytest.mark.parametrize(
    ("fields", "salts"),
    [
        ({}, {}),
        (FIELDS, {}),
        (FIELDS, {"bank": nonce("bank")}),
        (FIELDS, {"bank": nonce("bank"), "price_fen": nonce("p"), "else": nonce("e")}),
        (FIELDS, {"bank": nonce("bank"), "price_fen": nonce("p")[:15]}),
    ],
    ids=["no fields", "no salts", "a salt missing", "a salt too many", "a short salt"],
)
def test_a_commitment_needs_one_salt_for_each_field(
    fields: Mapping[str, Value], salts: Mapping[str, bytes]
) -> None:
    with pytest.raises(FormatError) as refusal:
        commit_fields(CENTRE, fields, salts)
    assert refusal.value.code is Code.FORMAT_SHAPE


def test_other_salts_make_another_root_for_the_same_values() -> None:
    one, _ = commit_fields(CENTRE, FIELDS, {name: nonce(name) for name in FIELDS})
    two, _ = commit_fields(CENTRE, FIELDS, {name: nonce(f"{name}!") for name in FIELDS})
    assert one.names == two.names == ("bank", "price_fen")
    assert one.root != two.root


def test_openings_are_of_their_record_only() -> None:
    file = committed()
    with pytest.raises(VerificationError) as refusal:
        verify_openings(file, small_record("else"))
    assert refusal.value.code is Code.OPENING_RECORD


def refuse_file(openings: tuple[Opening, ...]) -> None:
    file = Openings(RecordId(seed("record")), openings)
    with pytest.raises(FormatError) as refusal:
        decode_openings(file.encode())
    assert refusal.value.code is Code.FORMAT_SHAPE


def test_a_file_of_openings_lists_each_field_once_in_order() -> None:
    file = committed()
    bank, price = file.openings
    assert decode_openings(file.encode()) == file
    assert decode_openings(replace(file, openings=(price,)).encode()).openings == (price,)
    refuse_file(())
    refuse_file((price, bank))
    refuse_file((bank, bank))
