"""Where everything of a certificate stands: a calm border, one hierarchy, room for a seal.

The first page has the title, the statement, what matters first, and at its foot the QR and who
issued it; whatever does not fit goes on, page after page, under the number. Black on white only:
what stands beside the main thing is smaller, because grey letters are dots on a fax and on a copied
sheet.
"""

import itertools
from typing import Final

from api.documents import closing
from api.documents.facts import Certificate, Item, Manner, Note, Row, Section
from api.documents.lettering import Face, has, shown, width, wrapped
from api.documents.sheet import (
    HEIGHT,
    LEFT,
    PAGES_MAX,
    RIGHT,
    WIDTH,
    Frame,
    Layout,
    Mark,
    Page,
    Rule,
    Words,
    centred,
    ending_at,
)
from api.documents.structure import Role, Structure
from api.documents.words import both

_TOP: Final = HEIGHT - 78
_BOTTOM: Final = 78.0
_FOOT: Final = 52.0
_LABEL: Final = 108.0
"""Width of the column of labels."""
_AIR: Final = 7.5
"""Between what a row says and the line under it."""
_HAIRLINE: Final = 0.2
_SIZES: Final = {Manner.PLAIN: (10.4, 15.0), Manner.SMALL: (8.0, 11.2), Manner.DIGEST: (8.6, 12.4)}
"""Size and leading."""
_TOGETHER: Final = 160.0
"""Height up to which a section is not broken."""
_LAST_TOGETHER: Final = 300.0
"""The same of the last section, how to verify: better a page of its own than its end on one."""
_NUMERALS: Final = "一二三四五六七八九十"
_SIGNS: Final = {"✓": "alt.proved", "✗": "alt.not_proved", "※": "alt.remark", "–": "alt.none"}
"""What signs before a sentence are read out as."""


def laid_out(certificate: Certificate) -> Layout:
    """The pages of a certificate, and what stands on them.

    Raises:
        ValueError: it would have more than `PAGES_MAX`.
    """
    flow = _Flow(certificate)
    flow.masthead()
    flow.statement()
    for ordinal, section in enumerate(certificate.sections):
        flow.section(ordinal, section)
    flow.lacking()
    closing.put_closing(certificate, flow.pages[0], flow.tree, _BOTTOM)
    for ordinal, page in enumerate(flow.pages):
        page.put_behind(*_border())
        page.put(None, *_foot(certificate.number, ordinal + 1, len(flow.pages)))
    return Layout(flow.pages, flow.tree.elements)


class _Flow:
    """Puts one thing under the other, and turns the page where there is no room."""

    def __init__(self, certificate: Certificate) -> None:
        self._said = certificate
        self.pages = [Page()]
        self.tree = Structure()
        self._y = _TOP
        self._lacks = False
        """Whether a character was shown by its code point."""

    def _put(self, element: int | None, *marks: Mark) -> None:
        self.pages[-1].put(element, *marks)

    def masthead(self) -> None:
        """Network, title and number; the closing block has its place at the foot."""
        said = self._said
        zh, en = self._text(said.network.zh), self._text(said.network.en)
        self._line(Role.PARAGRAPH, centred(zh, self._y, 12.5, spacing=1.5))
        self._line(Role.PARAGRAPH, centred(en, self._y - 15, 8))
        self._y -= 57
        title = self._line(Role.TITLE, centred(said.title.zh, self._y, 31, bold=1, spacing=9))
        english = centred(said.title.en.upper(), self._y - 21, 9, spacing=1.6)
        self._line(Role.SPAN, english, title)
        self._y -= 40
        left, right = WIDTH / 2 - 74, WIDTH / 2 + 74
        self._put(None, Rule(left, self._y, right, self._y, 0.8))
        self._put(None, Rule(left, self._y - 2.2, right, self._y - 2.2, 0.3))
        number = f"存证编号 No.  {said.number}"
        self._line(Role.PARAGRAPH, centred(number, self._y - 20, 11.5))
        self._y -= 41

    def statement(self) -> None:
        """What the certificate says, in a sentence of each language."""
        for text, size, leading in (
            ("　　" + self._said.statement.zh, 11.8, 19.2),
            (self._said.statement.en, 8.6, 12.4),
        ):
            paragraph = self.tree.add(Role.PARAGRAPH, said=text)
            for line in wrapped(self._text(text), Face.TEXT, size, RIGHT - LEFT):
                self._put(paragraph, Words(LEFT, self._y, line, size))
                self._y -= leading
            self._y -= 1.5
        self._y -= 7

    def section(self, ordinal: int, section: Section) -> None:
        """A heading, and what stands under it."""
        whole = 34 + sum(self._height(each) for each in section.items)
        first = 34 + self._height(section.items[0]) if section.items else 34
        # A short section stays together; a long one begins where two of its rows have room.
        last = section is self._said.sections[-1] and whole < _LAST_TOGETHER
        self._room(whole if whole < _TOGETHER or last else first + 40)
        self._y -= 17
        part = self.tree.add(Role.SECTION)
        words = f"{_NUMERALS[ordinal]}、{section.heading.zh}"
        heading = self._line(Role.HEADING, Words(LEFT, self._y, words, 12.5, bold=True), part)
        right = LEFT + width(words, Face.TEXT, 12.5) + 8
        english = Words(right, self._y, section.heading.en, 8.6)
        self._line(Role.SPAN, english, heading)
        self._y -= 6
        self._put(None, Rule(LEFT, self._y, RIGHT, self._y, 0.7))
        self._y -= 3
        for place, (kind, items) in enumerate(itertools.groupby(section.items, key=type)):
            self._y -= 7 if place else 0
            whole_of = self.tree.add(Role.TABLE if kind is Row else Role.LIST, part)
            for item in items:
                if section.items[-2:-1] == (item,):
                    # Nothing begins a page that is the last of its section.
                    both_of = sum(self._height(each) for each in section.items[-2:])
                    self._room(min(both_of, _TOGETHER))
                self._item(item, whole_of)
        self._y -= 6

    def _item(self, item: Item, whole: int) -> None:
        if isinstance(item, Row):
            self._row(item, whole)
        else:
            self._note(item, whole)

    def _line(self, role: Role, words: Words, parent: int = 0) -> int:
        """An element of one line; without one where the line is empty."""
        if not words.text:
            return parent
        element = self.tree.add(role, parent, words.text)
        self._put(element, words)
        return element

    def lacking(self) -> None:
        """Says what ``[U+…]`` means, where it stands anywhere."""
        if self._lacks:
            self._note(Note(both("lacking"), "※"), self.tree.add(Role.LIST))

    def _row(self, row: Row, table: int) -> None:
        """A label with its value, whose lines may go on on the next page."""
        self._room(min(self._height(row), 60))
        line_of = self.tree.add(Role.ROW, table)
        label = Words(LEFT, self._y - 13, self._text(row.label.zh), 9.6)
        header = self._line(Role.HEADER, label, line_of)
        y = self._y - 23
        english = self.tree.add(Role.SPAN, header, row.label.en) if row.label.en else None
        for line in wrapped(self._text(row.label.en), Face.TEXT, 6.8, _LABEL - 8):
            self._put(english, Words(LEFT, y, line, 6.8))
            y -= 8
        page, cell = self.pages[-1], self.tree.add(Role.CELL, line_of)
        for said in row.said:
            size, leading = _SIZES[said.manner]
            small = said.text if said.manner is Manner.SMALL else ""
            paragraph = self.tree.add(Role.PARAGRAPH, cell, small)
            for line in self._lines(said.text, said.manner):
                self._room(leading)
                self._y -= leading
                face = _face(line, said.manner)
                place = self._y + leading - 13
                self._put(paragraph, Words(LEFT + _LABEL, place, line, size, face))
        if page is self.pages[-1]:
            self._y = min(self._y, y + 8)
        self._y -= _AIR
        self._put(None, Rule(LEFT, self._y, RIGHT, self._y, _HAIRLINE))

    def _note(self, note: Note, whole: int) -> None:
        """A numbered sentence: Chinese, and English under it."""
        self._room(self._height(note))
        indent = 20.0
        self._y -= 15
        item, sign = self.tree.add(Role.ITEM, whole), _SIGNS.get(note.mark)
        label = self.tree.add(Role.LABEL, item, alt=both(sign).zh if sign else "")
        self._put(label, Words(LEFT + 2, self._y, note.mark, 9.6))
        body = self.tree.add(Role.BODY, item)
        for text, size, leading in (
            (note.words.zh, 9.8, 14.2),
            (note.words.en, 7.8, 10.6),
        ):
            paragraph = self.tree.add(Role.PARAGRAPH, body, text)
            for line in wrapped(self._text(text), Face.TEXT, size, RIGHT - LEFT - indent):
                self._put(paragraph, Words(LEFT + indent, self._y, line, size))
                self._y -= leading
        self._y += 9

    def _height(self, item: Row | Note) -> float:
        if isinstance(item, Row):
            return _AIR + max(
                24.0,
                sum(
                    _SIZES[each.manner][1] * len(self._lines(each.text, each.manner))
                    for each in item.said
                ),
            )
        room = RIGHT - LEFT - 20
        zh = len(wrapped(self._text(item.words.zh), Face.TEXT, 9.8, room))
        return 6 + 14.2 * zh + 10.6 * len(wrapped(self._text(item.words.en), Face.TEXT, 7.8, room))

    def _lines(self, text: str, manner: Manner) -> tuple[str, ...]:
        size, _ = _SIZES[manner]
        text = self._text(text)
        return wrapped(text, _face(text, manner), size, RIGHT - LEFT - _LABEL)

    def _text(self, text: str) -> str:
        told = shown(text)
        self._lacks = self._lacks or len(told) != len(text)
        return told

    def _room(self, height: float) -> None:
        """Turn the page where less than `height` is left on this one."""
        bottom = _BOTTOM + (closing.HEIGHT if len(self.pages) == 1 else 0)
        if self._y - height >= bottom:
            return
        if len(self.pages) == PAGES_MAX:
            raise ValueError(f"more than {PAGES_MAX} pages")
        self.pages.append(Page())
        said = self._said
        # Of the first page once more: for whoever holds this sheet alone.
        self._put(
            None,
            Words(LEFT, HEIGHT - 66, f"{said.title.zh}  {said.title.en}", 8.6),
            ending_at(RIGHT, HEIGHT - 66, said.number, 8.6),
            Rule(LEFT, HEIGHT - 72, RIGHT, HEIGHT - 72, 0.4),
        )
        self._y = HEIGHT - 84


def _face(text: str, manner: Manner) -> Face:
    """The font of a digest has only ASCII; whatever else stands there is set in the other one."""
    mono = manner is Manner.DIGEST and all(has(each, Face.MONO) for each in text)
    return Face.MONO if mono else Face.TEXT


def _border() -> list[Mark]:
    """Two lines around the page."""
    return [
        Frame(28, 28, WIDTH - 56, HEIGHT - 56, 1.5),
        Frame(33, 33, WIDTH - 66, HEIGHT - 66, 0.4),
    ]


def _foot(number: str, page: int, pages: int) -> list[Mark]:
    """Number and page, on every page: sheets that were separated find each other again."""
    return [
        Rule(LEFT, _FOOT + 11, RIGHT, _FOOT + 11, 0.4),
        Words(LEFT, _FOOT, number, 8),
        ending_at(RIGHT, _FOOT, f"第 {page} 页，共 {pages} 页   Page {page} of {pages}", 8),
    ]
