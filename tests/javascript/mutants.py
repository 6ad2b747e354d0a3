"""Files from a stranger: what holds, changed at random in ways that know how it is built.

Everything follows from one seed. A change is made to the text, to the JSON values, to the bytes
inside them, or to the canonical values inside those, which are then spelled anew in the one right
way: so that a change reaches the check that it is about, instead of failing at the spelling.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ledger.core.canonical import decode, encode
from ledger.errors import LedgerError
from tests.vectors.reading import VECTORS

CHANGES = (1, 1, 1, 2, 3)
MEANT = 0.9
"""How often a change is made to what a check rests on, and not just anywhere."""
PROOFS = 0.2
"""How many receipts come as a tlog-proof."""
SHORT = 18
"""No longer texts are words, such as the name of the format."""
ODD_INTEGERS = (0, 1, 2, 3, 7, 8, 255, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64)
ODD_VALUES: tuple[Any, ...] = (None, True, False, "", "x", [], {}, -1, "00" * 32, "AA==")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One file, and the trust root under which it is judged."""

    trust: str
    """By its name in ``receipt/trusts.json``."""
    data: bytes


def mutants(seed: int, count: int) -> Iterator[Mutant]:
    """`count` files, each changed in one to three places."""
    chance = random.Random(seed)
    whole = list(_originals())
    parts = [value for _, value in whole]
    for _ in range(count):
        trust, value = chance.choice(whole)
        bent = json.loads(json.dumps(value))
        for _ in range(chance.choice(CHANGES)):
            bent = changed(bent, parts, chance)
        yield Mutant(trust, _spelled(bent, chance))


def _originals() -> Iterator[tuple[str, Any]]:
    """What holds under one of the trust roots, by kind equally often."""
    four = "four departments"
    for name in ("receipt/accepted", "receipt/sealed_accepted", "receipt/outside_accepted"):
        for case in _read(name):
            yield case["trust"], case["receipt"]
    for name, word in (
        ("openings/batch_proofs", "proof"),
        ("bid_proof/proofs", "proof"),
        ("sealed/files", "file"),
        ("status_answer/answers", "answer"),
    ):
        for case in [each for each in _read(name) if not each["code"]][:6]:
            yield four, case[word]
    receipts = {case["record_id"]: case["receipt"] for case in _read("receipt/accepted")}
    for case in _read("openings/openings"):
        openings = case["openings"]
        if case["code"] is None and openings["record_id"] in receipts:
            yield four, openings | {"receipt": receipts[openings["record_id"]]}


def _read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def changed(value: Any, parts: list[Any], chance: random.Random) -> Any:
    """`value` with one thing in it changed; parts are taken from other files that hold."""
    places = list(_places(value))
    told = [place for place in places if _spells(place[0][place[1]])]
    holder, name = chance.choice(told if told and chance.random() < MEANT else places)
    how = chance.random()
    if how < 0.2:
        _take(holder, name, chance.choice(parts), chance)
    elif how < 0.25:
        _move(holder, name, chance)
    elif how < 0.3:
        holder[name] = _odd(holder[name], chance)
    else:
        holder[name] = _inside(holder[name], chance)
    return value


def _spells(value: Any) -> bool:
    """Whether a value says something that a check may rest on."""
    return type(value) is int or (isinstance(value, str) and len(value) > SHORT)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that can be set: (the object or array, the name or index)."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _take(holder: Any, name: Any, other: Any, chance: random.Random) -> None:
    """Take the value of the same name out of another file that holds."""
    same = [each for each, key in _places(other) if key == name and isinstance(name, str)]
    if same:
        holder[name] = json.loads(json.dumps(chance.choice(same)[name]))


def _move(holder: Any, name: Any, chance: random.Random) -> None:
    """Leave out, double or exchange an item of an array; leave out or rename a name."""
    if isinstance(holder, list):
        other = chance.randrange(len(holder))
        how = chance.randrange(3)
        if how == 0:
            del holder[name]
        elif how == 1:
            holder.insert(other, holder[name])
        else:
            holder[name], holder[other] = holder[other], holder[name]
        return
    taken = holder.pop(name)
    if chance.random() < 0.5:
        holder[chance.choice(("", "else", name.upper()))] = taken


def _odd(value: Any, chance: random.Random) -> Any:
    """Something that stands there seldom."""
    if type(value) is int and chance.random() < 0.8:
        return chance.choice((value + 1, value - 1, *ODD_INTEGERS))
    return chance.choice(ODD_VALUES)


def _inside(value: Any, chance: random.Random) -> Any:
    """The same value with something changed inside what it spells."""
    if not isinstance(value, str) or not value:
        return _odd(value, chance)
    if "\n" in value:
        return _in_note(value, chance)
    if len(value) % 2 == 0 and set(value) <= set("0123456789abcdef"):
        return changed_bytes(bytes.fromhex(value), chance).hex()
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        return _in_text(value, chance)
    return base64.b64encode(_in_canonical(data, chance)).decode()


def _in_note(note: str, chance: random.Random) -> str:
    """A note with its lines moved, doubled, or changed."""
    lines = note.split("\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    changes: tuple[Callable[[], object], ...] = (
        lambda: lines.pop(at),
        lambda: lines.insert(other, lines[at]),
        lambda: lines.__setitem__(at, lines[other]),
        lambda: lines.__setitem__(at, _in_text(lines[at], chance)),
        lambda: lines.__setitem__(1, str(chance.choice(ODD_INTEGERS))),
    )
    chance.choice(changes)()
    return "\n".join(lines)


def _in_text(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    odd = chance.choice(
        ("", " ", "\n", "é", "e\u0301", "\x00", "\ufeff", "\U0001e4ee", "=", "+", "7")
    )
    return text[:at] + odd + text[at + chance.randrange(2) :]


def changed_bytes(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one more, one less, or a bit flipped."""
    if not data or chance.random() < 0.1:
        return data + b"\x00"
    if chance.random() < 0.1:
        return data[:-1]
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _in_canonical(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a bit flipped, or the value in them changed and spelled again."""
    if chance.random() < 0.3:
        return changed_bytes(data, chance)
    try:
        value = _changed_value(decode(data, len(data)), chance)
        return encode(value)
    except LedgerError:
        return changed_bytes(data, chance)


def _changed_value(value: Any, chance: random.Random) -> Any:
    """A canonical value with one thing in it changed."""
    if isinstance(value, tuple) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        if chance.random() < 0.1:
            return value[:at] + value[at + 1 :]
        return (*value[:at], _changed_value(value[at], chance), *value[at + 1 :])
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        return value | {name: _changed_value(value[name], chance)}
    if isinstance(value, bytes) and chance.random() < 0.9:
        return changed_bytes(value, chance)
    if isinstance(value, str) and chance.random() < 0.9:
        return _in_text(value, chance)
    if type(value) is int and chance.random() < 0.9:
        return chance.choice((value + 1, value - 1, *ODD_INTEGERS))
    return chance.choice((None, True, 0, "", b"", (), {}, "network", bytes(32), (None,) * 4))


def _spelled(value: Any, chance: random.Random) -> bytes:
    """The file's text: as a tool might write it, and now and then changed as bytes."""
    if value.get("format") == "bidwitness.receipt" and chance.random() < PROOFS:
        return _as_proof(value, chance)
    indent = chance.choice((None, None, 2))
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5, indent=indent).encode(
        "utf-8", "surrogatepass"
    )
    if chance.random() < 0.04:
        at = chance.randrange(len(text))
        odd = chance.choice((b"", b"0", b'"', b",", b"}", b".0", b"-", b"\\u00e9", b"\xff", b"e1"))
        text = text[:at] + odd + text[at + chance.randrange(3) :]
    return text


def _as_proof(receipt: Any, chance: random.Random) -> bytes:
    """The receipt as a tlog-proof; what is not there to be told again is told wrongly."""
    text = json.dumps(receipt, ensure_ascii=False, indent=2) + "\n"
    entry = receipt.get("entry")
    told = entry if isinstance(entry, dict) else {}
    hashes = told.get("path")
    path = [each for each in hashes if isinstance(each, str)] if isinstance(hashes, list) else []
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {base64.b64encode(text.encode('utf-8', 'surrogatepass')).decode()}",
        f"index {told.get('index')}",
        *(base64.b64encode(_hex(each)).decode() for each in path),
        "",
        str(receipt.get("checkpoint")),
    ]
    if chance.random() < 0.2:
        at = chance.randrange(len(lines))
        lines[at] = _in_text(lines[at], chance)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode("utf-8", "surrogatepass")
