"""The versions of the catalogue that a network adopted, as one head of the chain has them.

The first is the genesis's; each later one was adopted by a record (X12). Which of them judges a
record is `judging`'s question; here nothing asks the state. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.schema import RecordType
from contracts.tables import Catalogue
from ledger.core.identifiers import Digest
from ledger.errors import InvariantBroken

RULES_ADOPTED: Final = "ledger.rules_adopted"
"""Key of the type (X12) that adopts one."""
VERSIONS_MAX: Final = 256
"""Versions that a network adopts in its life: ten a year for a quarter of a century."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """One version, as the state names it."""

    version: str
    """Its name among people; no name is given twice."""
    hash: Digest
    from_index: int
    """Last log index before it was the newest; -1 for the genesis's."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Every version that was ever the newest, with its rows at hand."""

    adopted: tuple[Adopted, ...]
    """In the order in which they were adopted; never empty."""
    catalogues: Mapping[Digest, Catalogue]
    """The rows of each of them."""
    words: Catalogue
    """The newest, and what only earlier ones have: by it things are named, and nothing judged."""

    def newest_at(self, index: int) -> Catalogue:
        """The newest version for a record at a log index."""
        for each in reversed(self.adopted):
            if each.from_index < index:
                return self.catalogues[each.hash]
        return self.catalogues[self.adopted[0].hash]

    def kind(self, name: str) -> RecordType:
        """A type that no version at hand judges any more, as the first that has it says.

        Raises:
            InvariantBroken: no version has it, and yet a record of it is on the ledger.
        """
        for each in self.adopted:
            found = self.catalogues[each.hash].types.get(name)
            if found is not None:
                return found
        raise InvariantBroken(f"no version of the catalogue has the type {name}")

    def with_alert(self, code: str, first: Catalogue) -> Catalogue:
        """`first`, where it declares the alert; else the first version that does."""
        if code in first.alerts:
            return first
        for each in self.adopted:
            if code in self.catalogues[each.hash].alerts:
                return self.catalogues[each.hash]
        raise InvariantBroken(f"no version of the catalogue has the alert {code}")


def versions_of(adopted: Sequence[Adopted], held: Mapping[Digest, Catalogue]) -> Versions:
    """The versions of a head.

    Args:
        adopted: in the order in which they were adopted.
        held: the catalogue of each of them by its hash, and perhaps others.
    """
    rows = [held[each.hash] for each in adopted]
    words = replace(
        rows[-1],
        types={key: kind for each in rows for key, kind in each.types.items()},
        codes={code: key for each in rows for code, key in each.codes.items()},
        roles={key: role for each in rows for key, role in each.roles.items()},
        alerts={code: alert for each in rows for code, alert in each.alerts.items()},
        deadlines={key: period for each in rows for key, period in each.deadlines.items()},
        reasons={key: reason for each in rows for key, reason in each.reasons.items()},
    )
    return Versions(tuple(adopted), {each.hash: held[each.hash] for each in adopted}, words)
