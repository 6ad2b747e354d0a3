"""The pages of what every section says of its function points, as one node tells them."""

from typing import Any, Final

from api.client.asking import Asking
from api.client.flow import Item, Items
from api.client.problems import ClientError
from ledger.codes import Code

PATH: Final = "/v1/coverage/sections"


def coverage_pages(asking: Asking) -> Items[Any]:
    """Page after page.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
    """
    after = ""
    while True:
        turn = {"after": after} if after else {}
        found = yield from asking.json(PATH, **turn)
        if not isinstance(found, dict) or not isinstance(found.get("items"), list):
            raise ClientError(Code.API_ANSWER, node=PATH, what="items")
        yield Item(found)
        cursor = found.get("cursor")
        if cursor is None:
            return
        if not isinstance(cursor, str) or _placed(cursor) <= _placed(after):
            # A node that never moves on would hold us for ever.
            raise ClientError(Code.API_ANSWER, node=PATH, what="cursor")
        after = cursor


def _placed(subject: str) -> tuple[bytes, bytes]:
    """Where a section stands among those of all projects."""
    return subject.partition("/")[0].encode(), subject.encode()
