"""The numbers of certificates, by vectors and by what a hurried clerk does to them."""

import string
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.core.certificate_number import (
    certificate_number,
    check_character,
    parse_certificate_number,
)
from ledger.core.identifiers import LogIndex
from ledger.errors import FormatError
from tests.vectors.reading import cases

DOMAIN = "jincheng.example"
indexes = st.integers(0, 2**63 - 1).map(LogIndex)


@pytest.mark.parametrize("case", cases("certificate_pdf/numbers"))
def test_a_record_has_this_number(case: Any) -> None:
    assert certificate_number(case["domain"], LogIndex(int(case["index"]))) == case["number"]
    assert parse_certificate_number(case["number"], case["domain"]) == int(case["index"])


@pytest.mark.parametrize("case", cases("certificate_pdf/refused_numbers"))
def test_no_other_text_is_one(case: Any) -> None:
    with pytest.raises(FormatError) as refusal:
        parse_certificate_number(case["number"], case["domain"])
    assert refusal.value.code == case["code"]


def test_the_published_example_of_the_standard_has_its_check_character() -> None:
    """The Global Release Identifier, which ends in a check character of the same system."""
    assert check_character("A12425GABC1234002") == "M"


def test_small_letters_and_blanks_around_it_are_forgiven() -> None:
    number = certificate_number(DOMAIN, LogIndex(7))
    assert parse_certificate_number(f" {number.lower()}\n", DOMAIN) == 7


@given(indexes, st.integers(0), st.sampled_from(string.digits))
def test_one_mistyped_digit_is_noticed(index: LogIndex, place: int, digit: str) -> None:
    number = certificate_number(DOMAIN, index)
    digits = [at for at, each in enumerate(number[:-1]) if each.isdigit()]
    at = digits[place % len(digits)]
    assume(number[at] != digit)
    with pytest.raises(FormatError):
        parse_certificate_number(number[:at] + digit + number[at + 1 :], DOMAIN)


def test_nearly_every_exchange_of_two_neighbours_is_noticed() -> None:
    """All but about one in 170, as the spec says: which ones depends on the characters before."""
    unnoticed, exchanged = 0, 0
    for name in ("a", "jincheng", "centreevidence"):
        for index in range(0, 100_000_000, 50_021):
            digits = str(index).zfill(8)
            check = check_character(name.upper() + digits)
            for at, (one, other) in enumerate(pairwise(digits)):
                if one != other:
                    exchanged += 1
                    turned = digits[:at] + other + one + digits[at + 2 :]
                    unnoticed += check_character(name.upper() + turned) == check
    assert exchanged > 30_000
    assert 160 * unnoticed < exchanged < 200 * unnoticed
