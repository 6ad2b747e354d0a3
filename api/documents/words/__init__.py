"""The words of certificates, in Chinese and English; both files hold the same keys."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from api.documents.facts import Pair


def both(key: str, **facts: str | int) -> Pair:
    """The words of `key` in both languages, with `facts` filled in."""
    return Pair(said("zh", key, **facts), said("en", key, **facts))


def said(language: str, key: str, **facts: str | int) -> str:
    """The words of `key` in one language, with `facts` filled in."""
    return _words(language)[key].format_map(facts)


@cache
def _words(language: str) -> Mapping[str, str]:
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return {
        f"{table}.{name}" if table else name: words
        for table, entries in _tables(tomllib.loads(text))
        for name, words in entries.items()
    }


def _tables(loaded: dict[str, object]) -> list[tuple[str, dict[str, str]]]:
    """The top of the file, and each of its tables."""
    top = {name: words for name, words in loaded.items() if isinstance(words, str)}
    tables = [(name, words) for name, words in loaded.items() if isinstance(words, dict)]
    return [("", top), *tables]
