"""Two verifiers, one written from the spec alone: they must say the same about every receipt."""

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ledger import VerificationError, decode_receipt, decode_trust, verify_receipt
from ledger.errors import FormatError
from tests.reference.verifier import first_failure
from tests.vectors.reading import VECTORS, cases

SEED = 20260101
KINDS = ("", "sealed_", "epochs_", "outside_", "stamped_")
ACCEPTED = [case for kind in KINDS for case in cases(f"receipt/{kind}accepted")]
REFUSED = [
    case
    for kind in KINDS
    for case in cases(f"receipt/{kind}refused")
    # What a reader's policy demands, the second verifier does not know.
    if not case.values[0].get("policy")
]
DAMAGED_COUNT = 1_500


@cache
def trusts() -> dict[str, str]:
    loaded = json.loads((VECTORS / "receipt/trusts.json").read_text(encoding="utf-8"))
    return {each["name"]: json.dumps(each["trust"]) for each in loaded}


@pytest.mark.parametrize("case", ACCEPTED)
def test_the_second_verifier_accepts_the_same(case: Any) -> None:
    receipt = json.dumps(case["receipt"])
    assert first_failure(receipt, trusts()[case["trust"]], case["documents"]) == 0


@pytest.mark.parametrize("case", REFUSED)
def test_the_second_verifier_refuses_at_the_same_step(case: Any) -> None:
    receipt = json.dumps(case["receipt"])
    assert first_failure(receipt, trusts()[case["trust"]], case["documents"]) == case["step"]


@pytest.mark.parametrize("case", cases("epochs/receipts"))
def test_the_second_verifier_says_the_same_under_a_trust_root_with_anchors(case: Any) -> None:
    receipt, trust = json.dumps(case["receipt"]), json.dumps(case["trust"])
    assert first_failure(receipt, trust, []) == (case["step"] or 0)


def damaged(value: Any, chance: random.Random) -> Any:
    """A receipt with one place damaged, still shaped as a receipt."""
    value = json.loads(json.dumps(value))
    holder, name = chance.choice(list(places(value)))
    holder[name] = changed(holder[name], str(name), chance)
    return value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every scalar in a JSON value, by its holder and name."""
    names = value.keys() if isinstance(value, dict) else range(len(value))
    for name in list(names):
        if isinstance(value[name], dict | list):
            yield from places(value[name])
        elif value[name] is not None and name not in {"format", "version", "node_id"}:
            yield value, name


def changed(part: Any, name: str, chance: random.Random) -> Any:
    if isinstance(part, int):
        return max(0, part + chance.choice([-1, 1, 2, 1 << 40]))
    if name == "checkpoint":
        at = chance.randrange(len(part))
        return part[:at] + chance.choice("aZ0 \n+/") + part[at + 1 :]
    if name in {"record", "leaf", "header", "row", "opening"}:
        data = bytearray(b64decode(part))
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return b64encode(data).decode()
    flipped = bytearray(bytes.fromhex(part))
    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return flipped.hex()


def test_both_say_the_same_about_damaged_receipts() -> None:
    chance = random.Random(SEED)
    good = [case.values[0] for case in cases("receipt/accepted")]
    good += [case.values[0] for case in cases("receipt/sealed_accepted")] * 2
    good += [case.values[0] for case in cases("receipt/outside_accepted")]
    steps: dict[int, int] = {}
    for _ in range(DAMAGED_COUNT):
        case = chance.choice(good)
        receipt = damaged(case["receipt"], chance)
        spelled, trust = json.dumps(receipt), trusts()[case["trust"]]
        mine = 0
        try:
            decoded = decode_receipt(spelled.encode())
            verify_receipt(decoded, decode_trust(trust.encode()))
        except VerificationError as refusal:
            mine = refusal.step
        except FormatError:
            continue
        other = first_failure(spelled, trust, [])
        assert mine == other, f"{mine} here, {other} there: {spelled}"
        steps[mine] = steps.get(mine, 0) + 1
    assert steps.keys() >= {0, 1, 2, 3, 4, 5, 6, 8, 9}, f"the damage reached only {steps}"
