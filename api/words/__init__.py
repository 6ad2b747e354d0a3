"""Sentences of the node board, in Chinese and English."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def say(language: str, name: str, facts: Mapping[str, str | int]) -> str:
    """The sentence `name` with `facts` filled in."""
    return _sentences(language)[name].format_map(facts)


@cache
def _sentences(language: str) -> Mapping[str, str]:
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    loaded: dict[str, str] = tomllib.loads(text)
    return loaded
