"""The shape of the JavaScript, held to the same budgets as the Python: what no linter here sees."""

import re
from pathlib import Path

import pytest

from tests.javascript.asking import HERE, ROOT

VERIFIER = sorted((ROOT / "api" / "static" / "verify").glob("*.js"))
PAGES = sorted((ROOT / "api" / "static" / "explorer").glob("*.js"))
SOURCES = VERIFIER + PAGES + sorted(HERE.glob("*.js"))
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
COLUMNS_MAX = 100

every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)


@pytest.mark.parametrize("path", VERIFIER + PAGES, ids=lambda path: path.name)
def test_a_module_is_short_and_says_what_it_owns(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LINES_MAX
    assert text.removeprefix("#!/usr/bin/env node\n").startswith("/**")


@every_source
def test_no_line_is_wide_and_no_function_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > COLUMNS_MAX] == []
    begun = None
    for number, line in enumerate(lines):
        if re.match(r"(?:export )?(?:async )?function\b", line):
            begun = number
        if line == "}" and begun is not None:
            assert number - begun < FUNCTION_LINES_MAX, lines[begun]
            begun = None


@every_source
def test_every_import_is_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    imports = re.findall(r"^import (?:\{([^}]*)\}|\* as (\w+))", text, re.MULTILINE)
    rest = re.sub(r"^import [^;]*;", "", text, flags=re.MULTILINE)
    names = [part.split(" as ")[-1].strip() for named, star in imports for part in
             ((named or star).split(",")) if part.strip()]  # fmt: skip
    assert [name for name in names if not re.search(rf"\b{name}\b", rest)] == []


@pytest.mark.parametrize("path", VERIFIER, ids=lambda path: path.name)
def test_the_verifier_imports_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for source in re.findall(r' from "([^"]*)"', text):
        inside = source.startswith(("./", "../vendor/noble-"))
        assert inside or (path.name == "verify.js" and source.startswith("node:"))
