"""Puts questions to the JavaScript verifier: in Node, and where its files are served to a browser."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.reading import VECTORS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE = shutil.which("node")
NOT_FOR_A_VERIFIER = frozenset(
    {"add_checkpoint", "deposit", "time_stamp", "court_code", "open_data"}
)
"""Folders of vectors that say what a server answers, what takes a secret key to open, whose word
about time counts, which the verifier in JavaScript says that it does not judge, codes that people
type, and open data, whose receipts it judges one by one."""


def node(ask: str, **question: Any) -> Any:
    """Node's answer to one question; see ``run.js`` for what may be asked."""
    if NODE is None:
        pytest.skip("node is not installed: apt install nodejs")
    asked = json.dumps({"ask": ask, **question})
    done = subprocess.run(
        [NODE, str(HERE / "run.js")],
        input=asked.encode(),
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def vector_files() -> dict[str, Any]:
    """Every vector file that a verifier judges, by folder and name."""
    found = {}
    for path in sorted(VECTORS.glob("*/*.json")):
        if path.parent.name in NOT_FOR_A_VERIFIER:
            continue
        name = path.relative_to(VECTORS).with_suffix("").as_posix()
        found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def expected(name: str, case: Any) -> dict[str, Any]:
    """What a vector says of itself: whether it holds, and where not, its step and code.

    Of what is only said to hold or not, the code is left open.
    """
    said: dict[str, Any] = {"name": case["name"]}
    for word in ("holds", "fit"):
        if word in case:
            return said | {"holds": case[word]}
    code = case.get("expect", case.get("code"))
    if code in {None, "holds"}:
        return said | {"holds": True, "step": None, "code": None}
    # Before any check: the verifier has no number for it.
    step = 10 if name == "openings/batch_proofs" else case.get("step") or None
    return said | {"holds": False, "step": step, "code": code}


def differences(found: dict[str, Any]) -> list[str]:
    """Where the verdicts of the JavaScript verifier are not what the vectors say."""
    wrong = []
    for name, cases in vector_files().items():
        for case, told in zip(cases, found[name], strict=True):
            said = expected(name, case)
            if said != {word: told[word] for word in said}:
                wrong.append(f"{name}: {told} is not {said}")
    return wrong
