"""Whatever bytes come, a decoder gives a value or one clear refusal; and a value has one spelling."""

import ast
import json
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ledger.core.canonical import decode_stored, encode
from tests.decoders.chance import Chance, Drawn
from tests.decoders.damage import (
    CLAIMS,
    damaged_bytes,
    damaged_json,
    damaged_msgpack,
    damaged_text,
    respelled_msgpack,
)
from tests.decoders.promise import refusal_of
from tests.decoders.registry import ALL, INSIDE, Decoder, Spelling
from tests.decoders.values import values

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
MEMORY_MAX = 16 * MIB
SLOWLY = (HealthCheck.too_slow, HealthCheck.data_too_large)
COMMON = settings(deadline=None, derandomize=True, suppress_health_check=SLOWLY)
FEW = settings(COMMON, max_examples=20)
MANY = settings(COMMON, max_examples=50)


def each(*spellings: Spelling) -> pytest.MarkDecorator:
    found = [decoder for decoder in ALL if not spellings or decoder.spelling in spellings]
    return pytest.mark.parametrize("decoder", found, ids=lambda decoder: decoder.name)


@each()
@FEW
@given(data=st.data())
def test_what_is_spelled_is_read_back(decoder: Decoder, data: st.DataObject) -> None:
    value = data.draw(decoder.values)
    spelled = decoder.spell(value)
    assert refusal_of(decoder, spelled) is None
    assert decoder.decode(spelled) == value or not decoder.whole


@each()
@MANY
@given(noise=st.binary(max_size=300))
def test_noise_is_refused_or_means_itself(decoder: Decoder, noise: bytes) -> None:
    refusal = refusal_of(decoder, noise)
    assert refusal is None or refusal.code


def damaged(
    decoder: Decoder, data: st.DataObject, damage: Callable[[Chance, bytes], bytes]
) -> bytes:
    """A good spelling, damaged; what stands before the msgpack of a frame is left alone."""
    spelled = decoder.spell(data.draw(decoder.values))
    kept = 1 if decoder.spelling is Spelling.FRAME else 0
    assume(len(spelled) > kept)
    return spelled[:kept] + damage(Drawn(data.draw), spelled[kept:])


@each()
@MANY
@given(data=st.data())
def test_damaged_bytes_are_refused_or_mean_themselves(
    decoder: Decoder, data: st.DataObject
) -> None:
    refusal = refusal_of(decoder, damaged(decoder, data, damaged_bytes))
    assert refusal is None or refusal.code


@each(Spelling.MSGPACK, Spelling.FRAME)
@MANY
@given(data=st.data())
def test_disturbed_structure_is_refused_or_means_itself(
    decoder: Decoder, data: st.DataObject
) -> None:
    refusal = refusal_of(decoder, damaged(decoder, data, damaged_msgpack))
    assert refusal is None or refusal.code


@each(Spelling.MSGPACK, Spelling.FRAME)
@FEW
@given(data=st.data())
def test_a_longer_spelling_is_refused_or_means_something_else(
    decoder: Decoder, data: st.DataObject
) -> None:
    refusal = refusal_of(decoder, damaged(decoder, data, respelled_msgpack))
    assert refusal is None or refusal.code


@each(Spelling.JSON)
@MANY
@given(data=st.data())
def test_disturbed_json_is_refused_or_means_itself(decoder: Decoder, data: st.DataObject) -> None:
    refusal = refusal_of(decoder, damaged(decoder, data, damaged_json))
    assert refusal is None or refusal.code


@each(Spelling.TEXT)
@MANY
@given(data=st.data())
def test_an_odd_character_in_a_line_is_refused_or_means_itself(
    decoder: Decoder, data: st.DataObject
) -> None:
    refusal = refusal_of(decoder, damaged(decoder, data, damaged_text))
    assert refusal is None or refusal.code


@each()
@settings(COMMON, max_examples=1)
@given(data=st.data())
def test_a_length_of_a_gibibyte_costs_no_memory(decoder: Decoder, data: st.DataObject) -> None:
    spelled = decoder.spell(data.draw(decoder.values))
    tracemalloc.start()
    try:
        for place in range(0, len(spelled) + 1, max(1, len(spelled) // 20)):
            for claim in CLAIMS:
                refusal_of(decoder, spelled[:place] + claim)
                refusal_of(decoder, spelled[:place] + claim + spelled[place + 5 :])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_MAX


# The properties themselves: each must see what it is there for.


def sloppy(decode: Callable[[bytes], Any]) -> Decoder:
    return Decoder("sloppy", decode, decode, encode, values)


@pytest.mark.parametrize(
    ("decoder", "data"),
    [
        (sloppy(msgpack.unpackb), b"\x92\x01"),
        (sloppy(int), "٣".encode()),
        (sloppy(lambda data: data[0]), b""),
        (sloppy(lambda data: json.loads(data)["a"]), b"{}"),
    ],
    ids=["foreign error", "error of the language", "no length check", "missing name"],
)
def test_an_error_without_a_code_is_seen(decoder: Decoder, data: bytes) -> None:
    with pytest.raises((ValueError, LookupError)):
        assert refusal_of(decoder, data)


def test_a_second_spelling_is_seen() -> None:
    """`decode_stored` does not judge again what was judged: a longer integer passes."""
    assert refusal_of(sloppy(decode_stored), encode((1, 2))) is None
    with pytest.raises(AssertionError, match="another spelling"):
        refusal_of(sloppy(decode_stored), b"\x92\xcc\x01\x02")


# The list itself.

NAMED = re.compile(r"_?(decode|parse|load)(_\w+)?|from_\w+|\w+_from(_\w+)?")
"""Functions that say by their name that they read what somebody else has spelled."""
SPELLED = {"bytes", "str", "Value", "JsonValue", "Sequence[bytes]"}
"""What such a function takes."""


def test_every_function_that_decodes_is_in_the_list() -> None:
    known = {f"{each.reads.__module__}.{each.reads.__qualname__}" for each in ALL} | set(INSIDE)
    found = set(decoding_functions())
    assert found - known == set(), "add these to tests/decoders/registry.py"
    assert set(INSIDE) <= found, "these are gone from the code"


def decoding_functions() -> list[str]:
    """Their full names, in `ledger` outside its own store, and in `consensus`."""
    names = []
    for package in ("ledger", "consensus"):
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if not module.startswith("ledger.store."):
                names += [f"{module}.{name}" for name in functions_in(path)]
    return names


def functions_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for each in inside:
            if isinstance(each, ast.FunctionDef) and decodes(each):
                found.append(prefix + each.name)
    return found


def decodes(function: ast.FunctionDef) -> bool:
    given = [each for each in function.args.args if each.arg != "self"]
    takes = given and given[0].annotation and ast.unparse(given[0].annotation)
    return bool(NAMED.fullmatch(function.name)) and takes in SPELLED


@pytest.mark.parametrize(
    ("code", "one"),
    [
        ("def decode_vote(data: bytes) -> Vote: ...", True),
        ("def _decode_entries(body: bytes) -> None: ...", True),
        ("def parse_head(text: str, cap: int) -> Head: ...", True),
        ("def receipt_from(value: JsonValue) -> Receipt: ...", True),
        ("def from_leaf(self, data: bytes) -> Leaf: ...", True),
        ("def decided(data: bytes) -> None: ...", False),
        ("def load_settings(path: Path) -> None: ...", False),
        ("def encode(value: Value) -> bytes: ...", False),
    ],
)
def test_the_guard_knows_a_decoder_when_it_sees_one(code: str, one: bool) -> None:
    function = ast.parse(code).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert decodes(function) is one
