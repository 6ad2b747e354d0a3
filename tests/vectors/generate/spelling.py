"""How a vector file is spelled: one case a line, byte strings as lower-case hex."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from ledger.core.canonical import Value

Case: TypeAlias = dict[str, Any]
Cases: TypeAlias = list[Case]


def spell(cases: Cases) -> str:
    """A JSON array with one case a line."""
    lines = ",\n ".join(json.dumps(case, ensure_ascii=False) for case in cases)
    return f"[\n {lines}\n]\n"


def told(value: Value) -> Any:
    """A canonical value as JSON: ``{"bytes": hex}``, ``{"map": [[key, value] …]}``, arrays, text.

    Integers beyond 53 bits are ``{"int": decimal}``, because many languages cannot read them.
    """
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Mapping):
        return {"map": [[key, told(each)] for key, each in sorted(value.items())]}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [told(each) for each in value]
    if type(value) is int and not -(1 << 53) < value < 1 << 53:
        return {"int": str(value)}
    return value


def untold(value: Any) -> Value:
    """The canonical value that `told` wrote."""
    if isinstance(value, list):
        return tuple(untold(each) for each in value)
    if isinstance(value, dict):
        if "bytes" in value:
            return bytes.fromhex(value["bytes"])
        if "int" in value:
            return int(value["int"])
        return {key: untold(each) for key, each in value["map"]}
    scalar: Value = value
    return scalar


def refused(name: str, data: bytes, code: str) -> Case:
    """A case that every reader must refuse; `code` is how we name the reason."""
    return {"name": name, "data": data.hex(), "code": code}


def broken(good: bytes, shape_code: str = "format.shape") -> Iterable[Case]:
    """What every decoder of a canonical array must refuse, made from bytes that it accepts."""
    return [
        refused("empty", b"", "format.truncated"),
        refused("truncated by one byte", good[:-1], "format.truncated"),
        refused("extended by one byte", good + b"\x00", "format.trailing"),
        refused("wrapped in another array", b"\x91" + good, shape_code),
        refused("nil", b"\xc0", shape_code),
        refused("map", b"\x80", shape_code),
        refused("empty array", b"\x90", shape_code),
        refused("array of 2**30 claimed", b"\xdd\x40\x00\x00\x00", "format.too_large"),
        refused("nested 40 deep", b"\x91" * 40 + b"\x90", "format.too_deep"),
    ]
