"""Which version of the catalogue judges which record: its subject's, or the newest.

Asks the state and writes what a subject takes. Where a network never adopted a second version, it
costs one look-up a record. Spec: ``docs/spec/contracts.md``.
"""

from dataclasses import replace
from typing import Final

from contracts import version_rows
from contracts.case import Case
from contracts.schema import MOVES, NEWEST, RecordType
from contracts.state import State
from contracts.tables import Catalogue
from contracts.verdict import RecordRow, World
from ledger.core.record import Record

_OF_NO_SUBJECT: Final = ""


def world_of(world: World, record: Record, index: int, state: State) -> World:
    """The world whose catalogue judges a record at a log index."""
    if world.versions is None:
        return world
    return _with(world, _judging(world, record.type, record.subject, index, state))


def world_about(world: World, subject: str, index: int, state: State) -> World:
    """The world whose catalogue holds for what the rules conclude about a subject."""
    return _with(world, catalogue_about(world, subject, index, state))


def catalogue_about(world: World, subject: str, index: int, state: State) -> Catalogue:
    """The catalogue of a subject; the newest where it has taken none, or for none."""
    versions = world.versions
    if versions is None:
        return world.catalogue
    digest = version_rows.taken(state, subject, index) if subject != _OF_NO_SUBJECT else None
    return versions.newest_at(index) if digest is None else versions.catalogues[digest]


def kind_of(world: World, row: RecordRow, state: State) -> RecordType:
    """The type of a record on the ledger, as the version that judged it has it."""
    if world.versions is None:
        return world.catalogue.types[row.type]
    by = _judging(world, row.type, row.subject, row.entered.index, state)
    return by.types.get(row.type) or world.versions.kind(row.type)


def kind_named(world: World, name: str, row: RecordRow, state: State) -> RecordType:
    """The type `name` as the version that judged the record of `row` has it."""
    return kind_of(world, replace(row, type=name), state)


def take(case: Case) -> None:
    """Let the subject of a record that enters take the version by which it was judged."""
    subject, judged_by = case.record.subject, case.kind.judged_by
    if subject == _OF_NO_SUBJECT or judged_by == NEWEST:
        return
    moves_at = case.times.index if judged_by == MOVES else None
    version_rows.take(case.state, subject, case.facts.world.catalogue.hash, moves_at)


def _judging(world: World, type_key: str, subject: str, index: int, state: State) -> Catalogue:
    """As the newest version says of the type: by itself, or by what the subject took."""
    versions = world.versions
    if versions is None:
        return world.catalogue
    newest = versions.newest_at(index)
    kind = newest.types.get(type_key)
    if subject == _OF_NO_SUBJECT or (kind is not None and kind.judged_by == NEWEST):
        return newest
    moves = kind is not None and kind.judged_by == MOVES
    if moves and not version_rows.moved(state, subject):
        return newest
    digest = version_rows.taken(state, subject, index)
    return newest if digest is None else versions.catalogues[digest]


def _with(world: World, catalogue: Catalogue) -> World:
    return world if catalogue is world.catalogue else world.worlds[catalogue.hash]
