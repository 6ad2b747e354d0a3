"""Pages of records as JSON: each shown whole where the caller may see it, else its place only."""

from collections.abc import Iterable

from api.access import page
from api.forms import Json, place_form, stored_form
from api.service import LedgerService
from ledger.core.identifiers import RecordId
from ledger.lookup import Found, Page


def shown(service: LedgerService, record_id: RecordId) -> dict[str, Json]:
    """A record as this caller may see it; what is not public says so and keeps its place."""
    stored = service.stored(record_id)
    record = service.decoded(stored)
    if service.viewer.may_see(record):
        return stored_form(stored, record, service.catalogue)
    return {**place_form(stored), "record": None}


def shown_page(service: LedgerService, found: Page) -> dict[str, Json]:
    """A page of records."""
    return page(shown_each(service, found.items), found.cursor)


def shown_each(service: LedgerService, found: Iterable[Found]) -> list[Json]:
    """Records in the order found."""
    return [shown(service, each.record_id) for each in found]
