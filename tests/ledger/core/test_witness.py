"""What a witness certificate lists: one digest for one list, and no other."""

import json
from hashlib import sha256
from typing import Any

import pytest

from ledger.core.canonical import encode
from ledger.core.identifiers import RecordId
from ledger.core.witness import nodes_digest
from tests.vectors.reading import VECTORS, cases


@pytest.mark.parametrize("case", cases("witness/digests"))
def test_a_list_has_this_digest(case: Any) -> None:
    nodes = [
        (types, [RecordId(bytes.fromhex(each)) for each in ids]) for types, ids in case["nodes"]
    ]
    assert nodes_digest(case["profile"], case["version"], nodes).hex() == case["digest"]
    spelled = encode(
        (case["profile"], case["version"], tuple((tuple(t), tuple(i)) for t, i in nodes))
    )
    assert sha256(b"bidwitness/witness/v1\n" + spelled).hexdigest() == case["digest"]


def test_no_two_of_these_digests_are_alike() -> None:
    told = json.loads((VECTORS / "witness/digests.json").read_text(encoding="utf-8"))
    assert len({case["digest"] for case in told}) == len(told)
