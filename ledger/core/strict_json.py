"""Strict JSON for the files that people keep: receipts, openings, batch proofs, trust roots.

Whitespace and the order of names are free, because tools rewrite them; everything else has one
spelling: exact names, no duplicates, no floats, lower-case hex for digests and ids, padded standard
base64 for whole byte strings. Never guesses, never ignores a name. Spec: ``docs/spec/receipt.md``.
"""

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, cast

from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, Digest
from ledger.errors import FormatError
from ledger.json_objects import check_nesting, distinct

JsonValue: TypeAlias = bool | int | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None

ITEMS_MAX: Final = 16_384
"""Values in one file: bounds what brackets alone can make the parser allocate (about 2 MiB)."""
DEPTH_MAX: Final = 32
"""How deep arrays and objects may nest: what no parser of another language refuses."""
PATH_MAX: Final = 63
"""Hashes in one RFC 6962 path: a log has fewer than 2**63 leaves."""
INTEGER_MAX: Final = (1 << 63) - 1
_DIGITS_MAX: Final = len(str(INTEGER_MAX))
_HEX: Final = re.compile("[0-9a-f]*")


def load(data: bytes, size_max: int) -> JsonValue:
    """The JSON value that `data` spells.

    Args:
        data: UTF-8 without byte order mark.
        size_max: cap in bytes, checked before anything is read.

    Raises:
        FormatError: `format.too_large`, `.json`, `.duplicate`, `.not_allowed` or `.too_deep`.
    """
    if len(data) > size_max:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=size_max)
    items = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    if items > ITEMS_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=items, limit=ITEMS_MAX)
    try:
        loaded = json.loads(
            data.decode(),
            object_pairs_hook=distinct,
            parse_int=_integer,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except RecursionError as problem:
        raise FormatError(Code.FORMAT_TOO_DEEP, limit=DEPTH_MAX) from problem
    except ValueError as problem:
        raise FormatError(Code.FORMAT_JSON, reason=str(problem)[:100]) from problem
    check_nesting(data, loaded, DEPTH_MAX)
    return cast(JsonValue, loaded)


def dump(value: JsonValue) -> bytes:
    """`value` as people like to open it: indented, UTF-8, one newline at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def table(value: JsonValue, what: str, names: Sequence[str]) -> Mapping[str, JsonValue]:
    """An object with exactly these names.

    Raises:
        FormatError: `format.shape`, naming the first name that is missing or unknown.
    """
    if type(value) is not dict:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    odd = sorted(set(value) ^ set(names))
    if odd:
        raise FormatError(Code.FORMAT_SHAPE, what=f"{what}.{odd[0][:64]}")
    return cast(Mapping[str, JsonValue], value)


def versioned(
    value: JsonValue, word: str, version: int, names: Sequence[str]
) -> Sequence[JsonValue]:
    """The values of an object ``{"format": word, "version": version, …names}``, in that order.

    Raises:
        FormatError: `format.version` for another version, `format.shape` for all else.
    """
    if type(value) is not dict or value.get("format") != word:
        raise FormatError(Code.FORMAT_SHAPE, what=word)
    found = integer(value.get("version"), "version")
    if found != version:
        raise FormatError(Code.FORMAT_VERSION, found=found, known=version)
    fields = table(value, word, ("format", "version", *names))
    return [fields[name] for name in names]


def listing(value: JsonValue, what: str, count_max: int) -> Sequence[JsonValue]:
    """An array of at most `count_max` values."""
    if type(value) is not list or len(value) > count_max:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return cast(Sequence[JsonValue], value)


def integer(value: JsonValue, what: str, least: int = 0, most: int = INTEGER_MAX) -> int:
    """An integer in ``least … most``; never a boolean."""
    if type(value) is not int or not least <= value <= most:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return value


def text(value: JsonValue, what: str, size_max: int) -> str:
    """Text of at most `size_max` characters."""
    if type(value) is not str or len(value) > size_max:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return value


def octets_hex(value: JsonValue, what: str, size: int) -> bytes:
    """Exactly `size` bytes as lower-case hex."""
    spelled = text(value, what, 2 * size)
    if len(spelled) != 2 * size or _HEX.fullmatch(spelled) is None:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return bytes.fromhex(spelled)


def digest(value: JsonValue, what: str) -> Digest:
    """32 bytes as lower-case hex."""
    return Digest(octets_hex(value, what, DIGEST_BYTES))


def octets(value: JsonValue, what: str, size_max: int) -> bytes:
    """A whole byte string of at most `size_max` bytes as padded standard base64."""
    spelled = text(value, what, (size_max + 2) // 3 * 4)
    try:
        data = b64decode(spelled, validate=True)
    except (Base64Error, ValueError) as problem:
        raise FormatError(Code.FORMAT_SHAPE, what=what) from problem
    if len(data) > size_max or base64(data) != spelled:
        raise FormatError(Code.FORMAT_SHAPE, what=what)
    return data


def base64(data: bytes) -> str:
    """A whole byte string as padded standard base64."""
    return b64encode(data).decode()


def path(value: JsonValue, what: str) -> tuple[Digest, ...]:
    """An RFC 6962 path: hashes as hex, from the leaf upwards."""
    return tuple(digest(each, what) for each in listing(value, what, PATH_MAX))


def path_value(hashes: Sequence[bytes]) -> JsonValue:
    """An RFC 6962 path as JSON."""
    return [each.hex() for each in hashes]


def _integer(spelled: str) -> int:
    if spelled == "-0":
        raise FormatError(Code.FORMAT_NOT_ALLOWED, type=spelled)
    # As long as the largest is long, at most: longer ones need not even be read.
    value = int(spelled) if len(spelled) <= _DIGITS_MAX else -1
    if not 0 <= value <= INTEGER_MAX:
        raise FormatError(Code.FORMAT_SHAPE, what="integer")
    return value


def _no_float(spelled: str) -> JsonValue:
    raise FormatError(Code.FORMAT_NOT_ALLOWED, type=spelled[:32])
