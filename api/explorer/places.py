"""Where the page of a subject is: a seal's, an address's, or that of a project."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.forms import Json
from api.service import LedgerService
from contracts.eseal_rows import made
from contracts.overlay import Overlay
from contracts.state import State

_ADDRESS_STAGE: Final = "address"


def places_of(service: LedgerService, hits: Iterable[Json]) -> Mapping[str, str]:
    """The first part of the path of each subject that was found."""
    state = State(Overlay(service.chain.state))
    found = {}
    for hit in hits:
        if isinstance(hit, dict) and hit["kind"] == "subject":
            found[str(hit["name"])] = _place(service, state, hit)
    return found


def _place(service: LedgerService, state: State, hit: dict[str, Any]) -> str:
    if made(state, hit["name"]) is not None:
        return "seals"
    types = (service.catalogue.type(each["record"]["type"]) for each in hit["records"])
    stages = {kind.stage for kind in types if kind is not None}
    return "addresses" if _ADDRESS_STAGE in stages else "projects"
