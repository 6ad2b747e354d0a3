"""What `bidwitness seal verify` reads and how it tells what was found: one line per step."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asn1crypto import pem
from rich.markup import escape

from api.foreign.eseal_format import FILE_BYTES_MAX, Seal, Stamp, decode_certificate, decode_eseal
from api.foreign.eseal_steps import Asked, Finding, Holds, judge_eseal
from cli.documents import hash_document, read_given
from cli.output import FAILED, HELD
from cli.words import language, say
from ledger.codes import Code
from ledger.core.record import Evidence
from ledger.errors import DetailValue, FormatError
from ledger.report import told_as
from ledger.terminal import printable
from ledger.words import sentence
from ledger.words.moments import beijing_time

_SIGNS: Final = {Holds.YES: HELD, Holds.NO: FAILED, Holds.UNKNOWN: "[bold yellow]?[/]"}
_CERTIFICATE_BYTES_MAX: Final = 64 << 10
_DOCUMENT_BYTES_MAX: Final = 256 << 20
_MOMENTS: Final = frozenset({"time", "from", "until"})


@dataclass(frozen=True, slots=True)
class Given:
    """What the reader gave."""

    file: Path
    authorities: tuple[Path, ...]
    signer: Path | None
    document: Path | None
    at_ms: int | None
    """None for now, or for the moment that a stamp names."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was found about one file."""

    given: Given
    found: Seal | Stamp
    hashed: Evidence
    findings: tuple[Finding, ...]

    @property
    def falls(self) -> bool:
        """Whether a step speaks against it."""
        return any(each.holds is Holds.NO for each in self.findings)

    def lines(self) -> list[str]:
        """For people: the steps, one sentence, and what to anchor."""
        sm3 = self.hashed.sm3
        digests = f"SHA-256 {self.hashed.sha256.hex()}"
        if sm3 is not None:
            digests += f"\n  SM3     {sm3.hex()}"
        unknown = any(each.holds is Holds.UNKNOWN for each in self.findings)
        verdict = "falls" if self.falls else "open" if unknown else "stands"
        return [
            escape(printable(self.given.file.name)),
            *(_line(each) for each in self.findings),
            say(f"eseal.{verdict}"),
            say("eseal.anchor"),
            f"  {digests}",
        ]

    def value(self) -> dict[str, Any]:
        """For machines."""
        sm3 = self.hashed.sm3
        return {
            "file": str(self.given.file),
            "kind": "stamp" if isinstance(self.found, Stamp) else "seal",
            "sha256": self.hashed.sha256.hex(),
            "sm3": None if sm3 is None else sm3.hex(),
            "falls": self.falls,
            "steps": [
                {
                    "step": each.step.value,
                    "holds": each.holds.value,
                    "why": each.why,
                    "facts": dict(each.facts),
                }
                for each in self.findings
            ],
        }


def judged(given: Given, now_ms: int) -> Told:
    """Read everything that was given, and judge it.

    Raises:
        CommandError: a file is not there or too large.
        FormatError: `eseal.form`.
    """
    found = decode_eseal(read_given(given.file, FILE_BYTES_MAX))
    claimed_ms = found.stamped_ms if isinstance(found, Stamp) else None
    asked = Asked(
        at_ms=next(each for each in (given.at_ms, claimed_ms, now_ms) if each is not None),
        authorities=tuple(_certificate(each) for each in given.authorities),
        signer=None if given.signer is None else _certificate(given.signer),
        document=None
        if given.document is None
        else read_given(given.document, _DOCUMENT_BYTES_MAX),
    )
    return Told(given, found, hash_document(given.file), judge_eseal(found, asked))


def _certificate(path: Path) -> bytes:
    """A certificate as DER, whichever way the file spells it."""
    data = read_given(path, _CERTIFICATE_BYTES_MAX)
    try:
        if pem.detect(data):
            _, _, data = pem.unarmor(data)
    except ValueError as problem:
        raise FormatError(Code.ESEAL_FORM, what=f"{path.name}: {problem}"[:120]) from problem
    decode_certificate(data)
    return data


def _line(found: Finding) -> str:
    """A sign, the question, the answer."""
    asked = say(f"eseal.{found.step}")
    facts = _shown(found.facts)
    if "." in found.why:
        told = sentence(Code(found.why), facts, language())
    else:
        told = say(f"eseal.{found.step}.{found.why}", **facts)
    return f"  {_SIGNS[found.holds]} {escape(told_as(asked, printable(told), language()))}"


def _shown(facts: Mapping[str, DetailValue]) -> dict[str, DetailValue]:
    return {
        name: beijing_time(value) if name in _MOMENTS and isinstance(value, int) else value
        for name, value in facts.items()
    }
