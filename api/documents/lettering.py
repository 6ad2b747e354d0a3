"""The two fonts: how wide text is, where it may break, and what they lack.

A character that the font lacks is shown as its code point, never as a blank: whoever reads a name
off paper must see that something stood there.
"""

from collections.abc import Container, Iterator
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

_NOT_FIRST: Final = frozenset("，。、；：？！）》」』】〕’”%‰…—·,.;:?!)]}")
"""What must not begin a line."""
_NOT_LAST: Final = frozenset("（《「『【〔‘“([{¥")
"""What must not end one."""
_NARROW_MAX: Final = 0x2E80
"""Below it stand the alphabets, whose words are not broken; from it on characters of Chinese."""
_REMEMBERED: Final = 512
"""Paragraphs: those of a few certificates."""
_WORD_MAX: Final = 24
"""A longer word is broken anywhere."""


class Face(StrEnum):
    """One font, by the name under which PDF knows it."""

    TEXT = "BidwitnessKai"
    MONO = "BidwitnessKaiMono"


_FILES: Final = {Face.TEXT: "bidwitness-kai.ttf", Face.MONO: "bidwitness-kai-mono.ttf"}


@cache
def load_fonts() -> None:
    """Read the fonts once; others may call it as often as they like."""
    folder = files(__package__).joinpath("font")
    for face, name in _FILES.items():
        pdfmetrics.registerFont(TTFont(face.value, str(folder.joinpath(name))))


def has(character: str, face: Face = Face.TEXT) -> bool:
    """Whether a font has a glyph for a character."""
    return ord(character) in _glyphs(face)


@cache
def _glyphs(face: Face) -> Container[int]:
    """The code points that a font has a glyph for."""
    load_fonts()
    return frozenset(pdfmetrics.getFont(face.value).face.charToGlyph)


def shown(text: str) -> str:
    """`text` on one line, with ``[U+20BB7]`` for every character that the font lacks.

    So stand there too what must not act on a reader: line breaks, control characters, and marks
    that turn the direction of text.
    """
    return "".join(each if has(each) else f"[U+{ord(each):04X}]" for each in text)


def width(text: str, face: Face, size: float) -> float:
    """How wide a line is, in points."""
    load_fonts()
    return float(pdfmetrics.stringWidth(text, face.value, size))


@lru_cache(_REMEMBERED)
def wrapped(text: str, face: Face, size: float, room: float) -> tuple[str, ...]:
    """`text` in lines that fit into `room` points; at least one line.

    A page asks twice: how high a paragraph is, and for its lines.
    """
    lines: list[str] = []
    line, used = "", 0.0
    for unit in _units(text):
        wide = width(unit, face, size)
        if line and used + wide > room:
            lines.append(line.rstrip())
            unit = unit.lstrip()
            line, used = "", 0.0
            wide = width(unit, face, size)
        line, used = line + unit, used + wide
    return (*lines, line.rstrip())


def _units(text: str) -> Iterator[str]:
    """What is not broken: words of an alphabet, characters with their punctuation."""
    unit = ""
    for each in text:
        if unit and _may_break(unit, each):
            yield unit
            unit = ""
        unit += each
    if unit:
        yield unit


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between what is gathered and the next character."""
    last = before[-1]
    if after in _NOT_FIRST or last in _NOT_LAST:
        return len(before) >= _WORD_MAX
    if last == " ":
        return after != " "
    if ord(last) < _NARROW_MAX and ord(after) < _NARROW_MAX:
        return last in "-/" or len(before) >= _WORD_MAX
    return True
