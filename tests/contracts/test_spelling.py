"""Codes of the real world, as the standards spell them; and statistics beside a slow reference."""

from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.integer_statistics import beyond_percent, beyond_sigma, doubled_median
from contracts.spelling import is_credit_code, is_pattern, is_property_unit, matches

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REAL = ("91110000600037341L", "91440300708461136T", "12620100438027515J")


@pytest.mark.parametrize("code", REAL)
def test_codes_that_authorities_gave_are_spelt_well(code: str) -> None:
    assert is_credit_code(code)


@pytest.mark.parametrize("code", REAL)
def test_every_single_slip_in_a_code_is_seen(code: str) -> None:
    for place in range(len(code)):
        for other in set(ALPHABET) - {code[place]}:
            assert not is_credit_code(code[:place] + other + code[place + 1 :])


def outer(text: str) -> str:
    """GB 32100 as the standard says it: weights 3^(i-1) mod 31, subtract from 31."""
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    total = sum(ALPHABET.index(each) * weight for each, weight in zip(text, weights, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


@given(st.text(ALPHABET, min_size=8, max_size=8), st.sampled_from("0123456789X"))
def test_an_outer_check_character_alone_does_not_make_a_code(organisation: str, inner: str) -> None:
    body = "91620100" + organisation + inner
    values = [int(each, 36) for each in organisation]
    total = sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    right = {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
    assert is_credit_code(body + outer(body)) is (inner == right)


@pytest.mark.parametrize("text", ["", "9111000060003734", "91110000600037341l", "9" * 18, "I" * 18])
def test_what_is_no_code_is_refused(text: str) -> None:
    assert not is_credit_code(text)


def test_a_parcel_is_spelt_as_gb_t_37346_says() -> None:
    assert is_property_unit("621002001001GB00001F00010001")
    assert not is_property_unit("621002001001XB00001F00010001")


@pytest.mark.parametrize("pattern", ["[A-Z]{2}-[0-9]{1,6}", "A08-[0-9A-Z]{8}"])
def test_patterns_of_classes_and_counts_are_allowed(pattern: str) -> None:
    assert is_pattern(pattern)


@pytest.mark.parametrize("pattern", ["", "(a+)+", ".*", "a|b", "[^a]", "a?", "[0-9]{1,}", "\\d"])
def test_patterns_that_could_run_on_or_read_differently_are_not(pattern: str) -> None:
    assert not is_pattern(pattern)


def test_a_pattern_covers_the_whole_text() -> None:
    assert matches("[A-Z]{2}-[0-9]{1,6}", "LZ-2026")
    assert not matches("[A-Z]{2}-[0-9]{1,6}", "LZ-2026x")
    assert not matches("[A-Z]{2}-[0-9]{1,6}", "LZ-2026\n")


values = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12)


@given(values, st.integers(0, 500))
def test_sigma_is_judged_as_exact_fractions_judge_it(numbers: list[int], hundredths: int) -> None:
    mean = Fraction(sum(numbers), len(numbers))
    variance = sum((each - mean) ** 2 for each in numbers) / len(numbers)
    k = Fraction(hundredths, 100)
    for value in numbers:
        assert beyond_sigma(value, numbers, hundredths) is ((value - mean) ** 2 > k * k * variance)


@given(values, st.integers(0, 300))
def test_percent_of_the_median_is_judged_as_exact_fractions_judge_it(
    numbers: list[int], percent: int
) -> None:
    middle = Fraction(median([Fraction(each) for each in numbers]))
    assert doubled_median(numbers) == 2 * middle
    for value in numbers:
        far = abs(value - middle) > Fraction(percent, 100) * middle
        assert beyond_percent(value, numbers, percent) is far
