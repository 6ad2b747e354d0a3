"""Canonical msgpack: values with their only spelling, and spellings that are refused."""

import sys
import unicodedata

from ledger.codes import Code
from ledger.core.canonical import Value, encode
from ledger.core.unicode_text import check_text
from ledger.errors import FormatError
from tests.vectors.generate.spelling import Case, Cases, refused, told

VALUES: list[tuple[str, Value, str]] = [
    ("nil", None, "c0"),
    ("false", False, "c2"),
    ("true", True, "c3"),
    ("zero", 0, "00"),
    ("largest of 7 bits", 127, "7f"),
    ("smallest of 8 bits", 128, "cc80"),
    ("largest of 8 bits", 255, "ccff"),
    ("smallest of 16 bits", 256, "cd0100"),
    ("largest of 16 bits", 65535, "cdffff"),
    ("smallest of 32 bits", 65536, "ce00010000"),
    ("largest of 32 bits", 2**32 - 1, "ceffffffff"),
    ("smallest of 64 bits", 2**32, "cf0000000100000000"),
    ("largest integer", 2**64 - 1, "cfffffffffffffffff"),
    ("minus one", -1, "ff"),
    ("lowest of one byte", -32, "e0"),
    ("below one byte", -33, "d0df"),
    ("lowest of int 8", -128, "d080"),
    ("below int 8", -129, "d1ff7f"),
    ("lowest of int 16", -32768, "d18000"),
    ("below int 16", -32769, "d2ffff7fff"),
    ("lowest of int 32", -(2**31), "d280000000"),
    ("below int 32", -(2**31) - 1, "d3ffffffff7fffffff"),
    ("lowest integer", -(2**63), "d38000000000000000"),
    ("empty text", "", "a0"),
    ("ascii", "tender", "a674656e646572"),
    ("chinese", "招标", "a6e68b9be6a087"),
    ("nfc", "é", "a2c3a9"),
    ("text of 31 bytes", "a" * 31, "bf" + "61" * 31),
    ("text of 32 bytes", "a" * 32, "d920" + "61" * 32),
    ("text of 256 bytes", "a" * 256, "da0100" + "61" * 256),
    ("control character", "\x00", "a100"),
    ("beyond the basic plane", "𠮷", "a4f0a0aeb7"),
    ("no bytes", b"", "c400"),
    ("bytes", b"\x00\xff", "c40200ff"),
    ("bytes of 255", bytes(255), "c4ff" + "00" * 255),
    ("bytes of 256", bytes(256), "c50100" + "00" * 256),
    ("empty array", (), "90"),
    ("array of 15", (0,) * 15, "9f" + "00" * 15),
    ("array of 16", (0,) * 16, "dc0010" + "00" * 16),
    ("array of 1024", (0,) * 1024, "dc0400" + "00" * 1024),
    ("array in array", ((), (None,)), "929091c0"),
    ("empty map", {}, "80"),
    ("map in ascending order", {"a": 1, "b": 2}, "82a16101a16202"),
    ("shorter key first", {"a": 1, "aa": 2}, "82a16101a2616102"),
    ("capital before small", {"B": 1, "a": 2}, "82a14201a16102"),
    ("utf-8 order is code point order", {"￥": 1, "𠮷": 2}, "82a3efbfa501a4f0a0aeb702"),
    ("ideograph of unicode 13", "\U00030000", "a4f0b08080"),
    ("private use", "\ue000", "a3ee8080"),
    ("line end and wide space", "甲\n\u3000乙", "aae794b20ae38080e4b999"),
    ("empty key", {"": 0}, "81a000"),
]

REFUSED: list[tuple[str, str, str]] = [
    ("nothing", "", "format.truncated"),
    ("text without its bytes", "a568", "format.truncated"),
    ("text length without its bytes", "d9", "format.truncated"),
    ("array without its items", "9300", "format.truncated"),
    ("map without its value", "81a161", "format.truncated"),
    ("integer without its bytes", "cd01", "format.truncated"),
    ("second value", "c0c0", "format.trailing"),
    ("float 32", "ca00000000", "format.not_allowed"),
    ("float 64", "cb0000000000000000", "format.not_allowed"),
    ("float that is a whole number", "cb3ff0000000000000", "format.not_allowed"),
    ("not a number", "cb7ff8000000000000", "format.not_allowed"),
    ("fixext 1", "d40100", "format.not_allowed"),
    ("fixext 16", "d801" + "00" * 16, "format.not_allowed"),
    ("ext 8", "c7010100", "format.not_allowed"),
    ("timestamp", "d6ff00000000", "format.not_allowed"),
    ("reserved byte", "c1", "format.not_allowed"),
    ("duplicate key", "82a16101a16102", "format.duplicate"),
    ("descending keys", "82a16202a16101", "format.not_canonical"),
    ("integer key", "810102", "format.not_allowed"),
    ("two integer keys", "8201020304", "format.not_allowed"),
    ("bytes key", "81c4016101", "format.not_allowed"),
    ("two bytes keys", "82c4016101c4016202", "format.not_allowed"),
    ("nil key", "81c001", "format.not_allowed"),
    ("array key", "819001", "format.not_allowed"),
    ("7 bits in 8", "cc7f", "format.not_canonical"),
    ("8 bits in 16", "cd00ff", "format.not_canonical"),
    ("16 bits in 32", "ce0000ffff", "format.not_canonical"),
    ("32 bits in 64", "cf00000000ffffffff", "format.not_canonical"),
    ("small negative in int 8", "d0ff", "format.not_canonical"),
    ("positive as int 8", "d07f", "format.not_canonical"),
    ("positive as int 16", "d10100", "format.not_canonical"),
    ("positive as int 64", "d30000000100000000", "format.not_canonical"),
    ("int 8 in int 16", "d1ff80", "format.not_canonical"),
    ("short text as str 8", "d90161", "format.not_canonical"),
    ("short text as str 16", "da000161", "format.not_canonical"),
    ("short text as str 32", "db0000000161", "format.not_canonical"),
    ("short bytes as bin 16", "c5000161", "format.not_canonical"),
    ("short bytes as bin 32", "c60000000161", "format.not_canonical"),
    ("short array as array 16", "dc000100", "format.not_canonical"),
    ("short array as array 32", "dd0000000100", "format.not_canonical"),
    ("short map as map 16", "de0001a16100", "format.not_canonical"),
    ("short map as map 32", "df00000001a16100", "format.not_canonical"),
    ("depth 17", "91" * 17 + "90", "format.too_deep"),
    ("depth 17 in maps", "81a161" * 17 + "90", "format.too_deep"),
    ("map 17 deep", "81a161" * 17 + "c0", "format.too_deep"),
    ("depth 2000", "91" * 2000 + "90", "format.too_deep"),
    ("array of 1025", "dc0401" + "00" * 1025, "format.too_large"),
    (
        "map of 257",
        "de0101" + "".join(f"a3{f'{i:03}'.encode().hex()}00" for i in range(257)),
        "format.too_large",
    ),
    ("text of 2**30 claimed", "db40000000", "format.truncated"),
    ("bytes of 2**30 claimed", "c640000000", "format.truncated"),
    ("array of 2**30 claimed", "dd40000000", "format.too_large"),
    ("map of 2**30 claimed", "df40000000", "format.too_large"),
    ("ext of 2**30 claimed", "c94000000001", "format.truncated"),
    ("array of 2**32 - 1 claimed", "ddffffffff", "format.too_large"),
    ("not nfc", "a365cc81", "format.not_nfc"),
    ("key not nfc", "81a365cc8100", "format.not_nfc"),
    ("compatibility form is nfc but decomposed hangul is not", "a6e18480e185a1", "format.not_nfc"),
    ("combining mark of unicode 15", "a4f09e93ae", "format.not_allowed"),
    ("marks that only unicode 15 would reorder", "a861cc81f09e93ae62", "format.not_allowed"),
    ("ideograph of unicode 15", "a4f0b18d90", "format.not_allowed"),
    ("character that no version assigns", "a2cdb8", "format.not_allowed"),
    ("noncharacter", "a3efbfbf", "format.not_allowed"),
    ("noncharacter in the arabic block", "a3efb790", "format.not_allowed"),
    ("behind the last hangul syllable", "a3ed9ea4", "format.not_allowed"),
    ("behind the last ideograph of the first plane", "a3efab9a", "format.not_allowed"),
    ("behind the last of extension B", "a4f0aa9ba0", "format.not_allowed"),
    ("behind the last variation selector", "a4f3a087b0", "format.not_allowed"),
    ("first of an empty plane", "a4f1808080", "format.not_allowed"),
    ("singleton that normalises to another", "a3e284a6", "format.not_nfc"),
    ("last code point", "a4f48fbfbf", "format.not_allowed"),
    ("key with an unassigned character", "81a2cdb800", "format.not_allowed"),
    ("not utf-8", "a1ff", "format.not_allowed"),
    ("overlong utf-8", "a2c080", "format.not_allowed"),
    ("surrogate in utf-8", "a3eda080", "format.not_allowed"),
    ("utf-8 cut in the middle", "a2e68b", "format.not_allowed"),
]


def vectors() -> dict[str, Cases]:
    """`values.json` and `refused.json`."""
    values: Cases = [_value(name, value, data) for name, value, data in VALUES]
    deep: Value = None
    for _ in range(16):
        deep = (deep,)
    values.append(_value("arrays 16 deep", deep, "91" * 16 + "c0"))
    text = _boundaries()
    spelled = f"da{len(text.encode()):04x}{text.encode().hex()}"
    values.append(_value("first and last of each run of unicode 14", text, spelled))
    return {
        "canonical/values.json": values,
        "canonical/refused.json": [
            refused(name, bytes.fromhex(data), code) for name, data, code in REFUSED
        ],
    }


def _boundaries() -> str:
    """The ends of every run of assigned characters, where in normal form, each behind a newline."""
    runs = assigned_runs()
    ends = [chr(point) for run in runs for point in run]
    return "".join(f"\n{each}" for each in ends if unicodedata.is_normalized("NFC", each))


def assigned_runs() -> list[tuple[int, int]]:
    """First and last code point of each run that Unicode 14.0 assigns."""
    runs: list[tuple[int, int]] = []
    for point in range(sys.maxunicode + 1):
        try:
            check_text(chr(point))
        except FormatError as problem:
            if problem.code is not Code.FORMAT_NOT_NFC:
                continue
        if runs and runs[-1][1] == point - 1:
            runs[-1] = (runs[-1][0], point)
        else:
            runs.append((point, point))
    return runs


def _value(name: str, value: Value, data: str) -> Case:
    if encode(value).hex() != data:
        raise SystemExit(f"{name}: {encode(value).hex()} is not {data}")
    return {"name": name, "value": told(value), "data": data}
