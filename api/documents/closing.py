"""The foot of a certificate's first page: the QR, its caption, and who issued it."""

from collections.abc import Iterator
from typing import Final

from api.documents.facts import Certificate, Pair
from api.documents.lettering import Face, shown, wrapped
from api.documents.qr import squares
from api.documents.sheet import LEFT, RIGHT, Page, Rule, Words
from api.documents.structure import Role, Structure
from api.documents.words import both
from ledger.words.moments import beijing_time

HEIGHT: Final = 124.0
_QR: Final = 92.0
_CAPTION: Final = 168.0


def put_closing(said: Certificate, page: Page, tree: Structure, bottom: float) -> None:
    """Put the foot on a page.

    Args:
        said: the certificate.
        page: its first.
        tree: gets the elements of the foot.
        bottom: where the page's room for text ends.
    """
    top = bottom + HEIGHT - 14
    section = tree.add(Role.SECTION)
    page.put(None, Rule(LEFT, top, RIGHT, top, 0.7))
    box = (LEFT, top - 12 - _QR, LEFT + _QR, top - 12)
    alt = both("alt.qr", link=said.link)
    figure = tree.add(Role.FIGURE, section, alt=f"{alt.zh} {alt.en}", box=box)
    page.put(figure, *squares(said.link, box[0], box[1], _QR))
    y = top - 22
    for text, size, leading in (
        (said.link_words.zh, 8.6, 12.6),
        (said.link_words.en, 7.0, 9.4),
    ):
        caption = tree.add(Role.PARAGRAPH, section, text)
        for line in wrapped(shown(text), Face.TEXT, size, _CAPTION):
            page.put(caption, Words(LEFT + _QR + 12, y, line, size))
            y -= leading
        y -= 2
    left, y = LEFT + _QR + 12 + _CAPTION + 18, top - 22
    for label, value in _issued(said):
        page.put(tree.add(Role.PARAGRAPH, section, label), Words(left, y, label, 7.2))
        y -= 12.5
        if value:
            fact = tree.add(Role.PARAGRAPH, section, value)
            for line in wrapped(shown(value), Face.TEXT, 9.6, RIGHT - left)[:2]:
                page.put(fact, Words(left, y, line, 9.6))
                y -= 12.5
        y -= 4
    if said.signed:
        tree.add(Role.FIELD, section)


def _issued(said: Certificate) -> Iterator[tuple[str, str]]:
    """Each fact under its label."""
    signature = both("closing.signed" if said.signed else "closing.unsigned")
    for label, value in (
        (both("closing.issued_by"), said.issued_by.zh),
        (both("closing.printed"), beijing_time(said.printed_at_ms)),
        (both("closing.signature"), signature.zh),
        (Pair("", signature.en), ""),
    ):
        yield f"{label.zh}  {label.en}".strip(), value
