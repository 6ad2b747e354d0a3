"""Every exception of the system, and the value that carries a refusal.

Three kinds and no fourth: a refusal that honest people meet is a value (`Rejected`), a promise that
the outside broke is an exception under `LedgerError`, a promise that we broke is `InvariantBroken`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from ledger.codes import Code

DetailValue: TypeAlias = str | int
"""What a detail may hold: text for people, or a number. Digests travel as lower-case hex."""

_NO_DETAIL: Mapping[str, DetailValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refusal that honest people meet: a value, never raised."""

    code: Code
    """Stable name of the reason; its sentences are in `ledger/words`."""
    detail: Mapping[str, DetailValue] = field(default_factory=lambda: _NO_DETAIL)
    """Fills the placeholders of the sentence."""


class LedgerError(Exception):
    """The outside broke a promise: bad bytes, a proof that does not hold, a disk that fails."""

    def __init__(self, code: Code, **detail: DetailValue) -> None:
        self.code = code
        self.detail: Mapping[str, DetailValue] = MappingProxyType(detail)
        super().__init__(code, self.detail)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.detail.items())
        return f"{self.code.value}({facts})"

    def rejected(self) -> Rejected:
        """The same reason as a value, for callers that answer instead of raising."""
        return Rejected(self.code, self.detail)


class FormatError(LedgerError):
    """Bytes that are not what the spec says; nothing in them was used."""


class VerificationError(LedgerError):
    """A signature or a proof does not hold.

    `step` is the number of the check in ``docs/spec/receipt.md``; 0 outside a receipt.
    """

    def __init__(self, code: Code, *, step: int = 0, **detail: DetailValue) -> None:
        super().__init__(code, **detail)
        self.step = step

    def at(self, step: int) -> "VerificationError":
        """The same failure, named as a numbered step of a larger verification."""
        return VerificationError(self.code, step=step, **self.detail)


class StoreError(LedgerError):
    """The store below cannot keep its promise: missing, damaged, locked or full."""


class InvariantBroken(Exception):  # noqa: N818 - a broken promise is not an error to handle
    """We broke our own promise. Never caught: the node stops and says why."""
