"""The desk in a real browser: members log in through their signers, and read by their own right."""

import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import announce, say
from tests.browser.signing import Terminal, agree, log_in, signer_of
from tests.network.real_network import HOUR_MS, RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]
PROJECT = "工作台-2026-003"
SECTION = f"{PROJECT}/01"
DAY_MS = 24 * HOUR_MS


@pytest.fixture(scope="module")
def town(network: RealNetwork) -> RealNetwork:
    """A section with an alert for everybody, and one about a complaint, for supervisors."""
    announce(network, PROJECT)
    say(network, "builder", "tender.document_filed", SECTION, content=b"other", kind="tender")
    known_ms = time.time_ns() // 1_000_000 - 20 * DAY_MS
    say(network, "notary", "tender.complaint", SECTION, matter="other", known_at_ms=known_ms)
    return network


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="zh-CN", viewport={"width": 1100, "height": 900})
    # Chromium asks its user before a page reaches a program of this machine.
    made.grant_permissions(["local-network-access"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def supervisor(network: RealNetwork) -> Iterator[Terminal]:
    with signer_of(network, "supervisor") as terminal:
        yield terminal


def desk_of(context: BrowserContext, network: RealNetwork, path: str = "/desk") -> Page:
    """A page of the desk whose console must stay silent."""
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(network.nodes[0].api + path)
    expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
    assert said == []
    return page


def dispose(page: Page, signer: Page) -> None:
    """Dispose of the alert that everybody sees, and see it there."""
    page.locator("#code").select_option("AL04")
    page.locator("#subject").fill(PROJECT)
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".feed > li")).to_have_count(1)
    page.locator(".feed > li").get_by_role("link", name="处置", exact=True).click()
    page.locator("#in-decision").select_option("founded")
    page.locator("#in-reason").fill("已责令改正")
    page.get_by_role("button", name="交给签名程序").click()
    agree(signer, "X11", SECTION, "已责令改正")
    expect(page.locator(".made .checks .passed")).not_to_have_count(0, timeout=60_000)
    expect(page.locator(".made [data-number]")).to_have_text(re.compile(r"^NEMESIS(-\d{4})+-\w$"))
    page.locator(".tabs").get_by_role("link", name="预警").click()
    page.locator("#state").select_option("disposed")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".feed > li.done")).to_contain_text("已责令改正")


def test_a_supervisor_reads_by_its_own_right_takes_evidence_away_and_disposes_of_an_alert(
    town: RealNetwork, supervisor: Terminal, context: BrowserContext
) -> None:
    page = desk_of(context, town, f"/desk?subject={PROJECT}")
    rows = page.locator(".feed > li")
    expect(rows).to_have_count(1)
    signer = log_in(context, page, supervisor)
    expect(page.locator("[data-member]")).to_contain_text("supervisor")
    hidden = rows.filter(has_text="投诉").filter(has_text="AL02")
    expect(hidden).to_have_count(1)

    page.locator("#code").select_option("AL04")
    page.get_by_role("button", name="筛选").click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("code=AL04"))
    page.go_back()
    expect(hidden).to_have_count(1)

    with page.expect_download() as waiting:
        hidden.get_by_role("link", name="下载证据包").click()
    with zipfile.ZipFile(Path(waiting.value.path())) as package:
        assert "manifest.json" in package.namelist()
    hidden.get_by_role("link", name="记录与回执").click()
    expect(page.locator("#part h1")).to_have_text("预警")
    page.locator("#verify-here").click()
    expect(page.locator("#verified-here .verdict.fine")).to_be_visible(timeout=30_000)

    page.reload()
    expect(page.locator("#signer")).to_have_attribute("data-state", "in", timeout=30_000)
    expect(page.locator("#part h1")).to_have_text("预警")
    kept = page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert "eyJ" not in kept, "a token is in memory only"
    page.locator(".tabs").get_by_role("link", name="预警").click()
    expect(page.locator("[data-since]")).to_be_hidden()
    dispose(page, signer)

    page.locator("#log-out").click()
    expect(page.locator("#signer")).to_have_attribute("data-state", "out")
    assert "bidwitness signer http" not in page.evaluate("JSON.stringify({...sessionStorage})")
    held = json.loads(page.evaluate("Object.values(localStorage)[0]"))
    assert set(held) == {"height", "timeMs"}
