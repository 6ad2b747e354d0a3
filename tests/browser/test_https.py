"""A node that serves https itself: its pages live, verify and are silent as over plain loopback."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.one_node import READY_S, OneNode, new_network

pytestmark = [pytest.mark.browser, pytest.mark.network]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[OneNode]:
    made = new_network(tmp_path, https=True)
    made.node.start()
    try:
        until = time.monotonic() + READY_S
        while not _is_ready(made.node.api):
            assert time.monotonic() < until, made.node.last_words()
            time.sleep(0.1)
        yield made
    finally:
        made.node.ask_to_stop()
        made.node.wait_stopped()


def _is_ready(url: str) -> bool:
    try:
        # What the browser makes of the certificate is told below; here is only waited.
        answer = httpx.get(f"{url}/readyz", verify=False, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", ignore_https_errors=True)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert said == [], "the browser's console is not silent"


def test_pages_live_and_verify_over_https(one: OneNode, page: Page, tmp_path: Path) -> None:
    page.goto(one.node.api)
    assert page.url.startswith("https:")
    assert page.evaluate("isSecureContext")
    expect(page.locator("#live")).to_be_visible(timeout=30_000)
    before = int(page.locator("#height").inner_text())
    document = tmp_path / "招标公告.txt"
    document.write_text("一字未改", encoding="utf-8")
    anchored = one.run("anchor", document, "--json")
    assert anchored.code == 0, anchored.out + anchored.err
    expect(page.locator("#height")).not_to_have_text(str(before), timeout=30_000)
    (record,) = anchored.json["records"]

    page.goto(f"{one.node.api}/records/{record['record']}")
    page.locator("#verify-here").click()
    here = page.locator("#verified-here")
    expect(here.locator(".verdict.fine")).to_be_visible(timeout=30_000)

    page.goto(f"{one.node.api}/verify")
    page.set_input_files("#files", [str(document), f"{document}.receipt.json"])
    outcomes = page.locator("article.outcome")
    expect(outcomes).to_have_count(2, timeout=30_000)
    expect(outcomes.locator(".verdict.fine")).to_have_count(2)
