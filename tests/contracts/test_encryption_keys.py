"""Members enrol keys to which others encrypt; a key that keeps nothing secret is refused."""

import pytest
from nacl.public import PrivateKey

from ledger.codes import Code
from tests.contracts.town import Town

TYPE = "ledger.encryption_key_bound"


def key(seed: int) -> bytes:
    return bytes(PrivateKey(bytes([seed]) * 32).public_key)


def test_any_member_enrols_its_own_key_and_the_next_one_replaces_it() -> None:
    town = Town()
    for member in ("builder", "supervisor", "builder"):
        town.say(member, TYPE, member, encryption_key=key(len(member)))
    assert town.alerts() == []


def test_nobody_enrols_a_key_for_another_member() -> None:
    town = Town()
    refused = town.refused("builder", TYPE, "supervisor", encryption_key=key(1))
    assert refused is Code.RECORD_SUBJECT


@pytest.mark.parametrize("weak", [bytes(32), bytes([1]) + bytes(31), b"\xff" * 32, bytes(31)])
def test_a_weak_key_is_refused(weak: bytes) -> None:
    assert Town().refused("builder", TYPE, "builder", encryption_key=weak) is Code.KEY_WEAK
