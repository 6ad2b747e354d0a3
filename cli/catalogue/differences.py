"""What differs between two versions of the catalogue, row by row, as people can read it.

Compares what the rows say and judges nothing: whether a change is wise is for whoever adopts it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cli.catalogue.plain import Plain, catalogue_document
from contracts.tables import Catalogue

MORE, LESS, OTHER = "+", "−", "→"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is there only in one of them, or that says something else."""

    group: str
    """``types``, ``deadlines``, … as in the JSON export."""
    key: str
    name_zh: str
    name_en: str
    sign: str
    """`MORE`, `LESS` or `OTHER`."""
    changes: tuple[str, ...]
    """What it says otherwise; empty for a row that came or went."""


def differences(before: Catalogue, after: Catalogue) -> tuple[Difference, ...]:
    """The rows that differ, by group and key."""
    old, new = catalogue_document(before), catalogue_document(after)
    return tuple(
        _difference(group, key, _rows(old[group]).get(key), _rows(rows).get(key))
        for group, rows in new.items()
        if group != "hash"
        for key in sorted({*_rows(old[group]), *_rows(rows)})
        if _rows(old[group]).get(key) != _rows(rows).get(key)
    )


def lacking(own: Catalogue, proposed: Catalogue, said: Collection[str]) -> tuple[str, ...]:
    """What the rules in Python name and a version does not have: they would fail on it.

    Args:
        own: this software's catalogue, which has all that they name.
        proposed: the version.
        said: every text in the code of the rules.
    """
    groups = ((own.types, proposed.types), (own.deadlines, proposed.deadlines))
    names = {key for ours, theirs in groups for key in ours.keys() - theirs.keys()}
    names |= {key for key, each in own.alerts.items() if not each.planned} - proposed.alerts.keys()
    parameters = {
        f"{code}.{name}"
        for code, alert in own.alerts.items()
        if code in proposed.alerts
        for name in alert.parameters.keys() - proposed.alerts[code].parameters.keys()
    }
    return (*sorted(names & set(said)), *sorted(parameters))


def _rows(group: Plain) -> dict[str, Plain]:
    return group if isinstance(group, dict) else {}


def _difference(group: str, key: str, old: Plain, new: Plain) -> Difference:
    row = _rows(new if new is not None else old)
    zh, en, code = (str(row.get(name) or "") for name in ("zh", "en", "code"))
    sign = MORE if old is None else LESS if new is None else OTHER
    changes = tuple(_changes("", old, new)) if sign == OTHER else ()
    named = f"{code} {key}".strip() if code != key else key
    return Difference(group, named, zh, en, sign, changes)


def _changes(at: str, old: Plain, new: Plain) -> Iterator[str]:
    """Each place below `at` where the two differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            below = f"{at}.{name}" if at else name
            if name not in old:
                yield f"{MORE} {below} = {_said(new[name])}"
            elif name not in new:
                yield f"{LESS} {below} = {_said(old[name])}"
            elif old[name] != new[name]:
                yield from _changes(below, old[name], new[name])
    elif isinstance(old, list) and isinstance(new, list):
        gone = [each for each in old if each not in new]
        come = [each for each in new if each not in old]
        yield from (f"{LESS} {at}: {_said(each)}" for each in gone)
        yield from (f"{MORE} {at}: {_said(each)}" for each in come)
        if not gone and not come:
            yield f"{at}: {_said(old)} {OTHER} {_said(new)}"
    else:
        yield f"{at}: {_said(old)} {OTHER} {_said(new)}"


def _said(value: Plain) -> str:
    """A value in a line; of a table only what is not empty."""
    if isinstance(value, dict):
        parts = (f"{name} {_said(part)}" for name, part in value.items() if part not in _NOTHING)
        return f"({', '.join(parts)})"
    if isinstance(value, list):
        return f"[{', '.join(_said(each) for each in value)}]"
    return "–" if value is None or value == "" else str(value)


_NOTHING: tuple[Plain, ...] = (None, "", False, [], {})
