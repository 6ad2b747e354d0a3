"""Extraction codes: what may be typed for one, and that no single slip of the hand is another."""

import pytest

from ledger.core.court_code import (
    ALPHABET,
    RANDOM_BYTES,
    code_hash,
    grouped,
    new_code,
    read_code,
)
from ledger.errors import FormatError
from tests.vectors.reading import cases, octets
from tests.vectors.small_network import seed

CODE = new_code(seed("a code")[:RANDOM_BYTES])


@pytest.mark.parametrize("case", cases("court_code/codes"), ids=lambda case: case["name"])
def test_each_published_case_reads_as_it_says(case: dict[str, str]) -> None:
    if "code" in case and "hash" not in case:
        with pytest.raises(FormatError) as refused:
            read_code(case["typed"])
        assert refused.value.code == case["code"]
        return
    assert new_code(octets(case["random"])) == case["code"]
    assert read_code(case["typed"]) == case["code"]
    assert code_hash(case["code"]).hex() == case["hash"]
    assert read_code(grouped(case["code"])) == case["code"]


def is_none(typed: str) -> bool:
    try:
        read_code(typed)
    except FormatError:
        return True
    return False


def test_any_one_wrong_character_is_noticed() -> None:
    for at, right in enumerate(CODE):
        for other in ALPHABET:
            if other != right:
                assert is_none(CODE[:at] + other + CODE[at + 1 :])


def test_any_two_characters_that_changed_places_are_noticed() -> None:
    for one in range(len(CODE)):
        for two in range(one):
            swapped = list(CODE)
            swapped[one], swapped[two] = CODE[two], CODE[one]
            assert "".join(swapped) == CODE or is_none("".join(swapped))


def test_each_random_bit_that_is_used_makes_another_code() -> None:
    drawn = {new_code((1 << bit).to_bytes(RANDOM_BYTES)) for bit in range(95)}
    assert len(drawn) == 95 and new_code(bytes(RANDOM_BYTES)) not in drawn
