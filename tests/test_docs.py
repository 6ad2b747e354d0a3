"""Keeps the documents true: links lead somewhere, commands exist, marked commands run.

A fenced block of shell may carry a mark in its info string: in ```` ```sh run ```` every command is
run, page by page in order, in an empty folder, and must succeed. Commands in all other shell blocks
(and those that are marked ```` ```sh walk ````, which `tests/network` plays on real nodes) are only
looked up: the target in the Makefile, the command and its options in `bidwitness --help`.
So are the lines of a ```` ```text ```` block that begin with a prompt: those of a real session.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from cli.main import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
RUN_SECONDS_MAX = 240


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    marks: tuple[str, ...]
    """The words of the info string: the language, then marks."""
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Every fenced block of a page, in order."""
    fence = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
    text = page.read_text(encoding="utf-8")
    for match in fence.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page, line, tuple(match[2].split()), match[3])


def shell_blocks() -> list[Block]:
    """Every block of shell in every page, and what was typed in each session."""
    shells = {"sh", "bash", "shell", "console"}
    blocks = [block for page in PAGES for block in blocks_of(page)]
    typed = [
        replace(block, text="\n".join(re.findall(r"^\$ .*$", block.text, flags=re.MULTILINE)))
        for block in blocks
        if block.marks[:1] == ("text",)
    ]
    return [*(block for block in blocks if shells & set(block.marks[:1])), *typed]


def commands_of(block: Block) -> list[list[str]]:
    """The commands of a shell block as words, comments and prompts left out, pipes cut apart."""
    joined = block.text.replace("\\\n", " ")
    lines = [line.removeprefix("$ ").strip() for line in joined.splitlines()]
    commands = []
    for line in lines:
        words = shlex.split(line, comments=True)
        for part in split_at(words, {"|", "&&", "||", ";", "&"}):
            while part and re.fullmatch(r"[A-Z_]+=.*", part[0]):
                part = part[1:]
            if part:
                commands.append(part)
    return commands


def split_at(words: list[str], ends: set[str]) -> Iterator[list[str]]:
    """Cut words into commands at shell operators."""
    part: list[str] = []
    for word in words:
        if word in ends:
            yield part
            part = []
        else:
            part.append(word)
    yield part


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    lost = [target for target in local if not (page.parent / target).exists()]
    assert not lost, f"links to files that do not exist: {lost}"


def test_paths_named_in_the_architecture_exist() -> None:
    """`ledger/core/merkle.py` in the map must be a place in the house."""
    page = ROOT / "docs" / "architecture.md"
    named = re.findall(
        r"`((?:ledger|consensus|contracts|api|cli|tests|docs|bench|tools)/[\w./-]*)`",
        page.read_text(encoding="utf-8"),
    )
    lost = sorted({name for name in named if not (ROOT / name).exists()})
    assert named, "the map names no place"
    assert not lost, f"named in docs/architecture.md, not in the tree: {lost}"


def test_every_decision_stands_in_the_table() -> None:
    table = (ROOT / "docs" / "adr" / "README.md").read_text()
    written = sorted(page.name for page in (ROOT / "docs" / "adr").glob("0*.md"))
    missing = [name for name in written if f"]({name})" not in table]
    assert written
    assert not missing, f"add a row for each to docs/adr/README.md: {missing}"


def test_pages_named_in_the_code_exist() -> None:
    """A docstring that sends its reader to a page must not send them nowhere."""
    lost = [
        f"{path.relative_to(ROOT)}: {page}"
        for package in ("ledger", "consensus", "contracts", "api", "cli", "tests", "bench")
        for path in sorted((ROOT / package).rglob("*.py"))
        for page in re.findall(r"\bdocs/[\w./-]+\.md\b", path.read_text(encoding="utf-8"))
        if not (ROOT / page).exists()
    ]
    assert not lost, "pages that do not exist:\n" + "\n".join(lost)


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), flags=re.M))
    unknown = [
        f"{block}: make {word}"
        for block in shell_blocks()
        for command in commands_of(block)
        if command[0] == "make"
        for word in command[1:]
        if re.fullmatch(r"[a-z][\w-]*", word) and word not in targets
    ]
    assert not unknown, f"targets that the Makefile does not have: {unknown}"


def test_commands_in_the_documents_exist() -> None:
    wrong = [
        f"{block}: {' '.join(command)}: {fault}"
        for block in shell_blocks()
        for command in commands_of(block)
        if command[0] in {"bidwitness", ".venv/bin/bidwitness"}
        if (fault := fault_in(command[1:]))
    ]
    assert not wrong, "commands that bidwitness does not have:\n" + "\n".join(wrong)


def fault_in(words: list[str]) -> str:
    """Say which word of a command line is unknown to the CLI; empty when all are known."""
    here = get_command(app)
    for word in words:
        if word.startswith("--"):
            options = {name for parameter in here.params for name in parameter.opts}
            options |= {name for parameter in here.params for name in parameter.secondary_opts}
            if word.split("=")[0] not in options | {"--help"}:
                return f"{here.name} has no {word}"
        elif isinstance(here, TyperGroup):
            if word not in here.commands:
                return f"{here.name} has no command {word}"
            here = here.commands[word]
    return ""


def test_marked_commands_run(tmp_path: Path) -> None:
    for page in PAGES:
        marked = [block.text for block in blocks_of(page) if "run" in block.marks]
        if marked:
            folder = tmp_path / page.relative_to(ROOT).with_suffix("")
            folder.mkdir(parents=True)
            status, said = run_shell("\n".join(marked), folder)
            assert status == 0, f"{page.name}:\n{said}"


def run_shell(script: str, folder: Path) -> tuple[int, str]:
    """Run a script as a reader would, with our command in reach; its exit status and words."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=os.environ | {"PATH": path, "LANG": "en_US.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )
    return result.returncode, result.stdout


def test_a_marked_command_that_fails_is_seen(tmp_path: Path) -> None:
    assert run_shell("false\ntrue", tmp_path)[0] != 0


def test_an_unknown_command_or_option_is_seen() -> None:
    assert fault_in(["network", "init", "folder"]) == ""
    assert "no command" in fault_in(["nothing"])
    assert "no --nothing" in fault_in(["network", "init", "--nothing"])
