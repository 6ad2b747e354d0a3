"""Words that scripts of the pages fill in: their own, those of verdicts, and those of codes.

One catalogue serves the server and the browser; what a browser gets is a selection of it.
"""

from collections.abc import Mapping
from functools import cache

from api.explorer.words import table
from ledger.words import sentences
from ledger.words.verdict import phrases

PAGE_TABLE = "verify"
"""Of the pages' words: what scripts say."""


@cache
def script_words(language: str) -> Mapping[str, Mapping[str, str]]:
    """The tables `page`, `phrases` and `sentences` of one language."""
    return {
        "page": table(language, PAGE_TABLE),
        "phrases": phrases(language),
        "sentences": sentences(language),
    }
