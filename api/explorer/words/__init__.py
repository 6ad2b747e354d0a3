"""Words of the pages, in Chinese and English; both files hold the same keys."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("zh", "en")


def say(language: str, key: str, **facts: str | int) -> str:
    """The words of `key`, such as ``network.title``, with `facts` filled in."""
    table, _, name = key.partition(".")
    return _words(language)[table][name].format_map(facts)


def named(language: str, table: str, name: str) -> str:
    """The words of `name` in `table`, or the name itself where it has none."""
    return _words(language)[table].get(name, name)


def table(language: str, name: str) -> Mapping[str, str]:
    """All words of one table."""
    return _words(language)[name]


@cache
def _words(language: str) -> Mapping[str, Mapping[str, str]]:
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = tomllib.loads(text)
    return loaded
