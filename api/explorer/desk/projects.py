"""Sections with missing nodes: what their procedure demands and what is not there, or came late."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from api.explorer.names import Names
from api.explorer.project_view import project_name
from api.service import LedgerService
from api.turns import in_turns
from contracts.certificate_rows import profiled_after
from contracts.completeness import NodeFinding, NodeState, completeness_in_turns
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import Subject

LOOKED_AT_MAX: Final = 20
"""Sections judged for one page: each costs some milliseconds, and consensus runs beside it."""
WANTING: Final = (NodeState.MISSING, NodeState.OUT_OF_ORDER, NodeState.LATE)
"""What makes a section one to look at, the worst first."""


@dataclass(frozen=True, slots=True)
class Lack:
    """One node that is not as the procedure wants it."""

    state: str
    name: str
    """Of the types that would make it whole."""
    found_count: int
    wanted_count: int


@dataclass(frozen=True, slots=True)
class SectionRow:
    """One section."""

    subject: str
    name: str
    """What its project is called; empty where that is not shown."""
    profile: str
    lacks: tuple[Lack, ...]
    awaited_count: int
    """Nodes that are not due yet."""
    certificate: str
    """Id of the witness certificate in force; empty for none."""


@dataclass(frozen=True, slots=True)
class Sections:
    """A page of sections, by name."""

    rows: tuple[SectionRow, ...]
    looked_count: int
    cursor: str | None
    """Where the next page starts; None at the end."""


async def sections(
    service: LedgerService, after: str | None, language: str, *, every: bool
) -> Sections:
    """The next sections that follow a profile and want something; all of them where `every`."""
    state, names = State(Overlay(service.chain.state)), Names(service, language)
    start = None if after is None else Subject(after)
    looked = list(islice(profiled_after(service.chain.state, start), LOOKED_AT_MAX + 1))
    rows = []
    for each in looked[:LOOKED_AT_MAX]:
        row = await _row(service, state, each, names, language)
        if row is not None and (every or row.lacks):
            rows.append(row)
        await asyncio.sleep(0)
    cursor = looked[LOOKED_AT_MAX - 1] if len(looked) > LOOKED_AT_MAX else None
    return Sections(tuple(rows), min(len(looked), LOOKED_AT_MAX), cursor)


async def _row(
    service: LedgerService, state: State, subject: Subject, names: Names, language: str
) -> SectionRow | None:
    head = service.chain.head
    as_of = Times(head.log_size, head.time_ms)
    catalogue = service.catalogues.of(subject)
    found = await in_turns(completeness_in_turns(subject, catalogue, state, as_of, optional=False))
    if found.profile is None:
        return None
    nodes = list(found.mandatory)
    return SectionRow(
        subject,
        project_name(service, subject),
        found.profile.zh if language == "zh" else found.profile.en,
        tuple(_lack(each, names, language) for state in WANTING for each in _in(nodes, state)),
        sum(1 for _ in _in(nodes, NodeState.AWAITED)),
        "" if found.certificate is None else found.certificate.hex(),
    )


def _in(nodes: Iterable[NodeFinding], state: NodeState) -> Iterable[NodeFinding]:
    return (each for each in nodes if each.state is state)


def _lack(found: NodeFinding, names: Names, language: str) -> Lack:
    joint = " 或 " if language == "zh" else " or "
    name = joint.join(names.type(each) for each in found.node.types)
    return Lack(found.state.value, name, found.counted.found_count, found.counted.wanted_count)
