"""Brings a store of an older layout to this one: the rows that it lacks are made of its blocks.

A few blocks at a time, each part in one durable batch with the place that it reached, so that a
process that dies goes on there. Nothing that stands in the store is changed, and its layout only
when all rows are there: until then the older software opens it as it was. Spec:
``docs/spec/store.md``.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from ledger.block_store import BlockStore
from ledger.core.canonical import Value, decode_stored
from ledger.core.identifiers import Height, RecordId
from ledger.core.sealed import OPENING_TYPE
from ledger.core.shapes import array
from ledger.store.api import Reader, Row, Store, Write
from ledger.store.index import mark_rows
from ledger.store.keys import LAYOUT, Table, last_number, number
from ledger.store.rows import head_from, present
from ledger.stored_parts import sealed_in

Told: TypeAlias = Callable[[Height, Height], None]
"""Is told how far it is: the block that was reached, and the newest one."""
OLDER: Final = 1
"""The layout that is brought to this one."""
LAYOUT_KEY: Final = Table.META.key(b"layout")
_REACHED: Final = Table.META.key(b"marked")
"""The height up to which the rows of layout 2 are there; while they are being made."""
_RECORDS_AT_ONCE: Final = 5_000


def is_older(layout: bytes | None) -> bool:
    """Whether a store says that it has a layout that can be brought to this one."""
    return layout == number(OLDER)


def lacking(store: Reader) -> Counter[Table]:
    """The tables that a store of the older layout need not have, with the rows that are there.

    Its own rows of how far it is brought up are among them.
    """
    return Counter(
        {
            Table.MARK: sum(1 for _ in store.scan(*Table.MARK.range())),
            Table.META: 0 if store.get(_REACHED) is None else 1,
        }
    )


def bring_up(store: Store, told: Told = lambda _height, _head: None) -> None:
    """Write the rows that layout 1 lacks, and say that the store has this layout.

    Args:
        store: of layout 1, whole or begun.
        told: hears of each part that is durable.

    Raises:
        StoreError: `store.*`; what was made so far stays.
    """
    blocks = BlockStore(store)
    head, _ = head_from(present(store.get(Table.HEAD.key()), "head"))
    begun = store.get(_REACHED)
    writes: list[Write] = []
    count = 0
    for at in range(max(blocks.base, last_number(begun) if begun else 0) + 1, head + 1):
        height = Height(at)
        writes += _rows(store, blocks, height)
        count += blocks.header(height).entry_count + 1
        if count >= _RECORDS_AT_ONCE:
            store.write([*writes, (_REACHED, number(height))])
            told(height, head)
            writes, count = [], 0
    store.write([*writes, (LAYOUT_KEY, number(LAYOUT)), (_REACHED, None)])
    told(head, head)


def _rows(store: Store, blocks: BlockStore, height: Height) -> Iterator[Row]:
    first = blocks.first_index(height)
    for offset, each in enumerate(blocks.entered(height)):
        items, index = _items(each.data), number(first + offset)
        yield from mark_rows(items, index, each.record_id)
        if items[2] == OPENING_TYPE:
            inside = sealed_in(each.data, each.record_id)
            if store.get(Table.OPENED.key(inside.record_id)) == each.record_id:
                yield from mark_rows(_items(inside.record), index, RecordId(inside.record_id))


def _items(data: bytes) -> tuple[Value, ...]:
    return tuple(array(decode_stored(data), "record", 11))
