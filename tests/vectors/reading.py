"""Reads vector files for pytest: one parameter a case, named by what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parent


def cases(name: str) -> list[Any]:
    """Pytest parameters of the file ``tests/vectors/<name>.json``."""
    loaded = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in loaded]


def octets(text: str | None) -> bytes:
    """Bytes from the hex of a vector."""
    return bytes.fromhex(text or "")
