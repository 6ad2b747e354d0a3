"""The sentences of every code, in Chinese and English, and the one place that fills them in.

A sentence says what happened, to which thing, and what to do next. Placeholders are names of the
detail; one that the detail lacks is shown as ``?`` rather than hiding the sentence.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ledger.codes import Code

LANGUAGES = ("zh", "en")


class _Shown(dict[str, str | int]):
    """Fills in for what a detail lacks."""

    def __missing__(self, key: str) -> str:
        return "?"


def sentence(code: Code, detail: Mapping[str, str | int], language: str = "zh") -> str:
    """The sentence of `code` with `detail` filled in.

    Args:
        code: what happened.
        detail: values for the placeholders.
        language: ``zh`` or ``en``.
    """
    return sentences(language)[code.value].format_map(_Shown(detail))


@cache
def sentences(language: str) -> Mapping[str, str]:
    """All sentences of one language, by code."""
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    loaded: dict[str, str] = tomllib.loads(text)
    return loaded
