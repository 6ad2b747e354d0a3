"""What a reader does on a page before it is photographed."""

import json
from collections.abc import Mapping
from typing import Final

import httpx
from playwright.sync_api import FilePayload, Page, expect

READY: Final = "html[data-ready]"
NOTE_LINES: Final = 5
"""Of a checkpoint before its cosignatures."""
SETTLED_MS: Final = 1500
"""Until the last check has appeared."""


def drop_two(page: Page, node: str, ids: Mapping[str, str]) -> None:
    """Drop a receipt that lost two cosignatures, and one that is whole."""
    whole = _receipt(node, ids)
    said = json.loads(whole)
    lines = said["checkpoint"].split("\n")
    said["checkpoint"] = "\n".join([*lines[:NOTE_LINES], *lines[NOTE_LINES + 2 :]])
    expect(page.locator(READY)).to_be_attached()
    page.set_input_files(
        "#files",
        [
            _file("被动过手脚的回执.json", json.dumps(said, ensure_ascii=False).encode()),
            _file("投标.receipt.json", whole),
        ],
    )
    expect(page.locator("article.outcome")).to_have_count(2)
    page.wait_for_timeout(SETTLED_MS)


def ask_unchanged(page: Page, node: str, ids: Mapping[str, str]) -> None:
    """Ask with an old receipt in hand."""
    expect(page.locator(READY)).to_be_attached()
    page.set_input_files("#kept", [_file("旧回执.json", _receipt(node, ids))])
    page.locator("#unchanged button").click()
    expect(page.locator(".verdict.fine")).to_be_visible()


def _receipt(node: str, ids: Mapping[str, str]) -> bytes:
    answer = httpx.get(f"{node}/v1/records/{ids['bid']}/receipt", trust_env=False)
    return answer.raise_for_status().content


def _file(name: str, data: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="application/json", buffer=data)
