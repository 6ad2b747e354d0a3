"""Records that an import wrote, as the releases that they came from: the mapping read backwards.

What the mapping left out is not there again; the digests in the evidence still prove the whole.
"""

from collections.abc import Sequence
from typing import Any, Final

from api.ocds.amounts import PLACES_MAX, UNITS_MAX, Amount
from api.ocds.building import JsonObject, money, put
from api.ocds.items import Item
from api.ocds.mapping import EACH, FieldRow, Path, mapping
from api.ocds.tags import TAGS, type_of
from api.ocds.times import told_time
from ledger.core.record import Record

PREFIX: Final = "ocds."
STATED: Final = "_stated"
_DIGITS_MAX: Final = 9
"""Of a place in a list."""


def is_statement(record: Record) -> bool:
    """Whether a publisher states what a release says."""
    return record.type.startswith(PREFIX)


def is_whole_release(record: Record) -> bool:
    """Whether it is the record of a release, and not of one of its parts."""
    return is_statement(record) and not record.type.endswith(STATED)


def restated(whole: Item, parts: Sequence[Item]) -> JsonObject:
    """The release that the record of one and those of its parts tell of.

    Args:
        whole: the release's record.
        parts: the records that cite it.
    """
    said = whole.record.fields
    release: JsonObject = {
        "id": str(said.get("release_id", whole.record_id.hex())),
        "date": told_time(whole.record.occurred_at_ms) or told_time(whole.time_ms),
        "tag": [
            tag
            for tag in TAGS
            if tag in _listed(said.get("tags")) or type_of(tag) == whole.record.type
        ],
        "initiationType": "tender",
    }
    if "language" in said:
        release["language"] = said["language"]
    places: dict[str, JsonObject] = {"": release}
    for each in sorted(parts, key=lambda part: _order(pointer_of(part.record))):
        _place(places, pointer_of(each.record), _part(each.record))
    return release


def pointer_of(record: Record) -> str:
    """Where a part stood in its release; empty where the mapping knows no such place."""
    row, said = mapping().part_of(record.type), record.fields.get("pointer")
    names = str(said).split("/")[1:]
    known = row is not None and any(_leads(path, names) for path in row.at)
    return str(said) if known else ""


def _leads(path: Path, names: Sequence[str]) -> bool:
    """Whether the names of a pointer are those of a path, with a number for each list."""
    left = list(names)
    for name in path:
        if not left or left.pop(0) != name.removesuffix(EACH):
            return False
        if name.endswith(EACH) and not (left and _is_number(left.pop(0))):
            return False
    return not left


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= _DIGITS_MAX


def _order(pointer: str) -> list[tuple[int, str]]:
    return [(int(name), "") if _is_number(name) else (-1, name) for name in pointer.split("/")]


def _place(places: dict[str, JsonObject], pointer: str, part: JsonObject) -> None:
    """Put a part where it stood; a list closes up over items of which there is no record."""
    here, behind, names = places[""], "", pointer.split("/")[1:]
    at = 0
    while at < len(names):
        in_list = at + 1 < len(names) and _is_number(names[at + 1])
        behind += "/" + "/".join(names[at : at + 2] if in_list else names[at : at + 1])
        if behind not in places:
            places[behind] = {}
            if in_list:
                here.setdefault(names[at], []).append(places[behind])
            else:
                here[names[at]] = places[behind]
        here, at = places[behind], at + 1 + in_list
    here.update(part)


def _part(record: Record) -> JsonObject:
    row = mapping().part_of(record.type)
    part: JsonObject = {}
    for each in row.fields if row is not None else ():
        value = _value(each, record)
        if value is not None:
            put(part, each.path, value)
    return part


def _value(row: FieldRow, record: Record) -> Any:
    said: Any = record.fields.get(row.name)
    match row.kind:
        case "money":
            units, places = (record.fields.get(f"{row.name}_{end}") for end in ("units", "places"))
            currency = record.fields.get(f"{row.name}_currency", "")
            if not isinstance(units, int) or not isinstance(places, int):
                return None
            # What no import keeps nobody can have meant, and would fill pages with zeros.
            if abs(units) > UNITS_MAX or not 0 <= places <= PLACES_MAX:
                return None
            return money(Amount(units, places), str(currency))
        case "time":
            return told_time(said) if isinstance(said, int) else None
        case "ids":
            return [{"id": each} for each in _listed(said)] or None
        case "texts":
            return list(_listed(said)) or None
    return said


def _listed(value: object) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()
