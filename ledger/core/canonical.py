"""The one msgpack profile: strict encoding, strict decoding, every length capped.

One value has one spelling: decoding succeeds only where encoding the result gives the same bytes.
Long sequences (bundles, block payloads) are framed with `ledger.core.reader`, never decoded whole.
Spec: ``docs/spec/canonical.md``.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias, cast

import msgpack

from ledger.codes import Code
from ledger.core.unicode_text import check_text
from ledger.errors import FormatError

Value: TypeAlias = bool | int | bytes | str | Sequence["Value"] | Mapping[str, "Value"] | None
"""What may be encoded. Decoding gives tuples for arrays and dicts for maps."""

ARRAY_MAX: Final = 1024
"""Elements of one array: bounds what a lying length can make the decoder allocate (8 KiB)."""
MAP_MAX: Final = 256
DEPTH_MAX: Final = 16
INTEGER_MIN: Final = -(1 << 63)
INTEGER_MAX: Final = (1 << 64) - 1


def encode(value: Value) -> bytes:
    """The only spelling of `value`.

    Map keys are put in ascending UTF-8 order, whatever order they came in.

    Raises:
        FormatError: `format.not_allowed` for floats and other foreign types, `format.not_nfc`,
            `format.too_large`, `format.too_deep`.
    """
    return cast(bytes, msgpack.packb(_normal(value, 0), use_bin_type=True))


def decode(data: bytes, size_max: int) -> Value:
    """The value that `data` spells, or an error; nothing in between.

    Args:
        data: the bytes of exactly one value.
        size_max: cap in bytes, checked before anything is read.

    Raises:
        FormatError: `format.too_large`, `.truncated`, `.trailing`, `.not_allowed`, `.not_nfc`,
            `.duplicate`, `.not_canonical` or `.too_deep`.
    """
    if len(data) > size_max:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=size_max)
    value = _unpack(data)
    _check((value,), -1)
    if msgpack.packb(value, use_bin_type=True) != data:
        raise FormatError(Code.FORMAT_NOT_CANONICAL)
    return value


def decode_stored(data: bytes) -> Value:
    """The value of bytes that `decode` accepted before they were stored: not judged again.

    Raises:
        FormatError: where the bytes are not even msgpack, so that the store is damaged.
    """
    try:
        return cast(Value, msgpack.unpackb(data, raw=False, use_list=False))
    except (ValueError, msgpack.UnpackException) as problem:
        raise FormatError(Code.FORMAT_NOT_ALLOWED, type="stored") from problem


def _unpack(data: bytes) -> Value:
    """One call into msgpack with every length capped; its exceptions become stable codes."""
    try:
        return cast(
            Value,
            msgpack.unpackb(
                data,
                raw=False,
                use_list=False,
                strict_map_key=True,
                object_pairs_hook=_ascending,
                max_array_len=ARRAY_MAX,
                max_map_len=MAP_MAX,
                max_str_len=len(data),
                max_bin_len=len(data),
                max_ext_len=0,
            ),
        )
    except FormatError:
        raise
    except msgpack.ExtraData as problem:
        raise FormatError(Code.FORMAT_TRAILING) from problem
    except msgpack.StackError as problem:
        raise FormatError(Code.FORMAT_TOO_DEEP, limit=DEPTH_MAX) from problem
    except UnicodeDecodeError as problem:
        raise FormatError(Code.FORMAT_NOT_ALLOWED, type="utf-8") from problem
    except (msgpack.FormatError, ValueError) as problem:
        raise _named(problem) from problem


def _named(problem: Exception) -> FormatError:
    """Msgpack tells its failures apart by text only; this is the one place that reads it."""
    text = str(problem)
    if "incomplete" in text:
        return FormatError(Code.FORMAT_TRUNCATED)
    if "max_ext_len" in text:
        return FormatError(Code.FORMAT_NOT_ALLOWED, type="ext")
    for name, limit in (("max_array_len", ARRAY_MAX), ("max_map_len", MAP_MAX)):
        if name in text:
            size = int(text.split(maxsplit=1)[0])
            return FormatError(Code.FORMAT_TOO_LARGE, size=size, limit=limit)
    if "exceeds" in text:
        return FormatError(Code.FORMAT_TRUNCATED)
    return FormatError(Code.FORMAT_NOT_ALLOWED, type="map key" if "map" in text else "byte")


def _ascending(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    """A map whose keys came strictly ascending; code point order is UTF-8 order."""
    for (before, _), (after, _) in itertools.pairwise(pairs):
        if type(before) is not str or type(after) is not str:
            raise FormatError(Code.FORMAT_NOT_ALLOWED, type="map key")
        if before == after:
            raise FormatError(Code.FORMAT_DUPLICATE, key=after[:64])
        if before > after:
            raise FormatError(Code.FORMAT_NOT_CANONICAL)
    return dict(pairs)


def _check(items: Iterable[Value], depth: int) -> None:
    """Require of what `_unpack` gave all of the profile but its spelling; makes nothing new.

    Lengths, the width of integers and the order of keys were checked while it was unpacked.
    """
    if depth >= DEPTH_MAX:
        raise FormatError(Code.FORMAT_TOO_DEEP, limit=DEPTH_MAX)
    for item in items:
        kind = type(item)
        if kind is bytes or kind is int or item is None or kind is bool:
            continue
        if kind is str:
            check_text(cast(str, item))
        elif not item and depth + 1 < DEPTH_MAX and (kind is tuple or kind is dict):
            continue
        elif kind is tuple:
            _check(cast(Sequence[Value], item), depth + 1)
        elif kind is dict:
            pairs = cast(Mapping[str, Value], item)
            if not all(type(key) is str for key in pairs):
                raise FormatError(Code.FORMAT_NOT_ALLOWED, type="map key")
            _check(itertools.chain.from_iterable(pairs.items()), depth + 1)
        else:
            raise FormatError(Code.FORMAT_NOT_ALLOWED, type=kind.__name__)


def _normal(value: Value, depth: int) -> Value:
    """`value` with sorted maps, after every rule of the profile was checked."""
    kind = type(value)
    if kind is bytes or value is None or kind is bool:
        return value
    if kind is str:
        return check_text(cast(str, value))
    if kind is int:
        if not INTEGER_MIN <= cast(int, value) <= INTEGER_MAX:
            raise FormatError(Code.FORMAT_NOT_ALLOWED, type="integer beyond 64 bits")
        return value
    if depth >= DEPTH_MAX:
        raise FormatError(Code.FORMAT_TOO_DEEP, limit=DEPTH_MAX)
    if kind is tuple or kind is list:
        items = cast(Sequence[Value], value)
        if len(items) > ARRAY_MAX:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=len(items), limit=ARRAY_MAX)
        deeper = depth + 1
        return [item if type(item) is bytes else _normal(item, deeper) for item in items]
    if isinstance(value, Mapping):
        return _normal_map(value, depth)
    if isinstance(value, str):
        return check_text(str(value))
    raise FormatError(Code.FORMAT_NOT_ALLOWED, type=kind.__name__)


def _normal_map(value: Mapping[str, Value], depth: int) -> dict[str, Value]:
    """The map with its keys in ascending order."""
    if len(value) > MAP_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(value), limit=MAP_MAX)
    for key in value:
        if not isinstance(key, str):
            raise FormatError(Code.FORMAT_NOT_ALLOWED, type="map key")
    return {check_text(key): _normal(value[key], depth + 1) for key in sorted(value)}
