"""What records of tendering are in the words of OCDS, as frozen values: reads ``acts.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final

from api.ocds.mapping import Path, path_of
from ledger.core.record import Record
from ledger.errors import InvariantBroken

KINDS: Final = frozenset({"field", "time", "fen", "member", "ref", "const", "of"})
OF: Final = frozenset({"subject", "record", "issuer", "date", "happened", "deadline", "tenderer"})


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of a release, and where it comes from."""

    path: Path
    kind: str
    """One of `KINDS`."""
    name: str
    """The field, the relation, the constant, or one of `OF`."""


@dataclass(frozen=True, slots=True)
class PartyRow:
    """One party of a release."""

    name: str
    """``issuer``, or the field that names the member."""
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActRow:
    """How a record of one type becomes a release."""

    type: str
    first: str
    """Tag of the first such release of a process."""
    later: str
    """Tag where there was one with that tag before."""
    values: tuple[ValueRow, ...]
    parties: tuple[PartyRow, ...] = ()
    documents: tuple[Path, str] | None = None
    """Where evidence is listed, and its document type."""
    when: Mapping[str, str] = field(default_factory=dict)
    """Fields that must say this."""

    def fits(self, record: Record) -> bool:
        """Whether a record is told by this row."""
        fits = all(record.fields.get(name) == said for name, said in self.when.items())
        return record.type == self.type and fits


@cache
def acts() -> tuple[ActRow, ...]:
    """The table that this program knows.

    Raises:
        InvariantBroken: it does not fit together.
    """
    text = resources.files("api.ocds").joinpath("acts.toml").read_text(encoding="utf-8")
    return tuple(_row(each) for each in tomllib.loads(text)["acts"])


def act_of(record: Record) -> ActRow | None:
    """The row of a record; None where OCDS has no word for it."""
    return next((each for each in acts() if each.fits(record)), None)


def _row(row: dict[str, Any]) -> ActRow:
    first, later = row["tags"]
    listed = row.get("documents")
    return ActRow(
        type=row["type"],
        first=first,
        later=later,
        values=tuple(_value(path, each) for path, each in row["values"].items()),
        parties=tuple(
            PartyRow(each["of"], tuple(each["roles"])) for each in row.get("parties", ())
        ),
        documents=None if listed is None else (path_of(listed["at"]), listed["type"]),
        when=row.get("when", {}),
    )


def _value(path: str, row: dict[str, str]) -> ValueRow:
    ((kind, name),) = row.items()
    if kind not in KINDS or (kind == "of" and name not in OF):
        raise InvariantBroken(f"the OCDS table of acts knows no {kind} {name}")
    return ValueRow(path_of(path), kind, name)
