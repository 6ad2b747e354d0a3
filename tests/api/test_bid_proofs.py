"""Gathering a bid proof from a node that may answer anything."""

from typing import Any

import httpx
import pytest

from api.client import ClientError
from ledger.codes import Code
from ledger.core.sealed_file import SealedFile
from tests.api.awaited import Opening
from tests.vectors.generate.sealed import NETWORK, SYSTEM, sealed_record
from tests.vectors.small_network import SmallNetwork

ANNOUNCED = {"type": "tender.announcement", "fields": {"bid_deadline_ms": 1}}


@pytest.mark.parametrize(
    "item",
    [
        None,
        {"record": None},
        {"record": ANNOUNCED, "index": "x"},
        {"record": ANNOUNCED, "index": 1, "record_id": "x"},
        {"record": {"type": "tender.bid_set_sealed", "fields": {"part": None}}},
    ],
)
def test_an_answer_of_another_shape_is_the_nodes_fault(item: Any, opens: Opening) -> None:
    answer = httpx.Response(200, json={"items": [item], "cursor": None})
    transport = httpx.MockTransport(lambda _: answer)
    sealed = SealedFile(NETWORK, SYSTEM, sealed_record("bid"))
    with opens(["http://node"], SmallNetwork().trust, transport) as client:
        with pytest.raises(ClientError) as refusal:
            client.gather_bid_proof(sealed)
        assert refusal.value.code in {Code.API_ANSWER, Code.BID_DEADLINE}
