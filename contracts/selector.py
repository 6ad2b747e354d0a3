"""Selector: records of a type, or only those of which a field says one value.

Spelled ``TYPE`` or ``TYPE{FIELD=VALUE}``, as in the must-follow language. Spec:
``docs/spec/contracts.md``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.table_row import invalid

_SPELLING: Final = re.compile(r"([a-z][a-z0-9_.]*)(?:\{([a-z][a-z0-9_]*)=([a-z0-9_]+)\})?")


@dataclass(frozen=True, slots=True)
class Selector:
    """Which records are meant."""

    type: str
    field: str = ""
    """Empty for all records of the type."""
    value: str = ""

    def fits(self, kept: Mapping[str, int | str]) -> bool:
        """Whether a record of the type is meant, by what the state keeps of its fields."""
        return not self.field or kept.get(self.field) == self.value


def selector(where: str, text: str) -> Selector:
    """The selector that `text` spells.

    Raises:
        FormatError: `catalogue.invalid`, naming `where`.
    """
    found = _SPELLING.fullmatch(text)
    if found is None:
        raise invalid(where, text)
    return Selector(found[1], found[2] or "", found[3] or "")
