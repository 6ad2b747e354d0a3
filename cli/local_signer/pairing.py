"""Which pages the signer answers: each origin paired by a code that the person carries over.

The code is shown in the signer's terminal and typed into the page, so a page that nobody looked at
is never paired. Knows no clock and no HTTP; forgets everything with the process.
"""

import hmac
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from ledger.codes import Code
from ledger.errors import LedgerError

PAIRINGS_MAX: Final = 8
CODE_DIGITS: Final = 8
CODE_LIFE_MS: Final = 120_000
"""No other code is shown before this one is over: whoever guesses has three tries in this time."""
TRIES_MAX: Final = 3
DECLINED_MAX: Final = 3
"""Declined so often in a row, a page is no longer paired: it asks for what nobody wants."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A code that is shown in the terminal."""

    origin: str
    code: str
    until_ms: int
    tries_left: int


@dataclass(frozen=True, slots=True)
class Paired:
    """One page."""

    digest: bytes
    """SHA-256 of its secret."""
    since_ms: int
    declined: int = 0


class Pairings:
    """All pages of one signer."""

    def __init__(self) -> None:
        self._paired: dict[str, Paired] = {}
        self._shown: Shown | None = None

    @property
    def origins(self) -> tuple[tuple[str, int], ...]:
        """The paired origins, each with the time at which it was paired."""
        return tuple((origin, each.since_ms) for origin, each in self._paired.items())

    def ask(self, origin: str, now_ms: int) -> Shown:
        """The code to show for an origin.

        Raises:
            LedgerError: `signer.busy` while another code is out.
        """
        if self._shown is not None and now_ms < self._shown.until_ms:
            raise LedgerError(Code.SIGNER_BUSY, origin=self._shown.origin)
        if origin not in self._paired and len(self._paired) >= PAIRINGS_MAX:
            raise LedgerError(Code.SIGNER_BUSY, origin=f"{PAIRINGS_MAX}")
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        self._shown = Shown(origin, code, now_ms + CODE_LIFE_MS, TRIES_MAX)
        return self._shown

    def confirm(self, origin: str, code: str, now_ms: int) -> str:
        """The secret of an origin whose code was typed.

        Raises:
            LedgerError: `signer.code`.
        """
        shown = self._shown
        if shown is None or shown.origin != origin or now_ms >= shown.until_ms:
            raise LedgerError(Code.SIGNER_CODE, left=0)
        if not shown.tries_left:
            raise LedgerError(Code.SIGNER_CODE, left=0)
        if not hmac.compare_digest(shown.code.encode(), code.encode()):
            self._shown = replace(shown, tries_left=shown.tries_left - 1)
            raise LedgerError(Code.SIGNER_CODE, left=self._shown.tries_left)
        self._shown = None
        secret = secrets.token_hex(32)
        self._paired[origin] = Paired(sha256(secret.encode()).digest(), now_ms)
        return secret

    def require(self, origin: str, secret: str) -> None:
        """Require that the secret is the origin's.

        Raises:
            LedgerError: `signer.unpaired`.
        """
        paired = self._paired.get(origin)
        given = sha256(secret.encode()).digest()
        if paired is None or not hmac.compare_digest(paired.digest, given):
            raise LedgerError(Code.SIGNER_UNPAIRED, origin=origin)

    def knows(self, origin: str) -> bool:
        """Whether an origin is paired, whoever speaks for it."""
        return origin in self._paired

    def decided(self, origin: str, *, consent: bool) -> None:
        """Keep how a person answered a page; one that is declined too often is let go."""
        paired = self._paired.get(origin)
        if paired is None:
            return
        declined = 0 if consent else paired.declined + 1
        self._paired[origin] = replace(paired, declined=declined)
        if declined >= DECLINED_MAX:
            self.end(origin)

    def end(self, origin: str) -> None:
        """Answer an origin no more."""
        self._paired.pop(origin, None)
