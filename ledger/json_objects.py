"""What every JSON file of strangers must keep, whatever it is: names once, no nesting without end.

The standard library alone, for readers of carriers and of files of proofs alike.
"""

import json
import re
from collections.abc import Iterable
from typing import Final, TypeVar

from ledger.codes import Code
from ledger.errors import FormatError

T = TypeVar("T")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def distinct(pairs: list[tuple[str, T]]) -> dict[str, T]:
    """An object, for ``json.loads(object_pairs_hook=…)``; in one pass, however many its names.

    Raises:
        FormatError: `format.duplicate`.
    """
    twice = doubled(pairs)
    if twice is not None:
        raise FormatError(Code.FORMAT_DUPLICATE, key=twice[:64])
    return dict(pairs)


def doubled(pairs: Iterable[tuple[str, object]]) -> str | None:
    """The first name that comes a second time; None where none does."""
    found: set[str] = set()
    for name, _ in pairs:
        if name in found:
            return name
        found.add(name)
    return None


def check_nesting(data: bytes, loaded: object, depth_max: int) -> None:
    """Require of a JSON value what every parser of another language takes.

    Args:
        data: what spells it.
        loaded: the value.
        depth_max: how deep arrays and objects may nest.

    Raises:
        FormatError: `format.too_deep`; `format.not_allowed` for half a surrogate pair.
    """
    if data.count(b"[") + data.count(b"{") > depth_max:
        _check_depth(loaded, depth_max)
    # UTF-8 cannot spell half a surrogate pair; only an escape can.
    if b"\\u" in data and _SURROGATE.search(json.dumps(loaded, ensure_ascii=False)):
        raise FormatError(Code.FORMAT_NOT_ALLOWED, type="surrogate")


def _check_depth(loaded: object, depth_max: int) -> None:
    """Refuse what is nested deeper than `depth_max`; looks at one level after the other."""
    level, depth = [loaded], 0
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        if depth > depth_max:
            raise FormatError(Code.FORMAT_TOO_DEEP, limit=depth_max)
        inner = [each.values() if isinstance(each, dict) else each for each in level]
        level = [value for values in inner for value in values]
