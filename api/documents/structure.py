"""What the marks of pages are, for whoever cannot see them: the elements of a tagged PDF.

A tree of roles in reading order. Which marks belong to which element, the pages say
(`api.documents.sheet`); how it is spelled is `api.documents.tagging`. ISO 32000-1, 14.7 and 14.8.
"""

from dataclasses import dataclass
from enum import StrEnum

_ALPHABETS_MAX = 0x2E80
"""Below it stand the alphabets; from it on the characters of Chinese."""


class Role(StrEnum):
    """What an element is, by its standard name in PDF."""

    DOCUMENT = "Document"
    SECTION = "Sect"
    TITLE = "H1"
    HEADING = "H2"
    PARAGRAPH = "P"
    SPAN = "Span"
    TABLE = "Table"
    ROW = "TR"
    HEADER = "TH"
    CELL = "TD"
    LIST = "L"
    ITEM = "LI"
    LABEL = "Lbl"
    BODY = "LBody"
    FIGURE = "Figure"
    FIELD = "Form"
    """Of the signature; it has no marks."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element; its children name it as their parent, in their order."""

    role: Role
    parent: int | None
    """Its place in the list of elements; None: the document itself."""
    is_english: bool = False
    """Everything else is Chinese."""
    alt: str = ""
    """What is read out instead of what is shown; empty: nothing but what is shown."""
    box: tuple[float, float, float, float] | None = None
    """Of a figure: where it stands on its page, in points."""


class Structure:
    """The elements of one certificate, as they are added."""

    def __init__(self) -> None:
        """A tree that has only its root, element 0."""
        self.elements: list[Element] = [Element(Role.DOCUMENT, None)]

    def add(
        self,
        role: Role,
        parent: int = 0,
        said: str = "",
        *,
        alt: str = "",
        box: tuple[float, float, float, float] | None = None,
    ) -> int:
        """One more element, behind its elder siblings.

        Args:
            role: what it is.
            parent: of which it is a part.
            said: its text, from which its language is told.
            alt: what is read out instead.
            box: of a figure.

        Returns:
            Its place among the elements.
        """
        english = bool(said) and all(ord(each) < _ALPHABETS_MAX for each in said)
        self.elements.append(Element(role, parent, english, alt, box))
        return len(self.elements) - 1
