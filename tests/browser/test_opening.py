"""A guest watches an opening: the page renews itself while bids are opened, and says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from cli.bidding import read_sealed
from cli.commands.options import client_from
from cli.desk import Desk
from ledger.core.identifiers import RecordId
from tests.browser.bidding import close_bidding, committed, sealed, stream
from tests.browser.conftest import PROJECT as OPEN
from tests.browser.conftest import Visitor, announce, say
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]
PROJECT = "开标-2026-006"
SECTION = f"{PROJECT}/01"
OTHER = "开标-2026-007"
LIVE, FOLLOWS = "全程见证 · 实时", "本页自动更新"
STILL = "本页现在不自动更新，刷新可见最新动作"


@pytest.fixture(scope="module")
def bids(network: RealNetwork, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two bids in the sealed set, which nobody has opened yet."""
    announce(network, PROJECT)
    inbox = tmp_path_factory.mktemp("inbox")
    first, second = inbox / "first.sealed.json", inbox / "second.sealed.json"
    with Desk.open(client_from(network.folder / "network" / "members" / "bidder", None)) as desk:
        sealed(desk, SECTION, first, "报价一千万元整".encode())
        sealed(desk, SECTION, second, "报价九百万元整".encode())
    with stream(network, inbox):
        committed(first, second)
        close_bidding(network, SECTION, first, second)
    return first, second


def opened(network: RealNetwork, *bids: Path) -> list[RecordId]:
    """The bidder opens its bids; the records that come out."""
    ended = network.run("bidder", "bid", "open", *bids)
    assert ended.code == 0, ended.err
    return [read_sealed(each).sealed.record_id for each in bids]


def read_out(network: RealNetwork, bids: list[RecordId]) -> RecordId:
    """The bids are decrypted and read out; the end of the opening awaits the trading centre."""
    follows = [("follows", each) for each in bids]
    for each in follows:
        say(network, "bidder", "tender.bid_decrypted", SECTION, refs=[each], outcome="success")
    read = say(network, "builder", "tender.bids_read", SECTION, refs=follows)
    refs = [("follows", read)]
    say(network, "bidder", "tender.opening_confirmed", SECTION, refs=refs, outcome="confirmed")
    return say(network, "builder", "tender.opening_closed", SECTION)


@contextmanager
def kept(page: Page) -> Iterator[None]:
    """The reader keeps its place: the link that has the focus stays it, and stays where it is."""
    page.locator(".timeline a").filter(has_text="T08").first.focus()
    top = "() => document.activeElement.getBoundingClientRect().top"
    before = page.evaluate(top)
    page.evaluate("() => { globalThis.began = document.activeElement; }")
    yield
    assert page.evaluate("() => document.activeElement === globalThis.began"), "not loaded anew"
    assert abs(page.evaluate(top) - before) < 3
    assert page.evaluate("scrollY") > 0


def test_a_guest_follows_an_opening_as_it_happens(
    visitor: Visitor, browser: Browser, network: RealNetwork, bids: tuple[Path, Path]
) -> None:
    page = visitor.page
    visitor.open(f"/projects/{SECTION}")
    live, acts = page.locator("#live"), page.locator(".timeline > li")
    expect(live).to_have_text(FOLLOWS)
    before = acts.count()
    with kept(page):
        say(network, "builder", "tender.opening_started", SECTION)
        expect(page.locator("#opening")).to_contain_text("开标正在进行", timeout=15_000)
        expect(live).to_have_text(LIVE)
        expect(acts.filter(has_text="T23")).to_have_count(1)

        out = opened(network, *bids)
        expect(acts.filter(has_text="揭示")).to_have_count(2, timeout=15_000)
        _reads_without_scripts(browser, visitor.base, before)
        closing = read_out(network, out)
        expect(acts.filter(has_text="T28")).to_contain_text("待确认", timeout=15_000)
        expect(live).to_have_text(LIVE)

        say(network, "centre", "ledger.confirmed", SECTION, refs=[("confirms", closing)])
        expect(page.locator("#opening")).to_have_count(0, timeout=15_000)
        expect(live).to_have_text(FOLLOWS)
    expect(acts.filter(has_text="T28")).to_contain_text("已确认（1 份）")


def _reads_without_scripts(browser: Browser, base: str, before: int) -> None:
    """Where scripts are off the page has all of it, and promises nothing that it does not do."""
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}/projects/{SECTION}")
    assert page.locator(".timeline > li").count() >= before + 3
    expect(page.locator("#opening")).to_be_visible()
    expect(page.locator("#live")).to_have_text(STILL)
    context.close()


def test_what_came_while_the_page_was_on_its_way_is_shown(
    visitor: Visitor, network: RealNetwork
) -> None:
    announce(network, OTHER)

    def meanwhile(route: Route) -> None:
        say(network, "builder", "tender.document_filed", f"{OTHER}/01", kind="prequalification")
        route.continue_()

    visitor.page.route("**/v1/events*", meanwhile)
    visitor.open(f"/projects/{OTHER}/01")
    expect(visitor.page.locator(".timeline > li").filter(has_text="T08")).to_have_count(2)


def test_a_page_that_finds_no_place_says_so_and_asks_again(
    browser: Browser, network: RealNetwork
) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.clock.install()
    page.route("**/v1/events*", lambda route: route.fulfill(status=429), times=1)
    page.goto(f"{network.nodes[0].api}/projects/{OPEN}")
    live = page.locator("#live")
    expect(live).to_have_text(STILL)
    page.clock.fast_forward(15_000)
    expect(live).to_have_text(FOLLOWS)
    context.close()
