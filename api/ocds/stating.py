"""A release taken apart: which records its parts become, and what is left out and why.

Pure: reads no file and asks no node. Whatever stands in a release came from outside, so a value
that does not fit is left out by name and never mended. Spec: ``docs/spec/ocds.md``.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from api.ocds.amounts import amount_of
from api.ocds.mapping import EACH, UNKNOWN, FieldRow, PartRow, Path, mapping
from api.ocds.paths import MISSING, at, each_at, leaves
from api.ocds.times import time_ms
from contracts.schema import Field
from ledger.core.canonical import Value

PARTS_MAX: Final = 2_000
"""Parts of one release."""
PATHS_MAX: Final = 1_000
"""Different paths that a report tells apart."""
PATH_CHARACTERS_MAX: Final = 200
OTHER_PATHS: Final = "…"
RELEASE_PATHS: Final[frozenset[Path]] = frozenset(
    {("ocid",), ("id",), ("date",), ("tag[]",), ("language",), ("initiationType",)}
)
"""What the record of the release itself holds."""

Fields = Mapping[str, Mapping[str, Field]]
"""Of each type, its fields as the catalogue declares them."""
LeftOutCount = Counter[tuple[str, str]]
"""By path and reason: how often."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a release says of one part."""

    type: str
    pointer: str
    """Where it stands: RFC 6901."""
    fields: Mapping[str, Value]
    content: object
    """The part, as JSON."""
    path: str
    """The same for all of its kind, as reports name it."""
    is_document: bool
    """Its evidence is the document, which whoever imports must have."""


class TooManyParts(ValueError):  # noqa: N818 - a limit, not a mistake
    """A release has more parts than one release may."""


def stated_in(release: object, fields: Fields) -> tuple[list[Stated], LeftOutCount]:
    """The parts of a release, in the order of the mapping, and what no record holds.

    Raises:
        TooManyParts: more than `PARTS_MAX`.
    """
    left_out: LeftOutCount = Counter()
    found: list[Stated] = []
    nameless: list[str] = []
    for row in mapping().parts:
        for place in row.at:
            for pointer, part in each_at(release, place):
                if any(pointer.startswith(f"{each}/") for each in nameless):
                    continue
                told = _said(row, place, part, fields.get(row.type, {}), left_out)
                if told is None:
                    nameless.append(pointer)
                    left_out[_shown(place), "no_id"] += isinstance(part, dict)
                elif told:
                    shown = _shown(place)
                    found.append(Stated(row.type, pointer, told, part, shown, row.document))
                if len(found) > PARTS_MAX:
                    raise TooManyParts(str(PARTS_MAX))
    for path in leaves(release):
        if path not in covered():
            left_out[_shown(path), mapping().reason_of(path)] += 1
    return found, left_out


def is_secret(part: Stated, now_ms: int) -> bool:
    """Whether a document is to be published later than now."""
    published = part.fields.get("published_ms")
    return isinstance(published, int) and published > now_ms


def gathered(counts: Iterable[LeftOutCount]) -> LeftOutCount:
    """Counts together; beyond `PATHS_MAX` paths the rest is one, by reason.

    What the mapping does not know yields to what it does.
    """
    whole: LeftOutCount = Counter()
    for each in counts:
        for (path, reason), count in sorted(each.items(), key=_is_unknown):
            known = (path, reason) in whole or len(whole) < PATHS_MAX
            whole[path if known else OTHER_PATHS, reason] += count
    return whole


def _is_unknown(counted: tuple[tuple[str, str], int]) -> bool:
    return counted[0][1] == UNKNOWN


@cache
def covered() -> frozenset[Path]:
    """The paths of leaves that some field holds."""
    found = set(RELEASE_PATHS)
    for row in mapping().parts:
        for place in row.at:
            for each in row.fields:
                found |= {(*place, *path) for path in _leaves_of(each)}
    return frozenset(found)


def _leaves_of(row: FieldRow) -> list[Path]:
    match row.kind:
        case "money":
            return [(*row.path, "amount"), (*row.path, "currency")]
        case "ids":
            return [(*row.path[:-1], row.path[-1] + EACH, "id")]
        case "texts":
            return [(*row.path[:-1], row.path[-1] + EACH)]
    return [row.path]


def _said(
    row: PartRow, place: Path, part: object, declared: Mapping[str, Field], left_out: LeftOutCount
) -> dict[str, Value] | None:
    """What fields hold of a part; None where a field that must be there is not."""
    said: dict[str, Value] = {}
    for each in row.fields:
        value = at(part, each.path)
        if value is MISSING or value is None or value in ("", []):
            continue
        path = _shown((*place, *each.path))
        if each.with_ and at(part, each.with_) in (MISSING, None, ""):
            left_out[path, "unregistered"] += 1
            continue
        held = _READ[each.kind](each.name, value)
        if held is None and _holds_nothing(each, value):
            continue
        if held is None or not all(_fits(declared[name], one) for name, one in held.items()):
            left_out[path, "value"] += 1
            continue
        said |= held
    required = (name for name, each in declared.items() if each.required and name != "pointer")
    return None if any(name not in said for name in required) else said


def _holds_nothing(row: FieldRow, value: object) -> bool:
    """Whether an amount of money is missing where its currency stands: usual, and no mistake."""
    return row.kind == "money" and at(value, ("amount",)) in (MISSING, None)


def _fits(field: Field, value: Value) -> bool:
    """Whether a value is one that the catalogue takes."""
    if isinstance(value, tuple):
        texts = all(_is_text(each, 256) for each in value)
        return len(value) <= field.limit and texts
    if isinstance(value, str):
        return _is_text(value, field.limit)
    return True


def _is_text(value: object, limit: int) -> bool:
    if not isinstance(value, str) or not unicodedata.is_normalized("NFC", value):
        return False
    try:
        return len(value.encode()) <= limit and "\x00" not in value
    except UnicodeEncodeError:
        return False


def _text(name: str, value: object) -> dict[str, Value] | None:
    return {name: value} if isinstance(value, str) else None


def _id(name: str, value: object) -> dict[str, Value] | None:
    text = id_text(value)
    return None if text is None else {name: text}


def id_text(value: object) -> str | None:
    """An id as text: OCDS lets one be an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _ids(name: str, value: object) -> dict[str, Value] | None:
    if not isinstance(value, list):
        return None
    found = [id_text(at(each, ("id",))) for each in value]
    known = tuple(each for each in found if each is not None)
    return {name: known} if known else {}


def _texts(name: str, value: object) -> dict[str, Value] | None:
    return {name: tuple(value)} if isinstance(value, list) else None


def _integer(name: str, value: object) -> dict[str, Value] | None:
    amount = amount_of(value)
    if amount is None or amount.places or amount.units < 0:
        return None
    return {name: amount.units}


def _time(name: str, value: object) -> dict[str, Value] | None:
    try:
        return {name: time_ms(value)} if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _money(name: str, value: object) -> dict[str, Value] | None:
    amount = amount_of(at(value, ("amount",)))
    if amount is None:
        return None
    held: dict[str, Value] = {f"{name}_units": amount.units, f"{name}_places": amount.places}
    currency = at(value, ("currency",))
    if isinstance(currency, str) and currency:
        held[f"{name}_currency"] = currency
    return held


_READ: Final[Mapping[str, Callable[[str, object], dict[str, Value] | None]]] = {
    "id": _id,
    "ids": _ids,
    "text": _text,
    "texts": _texts,
    "time": _time,
    "integer": _integer,
    "money": _money,
}


def _shown(path: Path) -> str:
    return ".".join(path)[:PATH_CHARACTERS_MAX]
