"""Keeps docs/zh true: its pages are found, its pictures are whole, and what it names is there.

A page for people of one role stands alone, so a wrong code or a sentence that no program says any
more would mislead somebody who has nothing else. `make pictures` makes the screenshots anew.
"""

import ast
import json
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

import bidwitness
from contracts.catalogue import load_catalogue
from ledger.codes import Code
from ledger.words.verdict import phrase
from tests.test_docs import ROOT, blocks_of

FOLDER = ROOT / "docs" / "zh"
PAGES = sorted(FOLDER.glob("*.md"))
PICTURES = sorted((FOLDER / "pictures").iterdir())
PICTURE_BYTES_MAX = 120 * 1024
PICTURES_BYTES_MAX = 1024 * 1024
CODE = r"(?<![A-Za-z0-9.-])(?:[TSAXDP]|AL)\d\d(?![A-Za-z0-9])"
"""How a page names a type of record or an alert; Chinese may stand on both sides."""
SVG = "{http://www.w3.org/2000/svg}"


def test_the_first_page_leads_to_every_other() -> None:
    first = (FOLDER / "README.md").read_text(encoding="utf-8")
    lost = [
        page.name for page in PAGES if page.name != "README.md" and f"]({page.name})" not in first
    ]
    assert not lost, f"pages that docs/zh/README.md does not name: {lost}"


def test_links_to_a_part_of_a_page_find_its_heading() -> None:
    lost = [
        f"{page.name}: {target}#{part}"
        for page in PAGES
        for target, part in re.findall(
            r"\]\(([^)#\s]*)#([^)]+)\)", page.read_text(encoding="utf-8")
        )
        if part not in headings_of(page.parent / target if target else page)
    ]
    assert not lost, f"links to headings that are not there: {lost}"


def headings_of(page: Path) -> set[str]:
    """How links name the headings of a page: without marks, in small letters, blanks as hyphens."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    said = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in said}


def test_every_picture_is_shown_and_small() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    unseen = [path.name for path in PICTURES if f"](pictures/{path.name})" not in shown]
    assert not unseen, f"pictures that no page shows: {unseen}"
    sizes = {path.name: path.stat().st_size for path in PICTURES}
    large = {name: size for name, size in sizes.items() if size > PICTURE_BYTES_MAX}
    assert not large, f"pictures above {PICTURE_BYTES_MAX} bytes: {large}"
    assert sum(sizes.values()) <= PICTURES_BYTES_MAX


@pytest.mark.parametrize(
    "path", [path for path in PICTURES if path.suffix == ".svg"], ids=lambda path: str(path.stem)
)
def test_a_drawing_is_whole_and_needs_no_other_place(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg" and root.get("viewBox"), "no drawing"
    assert root.find(f"{SVG}title") is not None, "nothing for those who do not see it"
    told = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.findall(r"\w+://|//\w+\.|<script|<image|@import|xlink", told)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_codes_that_a_page_names_exist(page: Path) -> None:
    catalogue = load_catalogue()
    text = page.read_text(encoding="utf-8")
    known = {kind.code for kind in catalogue.types.values()} | set(catalogue.alerts)
    unknown = set(re.findall(CODE, text)) - known
    assert not unknown, f"codes that the catalogue does not have: {sorted(unknown)}"
    prefixes = {code.value.partition(".")[0] for code in Code}
    dotted = set(re.findall(r"`([a-z]+\.[a-z_]+)`", text))
    codes = {word for word in dotted if word.partition(".")[0] in prefixes}
    lost = codes - {code.value for code in Code} - set(catalogue.types) - set(files_named(text))
    assert not lost, f"codes that nothing says: {sorted(lost)}"


def files_named(text: str) -> Iterator[str]:
    """Words in code that are names of files, which look like codes."""
    yield from re.findall(r"`([a-z_]+\.(?:toml|json|key|py|md|db|log))`", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_a_session_says_what_the_verifier_says_today(page: Path) -> None:
    said = [
        (int(number), name)
        for block in blocks_of(page)
        for number, name in re.findall(r"^ +(\d+) [✓✗–] (\S+?)：", block.text, flags=re.MULTILINE)
    ]
    wrong = [(number, name) for number, name in said if name != phrase(f"step.{number}.name", "zh")]
    assert not wrong, f"checks that are called otherwise: {wrong}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_records_that_a_page_writes_down_are_of_the_catalogue(page: Path) -> None:
    catalogue = load_catalogue()
    written = [block.text for block in blocks_of(page) if block.marks == ("toml",)]
    written += [block.text for block in blocks_of(page) if block.marks == ("json",)]
    for text in written:
        told = json.loads(text) if text.startswith("{") else tomllib.loads(text)
        if "type" not in told:
            continue
        kind = catalogue.types[told["type"]]
        fields, private = set(told.get("fields", ())), set(told.get("private", ()))
        unknown = fields - set(kind.fields) - set(catalogue.common)
        assert not unknown, f"{kind.key} has no field {sorted(unknown)}"
        lacking = {name for name, field in kind.fields.items() if field.required} - fields
        assert not lacking, f"{kind.key} needs {sorted(lacking)}"
        assert private <= set(kind.private), f"{kind.key} has not all of {sorted(private)}"
        assert len(told.get("documents", ())) >= kind.evidence_min
        unfit = {relation for relation, _ in told.get("refs", ())} - set(kind.refs)
        assert not unfit, f"{kind.key} cites nothing by {sorted(unfit)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_programs_in_a_page_use_what_there_is(page: Path) -> None:
    for block in blocks_of(page):
        if block.marks[:1] == ("python",):
            tree = ast.parse(block.text)
            used = {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "bidwitness"
            }
            assert used <= set(bidwitness.__all__), f"{block} uses what the SDK does not have"
