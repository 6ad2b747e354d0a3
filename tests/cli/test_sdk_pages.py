"""What docs/sdk.md and docs/integrate.md tell programmers, done as they say, on a real node."""

import importlib
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NewType, get_args, get_type_hints

import pytest

import bidwitness
from api.client import calls as client_calls
from ledger.codes import Code
from tests.cli.one_node import OneNode
from tests.cli.sdk_page import SDK, examples
from tests.test_docs import ROOT, blocks_of

pytestmark = pytest.mark.network

INTEGRATE = ROOT / "docs" / "integrate.md"
OPEN_DATA = ROOT / "docs" / "open-data.md"
MACHINERY = frozenset({"api.client.core", "api.client.flow"})
"""Of a call: how its steps are taken, by whichever client."""


@pytest.fixture
def folder(one_node: OneNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a programmer begins: what the operator gave, and two documents."""
    given = one_node.network.member_folder("centre")
    for name in ("member.key", "passphrase", "trust.json"):
        shutil.copy2(given / name, tmp_path / name)
    (tmp_path / "contract.pdf").write_text(f"contract {tmp_path}")
    (tmp_path / "annex.pdf").write_text(f"annex {tmp_path}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_of_the_sdk_run_as_they_stand(
    one_node: OneNode, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The preferred node is down, as one always is.
    programs = examples(["http://127.0.0.1:1", one_node.node.api])
    assert len(programs) > 6
    assert len([line for line in programs[0].splitlines() if line and "import" not in line]) == 10
    program = "\n".join(programs)
    exec(compile(program, str(SDK), "exec"), {"__name__": "example"})
    told = capsys.readouterr().out
    assert "LZ-2026-001" in told and "0 record.type" in told
    assert (folder / "contract.pdf.batch-proof.json").exists()


def test_every_public_name_and_every_call_is_described() -> None:
    said = set(re.findall(r"(?:`|bidwitness\.)(\w+)", SDK.read_text(encoding="utf-8")))
    calls = {
        name
        for name, value in inspect.getmembers(bidwitness.Client)
        if not name.startswith("_") and callable(value)
    }
    lacking = {*bidwitness.__all__, *calls} - said - {"close", "Code", "LedgerError"}
    assert not lacking, f"docs/sdk.md does not speak of {sorted(lacking)}"


def test_whatever_a_call_takes_or_gives_has_a_public_name() -> None:
    public = {id(getattr(bidwitness, name)) for name in bidwitness.__all__}
    for module in pkgutil.iter_modules(client_calls.__path__, f"{client_calls.__name__}."):
        for name, call in vars(importlib.import_module(module.name)).items():
            if inspect.isfunction(call) and getattr(bidwitness.Client, name, None) is not None:
                hints = [hint for part, hint in get_type_hints(call).items() if part != "core"]
                lacking = [each for each in _ours(hints) if id(each) not in public]
                assert not lacking, f"{name} speaks of {lacking}"


def _ours(hint: object) -> Iterator[object]:
    """The types of our own in a hint, those of the machinery of clients aside."""
    inner = hint if isinstance(hint, list) else get_args(hint)
    for each in inner:
        yield from _ours(each)
    place = str(getattr(hint, "__module__", ""))
    is_ours = place.startswith(("ledger.", "api.")) and place not in MACHINERY
    if not inner and is_ours and isinstance(hint, type | NewType):
        yield hint


def test_codes_that_the_pages_name_exist() -> None:
    known, layers = set(Code), {each.partition(".")[0] for each in Code}
    for page in (SDK, INTEGRATE, OPEN_DATA):
        text = page.read_text(encoding="utf-8")
        named = {
            each
            for each in re.findall(r"`([a-z_]+\.[a-z_]+)`", text)
            if each.split(".")[0] in layers
        }
        files = {each for each in named if each.endswith((".json", ".key", ".toml"))}
        types = {"tender.subject_registered", "ledger.key_bound", "evidence.deposited"}
        assert named - types - files <= known, page


@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")), reason="curl or openssl is not here"
)
def test_the_walk_for_any_language_is_gone_as_it_stands(one_node: OneNode, folder: Path) -> None:
    """Forty lines that import nothing of ours, openssl and curl; our commands only enrol the key."""
    environment = {
        "PATH": os.environ["PATH"],
        "NODE": one_node.node.api,
        "LANG": "en_US.UTF-8",
        # The one thing of ours that the page asks for: the offline verifier.
        "PYTHONPATH": str(ROOT),
    }
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    for block in blocks_of(INTEGRATE):
        if block.marks[:1] == ("python",):
            (folder / block.marks[1]).write_text(block.text)
            assert not re.search(r"^(?:from|import) (?:ledger|api|bidwitness)", block.text, re.M)
        if block.marks == ("sh", "walk"):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.text],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, f"{block}:\n{done.stdout}{done.stderr}{answers(folder)}"
            if "enrol.py" in block.text:
                enrol(one_node, folder)
    assert json.loads((folder / "answer.json").read_text())["receipts"]
    lines = (folder / "track.jsonl").read_text().splitlines()
    assert any((folder / "record-id").read_text() in line for line in lines)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
def test_open_data_goes_in_and_out_as_the_page_says(one_node: OneNode, folder: Path) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NODE": one_node.node.api,
        "LANG": "en_US.UTF-8",
        "BIDWITNESS_AS": str(one_node.network.member_folder("centre")),
    }
    blocks = list(blocks_of(OPEN_DATA))
    for block in blocks:
        if block.marks[:1] == ("json",):
            (folder / block.marks[1]).write_text(" ".join(block.text.split("\n")))
    script = "\n".join(each.text for each in blocks if each.marks == ("sh", "walk"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 3 receipts inside hold" in done.stdout
    assert "/records/0/releases/0/ledgerRecords/0" in done.stdout


def answers(folder: Path) -> str:
    """What the node said, where it said something."""
    answer = folder / "answer.json"
    return answer.read_text() if answer.exists() else ""


def enrol(one_node: OneNode, folder: Path) -> None:
    """The operator submits the key, and the registrar confirms it."""
    bound = one_node.run("submit", folder / "key.json", "--json", who="notary")
    assert bound.code == 0, bound.err + bound.out
    refs = [["confirms", bound.json["records"][0]["record"]]]
    confirmed = {"type": "ledger.confirmed", "subject": "notary", "refs": refs}
    (folder / "confirmed.json").write_text(json.dumps(confirmed))
    done = one_node.run("submit", folder / "confirmed.json", "--json")
    assert done.code == 0, done.err + done.out
