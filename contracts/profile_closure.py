"""Proves that a procedure profile fits the record types: nothing unknown, nothing unheard.

Never asks the state. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.profile import Anchor, Group, Profile
from contracts.schema import RecordType
from contracts.selector import Selector
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.errors import FormatError

MISSING_NODE: Final = "AL01"


def check_profile(catalogue: Catalogue, profile: Profile) -> None:
    """Require that `profile` can be followed, and that what it lacks can be told.

    Raises:
        FormatError: `catalogue.invalid` or `catalogue.unknown`.
    """
    for name in (*profile.types(), *profile.optional):
        if name not in catalogue.types:
            raise _unknown(profile, "type", name)
    if profile.version < 1:
        raise _invalid(profile, "version")
    type_key, _, field = profile.chosen_by.rpartition(".")
    if field not in catalogue.types[type_key].fields:
        raise _unknown(profile, "field", profile.chosen_by)
    if profile.ended_by is not None:
        _check_selector(catalogue, profile, profile.ended_by)
    for name in profile.none_open:
        if not catalogue.types[name].opens:
            raise _invalid(profile, f"none_open {name}: it does not open")
    # A node that means only some records of a type leaves the others optional.
    chosen = (each for node in profile.nodes() for each in node.selectors)
    mandatory = {each.type for each in chosen if not each.field}
    if profile.asked_by not in mandatory:
        raise _invalid(profile, f"{profile.asked_by} is no node")
    for name in profile.optional:
        if name in mandatory:
            raise _invalid(profile, f"{name} is mandatory and optional")
    for group in profile.groups:
        _check_group(catalogue, profile, group)
    for name in set(profile.telling()):
        if MISSING_NODE not in catalogue.types[name].alerts:
            raise _invalid(profile, f"{name} does not list {MISSING_NODE}")


def _check_group(catalogue: Catalogue, profile: Profile, group: Group) -> None:
    own = {name for node in group.nodes for name in node.types}
    for name in group.begins:
        if name not in own:
            raise _invalid(profile, f"{name} begins {group.key} and is not in it")
        if catalogue.types[name].is_sealed:
            raise _invalid(profile, f"{name} begins {group.key} under seal")
    for node in group.nodes:
        if not node.types:
            raise _invalid(profile, f"a node of {group.key} names no type")
        for each in node.selectors:
            _check_selector(catalogue, profile, each)
        for name in node.types:
            for said in node.says:
                if said not in {*catalogue.types[name].fields, *catalogue.common}:
                    raise _unknown(profile, "field", f"{name}.{said}")
            for anchor in node.each:
                _check_anchor(catalogue, profile, catalogue.types[name], anchor)


def _check_selector(catalogue: Catalogue, profile: Profile, each: Selector) -> None:
    """Require that a field can say what the selector wants."""
    if not each.field:
        return
    field = catalogue.types[each.type].fields.get(each.field)
    if field is None or each.value not in field.allowed:
        raise _unknown(profile, "value", f"{each.type}{{{each.field}={each.value}}}")


def _check_anchor(catalogue: Catalogue, profile: Profile, kind: RecordType, anchor: Anchor) -> None:
    """Require that the link between a node's record and its anchor can be there."""
    if anchor.field:
        field = kind.fields.get(anchor.field)
        if field is None or field.kind != "member":
            raise _unknown(profile, "field", f"{kind.key}.{anchor.field}")
    anchored = catalogue.types[anchor.type]
    if anchor.by == "cites" and not _may_cite(kind, anchored):
        raise _invalid(profile, f"{kind.key} cites no {anchored.key}")
    if anchor.by == "cited" and not _may_cite(anchored, kind):
        raise _invalid(profile, f"{anchored.key} cites no {kind.key}")
    for each in anchor.unless:
        _check_selector(catalogue, profile, each)
        if not _may_cite(catalogue.types[each.type], anchored):
            raise _invalid(profile, f"{each.type} cites no {anchored.key}")


def _may_cite(kind: RecordType, cited: RecordType) -> bool:
    """Whether the row of `kind` says that it cites `cited`; ``follows`` is free where unlisted."""
    listed = (cites.types for cites in kind.refs.values())
    return "follows" not in kind.refs or any({cited.key, "*"} & types for types in listed)


def _invalid(profile: Profile, problem: str) -> FormatError:
    return FormatError(Code.CATALOGUE_INVALID, where=profile.key, problem=problem)


def _unknown(profile: Profile, what: str, name: str) -> FormatError:
    return FormatError(Code.CATALOGUE_UNKNOWN, where=profile.key, kind=what, name=name)
