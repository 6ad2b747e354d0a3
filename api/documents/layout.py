"""Where everything of a certificate stands: a calm border, one hierarchy, room for a seal.

The first page has the title, the statement, what matters first, and at its foot the QR and who
issued it; whatever does not fit goes on, page after page, under the number. Black on white only.
"""

from typing import Final

from api.documents.facts import Certificate, Manner, Note, Pair, Row, Section
from api.documents.lettering import Face, has, shown, width, wrapped
from api.documents.qr import squares
from api.documents.sheet import (
    HEIGHT,
    LEFT,
    PAGES_MAX,
    RIGHT,
    WIDTH,
    Frame,
    Mark,
    Page,
    Rule,
    Words,
    centred,
    ending_at,
)
from api.documents.words import both
from ledger.words.moments import beijing_time

_TOP: Final = HEIGHT - 78
_BOTTOM: Final = 78.0
_FOOT: Final = 52.0
_LABEL: Final = 108.0
"""Width of the column of labels."""
_AIR: Final = 7.5
"""Between what a row says and the line under it."""
_GREY: Final = 0.32
"""Dark enough for a copier."""
_HAIR: Final = 0.72
_CLOSING: Final = 124.0
"""Height of the foot of the first page."""
_QR: Final = 92.0
_CAPTION: Final = 168.0
_SIZES: Final = {Manner.PLAIN: (10.4, 15.0), Manner.SMALL: (8.0, 11.2), Manner.DIGEST: (8.6, 12.4)}
"""Size and leading."""
_TOGETHER: Final = 160.0
"""Height up to which a section is not broken."""
_NUMERALS: Final = "一二三四五六七八九十"


def laid_out(certificate: Certificate) -> list[Page]:
    """The pages of a certificate.

    Raises:
        ValueError: it would have more than `PAGES_MAX`.
    """
    flow = _Flow(certificate)
    flow.masthead()
    flow.statement()
    for ordinal, section in enumerate(certificate.sections):
        flow.section(ordinal, section)
    flow.lacking()
    for ordinal, page in enumerate(flow.pages):
        page.marks[:0] = _border()
        page.marks += _foot(certificate.number, ordinal + 1, len(flow.pages))
    return flow.pages


class _Flow:
    """Puts one thing under the other, and turns the page where there is no room."""

    def __init__(self, certificate: Certificate) -> None:
        self._said = certificate
        self.pages = [Page()]
        self._y = _TOP
        self._lacks = False
        """Whether a character was shown by its code point."""

    @property
    def _marks(self) -> list[Mark]:
        return self.pages[-1].marks

    def masthead(self) -> None:
        """Network, title and number; the closing block has its place at the foot."""
        said, marks = self._said, self._marks
        marks.append(centred(self._text(said.network.zh), self._y, 12.5, spacing=1.5))
        marks.append(centred(self._text(said.network.en), self._y - 15, 8, grey=_GREY))
        self._y -= 57
        marks.append(centred(said.title.zh, self._y, 31, bold=1, spacing=9))
        marks.append(centred(said.title.en.upper(), self._y - 21, 9, spacing=1.6))
        self._y -= 40
        marks.append(Rule(WIDTH / 2 - 74, self._y, WIDTH / 2 + 74, self._y, 0.8))
        marks.append(Rule(WIDTH / 2 - 74, self._y - 2.2, WIDTH / 2 + 74, self._y - 2.2, 0.3))
        marks.append(centred(f"存证编号 No.  {said.number}", self._y - 20, 11.5))
        self._y -= 41

    def statement(self) -> None:
        """What the certificate says, in a sentence of each language."""
        self._closing()
        for text, size, leading, grey in (
            ("　　" + self._said.statement.zh, 11.8, 19.2, 0.0),
            (self._said.statement.en, 8.6, 12.4, _GREY),
        ):
            for line in wrapped(self._text(text), Face.TEXT, size, RIGHT - LEFT):
                self._marks.append(Words(LEFT, self._y, line, size, grey=grey))
                self._y -= leading
            self._y -= 1.5
        self._y -= 7

    def section(self, ordinal: int, section: Section) -> None:
        """A heading, and what stands under it."""
        whole = 34 + sum(self._height(each) for each in section.items)
        first = 34 + self._height(section.items[0]) if section.items else 34
        # A short section stays together; a long one begins where two of its rows have room.
        self._room(whole if whole < _TOGETHER else first + 40)
        self._y -= 17
        heading = f"{_NUMERALS[ordinal]}、{section.heading.zh}"
        self._marks.append(Words(LEFT, self._y, heading, 12.5, bold=True))
        right = LEFT + width(heading, Face.TEXT, 12.5) + 8
        self._marks.append(Words(right, self._y, section.heading.en, 8.6, grey=_GREY))
        self._y -= 6
        self._marks.append(Rule(LEFT, self._y, RIGHT, self._y, 0.7))
        self._y -= 3
        for item in section.items:
            if isinstance(item, Row):
                self._row(item)
            else:
                self._note(item)
        self._y -= 6

    def lacking(self) -> None:
        """Says what ``[U+…]`` means, where it stands anywhere."""
        if self._lacks:
            self._note(Note(both("lacking"), "※"))

    def _row(self, row: Row) -> None:
        """A label with its value, whose lines may go on on the next page."""
        self._room(min(self._height(row), 60))
        self._marks.append(Words(LEFT, self._y - 13, self._text(row.label.zh), 9.6))
        y = self._y - 23
        for line in wrapped(self._text(row.label.en), Face.TEXT, 6.8, _LABEL - 8):
            self._marks.append(Words(LEFT, y, line, 6.8, grey=_GREY))
            y -= 8
        page = self.pages[-1]
        for said in row.said:
            size, leading = _SIZES[said.manner]
            for line in self._lines(said.text, said.manner):
                self._room(leading)
                self._y -= leading
                face = _face(line, said.manner)
                grey = _GREY if said.manner is Manner.SMALL else 0.0
                place = self._y + leading - 13
                self._marks.append(Words(LEFT + _LABEL, place, line, size, face, grey))
        if page is self.pages[-1]:
            self._y = min(self._y, y + 8)
        self._y -= _AIR
        self._marks.append(Rule(LEFT, self._y, RIGHT, self._y, 0.25, _HAIR))

    def _note(self, note: Note) -> None:
        """A numbered sentence: Chinese, and English under it."""
        self._room(self._height(note))
        indent = 20.0
        self._y -= 15
        self._marks.append(Words(LEFT + 2, self._y, note.mark, 9.6))
        for text, size, leading, grey in (
            (note.words.zh, 9.8, 14.2, 0.0),
            (note.words.en, 7.8, 10.6, _GREY),
        ):
            for line in wrapped(self._text(text), Face.TEXT, size, RIGHT - LEFT - indent):
                self._marks.append(Words(LEFT + indent, self._y, line, size, grey=grey))
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

    def _lines(self, text: str, manner: Manner) -> list[str]:
        size, _ = _SIZES[manner]
        text = self._text(text)
        return wrapped(text, _face(text, manner), size, RIGHT - LEFT - _LABEL)

    def _text(self, text: str) -> str:
        told = shown(text)
        self._lacks = self._lacks or len(told) != len(text)
        return told

    def _room(self, height: float) -> None:
        """Turn the page where less than `height` is left on this one."""
        bottom = _BOTTOM + (_CLOSING if len(self.pages) == 1 else 0)
        if self._y - height >= bottom:
            return
        if len(self.pages) == PAGES_MAX:
            raise ValueError(f"more than {PAGES_MAX} pages")
        self.pages.append(Page())
        said = self._said
        self._marks.append(Words(LEFT, HEIGHT - 66, f"{said.title.zh}  {said.title.en}", 8.6))
        self._marks.append(ending_at(RIGHT, HEIGHT - 66, said.number, 8.6))
        self._marks.append(Rule(LEFT, HEIGHT - 72, RIGHT, HEIGHT - 72, 0.4))
        self._y = HEIGHT - 84

    def _closing(self) -> None:
        """The foot of the first page: the QR, its caption, and who issued it."""
        said, marks = self._said, self._marks
        top = _BOTTOM + _CLOSING - 14
        marks.append(Rule(LEFT, top, RIGHT, top, 0.7))
        marks += squares(said.link, LEFT, top - 12 - _QR, _QR)
        y = top - 22
        for text, size, leading, grey in (
            (said.link_words.zh, 8.6, 12.6, 0.0),
            (said.link_words.en, 7.0, 9.4, _GREY),
        ):
            for line in wrapped(self._text(text), Face.TEXT, size, _CAPTION):
                marks.append(Words(LEFT + _QR + 12, y, line, size, grey=grey))
                y -= leading
            y -= 2
        left, y = LEFT + _QR + 12 + _CAPTION + 18, top - 22
        for pair, value in self._issued():
            marks.append(Words(left, y, f"{pair.zh}  {pair.en}".strip(), 7.2, grey=_GREY))
            y -= 12.5
            for line in wrapped(self._text(value), Face.TEXT, 9.6, RIGHT - left)[:2]:
                marks.append(Words(left, y, line, 9.6))
                y -= 12.5
            y -= 4

    def _issued(self) -> list[tuple[Pair, str]]:
        said = self._said
        signature = both("closing.signed" if said.signed else "closing.unsigned")
        return [
            (both("closing.issued_by"), said.issued_by.zh),
            (both("closing.printed"), beijing_time(said.printed_at_ms)),
            (both("closing.signature"), signature.zh),
            (Pair("", signature.en), ""),
        ]


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
