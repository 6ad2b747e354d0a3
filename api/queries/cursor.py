"""Cursors of queries: opaque to callers, bound to what was asked, good for ever.

A cursor holds a place in the log and nothing else, so it survives new blocks, restarts and other
nodes of the network. It is bound to its query and order, because in another list the same place
would skip what nobody has seen. Spec: ``docs/spec/queries.md``.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple, replace
from typing import Final

from api.engines.query import Query
from api.errors import ApiError
from ledger.codes import Code
from ledger.core.hashing import sha256
from ledger.core.identifiers import LogIndex

PATTERN: Final = r"^q1_[A-Za-z0-9_-]{22}$"
_PREFIX: Final = "q1_"
_INDEX_BYTES: Final = 8
_BOUND_BYTES: Final = 8


def cursor_at(index: LogIndex, query: Query, *, newest_first: bool) -> str:
    """The cursor behind an index of the list that a query asks for."""
    raw = index.to_bytes(_INDEX_BYTES) + _bound(query, newest_first=newest_first)
    return _PREFIX + urlsafe_b64encode(raw).decode().rstrip("=")


def index_of(cursor: str, query: Query, *, newest_first: bool) -> LogIndex:
    """Where a list goes on.

    Raises:
        ApiError: `api.cursor`: not a cursor, or one of another list.
    """
    try:
        raw = urlsafe_b64decode(cursor.removeprefix(_PREFIX) + "==")
    except ValueError as problem:
        raise ApiError(Code.API_CURSOR, cursor=cursor[:64]) from problem
    index = LogIndex(int.from_bytes(raw[:_INDEX_BYTES]))
    # One list has one spelling of each of its cursors, so whatever differs is of another one.
    if cursor != cursor_at(index, query, newest_first=newest_first):
        raise ApiError(Code.API_CURSOR, cursor=cursor[:64])
    return index


def _bound(query: Query, *, newest_first: bool) -> bytes:
    types = None if query.types is None else sorted(query.types)
    parts = (*astuple(replace(query, types=None)), types, newest_first)
    return sha256(repr(parts).encode())[:_BOUND_BYTES]
