"""The pages of what every section says of its function points, as one node tells them."""

from itertools import pairwise
from typing import Any, Final

from api.client.asking import Asking
from api.client.flow import Item, Items
from api.client.problems import ClientError
from ledger.codes import Code

PATH: Final = "/v1/coverage/sections"
PAGE: Final = 10
"""Sections of one page: each costs a node some milliseconds."""


def coverage_pages(asking: Asking) -> Items[Any]:
    """Page after page.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
    """
    after = ""
    while True:
        turn = {"after": after} if after else {}
        found = yield from asking.json(PATH, limit=PAGE, **turn)
        sections = _sections(found)
        places = [_placed(each) for each in ([after] if after else []) + sections]
        if any(later <= one for one, later in pairwise(places)):
            raise ClientError(Code.API_ANSWER, node=PATH, what="items")
        yield Item(found)
        cursor = found.get("cursor")
        if cursor is None:
            return
        if not sections or cursor != sections[-1]:
            # A node that never moves on would hold us for ever, and a page without a section ends.
            raise ClientError(Code.API_ANSWER, node=PATH, what="cursor")
        after = sections[-1]


def _sections(found: Any) -> list[str]:
    """The sections of a page, as a node names them."""
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list) or len(items) > PAGE:
        raise ClientError(Code.API_ANSWER, node=PATH, what="items")
    named = [each.get("subject") if isinstance(each, dict) else None for each in items]
    sections = [each for each in named if isinstance(each, str) and each]
    if len(sections) != len(items):
        raise ClientError(Code.API_ANSWER, node=PATH, what="items")
    return sections


def _placed(subject: str) -> tuple[str, str]:
    """Where a section stands among those of all projects: code points rise as their UTF-8 does."""
    return subject.partition("/")[0], subject
