"""What the command line says, in Chinese and English, and the choice between them.

Chinese is what officials see unless their locale asks for English. Sentences of codes are in
`ledger/words`; here are titles, labels and the telling of progress.
"""

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

_LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def language(environment: Mapping[str, str] | None = None) -> str:
    """``zh`` or ``en``: the first locale variable that names one of them; Chinese otherwise.

    Args:
        environment: the process's own where None.
    """
    given = os.environ if environment is None else environment
    for name in _LOCALE_VARIABLES:
        spoken = given.get(name, "").lower()[:2]
        if spoken in {"zh", "en"}:
            return spoken
    return "zh"


def say(key: str, **detail: str | int) -> str:
    """The words for `key` in the reader's language, with `detail` filled in."""
    return _words(language())[key].format(**detail)


@cache
def _words(spoken: str) -> dict[str, str]:
    text = files(__name__).joinpath(f"{spoken}.toml").read_text(encoding="utf-8")
    loaded: dict[str, str] = tomllib.loads(text)
    return loaded
