"""The verifier as one file: whole, closed, and word for word what was reviewed."""

import base64
import hashlib
import html
import json
import re
from urllib.parse import unquote

import pytest

from api.explorer.standalone import standalone
from tests.javascript.asking import ROOT

STATIC = ROOT / "api" / "static"
BARE = "bidwitness/"
DATA = "data:text/javascript;charset=utf-8,"


@pytest.fixture(scope="module")
def page() -> str:
    return standalone(())


def import_map(page: str) -> dict[str, str]:
    found = re.search(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    imports: dict[str, str] = json.loads(found[1])["imports"]
    return imports


def test_every_module_is_the_reviewed_one_letter_by_letter(page: str) -> None:
    imports = import_map(page)
    assert f"{BARE}verify/verdict.js" in imports
    for name, url in imports.items():
        path = name.removeprefix(BARE)
        folder = (STATIC / path).parent
        text = unquote(url.removeprefix(DATA))
        relative = re.sub(
            r'((?:from|import)\s*)"bidwitness/([^"]+)"',
            lambda found: f'{found[1]}"{found[2]}"',
            text,
        )
        written = re.sub(
            r'((?:from|import)\s*)"(\.{1,2}/[^"]+\.js)"',
            lambda found, folder=folder: (  # type: ignore[misc]
                f'{found[1]}"{(folder / found[2]).resolve().relative_to(STATIC)}"'
            ),
            (STATIC / path).read_text(encoding="utf-8"),
        )
        assert relative == written, name


def test_whatever_a_module_imports_is_inside(page: str) -> None:
    imports = import_map(page)
    for name, url in imports.items():
        for wanted in re.findall(r'(?:from|import)\s*"([^"]+)"', unquote(url)):
            assert wanted in imports, (name, wanted)


def test_nothing_is_loaded_from_outside(page: str) -> None:
    bare = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    assert re.findall(r'(?:src|href|action)="(?!data:|#)[^"]*"', bare) == []
    assert "@import" not in page
    assert not re.search(r"url\((?!data:)", page)


def test_the_policy_names_each_inline_part_by_its_digest(page: str) -> None:
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0])
    parts = re.findall(
        r'<script type="(?:importmap|module)">(.*?)</script>|<style>(.*?)</style>', page, re.DOTALL
    )
    assert len(parts) == 3
    for script, style in parts:
        digest = hashlib.sha256((script or style).encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_a_trust_root_cannot_end_the_script_that_holds_it() -> None:
    hostile = json.dumps({"name": "</script><script>alert(1)</script>"}).encode()
    page = standalone((hostile,))
    assert "</script><script>alert" not in page
    (inside,) = re.findall(r'class="trust">(.*?)</script>', page, re.DOTALL)
    assert json.loads(inside) == json.loads(hostile)
