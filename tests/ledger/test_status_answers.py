"""Every vector of status answers, by the verifier in Python."""

import json
from typing import Any

import pytest

from ledger.core.status_answer import decode_status_answer
from ledger.errors import VerificationError
from ledger.status_answers import verify_status_answer
from ledger.trust import decode_trust
from tests.vectors.reading import cases


def spelled(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("case", cases("status_answer/answers"))
def test_an_answer_holds_or_is_refused_by_the_number_of_the_check(case: Any) -> None:
    answer, trust = (
        decode_status_answer(spelled(case["answer"])),
        decode_trust(spelled(case["trust"])),
    )
    assert json.loads(answer.encode()) == case["answer"]
    if case["code"] is None:
        verified = verify_status_answer(answer, trust)
        assert verified.verdict.standing == case["standing"]
        assert [each.number for each in verified.carrier.steps][-2:] == [16, 17]
        return
    with pytest.raises(VerificationError) as refusal:
        verify_status_answer(answer, trust)
    assert (refusal.value.step, refusal.value.code) == (case["step"], case["code"])
