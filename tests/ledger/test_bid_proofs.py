"""Bid proofs from the vectors: what they say, at which check they fail, and how a reader sees it."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.__main__ import main
from ledger.bid_proofs import verify_bid_proof
from ledger.core.batch import DocumentDigest
from ledger.core.bid_proof import decode_bid_proof
from ledger.core.identifiers import Digest
from ledger.errors import FormatError, VerificationError
from ledger.trust import decode_trust
from tests.vectors.reading import cases


def spelled(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("case", cases("bid_proof/proofs"))
def test_a_bid_proof_says_what_became_of_the_bid(case: Any) -> None:
    proof, trust = decode_bid_proof(spelled(case["proof"])), decode_trust(spelled(case["trust"]))
    assert json.loads(proof.encode()) == case["proof"], "one value, one spelling"
    held = [DocumentDigest(Digest(bytes.fromhex(one)), size) for one, size in case["documents"]]
    if case["step"]:
        with pytest.raises(VerificationError) as refusal:
            verify_bid_proof(proof, trust, held)
        assert (refusal.value.step, refusal.value.code) == (case["step"], case["code"])
        return
    verified = verify_bid_proof(proof, trust, held)
    told = verified.verdict
    assert (told.standing, told.part) == (case["standing"], case["part"])
    assert told.received_at_ms == verified.commitment.committed_at_ms
    assert [step.number for step in verified.commitment.steps] == list(range(1, 14))
    assert verified.commitment.steps[9].applies is bool(held)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("case", cases("bid_proof/proofs"))
def test_the_offline_verifier_reads_it_to_a_person(
    case: Any, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if case["documents"]:
        return
    file, trust = tmp_path / "x.bid-proof.json", tmp_path / "trust.json"
    file.write_bytes(spelled(case["proof"]))
    trust.write_bytes(spelled(case["trust"]))
    status = main([str(file), "--trust", str(trust), "--lang", language])
    shown = capsys.readouterr().out
    assert status == (1 if case["step"] else 0)
    assert "{" not in shown
    if case["step"]:
        assert case["code"] in shown
        return
    words = {
        "zh": {
            "in_set": "已列入",
            "dropped": "被遗漏",
            "late": "迟到",
            "not_sealed": "尚未形成",
        },
        "en": {
            "in_set": "IN THE SEALED SET",
            "dropped": "DROPPED",
            "late": "LATE",
            "not_sealed": "not sealed yet",
        },
    }
    assert words[language][case["standing"]] in shown


def test_more_parts_than_a_proof_may_have_are_refused_unread() -> None:
    value = dict(cases("bid_proof/proofs")[0].values[0]["proof"])
    value["parts"] = [{}] * 65
    with pytest.raises(FormatError, match=r"format\.shape"):
        decode_bid_proof(spelled(value))
