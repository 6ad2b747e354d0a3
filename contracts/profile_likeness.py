"""Profiles that are like another one (``like``), written out before anything else reads them.

What such a row does not say itself it takes from the other; its groups stand in place of those of
the same key, and nodes that name only types of ``without`` are left out. The catalogue's hash is
over the rows written out. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from contracts.table_row import Raw, invalid

LIKE: Final = "like"
WITHOUT: Final = "without"
GROUPS: Final = "groups"


def likened(rows: Mapping[str, Raw]) -> dict[str, Raw]:
    """The rows with every ``like`` written out.

    Raises:
        FormatError: `catalogue.invalid` where the other row is not there, or is like another one.
    """
    return {key: _written_out(key, row, rows) for key, row in rows.items()}


def _written_out(key: str, row: Raw, rows: Mapping[str, Raw]) -> Raw:
    if LIKE not in row:
        return row
    other = rows.get(str(row[LIKE]))
    if other is None or LIKE in other:
        raise invalid(key, f"like = {row[LIKE]}")
    own = {name: value for name, value in row.items() if name not in {LIKE, WITHOUT, GROUPS}}
    replaced = {_key(key, group): group for group in _tables(key, row.get(GROUPS, []))}
    without = frozenset(cast("Sequence[str]", row.get(WITHOUT, [])))
    groups = []
    for group in _tables(key, other.get(GROUPS, [])):
        stands = replaced.pop(_key(key, group), None)
        groups.append(_thinned(key, group, without) if stands is None else stands)
    if replaced:
        raise invalid(key, f"no group {min(replaced)} to stand in place of")
    return {**other, **own, GROUPS: groups}


def _thinned(where: str, group: Raw, without: frozenset[str]) -> Raw:
    """A group without the nodes that name only types left out."""
    nodes = [
        node
        for node in _tables(where, group.get("nodes", []))
        if not without.issuperset(cast("Sequence[str]", node.get("types", ["-"])))
    ]
    return {**group, "nodes": nodes}


def _tables(where: str, value: object) -> list[Raw]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise invalid(where, GROUPS)
    return value


def _key(where: str, group: Raw) -> str:
    key = group.get("key")
    if not isinstance(key, str):
        raise invalid(where, "a group has no key")
    return key
