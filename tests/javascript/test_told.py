"""What pages say of a verdict is what the command line says: over all vectors that hold, in both
languages, sentence by sentence."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.explorer.script_words import script_words
from ledger.core.batch import DocumentDigest
from ledger.core.identifiers import Digest
from ledger.judging import Outcome, judge
from ledger.presented import Presented, decode_presented
from ledger.reliance import Reliance
from ledger.report import bid_standing, status_told, step_words
from ledger.trust import decode_trust
from tests.javascript.asking import node
from tests.vectors.reading import cases

KINDS = {
    "receipt/accepted": "receipt",
    "receipt/epochs_accepted": "receipt",
    "receipt/sealed_accepted": "receipt",
    "bid_proof/proofs": "proof",
    "openings/batch_proofs": "proof",
    "sealed/files": "file",
    "status_answer/answers": "answer",
}
HOLDING_MIN = 30


def holding() -> Iterator[tuple[bytes, bytes, list[Any]]]:
    """Trust root, file and documents of each vector that holds."""
    named = {each.values[0]["name"]: each.values[0]["trust"] for each in cases("receipt/trusts")}
    for kind, slot in KINDS.items():
        for each in cases(kind):
            case = each.values[0]
            if case.get("step") or case.get("code"):
                continue
            trust = case["trust"]
            root = named[trust] if isinstance(trust, str) else trust
            documents = [pair(each) for each in case.get("documents", [])]
            yield json.dumps(root).encode(), json.dumps(case[slot]).encode(), documents


def pair(document: Any) -> Any:
    """Digest and size of a document, which some vectors name."""
    if isinstance(document, dict):
        return [document["sha256"], document["size_bytes"]]
    return document


def outcome_of(trust: bytes, data: bytes, documents: list[Any]) -> Outcome:
    asked = [
        DocumentDigest(Digest(bytes.fromhex(sha256)), size, None) for sha256, size in documents
    ]
    presented = Presented("file", decode_presented(data))
    (outcome,) = judge([presented], Reliance((decode_trust(trust),)), asked)
    assert outcome.holds, outcome.problem
    return outcome


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_says_what_the_command_says(language: str) -> None:
    found = list(holding())
    assert len(found) >= HOLDING_MIN
    files = [
        {
            "trust": base64.b64encode(trust).decode(),
            "data": base64.b64encode(data).decode(),
            "documents": documents,
        }
        for trust, data, documents in found
    ]
    told = node("told", files=files, language=language, tables=script_words(language))
    for said, case in zip(told, found, strict=True):
        outcome = outcome_of(*case)
        steps, bid, status = said
        assert steps == [step_words(step, language)[1] for step in outcome.steps]
        assert bid == (outcome.bid and bid_standing(outcome.bid, language))
        assert status == (outcome.status and status_told(outcome.status, language))
