"""A reader who follows a network's epochs: links in files, and anchors in its trust root."""

import json
from typing import Any

import pytest

from ledger.core.epochs_file import decode_epochs_file
from ledger.core.receipt import decode_receipt
from ledger.epoch_links import led_by_file
from ledger.errors import LedgerError, VerificationError
from ledger.trust import decode_trust
from ledger.verdict import Caveat
from ledger.verify import verify_receipt
from tests.vectors.reading import cases


def spelled(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("case", cases("epochs/files"))
def test_a_file_leads_a_trust_root_where_the_vectors_say(case: Any) -> None:
    trust = decode_trust(spelled(case["trust"]))
    if case["code"] is None:
        found = led_by_file(trust, decode_epochs_file(spelled(case["file"])))
        assert found.committee.epoch == case["epoch"]
        assert json.loads(found.encode()) == case["led"]
        assert decode_trust(found.encode()) == found
        return
    with pytest.raises(LedgerError) as refused:
        led_by_file(trust, decode_epochs_file(spelled(case["file"])))
    assert refused.value.code == case["code"]


@pytest.mark.parametrize("case", cases("epochs/anchors"))
def test_a_trust_root_with_anchors_is_read_strictly(case: Any) -> None:
    if case["code"] is None:
        assert decode_trust(case["text"].encode()).committee.epoch > 0
        return
    with pytest.raises(LedgerError) as refused:
        decode_trust(case["text"].encode())
    assert refused.value.code == case["code"]


@pytest.mark.parametrize("case", cases("epochs/receipts"))
def test_a_receipt_needs_links_from_the_last_anchor_on_only(case: Any) -> None:
    receipt, trust = decode_receipt(spelled(case["receipt"])), decode_trust(spelled(case["trust"]))
    if case["code"] is None:
        said = set(verify_receipt(receipt, trust).caveats)
        assert said & {Caveat.FORMER_KEYS, Caveat.FORMER_KEYS_SINCE} == {case["caveat"]}
        return
    with pytest.raises(VerificationError) as refused:
        verify_receipt(receipt, trust)
    assert (refused.value.step, refused.value.code) == (case["step"], case["code"])
