"""Queries from the client's side: everything that fits, page by page, over whichever node answers.

What a node says here is not proved; the receipts of its records are. Spec:
``docs/spec/queries.md``.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.client.client import Client
from api.client.nodes import ClientError
from ledger.codes import Code

PAGE: Final = 500
EMPTY_MAX: Final = 10_000
"""Pages in a row on which nothing is found: a node that never moves on would hold us for ever."""
_EXPORT: Final = "/v1/export/records"


@dataclass(frozen=True, slots=True)
class QueryPage:
    """Some of what fits."""

    items: tuple[Any, ...]
    """As in ``/v1/records``, each with the cursor behind it."""
    cursor: str | None
    """Where the rest begins; None at the end."""
    height: int
    """Of the head that the page was answered at: `since` asks for what is new after it."""

    @property
    def index(self) -> int:
        """Of the last record of the page; -1 where there is none."""
        return int(self.items[-1]["index"]) if self.items else -1


def query_pages(
    client: Client,
    parts: Mapping[str, str | int],
    cursor: str | None = None,
    *,
    receipts: bool = False,
) -> Iterator[QueryPage]:
    """Everything that fits, in the log's order.

    Args:
        client: whose nodes are asked.
        parts: of the query (``{"subject": "P", "within": True}``), as the API has them.
        cursor: behind which to begin; it goes with the same parts.
        receipts: have each record's receipt beside it, as the node gives it: verify it.

    Raises:
        ClientError: `api.cursor`, `api.parameter`; `api.answer` where an answer is none.
    """
    last, empty = -1, 0
    while True:
        params: dict[str, str | int | float | bool] = {**parts, "limit": PAGE, "receipts": receipts}
        if cursor is not None:
            params["cursor"] = cursor
        page = _page(client.nodes.request("GET", _EXPORT, params=params).text)
        empty = 0 if page.items else empty + 1
        indexes = [last, *(int(each["index"]) for each in page.items)]
        if indexes != sorted(indexes) or page.cursor in {cursor, ""} - {None} or empty > EMPTY_MAX:
            raise ClientError(Code.API_ANSWER, node=_EXPORT, what="cursor")
        yield page
        if page.cursor is None:
            return
        last, cursor = indexes[-1], page.cursor


def projects_of(client: Client, member: str) -> Iterator[str]:
    """The projects in which a member acted, each once."""
    seen: set[str] = set()
    for page in query_pages(client, {"member": member}):
        for each in page.items:
            project = str(each["record"]["subject"]).partition("/")[0]
            if project and project not in seen:
                seen.add(project)
                yield project


def _page(text: str) -> QueryPage:
    """One answer, which ends with a line that says so."""
    try:
        *items, last = [json.loads(line) for line in text.splitlines()]
        end, ids = last["end"], [int(each["index"]) for each in items]
        whole = isinstance(end, Mapping) and isinstance(end["height"], int) and len(ids) < PAGE + 2
        if not whole or not isinstance(end["cursor"], str | None):
            raise ClientError(Code.API_ANSWER, node=_EXPORT, what="end")
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ClientError(Code.API_ANSWER, node=_EXPORT, what=repr(problem)[:100]) from problem
    return QueryPage(tuple(items), end["cursor"], end["height"])
