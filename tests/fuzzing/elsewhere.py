"""The same inputs before the verifier in JavaScript: both accept, or both refuse.

A question is put as a case of the vector file that judges such bytes (`tests/javascript/judge.js`).
Where that takes text only, what is no UTF-8 is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.fuzzing.judging import judge
from tests.fuzzing.seeds import PRESENTED
from tests.fuzzing.targets import TARGETS
from tests.javascript.asking import node, vector_files


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """How a target's inputs are put to the other verifier."""

    file: str
    """The vector file whose cases are judged so."""
    field: str
    """Where the input stands in a case."""
    text: bool
    """As text; otherwise in hex."""
    here: str
    """The target that is compared with it."""

    def case(self, name: str, data: bytes) -> dict[str, Any] | None:
        """The case of an input; None where it cannot be put."""
        if not self.text:
            return {"name": name, self.field: data.hex(), "policy": None}
        try:
            return {"name": name, self.field: data.decode()}
        except UnicodeDecodeError:
            return None


def _presented(name: str) -> Elsewhere:
    return Elsewhere("verifying/refused_files", "text", text=True, here=name)


ELSEWHERE: dict[str, Elsewhere] = {
    "decode": Elsewhere("canonical/refused", "data", text=False, here="decode"),
    "decode_record": Elsewhere("record/refused", "data", text=False, here="decode_record"),
    "decode_entry": Elsewhere("log/refused_entries", "data", text=False, here="decode_entry"),
    "decode_bundle": Elsewhere("bundle/refused", "data", text=False, here="decode_bundle"),
    "decode_payload": Elsewhere(
        "block/refused_payloads", "data", text=False, here="decode_payload"
    ),
    "decode_header_of_block": Elsewhere(
        "block/refused_headers", "data", text=False, here="decode_header_of_block"
    ),
    "decode_certificate": Elsewhere(
        "certificate/refused", "data", text=False, here="decode_certificate"
    ),
    "decode_genesis": Elsewhere("genesis/refused", "data", text=False, here="decode_genesis"),
    "decode_fault": Elsewhere("misconduct/refused", "data", text=False, here="decode_fault"),
    "parse_policy": Elsewhere("policy/refused", "octets", text=False, here="parse_policy"),
    "parse_tile_path": Elsewhere("tiles/refused_paths", "path", text=True, here="parse_tile_path"),
    "parse_tlog_proof": Elsewhere("tlog_proof/refused", "proof", text=True, here="presented"),
    "decode_trust": Elsewhere("genesis/trust_files", "text", text=True, here="decode_trust"),
    "presented": _presented("presented"),
    **{name: _presented("presented") for name in PRESENTED},
}
"""By target."""


def disagreements(inputs: dict[str, Iterable[bytes]]) -> tuple[int, list[str]]:
    """How many inputs were put to both, and on which they disagree.

    Args:
        inputs: by target; what has no counterpart is passed by.
    """
    asked: dict[str, list[dict[str, Any]]] = {}
    put: list[tuple[str, str, bytes, Elsewhere]] = []
    for name, given in inputs.items():
        other = ELSEWHERE.get(name)
        for at, data in enumerate(given if other else ()):
            assert other is not None
            case = other.case(f"{name} {at}", data)
            if case is not None:
                asked.setdefault(other.file, []).append(case)
                put.append((case["name"], other.here, data, other))
    asked["receipt/trusts"] = vector_files()["receipt/trusts"]
    found = {case["name"]: case for told in node("vectors", files=asked).values() for case in told}
    wrong = []
    for name, here, data, other in put:
        accepted, there = judge(TARGETS[here], data).accepted, found[name]
        if accepted != there["holds"]:
            wrong.append(
                f"{name} ({other.file}): here {accepted}, there {there['holds']} {there['code']}: "
                f"{data[:4_000].hex()}"
            )
    return len(put), wrong
