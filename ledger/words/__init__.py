"""The sentences of every code, in Chinese and English, and the one place that fills them in.

A sentence says what happened, to which thing, and what to do next. Placeholders are names of the
detail; one that the detail lacks is shown as ``?`` rather than hiding the sentence. Milliseconds
are for programs: where the detail has ``expires_at_ms``, ``{expires_at}`` is that time in Beijing,
and ``{gap}`` is how far its two times are apart. ``{expecting}`` is in brackets what was expected,
and nothing where the detail has no ``expected``.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from ledger.codes import Code
from ledger.words.moments import beijing_time, is_time, span

LANGUAGES = ("zh", "en")
_EXPECTING: Final = {"zh": "（应为：{}）", "en": " (expected: {})"}


class _Shown(dict[str, str | int]):
    """Fills in for what a detail lacks."""

    def __init__(self, detail: Mapping[str, str | int], language: str) -> None:
        super().__init__(detail)
        self._language = language

    def __missing__(self, key: str) -> str:
        if key == "expecting":
            expected = self.get("expected")
            return "" if expected is None else _EXPECTING[self._language].format(expected)
        # A node's word may be anything: what is no time is none.
        if key == "gap":
            times = [at for name, at in self.items() if name.endswith("_ms") and is_time(at)]
            return span(int(times[0]) - int(times[1]), self._language) if len(times) == 2 else "?"
        time_ms = self.get(f"{key}_ms")
        return beijing_time(int(time_ms)) if time_ms is not None and is_time(time_ms) else "?"


def sentence(code: Code, detail: Mapping[str, str | int], language: str = "zh") -> str:
    """The sentence of `code` with `detail` filled in.

    Args:
        code: what happened.
        detail: values for the placeholders.
        language: ``zh`` or ``en``.
    """
    return sentences(language)[code.value].format_map(_Shown(detail, language))


@cache
def sentences(language: str) -> Mapping[str, str]:
    """All sentences of one language, by code."""
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    loaded: dict[str, str] = tomllib.loads(text)
    return loaded
