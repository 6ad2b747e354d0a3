"""What whoever writes a record must know of its type: its function point, and whether it is sealed.

A record that names its point is found by it without the registry at hand. Where its type stands at
several, the writer says which; nobody guesses here. ``types.json`` is taken from the catalogue
(`tests/api/types_json.py` writes it), so that the SDK brings no rules with it.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ledger.core.canonical import Value

FUNCTION_POINT: Final = "function_point"
"""The common field that says at which point a record arose."""


def with_point(type_key: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    """The fields, with the point where they name none and the registry leaves no choice.

    Args:
        type_key: key of the record's type; of one unknown here nothing is said.
        fields: as written.
    """
    if FUNCTION_POINT in fields:
        return dict(fields)
    fitting = [
        point
        for point, when in _types()["points"].get(type_key, {}).items()
        if all(fields.get(name) in values for name, values in when.items())
    ]
    return {**fields, FUNCTION_POINT: fitting[0]} if len(fitting) == 1 else dict(fields)


def is_sealed(type_key: str) -> bool:
    """Whether records of a type enter only under seal: a node that refuses one has read it."""
    return type_key in _types()["sealed"]


@cache
def _types() -> Mapping[str, Any]:
    """``points``: for each type its points, and for each of them what the fields must say;
    ``sealed``: types.
    """
    text = files(__package__).joinpath("types.json").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded
