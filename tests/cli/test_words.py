"""The two languages of the command line say the same things."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer import rich_utils

from cli import help_frame
from cli.words import language

CLI = Path(__file__).resolve().parents[2] / "cli"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def words(spoken: str) -> dict[str, str]:
    loaded: dict[str, str] = tomllib.loads((CLI / "words" / f"{spoken}.toml").read_text())
    return loaded


def keys_said() -> set[str]:
    """Every literal key that the code passes to `say`."""
    return {
        call.args[0].value
        for path in CLI.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id == "say" and isinstance(call.args[0], ast.Constant)
        if isinstance(call.args[0].value, str)
    }


def test_both_languages_have_the_same_keys_and_places() -> None:
    zh, en = words("zh"), words("en")
    assert zh.keys() == en.keys()
    assert {key: set(PLACEHOLDER.findall(text)) for key, text in zh.items()} == {
        key: set(PLACEHOLDER.findall(text)) for key, text in en.items()
    }


def test_everything_that_is_said_has_words() -> None:
    assert keys_said() - set(words("zh")) == set()


def test_the_frame_of_help_is_among_what_typer_has() -> None:
    for name, key in help_frame.WORDS.items():
        assert isinstance(getattr(rich_utils, name), str), f"Typer has no {name} any more"
        assert key in words("zh")


@pytest.mark.parametrize(("spoken", "heading"), [("zh_CN", "选项"), ("en_US", "Options")])
def test_help_speaks_one_language_and_cuts_no_sentence_off(spoken: str, heading: str) -> None:
    """Chinese has no blanks, and what does not fit on a line used to end in an ellipsis."""
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "watch", "--help"],
        env={**os.environ, "LANG": f"{spoken}.UTF-8", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert heading in ended.stdout
    assert {"zh": "用法：", "en": "Usage: "}[spoken[:2]] in ended.stdout
    assert ("Show this message" in ended.stdout) == (spoken == "en_US"), "of --help too"
    assert "…" not in ended.stdout
    lines = "".join(line.strip("│ ") for line in ended.stdout.splitlines())
    said = words(spoken[:2])["help.watch_map"]
    assert re.sub(r"\s", "", said) in re.sub(r"\s", "", lines).replace("│", "")


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LANG": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "en_GB.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "zh"),
    ],
)
def test_chinese_unless_the_locale_is_english(environment: dict[str, str], spoken: str) -> None:
    assert language(environment) == spoken
