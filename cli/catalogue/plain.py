"""Rows of the catalogue as plain JSON: what `catalogue show --json` and the JSON export say."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Final, TypeAlias

from contracts.tables import Catalogue

Plain: TypeAlias = "bool | int | str | list[Plain] | dict[str, Plain] | None"

_PARSED: Final = frozenset({"expression"})
"""What was read out of a text that stands beside it."""
_GROUPS: Final = (
    *("types", "alerts", "deadlines", "profiles", "subsystems"),
    *("roles", "reasons", "common"),
)


def catalogue_document(catalogue: Catalogue) -> dict[str, Plain]:
    """Every row, by group and key, and the hash over all of them."""
    return {
        "hash": catalogue.hash.hex(),
        **{group: plain(getattr(catalogue, group)) for group in _GROUPS},
    }


def plain(value: object) -> Plain:
    """A row, or a part of one, as JSON has it: sets and lists as lists, values by their names."""
    if is_dataclass(value):
        named = {each.name: getattr(value, each.name) for each in fields(value)}
        return {name: plain(part) for name, part in named.items() if name not in _PARSED}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, frozenset):
        return [plain(part) for part in sorted(value)]
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"a row of the catalogue holds {type(value).__name__}")
