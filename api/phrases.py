"""What fills the sentence of a finding: facts that read differently in each language.

A fact is kept once, as a value: the sentence renders it, and the JSON gives it plainly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final, TypeAlias

from api.forms import Json
from api.words import say
from ledger.errors import LedgerError
from ledger.words import sentence

REASON_MAX: Final = 200
"""Characters of what an exception without a code says."""
_COMMA: Final = {"zh": "、", "en": ", "}
_UNITS: Final = (
    (2 * 86_400_000, 86_400_000, "days"),
    (2 * 3_600_000, 3_600_000, "hours"),
    (120_000, 60_000, "minutes"),
    (0, 1_000, "seconds"),
)
"""(from so many ms on, ms of one unit, its word)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, told in whole units."""

    ms: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence, by its key in `api/words`; an empty key says nothing."""

    key: str = ""
    facts: Mapping[str, "Fact"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """What ended something: its sentence where it has one."""

    error: Exception


Fact: TypeAlias = str | int | Span | Phrase | Problem | Sequence["str | Phrase"]
"""What a placeholder stands for. Texts of a sequence are joined as the language does."""


def rendered(fact: Fact, language: str) -> str | int:
    """A fact as a reader of that language sees it."""
    match fact:
        case str() | int():
            return fact
        case Span(ms):
            return _span(ms, language)
        case Problem(error):
            return reason(error, language)
        case Phrase("", _):
            return ""
        case Phrase(key, facts):
            return say(
                language, key, {name: rendered(each, language) for name, each in facts.items()}
            )
        case parts:
            return _COMMA[language].join(str(rendered(each, language)) for each in parts) or "–"


def plain(fact: Fact) -> Json:
    """A fact as a program reads it: a span in ms, a phrase as its facts."""
    match fact:
        case str() | int():
            return fact
        case Span(ms):
            return ms
        case Problem(error):
            return error.code.value if isinstance(error, LedgerError) else str(error)[:REASON_MAX]
        case Phrase("", _):
            return None
        case Phrase(_, facts):
            return {name: plain(each) for name, each in facts.items()}
        case parts:
            return [plain(each) for each in parts]


def reason(error: Exception, language: str) -> str:
    """What ended a node, in words where it has any.

    Anybody may read it: of a path on the node's disk only the last name is told.
    """
    if isinstance(error, LedgerError):
        detail = dict(error.detail)
        if "path" in detail:
            detail["path"] = PurePath(str(detail["path"])).name
        return sentence(error.code, detail, language)
    return str(error)[:REASON_MAX]


def ago(ms: int | None) -> Phrase:
    """When something was last heard; None where it never was."""
    return Phrase("never") if ms is None else Phrase("ago", {"ms": Span(max(0, ms))})


def _span(ms: int, language: str) -> str:
    """In the largest unit of which there are two; a part of a second counts as one."""
    for least_ms, unit_ms, word in _UNITS:
        if ms >= least_ms:
            return say(language, word, {"count": -(-ms // unit_ms)})
    return say(language, "seconds", {"count": 0})
