"""Lists of records, as the caller may see them.

That a record stands at a place of the log is public; what it is about is its class's matter. So a
list by place shows the place of every record, and a list by content is exactly what it would be if
the records that are not shown were not there: its pages are full, and its cursors stand at records
that are shown. Spec: ``docs/spec/visibility.md``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from api.access import page
from api.engines.walk import Listed, each_found
from api.forms import Json, place_form, stored_form
from api.service import LedgerService
from ledger.block_store import StoredRecord
from ledger.core.identifiers import LogIndex, RecordId
from ledger.core.record import Record
from ledger.lookup import Found, Page, Turn

LOOKED_AT_MAX: Final = 1_000
"""Records that fit, shown or not, that one page looks at: a tenth of a second on one core. A page
of a list of which nothing is shown ends so; its cursor stands at one of them.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """One record that the caller may see."""

    index: LogIndex
    """Its place in the list."""
    stored: StoredRecord
    record: Record


@dataclass(frozen=True, slots=True)
class ShownPage:
    """Some of them, and where the next page starts."""

    items: tuple[Shown, ...]
    cursor: LogIndex | None


def shown_page(
    service: LedgerService,
    listed: Listed,
    turn: Turn,
    wanted: Callable[[Record], bool] = lambda _: True,
) -> ShownPage:
    """A page of a list by content.

    Args:
        service: as the caller may see it.
        listed: the list.
        turn: which page is wanted.
        wanted: which records of the list; the others are looked at, and left out.
    """
    items: list[Shown] = []
    looked = 0
    last: LogIndex | None = None
    for found in each_found(listed, turn):
        if looked == LOOKED_AT_MAX:
            return ShownPage(tuple(items), last)
        looked, last = looked + 1, found.index
        shown = _shown(service, found, wanted)
        if shown is None:
            continue
        # An opening and what came out of it stand at one index; no cursor falls between them.
        if len(items) >= turn.limit and shown.index != items[-1].index:
            return ShownPage(tuple(items), items[-1].index)
        items.append(shown)
    return ShownPage(tuple(items), None)


def page_form(service: LedgerService, found: ShownPage) -> dict[str, Json]:
    """A page of a list by content as JSON."""
    return page(shown_forms(service, found.items), found.cursor)


def shown_forms(service: LedgerService, found: Iterable[Shown]) -> list[Json]:
    """Records that are shown, as JSON."""
    return [stored_form(each.stored, each.record, service.catalogue) for each in found]


def placed_page(service: LedgerService, found: Page) -> dict[str, Json]:
    """A page of a list by place: what is not shown keeps its place, and says so."""
    return page([placed(service, each.record_id) for each in found.items], found.cursor)


def placed(service: LedgerService, record_id: RecordId) -> dict[str, Json]:
    """A record, or only where it stands."""
    stored = service.stored(record_id)
    record = service.decoded(stored)
    if service.viewer.may_see(record):
        return stored_form(stored, record, service.catalogue)
    return {**place_form(stored), "record": None}


def at_hand(service: LedgerService, record_id: RecordId) -> Record | None:
    """A record that the caller may see; None as well where this node does not keep it.

    The state names records from before the snapshot with which a node began.
    """
    stored = service.chain.blocks.record(record_id)
    record = None if stored is None else service.decoded(stored)
    return record if record is not None and service.viewer.may_see(record) else None


def _shown(service: LedgerService, found: Found, wanted: Callable[[Record], bool]) -> Shown | None:
    stored = service.stored(found.record_id)
    record = service.decoded(stored)
    if not wanted(record) or not service.viewer.may_see(record):
        return None
    return Shown(found.index, stored, record)
