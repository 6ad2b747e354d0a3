"""Status answers of this node: rows with their paths under the newest cosigned head, and its word.

The head is proved by the receipt of a record under it that anyone may see: of the one that wrote
the row where there is one, else of the newest. Spec: ``docs/spec/status_answer.md``.
"""

from typing import Final

from api.errors import ApiError
from api.service import LedgerService
from ledger.at_cosigned import carrying_receipt, cosigned_head, cosigned_status
from ledger.codes import Code
from ledger.core.canonical import decode
from ledger.core.identifiers import LogIndex, RecordId
from ledger.core.shapes import array
from ledger.core.status import ROW_BYTES_MAX, Interval, StatusTree, interval_from
from ledger.core.status_answer import (
    GROUP,
    AnsweredRow,
    StatusAnswer,
    belongs,
    with_statements,
)

LOOKED_AT_MAX: Final = 256
"""Entries below the head that are looked at for a record that anyone may see."""

_PARTS: Final = {"key": 3, "role": 5, "seal": 3, "grant": 3, "system": 3, "credit": 3}
"""How many parts the key of one row has at least, of the kinds that have rows below a name."""


def status_answer(service: LedgerService, row: str, at_ms: int | None, now_ms: int) -> StatusAnswer:
    """The answer of this node about a row, or about the spells below it.

    Args:
        service: of the node.
        row: a key; with a slash at its end, the spells below it.
        at_ms: the time that is asked about; None for the newest head's.
        now_ms: by the node's clock, for its statement.

    Raises:
        ApiError: `api.parameter` for a time after the newest cosigned block, or for what no row
            can be called; `api.not_found` where no record is there that could carry the head.
        StoreError: `checkpoint.none`.
    """
    kind, *parts = row.split("/")
    if not row.endswith(GROUP) and 1 + len(parts) < _PARTS.get(kind, 1):
        # That it is absent is true and would be taken for the word on all the rows below it.
        raise ApiError(Code.API_PARAMETER, what=f"row: {row} → {row}{GROUP}")
    head, tree = cosigned_head(service.chain), cosigned_status(service.chain)
    if at_ms is not None and at_ms > head.time_ms:
        what = f"at: the newest block is of {head.time_ms}; without it, as of that block"
        raise ApiError(Code.API_PARAMETER, what=what)
    rows, about = _rows(tree, row, head.time_ms if at_ms is None else at_ms)
    carrier = _carrier(service, about, head.log_size)
    answer = StatusAnswer(row, at_ms, rows, (), carrying_receipt(service.chain, carrier))
    stating = service.stating
    return answer if stating is None else with_statements(answer, [stating.on(answer, now_ms)])


def _rows(
    tree: StatusTree, row: str, at_ms: int
) -> tuple[tuple[AnsweredRow, ...], Interval | None]:
    """The row that answers, or the two neighbours; and the interval of the one that answers."""
    first = tree.index(row.encode())
    index = first
    while index < tree.size:
        key, value = tree.row(index)
        if not belongs(key.decode(), row):
            break
        interval = _interval(value)
        if interval.holds_at(at_ms) or not row.endswith(GROUP):
            return (_answered(tree, index),), interval
        index += 1
    places = [each for each in (first - 1, first) if 0 <= each < tree.size]
    return tuple(_answered(tree, each) for each in places), None


def _answered(tree: StatusTree, index: int) -> AnsweredRow:
    key, value = tree.row(index)
    return AnsweredRow(key.decode(), value, index, tree.path(index))


def _interval(value: bytes) -> Interval:
    return interval_from(array(decode(value, ROW_BYTES_MAX), "status row")[0])


def _carrier(service: LedgerService, about: Interval | None, size: int) -> RecordId:
    """A record below the head that anyone may see."""
    wrote = None if about is None else about.from_index
    places = [] if wrote is None else [wrote]
    places += [LogIndex(each) for each in range(size - 1, max(-1, size - LOOKED_AT_MAX), -1)]
    for index in places:
        found = service.chain.lookup.at(index)
        if found is None:
            continue
        if service.public.may_see(service.decoded(service.stored(found.record_id))):
            return found.record_id
    raise ApiError(Code.API_NOT_FOUND, query="status", searched="record 记录")
