"""Why it moves, or does not: findings about a node as sentences that a person can act on."""

import re
from collections.abc import Sequence
from typing import Final

from api.finding import Finding, Standing
from api.findings import findings
from api.forms import Json
from api.phrases import plain, rendered
from ledger.words import LANGUAGES, sentence

_FULL_WIDTH: Final = re.compile(r"(?<=[）。，：；、]) | (?=[（。，：；、])")
"""Spaces that stood around a name, and stand beside a full-width mark once it is filled in."""


def diagnose(standing: Standing, language: str) -> list[str]:
    """Sentences, the worst first; one that says all is well where nothing is wrong.

    Args:
        standing: of a node.
        language: ``zh`` or ``en``.
    """
    return [sentence_of(each, language) for each in findings(standing)]


def sentence_of(finding: Finding, language: str) -> str:
    """What happened, to which thing, and what to do next."""
    facts = {name: rendered(each, language) for name, each in finding.facts.items()}
    return _FULL_WIDTH.sub("", sentence(finding.code, facts, language))


def findings_form(found: Sequence[Finding]) -> list[Json]:
    """Findings as JSON: both sentences, what filled them, and the section of the handbook."""
    return [
        {
            "code": each.code.value,
            "severity": each.severity.name.lower(),
            **{language: sentence_of(each, language) for language in LANGUAGES},
            "facts": {name: plain(fact) for name, fact in each.facts.items()},
            "section": each.section,
        }
        for each in found
    ]
