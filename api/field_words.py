"""What fields of records are called, for sentences that no page is needed for.

The words are those of the pages, which lie beside the pages' other words; the pages import alerts,
so alerts cannot import them.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def field_name(language: str, field: str) -> str:
    """The words of a field, or the field itself where it has none."""
    return _fields(language).get(field, field)


@cache
def _fields(language: str) -> Mapping[str, str]:
    place = files(__package__).joinpath("explorer", "words", f"{language}.toml")
    loaded: dict[str, dict[str, str]] = tomllib.loads(place.read_text(encoding="utf-8"))
    return loaded["fields"]
