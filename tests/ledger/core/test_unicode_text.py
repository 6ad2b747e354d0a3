"""Texts mean the same to every node, whatever version of Unicode its Python knows."""

import sys
import unicodedata

import pytest

from ledger.codes import Code
from ledger.core import unicode_text
from ledger.core.unicode_text import check_text
from ledger.errors import FormatError

ASSIGNED_COUNT = 282_230
"""Code points that Unicode 14.0 assigns: 144,697 characters, 137,468 for private use, 65 controls."""
EMPTY_PLANES = range(0x40000, 0xE0000)


def allowed(character: str) -> bool:
    try:
        check_text(character)
    except FormatError as refusal:
        return refusal.code is Code.FORMAT_NOT_NFC
    return True


def test_exactly_the_characters_of_unicode_14_are_allowed() -> None:
    points = [point for point in range(sys.maxunicode + 1) if point not in EMPTY_PLANES]
    found = sum(allowed(chr(point)) for point in points)
    # This Python may know Unicode 14.0 or a later one; the number is the same.
    assert found == ASSIGNED_COUNT
    assert not any(allowed(chr(point)) for point in EMPTY_PLANES[::4096])


def test_a_python_that_knows_more_refuses_what_another_does_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As on Python 3.12, to which this mark is assigned and combining.
    monkeypatch.setattr(unicode_text, "_KNOWS_LATER", True)
    monkeypatch.setattr(unicodedata, "category", lambda character: "Mn")
    with pytest.raises(FormatError) as refusal:
        check_text("a\u0301\U0001e4ee")
    assert refusal.value.code is Code.FORMAT_NOT_ALLOWED


@pytest.mark.parametrize("text", ["", "tender", "招标公告", "é", "甲\n乙\u3000丙", "𠮷", "😀"])
def test_ordinary_text_is_returned_as_it_is(text: str) -> None:
    assert check_text(text) == text
