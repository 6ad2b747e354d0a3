"""What the command line says, in Chinese and English, and the choice between them.

Chinese is what officials see unless their locale asks for English. Sentences of codes are in
`ledger/words`; here are titles, labels and the telling of progress.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("zh", "en")
_LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_chosen: ContextVar[str | None] = ContextVar("chosen", default=None)


def language(environment: Mapping[str, str] | None = None) -> str:
    """``zh`` or ``en``: the first locale variable that names one of them; Chinese otherwise.

    Args:
        environment: the process's own where None.
    """
    chosen = _chosen.get()
    if environment is None and chosen is not None:
        return chosen
    given = os.environ if environment is None else environment
    for name in _LOCALE_VARIABLES:
        spoken = given.get(name, "").lower()[:2]
        if spoken in {"zh", "en"}:
            return spoken
    return "zh"


@contextmanager
def speaking(chosen: str | None) -> Iterator[None]:
    """Speak the language that was chosen on the command line; None leaves it to the locale."""
    before = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(before)


def say(key: str, **detail: str | int) -> str:
    """The words for `key` in the reader's language, with `detail` filled in."""
    return _words(language())[key].format(**detail)


@cache
def _words(spoken: str) -> dict[str, str]:
    text = files(__name__).joinpath(f"{spoken}.toml").read_text(encoding="utf-8")
    loaded: dict[str, str] = tomllib.loads(text)
    return loaded
