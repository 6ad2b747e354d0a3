"""Whole answers as examples of the OpenAPI description: what a node really said once.

`api/examples.json` holds them, and the bodies that were sent; `python -m tests.api.examples` makes
it anew. Problem documents are made by `api.errors` itself.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from api.errors import PROBLEM_TYPE, problem
from ledger.codes import Code
from ledger.errors import DetailValue

JSON: Final = "application/json"
REQUEST_ID: Final = "6f1c0e0f0a5b4d0c9a3f2b1e7d8c5a40"
_ID: Final = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
PROBLEMS: Final[Mapping[int, tuple[Code, Mapping[str, DetailValue]]]] = {
    202: (Code.RECEIPT_PENDING, {"height": 42, "found": 2, "needed": 3}),
    400: (Code.API_PARAMETER, {"what": "query.limit: Input should be greater than 0"}),
    401: (Code.IDENTITY_MISSING, {}),
    403: (Code.API_NOT_PUBLIC, {}),
    404: (Code.RECORD_UNKNOWN, {"record": _ID}),
    405: (Code.API_METHOD, {"path": "/v1/network", "method": "PUT"}),
    413: (Code.BUNDLE_TOO_LARGE, {"size": 9_000_000, "limit": 8_388_608}),
    415: (Code.API_MEDIA_TYPE, {"found": "text/plain", "expected": "application/json"}),
    421: (Code.OBSERVER_SUBMISSION, {"nodes": "centre, supervisor, registry, notary"}),
    422: (Code.BUNDLE_SIGNATURE, {"issuer": "builder"}),
    429: (Code.API_BUSY, {"limit": 64, "address": "192.0.2.7"}),
    500: (Code.API_INTERNAL, {"what": "ValueError"}),
    503: (Code.API_NO_QUORUM, {"found": 2, "needed": 3}),
}
"""For each status one that is typical of it."""
PARAMETERS: Final[Mapping[str, str | int]] = {
    "record": _ID,
    "bundle": _ID,
    "sha256": _ID,
    "deposit": _ID,
    "code": _ID,
    "height": 42,
    "row": "role/builder",
    "path": "entries/000.p/3",
    "key": "兰州-2026-001/一标段",
    "q": "兰州-2026-001",
    "name": "extension.json",
}
"""Values in paths and queries."""


def show(described: dict[str, Any]) -> None:
    """Put the examples into a description, and take out the JSON that a file's route never gives.

    Args:
        described: an OpenAPI document; changed in place.
    """
    kept = _kept()
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            name = f"{method.upper()} {path}"
            for each in route.get("parameters", ()):
                if each["name"] in PARAMETERS and "examples" not in each["schema"]:
                    each["example"] = PARAMETERS[each["name"]]
            sent = route.get("requestBody", {}).get("content", {}).get(JSON)
            if sent is not None and name in kept["bodies"]:
                sent["example"] = kept["bodies"][name]
            for status, answer in route["responses"].items():
                _show(answer.get("content", {}), path, status, kept["answers"].get(name, {}))


def _show(content: dict[str, Any], path: str, status: str, answers: Mapping[str, Any]) -> None:
    if content.get(JSON) == {"schema": {}} and len(content) > 1:
        del content[JSON]
    for media_type, each in content.items():
        if media_type == PROBLEM_TYPE:
            each["example"] = _problem(int(status), path)
        elif media_type.endswith("json") and status in answers:
            each["example"] = answers[status]


def _problem(status: int, path: str) -> Any:
    code, facts = PROBLEMS[status]
    made = json.loads(bytes(problem(code, facts, path).body))
    return {**made, "request_id": REQUEST_ID}


@cache
def _kept() -> Any:
    return json.loads(files("api").joinpath("examples.json").read_text(encoding="utf-8"))
