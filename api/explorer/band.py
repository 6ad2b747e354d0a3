"""The band of a project page: how each of the five stages 招投开评定 stands, in one look."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.explorer.project_view import Track
from api.service import LedgerService
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times

FIVE: Final = ("tender", "bid", "opening", "evaluation", "award")
_BEGUN: Final = "tender.opening_started"
_CLOSED: Final = "tender.opening_closed"
_WORST: Final = ("missing", "out_of_order", "late", "awaited", "present", "not_needed")
"""States of nodes, the one that a stage is named by first."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage."""

    key: str
    state: str
    """The worst state of its nodes; ``present`` where there are only records, else empty."""
    present: int
    wanted: int
    """Nodes that its procedure demands; 0 without a procedure."""
    records: int
    """On this page."""


def band_of(service: LedgerService, complete: Mapping[str, Any], track: Track) -> tuple[Stage, ...]:
    """The five stages of a track.

    Args:
        service: as the reader may see it.
        complete: `api.completeness.completeness_form` of the subject.
        track: the page that is shown.
    """
    nodes: dict[str, list[Mapping[str, Any]]] = {}
    for group in complete["groups"]:
        for node in group["nodes"]:
            kind = service.catalogue.types[node["types"][0]["key"]]
            nodes.setdefault(kind.stage, []).append(node)
    records = {stage: len(actions) for stage, actions in track.stages}
    return tuple(_stage(each, nodes.get(each, []), records.get(each, 0)) for each in FIVE)


def opening_runs(service: LedgerService, subjects: Sequence[str]) -> bool:
    """Whether an opening has begun in one of these, and has not been closed."""
    head = service.chain.head
    state, as_of = State(Overlay(service.chain.state)), Times(head.log_size, head.time_ms)

    def has(subject: str, type_key: str) -> bool:
        return next(state.records(subject, type_key, as_of), None) is not None

    return any(has(each, _BEGUN) and not has(each, _CLOSED) for each in subjects)


def _stage(key: str, nodes: Iterable[Mapping[str, Any]], records: int) -> Stage:
    found = [node for node in nodes if node["state"] != "not_needed"]
    states = {node["state"] for node in found}
    worst = next((each for each in _WORST if each in states), "present" if records else "")
    present = sum(node["state"] in ("present", "late") for node in found)
    return Stage(key, worst, present, len(found), records)
