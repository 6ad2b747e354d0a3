"""Files that people keep, as text: trust roots, and what is refused before anything is judged."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ledger.core.bid_proof import BidProof
from ledger.core.canonical import encode
from ledger.core.openings import Openings, commit_fields
from ledger.core.strict_json import ITEMS_MAX, base64
from tests.vectors.generate import status_answers
from tests.vectors.generate.bid_proofs import World as BidWorld
from tests.vectors.generate.files import FIELDS, batch_cases
from tests.vectors.generate.sealed import SYSTEM
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import SmallNetwork, nonce, small_record

Change = Callable[[dict[str, Any]], object]


def vectors() -> dict[str, Cases]:
    """`genesis/trust_files.json` and `verifying/refused_files.json`."""
    return {
        "genesis/trust_files.json": _trust_files(),
        "verifying/refused_files.json": [
            *_no_kind(),
            *_openings(),
            *_batch_proofs(),
            *_sealed_and_bid_proofs(),
            *_status_answers(),
        ],
    }


def _changed(value: Any, change: Change) -> str:
    copy: dict[str, Any] = json.loads(json.dumps(value))
    change(copy)
    return json.dumps(copy, ensure_ascii=False)


def _trust_files() -> Cases:
    good = json.loads(SmallNetwork().trust.encode())
    bare = json.dumps(good | {"words": {"x": 0}})
    marks = sum(map(bare.count, ",[{"))

    def case(name: str, change: Change | str, code: str | None = None) -> Case:
        text = change if isinstance(change, str) else _changed(good, change)
        return {"name": name, "text": text, "code": code}

    def worded(name: str, word: str, code: str | None = None) -> Case:
        """One word, spelled so."""
        text = _changed(good, lambda v: v.update(words={"x": 0}))
        return case(name, text.replace('{"x": 0}', f'{{"x": {word}}}'), code)

    def filled(count: int) -> str:
        """An array with which the file has so many values."""
        return "[" + ",".join(["0"] * (count - marks)) + "]"

    genesis = good["genesis"]
    return [
        case("as this software writes it", json.dumps(good, ensure_ascii=False, indent=2)),
        case("without words", lambda v: v.update(words={})),
        case("names in another order", json.dumps(dict(reversed(good.items())))),
        worded("words of any kind", '[null, true, {"\\ud834\\udd1e": "\\u0000"}, "\u0378"]'),
        worded("largest number in words", str((1 << 63) - 1)),
        worded("exactly 16,384 values", filled(ITEMS_MAX)),
        worded("16,385 values", filled(ITEMS_MAX + 1), "format.too_large"),
        worded("commas in a text are counted", f'"{"," * ITEMS_MAX}"', "format.too_large"),
        worded("words 33 deep", "[" * 31 + "]" * 31, "format.too_deep"),
        worded("words 32 deep", "[" * 30 + "]" * 30),
        worded("a number below 0 in words", "-1", "format.shape"),
        worded("2^63 in words", str(1 << 63), "format.shape"),
        worded("2^64 in words", str(1 << 64), "format.shape"),
        worded("a fraction in words", "1.5", "format.not_allowed"),
        worded("minus zero in words", "-0", "format.not_allowed"),
        worded("half a surrogate pair in words", '"\\ud800"', "format.not_allowed"),
        worded("the halves of a pair in the wrong order", '"\\udd1e\\ud834"', "format.not_allowed"),
        worded("a word twice", '0, "\\u0078": 1', "format.duplicate"),
        case("words are an array", lambda v: v.update(words=[]), "trust.invalid"),
        case("no words at all", lambda v: v.pop("words"), "format.shape"),
        case("an unknown name", lambda v: v.update(extra=1), "format.shape"),
        case("another format", lambda v: v.update(format="bidwitness.receipt"), "format.shape"),
        case("version 3", lambda v: v.update(version=3), "format.version"),
        case("version 2 without anchors", lambda v: v.update(version=2), "format.shape"),
        case("genesis without padding", lambda v: v.update(genesis=genesis[:-1]), "format.shape"),
        case("genesis is nil", lambda v: v.update(genesis=None), "format.shape"),
        case("genesis truncated", lambda v: v.update(genesis=genesis[:-4]), "format.truncated"),
        case("byte order mark", "\ufeff" + json.dumps(good), "format.json"),
    ]


def _refused(kind: str, good: Any, changes: dict[str, tuple[Change, str]]) -> Iterator[Case]:
    """Ways that every kind of file has to be none, and those of this kind."""
    name = next(each for each in good if each not in {"format", "version"})
    common: dict[str, tuple[Change, str]] = {
        "an unknown name": (lambda v: v.update(extra=1), "format.shape"),
        "a missing name": (lambda v: v.pop(name), "format.shape"),
        "version 2": (lambda v: v.update(version=2), "format.version"),
        "version as text": (lambda v: v.update(version="1"), "format.shape"),
    }
    for what, (change, code) in (common | changes).items():
        yield {"name": f"{kind}: {what}", "text": _changed(good, change), "step": 0, "code": code}


def _no_kind() -> Cases:
    files = {
        "no object": ("[]", "format.shape"),
        "no format": ("{}", "format.shape"),
        "an unknown format": ('{"format": "bidwitness.else", "version": 1}', "format.shape"),
        "format is a number": ('{"format": 1, "version": 1}', "format.shape"),
        "a trust root": (SmallNetwork().trust.encode().decode(), "format.shape"),
        "nothing": ("", "format.json"),
    }
    return [
        {"name": name, "text": text, "step": 0, "code": code}
        for name, (text, code) in files.items()
    ]


def _put(name: str, value: Any) -> tuple[Change, str]:
    return (lambda v: v.update({name: value})), "format.shape"


def _openings() -> Iterator[Case]:
    salts = {name: nonce(f"salt {name}") for name in FIELDS}
    private, openings = commit_fields(SYSTEM, FIELDS, salts)
    record = small_record("private", private=private)
    good = json.loads(Openings(record.record_id, openings).encode())
    one = good["openings"][0]

    def first(**parts: Any) -> tuple[Change, str]:
        return _put("openings", [one | parts])

    def named(*names: str) -> tuple[Change, str]:
        return _put("openings", [one | {"name": name} for name in names])

    loose = base64(b"\xcc\x01")
    many = [f"{place:03}" for place in range(257)]
    return _refused("openings", good, {
        "none": _put("openings", []),
        "257": named(*many),
        "names descend": named("b", "a"),
        "a name twice": named("a", "a"),
        "names in the order of UTF-16": named("\U00020bb7", "\uffe5"),
        "name of 65 characters": first(name="n" * 65),
        "salt of 15 bytes": first(salt="00" * 15),
        "value above 16 KiB": first(value=base64(encode(bytes(16_384)))),
        "value in another spelling": (first(value=loose)[0], "format.not_canonical"),
        "value of nothing": (first(value="")[0], "format.truncated"),
        "path of 64": first(path=["00" * 32] * 64),
        "opening without a path": _put("openings", [{"name": "a"}]),
        "an unknown name in an opening": first(extra=1),
        "record id of 31 bytes": _put("record_id", "00" * 31),
        "receipt is a text": _put("receipt", ""),
    })  # fmt: skip


def _batch_proofs() -> Iterator[Case]:
    return _refused("batch proof", batch_cases()[0]["proof"], {
        "count 0": _put("count", 0),
        "size beyond 53 bits": _put("size_bytes", (1 << 53) + 1),
        "index below 0": _put("index", -1),
        "digest in capitals": _put("sha256", "AA" * 32),
        "path of 64": _put("path", ["00" * 32] * 64),
        "no receipt": _put("receipt", None),
    })  # fmt: skip


def _status_answers() -> Iterator[Case]:
    good = status_answers.vectors()["status_answer/answers.json"][0]["answer"]
    row, said = good["rows"][0], good["statements"][0]
    return _refused("status answer", good, {
        "three rows": _put("rows", [row] * 3),
        "33 statements": _put("statements", [said] * 33),
        "time beyond 53 bits": _put("at_ms", (1 << 53) + 1),
        "row of 513 bytes": _put("row", "x" * 513),
        "value above 16 KiB": _put("rows", [row | {"value": base64(bytes((16 << 10) + 1))}]),
        "node in capitals": _put("statements", [said | {"node_id": "Node"}]),
        "signature of 63 bytes": _put("statements", [said | {"signature": "00" * 63}]),
        "no receipt": _put("receipt", None),
    })  # fmt: skip


def _sealed_and_bid_proofs() -> Iterator[Case]:
    here = BidWorld()
    made: BidProof = here.proof(here.without)
    good = json.loads(made.encode())
    yield from _refused("sealed file", good["sealed"], {
        "record above 12 KiB": _put("record", base64(bytes((12 << 10) + 1))),
        "header of 513 bytes": _put("header", base64(bytes(513))),
        "signature of 63 bytes": _put("signature", "00" * 63),
        "salt of 31 bytes": _put("salt", "00" * 31),
        "committed by a name in capitals": _put("committed_by", "Centre"),
        "network id of 31 bytes": _put("network_id", "00" * 31),
        "receipt of version 2": (lambda v: v["receipt"].update(version=2), "format.version"),
    })  # fmt: skip
    yield from _refused("bid proof", good, {
        "65 parts": _put("parts", [good["deadline"]] * 65),
        "parts are one": _put("parts", good["deadline"]),
        "no sealed file": _put("sealed", None),
        "sealed file of version 2": (lambda v: v["sealed"].update(version=2), "format.version"),
        "no deadline": _put("deadline", None),
    })  # fmt: skip
