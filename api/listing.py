"""Lists of records as JSON, as the caller may see them.

That a record stands at a place of the log is public; what it is about is its class's matter. So a
list by place shows the place of every record, and a list by content leaves out what is not shown.
"""

from collections.abc import Iterable

from api.access import page
from api.forms import Json, place_form, stored_form
from api.service import LedgerService
from ledger.core.identifiers import RecordId
from ledger.lookup import Found, Page


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


def shown_page(service: LedgerService, found: Page) -> dict[str, Json]:
    """A page of a list by content; it may be shorter than asked for and still have a cursor."""
    return page(shown_each(service, found.items), found.cursor)


def shown_each(service: LedgerService, found: Iterable[Found]) -> list[Json]:
    """The records that are shown, in the order found."""
    items: list[Json] = []
    for each in found:
        stored = service.stored(each.record_id)
        record = service.decoded(stored)
        if service.viewer.may_see(record):
            items.append(stored_form(stored, record, service.catalogue))
    return items
