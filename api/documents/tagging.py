"""Spells what the marks of pages are as objects of a tagged PDF (ISO 32000-1, 14.7 and 14.8).

The pieces that `api.documents.drawing` numbered are referred to by page and number. Attributes are
given by classes: a certificate has no ``/A`` anywhere, so that no verifier need tell an attribute
from an action. Spec: ``docs/spec/certificate_pdf.md``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from api.documents.sheet import Layout
from api.documents.structure import Element, Role

_KIDS = re.compile(rb"/Kids \[([0-9 R]+)\]")
_ROW: Final = b"/R<</O/Table/Scope/Row>>"
"""The class of a header cell: it is of its row."""

_Piece: TypeAlias = tuple[int, int]
"""Object number of a page, and a number on it."""


@dataclass(frozen=True, slots=True)
class Field:
    """The field of a signature among the objects of a file."""

    number: int
    key: int
    """Under which the tree finds its element."""


def page_numbers(tree: bytes) -> list[int]:
    """Object numbers of the pages, in order.

    Args:
        tree: the object that names them all.
    """
    kids = _KIDS.search(tree)
    return [int(each) for each in re.findall(rb"([0-9]+) 0 R", kids[1])] if kids else []


def tagged_page(page: bytes, key: int) -> bytes:
    """The object of a page, told where its pieces are in the tree, and that tabs follow the tree.

    Args:
        page: as it was drawn.
        key: its number among the pages.
    """
    return page.replace(b"<<", b"<</StructParents %d/Tabs/S" % key, 1)


def structure_objects(
    layout: Layout, pages: Sequence[int], first: int, field: Field | None
) -> list[bytes]:
    """The tree: its root, the way from pages to elements, and each element.

    Args:
        layout: what was drawn.
        pages: object numbers of its pages, in order.
        first: object number that the root gets; the others follow.
        field: of a signature; None where there is none.
    """
    elements = first + 2
    pieces, parents = _pieces(layout, pages)
    places = [
        b"%d[%s]" % (key, b" ".join(_reference(elements + each) for each in row))
        for key, row in enumerate(parents)
    ]
    if field is not None:
        role = next(place for place, each in enumerate(layout.elements) if each.role is Role.FIELD)
        places.append(b"%d %s" % (field.key, _reference(elements + role)))
    root = b"<</Type/StructTreeRoot/K[%s]/ParentTree %s/ParentTreeNextKey %d/ClassMap<<%s>>>>" % (
        _reference(elements),
        _reference(first + 1),
        len(places),
        _ROW + b"".join(_figures(layout)),
    )
    children: dict[int, list[int]] = {}
    for place, each in enumerate(layout.elements):
        if each.parent is not None:
            children.setdefault(each.parent, []).append(place)
    spelled = [root, b"<</Nums[%s]>>" % b"".join(places)]
    for place, element in enumerate(layout.elements):
        kids = b" ".join(_reference(elements + each) for each in children.get(place, ()))
        parent = first if element.parent is None else elements + element.parent
        held = _held(pieces.get(place, []))
        if element.role is Role.FIELD and field is not None:
            page = b"/Pg %s" % _reference(pages[0])
            held = page, b"<</Type/OBJR/Obj %s>>" % _reference(field.number)
        spelled.append(_element(element, place, parent, held, kids))
    return spelled


def _pieces(
    layout: Layout, pages: Sequence[int]
) -> tuple[Mapping[int, list[_Piece]], list[list[int]]]:
    """Of each element its pieces, and of each page the elements of its pieces, by number."""
    pieces: dict[int, list[_Piece]] = {}
    parents: list[list[int]] = []
    for number, page in zip(pages, layout.pages, strict=True):
        owners = [run.element for run in page.runs() if run.element is not None]
        for piece, owner in enumerate(owners):
            pieces.setdefault(owner, []).append((number, piece))
        parents.append(owners)
    return pieces, parents


def _held(pieces: Sequence[_Piece]) -> tuple[bytes, bytes]:
    """The page of the first piece, and all pieces: each by its number, with its page if another."""
    if not pieces:
        return b"", b""
    own = pieces[0][0]
    told = [
        b"%d" % piece if page == own else b"<</Type/MCR/Pg %s/MCID %d>>" % (_reference(page), piece)
        for page, piece in pieces
    ]
    return b"/Pg %s" % _reference(own), b" ".join(told)


def _element(
    element: Element, place: int, parent: int, held: tuple[bytes, bytes], kids: bytes
) -> bytes:
    page, pieces = held
    words = b"<</S/%s/P %s%s" % (element.role.encode(), _reference(parent), page)
    if element.role is Role.HEADER:
        words += b"/C/R"
    if element.box is not None:
        words += b"/C/F%d" % place
    if element.alt:
        words += b"/Alt<%s>" % text_string(element.alt)
    if element.is_english:
        words += b"/Lang<656E>"
    return words + b"/K[%s]>>" % b" ".join(each for each in (pieces, kids) if each)


def _figures(layout: Layout) -> Iterator[bytes]:
    """For each figure a class that says where it stands."""
    for place, each in enumerate(layout.elements):
        if each.box is not None:
            box = " ".join(f"{edge:.2f}" for edge in each.box).encode()
            yield b"/F%d<</O/Layout/Placement/Block/BBox[%s]>>" % (place, box)


def text_string(text: str) -> bytes:
    """A text string of PDF, in UTF-16 with its mark, as hex."""
    return (b"\xfe\xff" + text.encode("utf-16-be")).hex().upper().encode()


def _reference(number: int) -> bytes:
    return b"%d 0 R" % number
