"""The mapping between OCDS releases and records, as frozen values: reads ``mapping.toml``.

A path is a tuple of names; a name that ends with ``[]`` stands for each item of a list.
"""

import tomllib
from collections.abc import Mapping as Named
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from ledger.errors import InvariantBroken

Path = tuple[str, ...]
EACH: Final = "[]"
KINDS: Final = frozenset({"id", "ids", "text", "texts", "time", "integer", "money"})
UNKNOWN: Final = "unknown"
"""Reason for a path of which the mapping says nothing."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a record, or of money the three whose names begin so."""

    name: str
    path: Path
    """From its part on."""
    kind: str
    """One of `KINDS`."""
    with_: Path = ()
    """What must stand beside it; empty for nothing."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """One kind of part: where it stands, and which record it becomes."""

    type: str
    at: tuple[Path, ...]
    fields: tuple[FieldRow, ...]
    document: bool = False
    """Its evidence is a document, and not the part."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A path that is not imported on purpose, wherever it occurs, with all below it."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """The whole table."""

    parts: tuple[PartRow, ...]
    left_out: tuple[LeftOut, ...]
    reasons: Named[str, Named[str, str]]
    """By reason: its sentence by language."""

    def reason_of(self, path: Path) -> str:
        """Why a path of a release that no field holds is not imported."""
        names = tuple(each.removesuffix(EACH) for each in path)
        for row in self.left_out:
            length = len(row.path)
            if any(names[at : at + length] == row.path for at in range(len(names))):
                return row.reason
        return UNKNOWN

    def part_of(self, type_key: str) -> PartRow | None:
        """The row of a record's type."""
        return next((each for each in self.parts if each.type == type_key), None)


@cache
def mapping() -> Mapping:
    """The mapping that this program knows.

    Raises:
        InvariantBroken: it does not fit together.
    """
    text = resources.files("api.ocds").joinpath("mapping.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    left_out = tuple(
        LeftOut(tuple(each.removesuffix(EACH) for each in path_of(path)), row["reason"])
        for row in raw["left_out"]
        for path in row["paths"]
    )
    made = Mapping(tuple(_part(row) for row in raw["parts"]), left_out, raw["reasons"])
    for row in left_out:
        if row.reason not in made.reasons:
            raise InvariantBroken(f"the OCDS mapping has no reason {row.reason}")
    return made


def path_of(text: str) -> Path:
    """``awards[].suppliers`` → ``("awards[]", "suppliers")``."""
    return tuple(text.split("."))


def _part(row: dict[str, Any]) -> PartRow:
    places = [row["at"]] if isinstance(row["at"], str) else row["at"]
    return PartRow(
        type=row["type"],
        at=tuple(path_of(each) for each in places),
        fields=tuple(_field(name, each) for name, each in row["fields"].items()),
        document=row.get("document", False),
    )


def _field(name: str, row: dict[str, str]) -> FieldRow:
    if row["as"] not in KINDS:
        raise InvariantBroken(f"the OCDS mapping knows no {row['as']}")
    beside = row.get("with")
    return FieldRow(name, path_of(row["path"]), row["as"], path_of(beside) if beside else ())
