"""Exports: every record that a query asks for, as lines that are sent while they are found.

Each line carries the cursor behind it, so an export that broke off, wherever that was, goes on from
its last whole line. Rights are asked anew for each batch. Spec: ``docs/spec/queries.md``.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from api.engines.query import Query
from api.forms import Json, stored_form
from api.listing import Shown
from api.queries import table
from api.queries.asking import Answer, answer_of, require_known
from api.queries.cursor import cursor_at
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import LogIndex, RecordId
from ledger.errors import StoreError

EXPORT_MAX: Final = 50_000
"""Records of one export; the rest from its last cursor on."""
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """One export."""

    query: Query
    after: LogIndex | None
    limit: int
    """Records, at most `EXPORT_MAX`."""
    language: str = "zh"
    """Of a table's headings and names of types."""
    with_receipts: bool = False
    """Each record's receipt beside it; null where it is pending."""

    def cursor(self, index: LogIndex) -> str:
        """The cursor behind a record."""
        return cursor_at(index, self.query, newest_first=False)


async def as_lines(service: LedgerService, wanted: Wanted) -> AsyncIterator[bytes]:
    """JSON Lines: a record each, and last how it ended: ``{"end": …}``."""
    height = await service.engine.height()
    left = wanted.after
    async for answer in _answers(service, wanted):
        left = answer.reached
        if answer.items:
            yield b"".join(_json_line(_item(service, wanted, each)) for each in answer.items)
    cursor = None if left is None else wanted.cursor(left)
    yield _json_line({"end": {"height": height, "cursor": cursor}})


async def as_table(service: LedgerService, wanted: Wanted) -> AsyncIterator[bytes]:
    """CSV: a row each, after the headings; a last row says that there is more, where there is."""
    yield table.heading(wanted.language).encode()
    left = wanted.after
    domain = service.chain.genesis.domain
    async for answer in _answers(service, wanted):
        left = answer.reached
        rows = [
            table.row_of(
                _form(service, each),
                certificate_number(domain, each.index),
                wanted.cursor(each.index),
                wanted.language,
            )
            for each in answer.items
        ]
        if rows:
            yield "".join(rows).encode()
    if left is not None:
        yield table.more_row(wanted.cursor(left)).encode()


async def _answers(service: LedgerService, wanted: Wanted) -> AsyncIterator[Answer]:
    """Page by page, each as the caller may see it by then; the last says where the rest starts."""
    after, count = wanted.after, 0
    while count < wanted.limit:
        seen = service.seen_by(service.viewer.member)
        limit = min(_AT_ONCE, wanted.limit - count)
        answer = await answer_of(seen, wanted.query, after, limit)
        # An index may have fallen behind since; without an end the export counts as broken off.
        require_known(seen, after, answer.height)
        count += len(answer.items)
        yield answer
        if answer.reached is None:
            return
        after = answer.reached


def _item(service: LedgerService, wanted: Wanted, shown: Shown) -> dict[str, Json]:
    item = {**_form(service, shown), "cursor": wanted.cursor(shown.index)}
    if wanted.with_receipts:
        item["receipt"] = _receipt(service, shown.stored.record_id)
    return item


def _receipt(service: LedgerService, record_id: RecordId) -> Json:
    """The receipt of a record that is shown; null while it is pending, or with other nodes."""
    try:
        value: Json = service.receipt_of(record_id).value()
    except StoreError as problem:
        if problem.code not in (Code.RECEIPT_PENDING, Code.RECORD_NOT_KEPT):
            raise
        return None
    return value


def _form(service: LedgerService, shown: Shown) -> dict[str, Json]:
    return stored_form(shown.stored, shown.record, service.catalogue)


def _json_line(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
