"""Queries from the client's side: everything that fits, page by page, over whichever node answers.

What a node says here is not proved; the receipts of its records are. That it leaves something out
is seen by asking another node. Spec: ``docs/spec/queries.md``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from api.client.asking import Question
from api.client.core import Core
from api.client.flow import Flow, Item, Items, Params
from api.client.problems import ClientError
from api.client.turning import Turning
from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, RecordId
from ledger.core.receipt import Receipt

PAGE: Final = 500
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


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One record that fits a query."""

    record_id: RecordId
    cursor: str
    """Behind this record: a later query with the same parts goes on from here."""
    told: Any
    """What the node says of it, as in ``/v1/records``; not proved."""
    receipt: Receipt | None
    """Verified; None where it was not wanted, or is still pending."""


def query_pages(
    core: Core,
    /,
    parts: Params,
    cursor: str | None = None,
    *,
    receipts: bool = False,
) -> Items[QueryPage]:
    """Everything that fits, in the log's order, page by page.

    Args:
        parts: of the query (``{"subject": "P", "within": True}``), as the API has them.
        cursor: behind which to begin; it goes with the same parts.
        receipts: have each record's receipt beside it, as the node gives it: verify it.

    Raises:
        ClientError: `api.cursor`, `api.parameter`; `api.answer` where an answer is none.
    """
    turning = _Turning(core, parts, cursor, receipts)
    while (page := (yield from turning.next())) is not None:
        yield Item(page)


def records(
    core: Core, /, cursor: str | None = None, *, receipts: bool = False, **parts: str | int
) -> Items[FoundRecord]:
    """Every record that fits a query, in the log's order, however many there are.

    Args:
        cursor: of the last record that is known; goes with the same parts.
        receipts: fetch the receipts along with the records, and verify each.
        **parts: of the query: ``subject="P", within=True, type="T09"``, as the API has them.

    Raises:
        ClientError: `api.cursor`, `api.parameter`; `api.answer` where an answer is none.
        VerificationError: a receipt does not hold.
    """
    turning = _Turning(core, parts, cursor, receipts)
    while (page := (yield from turning.next())) is not None:
        for each in page.items:
            yield Item(_found(core, each))


def projects_of(core: Core, /, member: str) -> Items[str]:
    """The projects in which a member acted, each once."""
    seen: set[str] = set()
    turning = _Turning(core, {"member": member}, None, receipts=False)
    while (page := (yield from turning.next())) is not None:
        for each in page.items:
            project = str(each["record"]["subject"]).partition("/")[0]
            if project and project not in seen:
                seen.add(project)
                yield Item(project)


class _Turning:
    """The pages of one query, turned one by one."""

    def __init__(self, core: Core, parts: Params, cursor: str | None, receipts: bool) -> None:
        self._core, self._parts, self._receipts = core, parts, receipts
        self._cursor = cursor
        self._turning, self._ended = Turning(_EXPORT), False

    def next(self) -> Flow[QueryPage | None]:
        """The next page; None behind the last."""
        if self._ended:
            return None
        asked = {"limit": PAGE, "receipts": self._receipts}
        turn = {} if self._cursor is None else {"cursor": self._cursor}
        question = Question(_EXPORT, params={**self._parts, **asked, **turn})
        page = yield from self._core.asking.judged(_page, question)
        indexes = [int(each["index"]) for each in page.items]
        self._turning.take(indexes, is_empty=not indexes)
        if page.cursor in {self._cursor, ""} - {None}:
            raise ClientError(Code.API_ANSWER, node=_EXPORT, what="cursor")
        self._cursor, self._ended = page.cursor, page.cursor is None
        return page


def _found(core: Core, told: Any) -> FoundRecord:
    try:
        record_id, cursor = RecordId(bytes.fromhex(told["record_id"])), told["cursor"]
        if len(record_id) != DIGEST_BYTES or not isinstance(cursor, str):
            raise ValueError("record_id")
        given = told.get("receipt")
        data = None if given is None else json.dumps(given, ensure_ascii=False).encode()
    except (KeyError, TypeError, ValueError) as problem:
        what = repr(problem)[:100]
        raise ClientError(Code.API_ANSWER, node=_EXPORT, what=what) from problem
    receipt = None if data is None else core.verified(data, record_id, _EXPORT)
    return FoundRecord(record_id, cursor, told, receipt)


def _page(answer: httpx.Response) -> QueryPage:
    """One answer, which ends with a line that says so."""
    try:
        *items, last = [json.loads(line) for line in answer.text.splitlines()]
        end, ids = last["end"], [int(each["index"]) for each in items]
        whole = isinstance(end, Mapping) and isinstance(end["height"], int) and len(ids) < PAGE + 2
        if not whole or not isinstance(end["cursor"], str | None):
            raise ClientError(Code.API_ANSWER, node=_EXPORT, what="end")
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ClientError(Code.API_ANSWER, node=_EXPORT, what=repr(problem)[:100]) from problem
    return QueryPage(tuple(items), end["cursor"], end["height"])
