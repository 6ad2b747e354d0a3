"""Two implementations, thousands of files from a stranger, one verdict and one step.

`MUTANTS=20000 MUTANTS_SEED=7 pytest tests/javascript/test_differential.py` asks for more.
"""

import base64
import json
import os
from collections import Counter
from typing import Any

from ledger import VerificationError, decode_trust, verify_batch_proof, verify_receipt
from ledger.bid_proofs import verify_bid_proof
from ledger.codes import Code
from ledger.core import strict_json
from ledger.core.batch import decode_batch_proof
from ledger.core.bid_proof import decode_bid_proof
from ledger.core.openings import OPENINGS_BYTES_MAX, decode_openings
from ledger.core.receipt import decode_receipt
from ledger.core.sealed_file import check_committed, decode_sealed_file
from ledger.core.tlog_proof import parse_tlog_proof, receipt_in
from ledger.disclosures import verify_openings
from ledger.errors import FormatError, LedgerError
from ledger.trust import TrustRoot
from tests.javascript.asking import node, vector_files
from tests.javascript.mutants import mutants

COUNT = int(os.environ.get("MUTANTS", "1000"))
SEED = int(os.environ.get("MUTANTS_SEED", "5"))
STEPS_REACHED_MIN = 9


def judge(data: bytes, trust: TrustRoot) -> None:
    """Verify a file of any kind with the Python implementation."""
    if data.startswith(b"c2sp.org/tlog-proof@v1\n"):
        verify_receipt(receipt_in(parse_tlog_proof(data)), trust)
        return
    value = strict_json.load(data, OPENINGS_BYTES_MAX)
    word = value.get("format") if isinstance(value, dict) else None
    if word == "bidwitness.receipt":
        verify_receipt(decode_receipt(data), trust)
    elif word == "bidwitness.batch-proof":
        verify_batch_proof(decode_batch_proof(data), trust)
    elif word == "bidwitness.bid-proof":
        verify_bid_proof(decode_bid_proof(data), trust)
    elif word == "bidwitness.openings":
        openings = decode_openings(data)
        if openings.receipt is None:
            raise FormatError(Code.OPENING_RECEIPT)
        verify_openings(openings, verify_receipt(openings.receipt, trust).record)
    elif word == "bidwitness.sealed":
        sealed = decode_sealed_file(data)
        if sealed.receipt is None:
            raise FormatError(Code.BID_RECEIPT)
        verify_receipt(sealed.receipt, trust)
        check_committed(sealed, sealed.receipt)
    else:
        raise FormatError(Code.FORMAT_SHAPE)


def verdict(data: bytes, trust: TrustRoot) -> list[Any]:
    """Whether the file holds, and where not, the step and the code."""
    try:
        judge(data, trust)
    except VerificationError as refusal:
        return [False, refusal.step or None, refusal.code]
    except LedgerError as refusal:
        return [False, None, refusal.code]
    return [True, None, None]


def test_both_implementations_say_the_same_of_files_from_a_stranger() -> None:
    trusts = vector_files()["receipt/trusts"]
    roots = {each["name"]: decode_trust(json.dumps(each["trust"]).encode()) for each in trusts}
    files = list(mutants(SEED, COUNT))
    asked = [{"trust": each.trust, "data": base64.b64encode(each.data).decode()} for each in files]
    found = node("files", trusts=trusts, files=asked)
    said = [verdict(each.data, roots[each.trust]) for each in files]
    differing = [
        f"{one} here, {other} there: {each.data.decode('utf-8', 'replace')}"
        for each, one, other in zip(files, said, found, strict=True)
        if one[:2] != other[:2]
    ]
    assert differing == []
    reached = Counter(step for holds, step, _ in said if not holds)
    assert len(reached) >= STEPS_REACHED_MIN, reached
    assert any(holds for holds, _, _ in said)
