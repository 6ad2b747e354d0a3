"""The record page's chain: everything that amended, replaced or voided it, with public fields.

Of private fields a page says that they were committed anew; whoever holds the openings uses
``bidwitness trace``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from api.explorer.names import Names
from api.explorer.shown import is_moment, moment, yuan
from api.explorer.words import named
from api.service import LedgerService
from api.trace import chains_of
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.field_changes import Change, FieldChange, FieldKind
from ledger.traces import Act, ActKind, Chain

ACTS_MAX: Final = 50
"""Acts of one chain that a page shows; the API has all."""
AMENDMENTS_MAX: Final = 10
"""Amendments of one track whose changes stand in place; the others' stand on their own pages."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field in words."""

    name: str
    kind: str
    change: str
    """One of `Change`."""
    declared: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActRow:
    """One record of a chain in words."""

    record_id: str
    kind: str
    """One of `ActKind`; ``asked`` for a voiding that nobody has confirmed."""
    type: str
    who: str
    when_ms: int
    reason: str
    confirmed: str
    here: bool
    """It is the record of this page."""
    changes: tuple[ChangeRow, ...]


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One chain in words."""

    record_id: str
    shown: bool
    acts: tuple[ActRow, ...]
    more: bool
    """There are more acts than the page shows."""
    kept: bool = True
    """Whether this node keeps the first record."""


def chain_rows(
    service: LedgerService, record_id: RecordId, names: Names, language: str
) -> tuple[ChainRow, ...]:
    """The chains that the record of a page belongs to."""
    chains, whole = chains_of(service, record_id, as_kept=True)
    return tuple(
        replace(
            _chain(each, record_id, names, language, whole=whole),
            kept=service.chain.blocks.record_bytes(each.root) is not None,
        )
        for each in chains
    )


def changes_of(
    service: LedgerService, records: Sequence[str], names: Names, language: str
) -> Mapping[str, tuple[ChangeRow, ...]]:
    """What the first `AMENDMENTS_MAX` of some amendments changed, as far as the reader may see."""
    found = {}
    for name in records[:AMENDMENTS_MAX]:
        chains = chain_rows(service, RecordId(bytes.fromhex(name)), names, language)
        acts = (act for chain in chains for act in chain.acts)
        found[name] = next((act.changes for act in acts if act.record_id == name), ())
    return found


def _chain(chain: Chain, here: RecordId, names: Names, language: str, *, whole: bool) -> ChainRow:
    acts = tuple(_act(each, here, names, language) for each in chain.acts[:ACTS_MAX])
    more = len(chain.acts) > ACTS_MAX or not whole
    return ChainRow(chain.root.hex(), not chain.unseen, acts, more)


def _act(act: Act, here: RecordId, names: Names, language: str) -> ActRow:
    said = act.said
    reason = said.record.fields.get("reason")
    asked = act.kind is ActKind.VOIDED and not act.confirmed_by
    confirmed = names.member(act.confirmed_by[0].record.issuer) if act.confirmed_by else ""
    return ActRow(
        said.record_id.hex(),
        "asked" if asked else act.kind.value,
        names.type(said.record.type),
        names.member(said.record.issuer),
        said.committed_at_ms,
        reason if isinstance(reason, str) else "",
        confirmed,
        said.record_id == here,
        tuple(_row(each, language) for each in act.changes if each.change is not Change.UNCHANGED),
    )


def _row(change: FieldChange, language: str) -> ChangeRow:
    is_document = change.kind is FieldKind.DOCUMENT
    return ChangeRow(
        change.name if is_document else named(language, "fields", change.name),
        change.kind.value,
        change.change.value,
        change.declared,
        tuple(_spelled(change, each, language) for each in change.before),
        tuple(_spelled(change, each, language) for each in change.after),
    )


def _spelled(change: FieldChange, value: Value, language: str) -> str:
    """A value in words, by the ending of its name, as far as a page has words for it."""
    if isinstance(value, bool):
        return named(language, "values", "true" if value else "false")
    if isinstance(value, int) and change.name.endswith("_fen"):
        return yuan(value)
    if isinstance(value, int) and is_moment(change.name, value):
        return str(moment(value).striptags())
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return ", ".join(_spelled(change, each, language) for each in value)
    return named(language, "values", value) if isinstance(value, str) else str(value)
