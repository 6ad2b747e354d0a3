"""The desk in a real browser: members log in through their signers, and read by their own right."""

import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from ledger.core.hashing import sha256
from tests.browser.addresses import match
from tests.browser.axe import for_everybody
from tests.browser.conftest import announce, say
from tests.browser.signing import Terminal, agree, desk_of, log_in, signer_of
from tests.network.real_network import HOUR_MS, RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]
PROJECT = "工作台-2026-003"
SECTION = f"{PROJECT}/01"
ADDRESS = "ADDR-620100-0001"
FORGED = "<div id=part><h1>请到新网站登录"
"""The name of a project and of a document: a page, to whoever takes what quotes it for one."""
DAY_MS = 24 * HOUR_MS


@pytest.fixture(scope="module")
def town(network: RealNetwork) -> RealNetwork:
    """A section with an alert for everybody, and one about a complaint, for supervisors."""
    announce(network, PROJECT)
    say(network, "builder", "tender.document_filed", SECTION, content=b"other", kind="tender")
    known_ms = time.time_ns() // 1_000_000 - 20 * DAY_MS
    say(network, "notary", "tender.complaint", SECTION, matter="other", known_at_ms=known_ms)
    return network


@pytest.fixture(scope="module")
def supervisor(network: RealNetwork) -> Iterator[Terminal]:
    with signer_of(network, "supervisor") as terminal:
        yield terminal


@pytest.fixture(scope="module")
def address(network: RealNetwork) -> str:
    """An address that a certificate can be issued for: three sources, whose it is, and a match."""
    match(network, ADDRESS, sha256(b"owner"))
    return ADDRESS


def refuse_one(page: Page, link: Locator) -> None:
    """A download that the node refuses says so in the node's words, until another one is asked."""
    whole = link.get_attribute("href")
    link.evaluate("(link) => { link.href = '/v1/subjects/bundle.zip?key=nowhere'; }")
    link.click()
    expect(page.locator("#signer .problem")).to_contain_text("[court_bundle.nothing]")
    expect(page.locator("#signer .problem")).to_contain_text("nowhere")
    link.evaluate("(link, whole) => { link.href = whole; }", whole)


def for_every_tab(page: Page) -> None:
    """Every page of the desk, filled with what its member alone may read, is for everybody."""
    for name in ("缺节点项目", "查阅留痕", "抽取复算", "周报", "签署表单", "预警"):
        tab = page.locator(".tabs").get_by_role("link", name=name)
        tab.click()
        expect(tab).to_have_attribute("aria-current", "page")
        for_everybody(page)


def dispose(page: Page, signer: Page) -> None:
    """Dispose of the alert that everybody sees, and see it there."""
    page.locator("#code").select_option("AL04")
    page.locator("#subject").fill(PROJECT)
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".feed > li")).to_have_count(1)
    page.locator(".feed > li").get_by_role("link", name="处置", exact=True).click()
    expect(page.locator("#part .facts").first).to_contain_text(re.compile(r"AL04 .*未声明修改"))
    page.locator("#in-decision").select_option("founded")
    page.locator("#in-reason").fill("已责令改正")
    for_everybody(page)
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
    signer = log_in(page, supervisor)
    expect(page.locator("[data-member]")).to_contain_text("supervisor")
    hidden = rows.filter(has_text="投诉").filter(has_text="AL02")
    expect(hidden).to_have_count(1)

    page.locator("#code").select_option("AL04")
    page.get_by_role("button", name="筛选").click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("code=AL04"))
    page.go_back()
    expect(hidden).to_have_count(1)

    refuse_one(page, hidden.get_by_role("link", name="下载证据包"))
    with page.expect_download() as waiting:
        hidden.get_by_role("link", name="下载证据包").click()
    with zipfile.ZipFile(Path(waiting.value.path())) as package:
        assert "manifest.json" in package.namelist()
    expect(page.locator("#signer .problem")).to_be_hidden()
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
    for_every_tab(page)
    dispose(page, signer)

    page.locator("#log-out").click()
    expect(page.locator("#signer")).to_have_attribute("data-state", "out")
    assert "bidwitness signer http" not in page.evaluate("JSON.stringify({...sessionStorage})")
    held = json.loads(page.evaluate("Object.values(localStorage)[0]"))
    assert set(held) == {"height", "timeMs"}


def test_a_clerk_issues_a_certificate_through_the_signer(
    network: RealNetwork, address: str, context: BrowserContext, tmp_path: Path
) -> None:
    scan = tmp_path / "申请表.pdf"
    scan.write_bytes(b"never uploaded")
    with signer_of(network, "office") as terminal:
        page = desk_of(context, network, "/desk/sign?lang=en")
        uploaded: list[str] = []
        page.on("request", lambda asked: uploaded.append(asked.post_data or ""))
        page.locator("#about-property").fill(address)
        page.locator("form", has=page.locator("#about-property")).get_by_role("button").click()
        expect(page.locator(".verdict.still")).to_contain_text("The ledger lacks", ignore_case=True)
        signer = log_in(page, terminal)
        page.locator("#evidence").set_input_files(str(scan))
        for_everybody(page)
        page.get_by_role("button", name="Hand to the signer").click()
        digest = sha256(b"never uploaded").hex()
        agree(signer, "A09", address, "申请表.pdf", digest)
        expect(page.locator(".made .verdict.fine").first).to_be_visible(timeout=60_000)
        # Nothing private was said, so there is nothing to keep.
        expect(page.locator("[data-openings]")).to_be_hidden()
        tab = page.locator(".tabs [aria-current]")
        expect(tab).to_have_text("Forms to sign")
        page.locator("[data-made-record]").click()
        expect(page.locator("#part")).to_contain_text(digest)
    assert not any("never uploaded" in each for each in uploaded)


@pytest.fixture(scope="module")
def forged(network: RealNetwork) -> str:
    """A record, and an alert, of which every answer that is no page quotes a page."""
    announce(network, FORGED)
    section = f"{FORGED}/01"
    say(network, "builder", "tender.document_filed", section, content=b"other", kind="tender")
    return say(network, "centre", "evidence.deposited", "网页-1", FORGED).hex()


@pytest.mark.parametrize(
    ("address", "is_asked"),
    [
        ("/desk/../v1/records/{}", False),
        ("/records/../v1/records/{}", False),
        ("//elsewhere.example/desk", False),
        ("/\\elsewhere.example/desk", False),
        ("https://elsewhere.example/records/{}", False),
        ("https://[", False),
        ("/desk?format=json", True),
    ],
)
def test_nothing_is_opened_beside_the_desk_but_a_page_of_this_node(
    network: RealNetwork, context: BrowserContext, forged: str, address: str, is_asked: bool
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = desk_of(context, network, "/desk?" + urlencode({"view": address.format(forged)}))
    expect(page.locator("#part h1")).to_have_text("预警")
    expect(page.locator("#part")).to_contain_text(FORGED)
    expect(page.locator("#signer .problem")).to_be_visible(visible=is_asked)
    assert all(each.startswith(f"{network.nodes[0].api}/") for each in asked)
    assert not any("/v1/records/" in each for each in asked)


@pytest.mark.parametrize("form", ["text/html", "text/plain"])
def test_what_a_proxy_answers_in_the_nodes_place_is_told_as_such(
    network: RealNetwork, context: BrowserContext, forged: str, form: str
) -> None:
    context.route(
        re.compile(r"^http://[^?]*/records/"),
        lambda route: route.fulfill(status=502, content_type=form),
    )
    page = desk_of(context, network, f"/desk?view=/records/{forged}")
    expect(page.locator("#signer .problem")).to_contain_text("节点没有回答")
    expect(page.locator("#part h1")).to_have_text("预警")


def test_a_page_of_this_node_is_opened_beside_the_desk(
    network: RealNetwork, context: BrowserContext, forged: str
) -> None:
    page = desk_of(context, network, f"/desk?view=/v/{forged}")
    expect(page.locator("#part h1")).to_have_text("证据存证")
    expect(page.locator("#part")).to_contain_text(FORGED)
