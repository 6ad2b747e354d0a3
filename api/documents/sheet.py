"""Marks on pages: where each line of text, rule and square stands; nothing draws here.

Lengths are in points from the lower left corner, as in PDF.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from api.documents.lettering import Face, width
from api.documents.structure import Element

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


@dataclass(frozen=True, slots=True)
class Run:
    """Marks of one element, with nothing of another between them."""

    element: int | None
    """Its place in the structure; None: decoration, which is not read out."""
    marks: tuple[Mark, ...]


@dataclass(slots=True)
class Page:
    """The marks of one page, in reading order, each with the element that it belongs to."""

    placed: list[tuple[int | None, Mark]] = field(default_factory=list)

    @property
    def marks(self) -> list[Mark]:
        """All marks, as they are drawn."""
        return [mark for _, mark in self.placed]

    def put(self, element: int | None, *marks: Mark) -> None:
        """More marks, all of one element; None: decoration."""
        self.placed += [(element, mark) for mark in marks]

    def put_behind(self, *marks: Mark) -> None:
        """Decoration that lies under everything else."""
        self.placed[:0] = [(None, mark) for mark in marks]

    def runs(self) -> Iterator[Run]:
        """The marks, gathered by element."""
        for element, placed in itertools.groupby(self.placed, key=lambda each: each[0]):
            yield Run(element, tuple(mark for _, mark in placed))


@dataclass(frozen=True, slots=True)
class Layout:
    """All pages, and what their marks are."""

    pages: Sequence[Page]
    elements: Sequence[Element]


def centred(text: str, y: float, size: float, **manner: float) -> Words:
    """A line in the middle between both margins."""
    spacing = manner.get("spacing", 0.0)
    wide = width(text, Face.TEXT, size) + spacing * max(len(text) - 1, 0)
    return Words(
        (WIDTH - wide) / 2,
        y,
        text,
        size,
        bold=bool(manner.get("bold")),
        spacing=spacing,
    )


def ending_at(x: float, y: float, text: str, size: float) -> Words:
    """A line that ends at `x`."""
    return Words(x - width(text, Face.TEXT, size), y, text, size)
