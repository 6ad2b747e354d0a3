"""The words of a verdict: names of the numbered checks, what passing means, what is not proved.

Kept beside the sentences of the codes, in ``verdict.zh.toml`` and ``verdict.en.toml``; keys are the
tables joined by dots, such as ``step.4.passed``.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

DetailValue = str | int


def phrase(key: str, language: str, /, **detail: DetailValue) -> str:
    """The phrase of `key`, such as ``caveat.truth``, with `detail` filled in.

    Args:
        key: must exist; a test holds both files to the same keys.
        language: ``zh`` or ``en``.
        detail: values for the placeholders.
    """
    return phrases(language)[key].format_map(detail)


@cache
def phrases(language: str) -> Mapping[str, str]:
    """All phrases of one language, by dotted key."""
    text = files(__package__).joinpath(f"verdict.{language}.toml").read_text(encoding="utf-8")
    return _flat(tomllib.loads(text), "")


def _flat(table: Mapping[str, object], prefix: str) -> dict[str, str]:
    """Nested tables as one, keys joined by dots."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = str(value)
    return found
