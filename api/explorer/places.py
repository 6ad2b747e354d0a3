"""Where the page of a subject is: a seal's, an address's, or that of a project."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from api.forms import Json
from api.listing import shown_page
from api.service import LedgerService
from contracts.eseal_rows import made
from contracts.overlay import Overlay
from contracts.state import State
from ledger.core.identifiers import Subject
from ledger.lookup import Turn

_ADDRESS_STAGE: Final = "address"
_GLIMPSE: Final = Turn(limit=20, newest_first=True)
"""Records by which a subject is told to be an address."""


def places_of(service: LedgerService, hits: Iterable[Json]) -> Mapping[str, str]:
    """The first part of the path of each subject that was found."""
    state = State(Overlay(service.chain.state))
    found = {}
    for hit in hits:
        if isinstance(hit, dict) and hit["kind"] == "subject":
            found[str(hit["name"])] = _place(service, state, str(hit["name"]), _types(hit))
    return found


def place_of(service: LedgerService, subject: str, type_key: str) -> str:
    """The first part of the path of one subject.

    Args:
        service: as the reader may see it.
        subject: what it is about.
        type_key: of a record that is to be made about it; there may be no other yet.
    """
    about = partial(service.chain.lookup.by_subject, Subject(subject))
    found = shown_page(service, about, _GLIMPSE).items
    types = [type_key, *(each.record.type for each in found)]
    return _place(service, State(Overlay(service.chain.state)), subject, types)


def _place(service: LedgerService, state: State, subject: str, types: Iterable[str]) -> str:
    if made(state, subject) is not None:
        return "seals"
    kinds = map(service.catalogue.type, types)
    stages = {kind.stage for kind in kinds if kind is not None}
    return "addresses" if _ADDRESS_STAGE in stages else "projects"


def _types(hit: dict[str, Any]) -> Iterator[str]:
    return (each["record"]["type"] for each in hit["records"])
