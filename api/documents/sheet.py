"""Marks on pages: where each line of text, rule and square stands; nothing draws here.

Lengths are in points from the lower left corner, as in PDF.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from api.documents.lettering import Face, width

WIDTH: Final = 595.28
HEIGHT: Final = 841.89
"""A4."""
LEFT: Final = 64.0
RIGHT: Final = WIDTH - LEFT
PAGES_MAX: Final = 40
"""A certificate of all that one record can hold has fewer."""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text from its left end."""

    x: float
    y: float
    text: str
    size: float
    face: Face = Face.TEXT
    grey: float = 0.0
    """0 is black."""
    bold: bool = False
    spacing: float = 0.0
    """Between letters."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    x: float
    y: float
    x_end: float
    y_end: float
    thickness: float
    grey: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle, drawn by its line or filled."""

    x: float
    y: float
    width: float
    height: float
    thickness: float = 0.0
    """0: filled."""


Mark: TypeAlias = Words | Rule | Frame


@dataclass(slots=True)
class Page:
    """The marks of one page, in reading order."""

    marks: list[Mark] = field(default_factory=list)


def centred(text: str, y: float, size: float, **manner: float) -> Words:
    """A line in the middle between both margins."""
    spacing = manner.get("spacing", 0.0)
    wide = width(text, Face.TEXT, size) + spacing * max(len(text) - 1, 0)
    return Words(
        (WIDTH - wide) / 2,
        y,
        text,
        size,
        grey=manner.get("grey", 0.0),
        bold=bool(manner.get("bold")),
        spacing=spacing,
    )


def ending_at(x: float, y: float, text: str, size: float, *, grey: float = 0.0) -> Words:
    """A line that ends at `x`."""
    return Words(x - width(text, Face.TEXT, size), y, text, size, grey=grey)
