"""Two implementations, thousands of files from a stranger, one verdict and one step.

`MUTANTS=20000 MUTANTS_SEED=7 pytest tests/javascript/test_differential.py` asks for more.
"""

import base64
import json
import os
from collections import Counter
from typing import Any

from ledger import VerificationError, decode_trust
from ledger.errors import LedgerError
from ledger.judging import judge
from ledger.presented import Presented, decode_presented
from ledger.reliance import Reliance
from ledger.trust import TrustRoot
from tests.javascript.asking import node, vector_files
from tests.javascript.mutants import mutants

COUNT = int(os.environ.get("MUTANTS", "1000"))
SEED = int(os.environ.get("MUTANTS_SEED", "5"))
STEPS_REACHED_MIN = 9


def verdict(data: bytes, trust: TrustRoot) -> list[Any]:
    """Whether the file holds, and where not, the step and the code."""
    try:
        file = Presented("", decode_presented(data))
    except LedgerError as refusal:
        return [False, None, refusal.code]
    (outcome,) = judge([file], Reliance((trust,)), ())
    if outcome.problem is None:
        return [True, None, None]
    step = outcome.problem.step if isinstance(outcome.problem, VerificationError) else 0
    return [False, step or None, outcome.problem.code]


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
