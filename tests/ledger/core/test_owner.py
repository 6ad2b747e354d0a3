"""Whose an address is: a commitment that the salt opens, and nothing else does."""

from typing import Any

import pytest

from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.owner import owner_commitment
from tests.vectors.reading import cases


@pytest.mark.parametrize("case", cases("address/owners"))
def test_a_commitment_to_an_owner(case: Any) -> None:
    network = NetworkId(bytes.fromhex(case["network"]))
    salt = bytes.fromhex(case["salt"])
    made = owner_commitment(network, case["address"], MemberId(case["owner"]), salt)
    assert made.hex() == case["commitment"]


def test_no_two_of_them_are_alike() -> None:
    made = [case.values[0]["commitment"] for case in cases("address/owners")]
    assert len(set(made)) == len(made)
