"""Receipts, openings and batch proofs against their vectors: what holds, and where the rest fails."""

import json
from typing import Any

import pytest

from ledger import (
    DocumentDigest,
    TrustRoot,
    VerificationError,
    decode_receipt,
    decode_trust,
    verify_batch_proof,
    verify_receipt,
)
from ledger.core.batch import decode_batch_proof
from ledger.core.checkpoint import Checkpoint
from ledger.core.committee import COMMITTEE_MAX
from ledger.core.identifiers import Digest
from ledger.core.merkle import SIZE_MAX
from ledger.core.note import Note, NoteSignature, parse_note
from ledger.core.openings import decode_openings
from ledger.core.policy import Policy, parse_policy
from ledger.core.record import decode_record
from ledger.disclosures import verify_openings
from ledger.errors import LedgerError
from ledger.verdict import Caveat
from ledger.verify import steps_passed
from tests.vectors.generate.spelling import told, untold
from tests.vectors.reading import VECTORS, cases, octets

STEPS = 10
KINDS = ("", "sealed_", "epochs_")
ACCEPTED = [case for kind in KINDS for case in cases(f"receipt/{kind}accepted")]
REFUSED = [case for kind in KINDS for case in cases(f"receipt/{kind}refused")]


def spelled(value: Any) -> bytes:
    return json.dumps(value).encode()


def trust_of(case: Any) -> TrustRoot:
    trusts = json.loads((VECTORS / "receipt/trusts.json").read_text(encoding="utf-8"))
    return decode_trust(spelled({each["name"]: each["trust"] for each in trusts}[case["trust"]]))


def documents_of(case: Any) -> list[DocumentDigest]:
    return [
        DocumentDigest(
            Digest(octets(each["sha256"])),
            each["size_bytes"],
            None if each["sm3"] is None else Digest(octets(each["sm3"])),
        )
        for each in case["documents"]
    ]


def policy_of(case: Any) -> Policy | None:
    return None if case["policy"] is None else parse_policy(case["policy"].encode())


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_receipt_proves_its_record(case: Any) -> None:
    receipt, trust = decode_receipt(spelled(case["receipt"])), trust_of(case)
    verdict = verify_receipt(receipt, trust, documents_of(case))
    assert json.loads(receipt.encode()) == case["receipt"], "one value, one spelling"
    assert verdict.record_id.hex() == case["record_id"]
    assert (verdict.height, verdict.index) == (case["height"], case["index"])
    assert verdict.committed_at_ms == case["committed_at_ms"]
    assert verdict.existed_by_ms == untold(case["existed_by_ms"])
    assert len(verdict.quorum) == case["cosigners"]
    assert [step.number for step in verdict.steps] == list(range(1, STEPS + 1))


@pytest.mark.parametrize("case", cases("receipt/sealed_accepted"))
def test_what_came_out_of_a_seal_stands_where_it_was_committed(case: Any) -> None:
    verdict = verify_receipt(decode_receipt(spelled(case["receipt"])), trust_of(case))
    opened = verdict.opened
    assert opened is not None
    told = {"height": opened.height, "index": opened.index, "committed_at_ms": opened.time_ms}
    assert told == case["opened"]
    assert verdict.index < opened.index
    assert verdict.steps[8].applies
    assert Caveat.UNSEALED in verdict.caveats


@pytest.mark.parametrize("case", REFUSED)
def test_a_receipt_is_refused_at_its_step(case: Any) -> None:
    receipt, trust = decode_receipt(spelled(case["receipt"])), trust_of(case)
    with pytest.raises(VerificationError) as refusal:
        verify_receipt(receipt, trust, documents_of(case))
    assert (refusal.value.step, refusal.value.code) == (case["step"], case["code"])
    passed = steps_passed(receipt, trust, documents_of(case))
    assert [step.number for step in passed] == list(range(1, case["step"]))


@pytest.mark.parametrize("case", cases("receipt/outside_accepted"))
def test_outside_words_count_for_those_whom_a_policy_names(case: Any) -> None:
    receipt = decode_receipt(spelled(case["receipt"]))
    assert json.loads(receipt.encode()) == case["receipt"]
    verdict = verify_receipt(receipt, trust_of(case), policy=policy_of(case))
    assert [each.name for each in verdict.witnesses] == case["witnesses"]
    assert ("outside" in verdict.steps[7].facts) == (case["policy"] is not None)
    unjudged = case["policy"] is None and bool(receipt.cosignatures)
    assert (Caveat.OUTSIDERS in verdict.caveats) == unjudged


@pytest.mark.parametrize("case", cases("receipt/outside_refused"))
def test_a_receipt_is_refused_where_its_outside_words_or_the_policy_fail(case: Any) -> None:
    receipt, trust = decode_receipt(spelled(case["receipt"])), trust_of(case)
    with pytest.raises(VerificationError) as refusal:
        verify_receipt(receipt, trust, policy=policy_of(case))
    assert (refusal.value.step, refusal.value.code) == (case["step"], case["code"])


def test_what_only_a_policy_refuses_holds_without_one() -> None:
    """A policy demands more; it never makes a receipt out of what was none."""
    refused = [case.values[0] for case in cases("receipt/outside_refused")]
    demanded = [case for case in refused if case["policy"] is not None]
    for case in demanded:
        verdict = verify_receipt(decode_receipt(spelled(case["receipt"])), trust_of(case))
        assert verdict.witnesses == ()
    assert len(demanded) >= 9


@pytest.mark.parametrize("case", cases("receipt/refused_files"))
def test_a_file_that_is_no_receipt_is_refused_before_anything_is_judged(case: Any) -> None:
    with pytest.raises(LedgerError) as refusal:
        decode_receipt(case["text"].encode())
    assert refusal.value.code == case["code"]


def test_every_check_that_can_fail_has_a_receipt_that_fails_there() -> None:
    refused = REFUSED
    failing = {case.values[0]["step"] for case in refused}
    assert failing == set(range(1, STEPS + 1))


def test_a_committee_that_tolerates_no_fault_says_so() -> None:
    verdicts = {
        case.values[0]["trust"]: verify_receipt(
            decode_receipt(spelled(case.values[0]["receipt"])), trust_of(case.values[0])
        )
        for case in cases("receipt/accepted")
    }
    assert Caveat.DEVELOPMENT in verdicts["one, for development"].caveats
    assert Caveat.DEVELOPMENT not in verdicts["four departments"].caveats
    assert Caveat.TRUTH in verdicts["four departments"].caveats


@pytest.mark.parametrize("case", cases("openings/openings"))
def test_a_private_field_is_disclosed_or_not(case: Any) -> None:
    openings = decode_openings(spelled(case["openings"]))
    record = decode_record(octets(case["record"]))
    assert json.loads(openings.encode()) == case["openings"]
    assert told(openings.openings[0].value) == case["value"]
    if case["code"] is None:
        verify_openings(openings, record)
        return
    with pytest.raises(VerificationError) as refusal:
        verify_openings(openings, record)
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize("case", cases("openings/batch_proofs"))
def test_a_document_is_in_an_anchored_batch_or_not(case: Any) -> None:
    proof, trust = decode_batch_proof(spelled(case["proof"])), decode_trust(spelled(case["trust"]))
    assert json.loads(proof.encode()) == case["proof"]
    if case["code"] is None:
        verdict = verify_batch_proof(proof, trust)
        assert verdict.documents[0].sha256 == proof.sha256
        return
    with pytest.raises(VerificationError) as refusal:
        verify_batch_proof(proof, trust)
    assert (refusal.value.step, refusal.value.code) == (10, case["code"])


def test_a_batch_proof_is_of_the_document_in_hand() -> None:
    case = cases("openings/batch_proofs")[0].values[0]
    proof, trust = decode_batch_proof(spelled(case["proof"])), decode_trust(spelled(case["trust"]))
    right = DocumentDigest(proof.sha256, proof.size_bytes)
    wrong = DocumentDigest(Digest(bytes(32)), proof.size_bytes)
    assert verify_batch_proof(proof, trust, [right]).documents == (right,)
    with pytest.raises(VerificationError) as refusal:
        verify_batch_proof(proof, trust, [wrong])
    assert (refusal.value.step, refusal.value.code) == (10, "receipt.document")


def test_the_largest_committee_fits_into_one_note() -> None:
    origin = f"{'d' * 128}/{'0' * 16}"
    names = [f"{origin}/{place:02}{'n' * 30}" for place in range(COMMITTEE_MAX)]
    lines = [NoteSignature(origin, bytes(4), bytes(64))]
    lines += [NoteSignature(name, bytes(4), bytes(72)) for name in names]
    note = Note(Checkpoint(origin, SIZE_MAX, Digest(bytes(32))).text(), tuple(lines))
    assert parse_note(note.format()) == note
