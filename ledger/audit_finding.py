"""Finding: one thing that is not as it must be, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.codes import Code
from ledger.core.identifiers import Height
from ledger.errors import LedgerError
from ledger.store.keys import Table
from ledger.words import sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """What an audit met."""

    code: Code
    height: Height | None
    """The block where it was met; None where no block can be named."""
    detail: Mapping[str, str | int]
    """Fills the sentence."""

    def sentence(self, language: str = "zh") -> str:
        """What was met, where, and what to do next."""
        return sentence(self.code, self.detail, language)


def of_error(problem: LedgerError, height: Height | None) -> Finding:
    """A reading that failed, as a finding."""
    detail: dict[str, str | int] = dict(problem.detail)
    if height is not None:
        detail.setdefault("height", height)
    return Finding(problem.code, height, detail)


def of_row(code: Code, table: Table, key: bytes, height: Height | None) -> Finding:
    """A row that differs or is missing."""
    return Finding(code, height, {"table": table.name.lower(), "key": key[1:].hex()})
