"""How codes of the real world are spelt: credit codes with both checks, parcels, patterns.

It asks no register: a code that is spelt well may still belong to nobody. Nothing here knows of
records. Sources: GB 32100, GB 11714, GB/T 37346; ``docs/spec/contracts.md``.
"""

import re
from functools import lru_cache
from typing import Final

CREDIT_CODE_CHARS: Final = 18
_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100 leaves out I O S V Z."""
_CREDIT_MODULUS: Final = 31
_CREDIT_BASE: Final = 3
_ORGANISATION: Final = slice(8, 16)
"""The organisation code (GB 11714) within a credit code; its own check character follows."""
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_MODULUS: Final = 11
_PROPERTY_UNIT: Final = re.compile(r"[0-9]{12}[GJZ][A-HSWXY][0-9]{5}[FLQW][0-9]{8}")
"""不动产单元号, GB/T 37346: cadastral area, parcel feature, sequence, fixture, unit."""
_PATTERN: Final = re.compile(
    r"(?:(?:[0-9A-Za-z:/-]|\[[0-9A-Za-z-]+\])(?:\{[0-9]{1,3}(?:,[0-9]{1,3})?\})?)+"
)
"""The patterns that data may use: characters and classes of them, each with a bounded count. Such a
pattern is matched in one pass and reads alike in every language."""


def is_credit_code(text: str) -> bool:
    """Whether `text` is spelt like a 统一社会信用代码, outer and inner check character right."""
    if len(text) != CREDIT_CODE_CHARS or any(each not in _CREDIT_ALPHABET for each in text):
        return False
    return text[-1] == _outer_check(text[:-1]) and text[16] == _inner_check(text[_ORGANISATION])


def is_property_unit(text: str) -> bool:
    """Whether `text` is spelt like a 不动产单元号."""
    return _PROPERTY_UNIT.fullmatch(text) is not None


def is_pattern(text: str) -> bool:
    """Whether data may use `text` as a pattern of a field."""
    return _PATTERN.fullmatch(text) is not None


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` is spelt as `pattern` (one that `is_pattern` took) says."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _outer_check(text: str) -> str:
    """GB 32100: the 18th character, from the 17 before it."""
    total = sum(
        _CREDIT_ALPHABET.index(each) * pow(_CREDIT_BASE, place, _CREDIT_MODULUS)
        for place, each in enumerate(text)
    )
    return _CREDIT_ALPHABET[-total % _CREDIT_MODULUS]


def _inner_check(text: str) -> str:
    """GB 11714: the 9th character of an organisation code, from the eight before it."""
    total = sum(int(each, 36) * w for each, w in zip(text, _ORGANISATION_WEIGHTS, strict=True))
    check = -total % _ORGANISATION_MODULUS
    return "X" if check == _ORGANISATION_MODULUS - 1 else str(check)
