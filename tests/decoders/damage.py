"""Damages what was spelled well: bytes as a bad line would, and structure as a stranger would.

Structure means the msgpack or JSON inside, byte strings that hold msgpack themselves included: any
part is swapped, dropped, doubled, wrapped, retyped, or spelled in another way.
"""

import json
from dataclasses import dataclass
from typing import Any

import msgpack

from tests.decoders.chance import Chance

ALIENS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 2**64 - 1, -(2**63), 0.5,
    "", "0", "招标", "e\u0301", "x" * 300, "\u0000", "a" * 70_000,
    b"", b"\x00", bytes(31), bytes(32), bytes(64), bytes(70_000),
    [], {}, [None], [[]], [{}], {"a": {}}, {"": 0}, [0] * 1_025, {str(i): i for i in range(300)},
)  # fmt: skip
EXTENSION = msgpack.ExtType(1, b"x")
ONLY_MSGPACK: tuple[Any, ...] = ({1: 2}, {b"a": 1}, EXTENSION)
ONLY_JSON: tuple[Any, ...] = (10**400, -1.5, float("nan"), "\ud800", {"\ud800": 1}, "00", "AA==")
CLAIMS = [bytes.fromhex(lead + "40000000") for lead in ("c6", "c9", "db", "dd", "df")]
"""A byte string, extension, text, array and map that claim a gibibyte."""


@dataclass(frozen=True)
class Inner:
    """A byte string that holds msgpack."""

    tree: Any


# Bytes.


def damaged_bytes(chance: Chance, data: bytes) -> bytes:
    """One accident of the line: cut, longer, flipped, overwritten, torn out, doubled, claimed."""
    start = chance.integer(0, len(data))
    end = chance.integer(start, min(len(data), start + 40))
    match chance.integer(0, 6):
        case 0:
            return data[:start]
        case 1:
            return data + chance.octets(1, 9)
        case 2 if data:
            bit = chance.integer(0, 8 * len(data) - 1)
            flipped = data[bit // 8] ^ 1 << bit % 8
            return data[: bit // 8] + bytes((flipped,)) + data[bit // 8 + 1 :]
        case 3:
            return data[:start] + chance.octets(0, 40) + data[end:]
        case 4:
            return data[:start] + data[end:]
        case 5:
            return data[:end] + data[start:]
        case _:
            return data[:start] + chance.one_of(CLAIMS) + data[start + 5 :]


def damaged_text(chance: Chance, data: bytes) -> bytes:
    """A character too many, in lines of text."""
    at = chance.integer(0, len(data))
    odd = chance.one_of(["\n", "\r", " ", "+", "=", "—", "\u2028", "\u0660", "\x00", "é"])
    return data[:at] + odd.encode() + data[at:]


def respelled_msgpack(chance: Chance, data: bytes) -> bytes:
    """One header byte in a longer spelling of the same."""
    at = chance.integer(0, len(data) - 1)
    first = data[at]
    if first < 0x80:
        longer = bytes((0xCC, first))
    elif first < 0x90:
        longer = bytes((0xDE, 0, first & 0x0F))
    elif first < 0xA0:
        longer = bytes((0xDC, 0, first & 0x0F))
    elif first < 0xC0:
        longer = bytes((0xD9, first & 0x1F))
    else:
        longer = bytes((first + 1, 0) if first < 0xFF else (first,))
    return data[:at] + longer + data[at + 1 :]


# Structure.


def damaged_msgpack(chance: Chance, data: bytes) -> bytes:
    """One part of the structure disturbed, and spelled with minimal lengths again."""
    return _put_together(disturbed(chance, _taken_apart(data), (*ALIENS, *ONLY_MSGPACK)))


def damaged_json(chance: Chance, data: bytes) -> bytes:
    """One part of the structure disturbed; or a name twice."""
    if chance.coin() and chance.coin():
        return data.replace(b"{", b'{"version": 1, ', chance.integer(1, 3))
    aliens = tuple(each for each in (*ALIENS, *ONLY_JSON) if not isinstance(each, bytes))
    tree = disturbed(chance, json.loads(data), aliens)
    return json.dumps(tree, ensure_ascii=chance.coin()).encode(errors="surrogatepass")


def disturbed(chance: Chance, tree: Any, aliens: tuple[Any, ...]) -> Any:
    """`tree` with one thing done to it, or to something in it."""
    if isinstance(tree, Inner):
        return Inner(disturbed(chance, tree.tree, aliens))
    if isinstance(tree, list | dict) and tree and chance.integer(0, 3):
        places = list(range(len(tree))) if isinstance(tree, list) else list(tree)
        place = chance.one_of(places)
        copy = tree.copy()
        copy[place] = disturbed(chance, tree[place], aliens)
        return copy
    match chance.integer(0, 3), tree:
        case 0, list() if tree:
            return _sides_changed(chance, tree)
        case 0, dict() if tree:
            return _names_changed(chance, tree)
        case 1, int() | bytes() | str():
            return _a_little_off(chance, tree)
        case 2, _:
            for _ in range(chance.one_of([1, 2, 17, 400])):
                tree = [tree] if isinstance(tree, list) else {"a": tree}
            return tree
        case _:
            return chance.one_of(aliens)


def _sides_changed(chance: Chance, tree: list[Any]) -> list[Any]:
    at, other = (chance.integer(0, len(tree) - 1) for _ in range(2))
    match chance.integer(0, 3):
        case 0:
            swapped = tree.copy()
            swapped[at], swapped[other] = tree[other], tree[at]
            return swapped
        case 1:
            return tree[:at] + tree[at + 1 :]
        case 2:
            return [*tree[:at], tree[other], *tree[at:]]
        case _:
            return tree * chance.one_of([2, 40, 2_000])


def _names_changed(chance: Chance, tree: dict[Any, Any]) -> dict[Any, Any]:
    name = chance.one_of(list(tree))
    match chance.integer(0, 3):
        case 0:
            return {key: value for key, value in tree.items() if key != name}
        case 1:
            return {**tree, f"{name}?": tree[name]}
        case 2:
            return dict(reversed(tree.items()))
        case _:
            return {(f"{key} " if key == name else key): value for key, value in tree.items()}


def _a_little_off(chance: Chance, leaf: Any) -> Any:
    if isinstance(leaf, int):
        return chance.one_of([leaf + 1, leaf - 1, -leaf, leaf * 2, 0.0 + (leaf % 8)])
    if isinstance(leaf, bytes):
        return chance.one_of([leaf[:-1], leaf + b"\0", leaf[::-1], leaf * 2, leaf.hex()])
    return chance.one_of([leaf[:-1], leaf + "x", leaf.upper(), leaf * 2, leaf + "\u0301"])


def _taken_apart(data: bytes) -> Any:
    """The msgpack in `data`; or, where there is none, the bytes as they are."""
    try:
        return _opened(msgpack.unpackb(data, strict_map_key=False))
    except (TypeError, ValueError, msgpack.UnpackException):
        # TypeError: a map whose key is an array; chance bytes say such things.
        return data


def _opened(tree: Any) -> Any:
    """The tree with byte strings that hold a msgpack array opened."""
    if isinstance(tree, list):
        return [_opened(each) for each in tree]
    if isinstance(tree, dict):
        return {key: _opened(value) for key, value in tree.items()}
    if isinstance(tree, bytes) and tree and (tree[0] & 0xF0 == 0x90 or tree[0] == 0xDC):
        inner = _taken_apart(tree)
        return tree if inner is tree else Inner(inner)
    return tree


def _put_together(tree: Any) -> bytes:
    return msgpack.packb(_closed(tree), use_bin_type=True)  # type: ignore[no-any-return]


def _closed(tree: Any) -> Any:
    if isinstance(tree, Inner):
        return _put_together(tree.tree)
    if isinstance(tree, list):
        return [_closed(each) for each in tree]
    if isinstance(tree, dict):
        return {key: _closed(value) for key, value in tree.items()}
    if isinstance(tree, int) and not -(2**63) <= tree < 2**64:
        return 0
    return tree
