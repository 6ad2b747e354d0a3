"""The pages as a person meets them: read, walked by keyboard, printed, attacked, and cut off."""

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.browser.conftest import HOSTILE, PROJECT, SECTION, Visitor, announce, records_of, say
from tests.network.real_network import RealNetwork

in_both_languages = pytest.mark.parametrize("visitor", ["zh-CN", "en-GB"], indirect=True)
pytestmark = [pytest.mark.browser, pytest.mark.network]
CHANGED = "图表-2026-005"


def in_chinese(visitor: Visitor) -> bool:
    return str(visitor.page.locator("html").get_attribute("lang")) == "zh-CN"


@in_both_languages
def test_the_network_says_what_its_quorum_can_still_do(visitor: Visitor) -> None:
    visitor.open("/nodes")
    said = "还可以再失去 1 个节点" if in_chinese(visitor) else "can lose 1 more"
    expect(visitor.page.locator(".headline")).to_contain_text(said)
    expect(visitor.page.locator("section[aria-labelledby=nodes] tbody tr")).to_have_count(4)


def test_the_home_page_draws_what_its_tables_say_and_shows_blocks_as_they_come(
    visitor: Visitor, network: RealNetwork
) -> None:
    visitor.open("/")
    days = visitor.page.locator("section.plot").first
    expect(days.locator("svg .ct-bar").first).to_be_attached()
    expect(days.locator("svg")).to_be_visible()
    expect(days.locator("table")).to_be_hidden()
    days.locator("summary").click()
    expect(days.locator("table")).to_be_visible()
    expect(visitor.page.locator("#live")).to_be_visible()
    newest = visitor.page.locator("table.blocks tbody tr").first
    before = int(newest.locator("th").inner_text())
    say(network, "centre", "evidence.deposited", PROJECT, "又一份.pdf", method="平常的说明")
    expect(newest.locator("th")).not_to_have_text(str(before))
    assert int(newest.locator("th").inner_text()) > before


def test_a_bar_has_the_shade_of_what_it_counts(visitor: Visitor, network: RealNetwork) -> None:
    announce(network, CHANGED)
    section = f"{CHANGED}/01"
    say(network, "builder", "tender.document_filed", section, content=b"other", kind="tender")
    alerts = visitor.page.locator("section.plot", has=visitor.page.locator("#plot-alerts"))
    until = time.monotonic() + 60
    while not alerts.get_by_text("AL04").count():
        assert time.monotonic() < until, "the alert is not counted"
        visitor.open("/")
    bars = alerts.locator("svg .ct-bar")
    expect(bars.first).to_be_attached()
    drawn: Counter[str] = Counter()
    for bar in bars.all():
        if float(bar.get_attribute("x2") or 0) > float(bar.get_attribute("x1") or 0):
            drawn[bar.locator("..").get_attribute("class") or ""] += 1
    rows = [row.locator("td").all_text_contents() for row in alerts.locator("tbody tr").all()]
    told = [sum(row[at] != "0" for row in rows) for at in range(3)]
    assert [drawn[f"ct-series ct-series-{letter}"] for letter in "abc"] == told
    assert sum(told) > 0


def test_a_project_leads_to_its_records(visitor: Visitor, network: RealNetwork) -> None:
    visitor.open(f"/projects/{PROJECT}")
    expect(visitor.page.locator("h1")).to_have_text(PROJECT)
    actions = visitor.page.locator(".timeline > li")
    expect(actions).to_have_count(len(records_of(network)))
    actions.first.get_by_role("link").first.click()
    expect(visitor.page).to_have_url(re.compile("/records/[0-9a-f]{64}"))


@in_both_languages
def test_a_section_shows_each_function_point_and_leads_to_its_newest_record(
    visitor: Visitor,
) -> None:
    visitor.open(f"/projects/{SECTION}")
    table = visitor.page.locator("table.coverage")
    expect(table.locator("tbody tr")).to_have_count(25)
    expect(table.locator("tbody td")).to_have_count(125)
    name = "招标公告" if in_chinese(visitor) else "Tender announcement"
    # A reader who does not see hears the word for the sign.
    word = "已有记录" if in_chinese(visitor) else "live"
    live = table.locator("td.live").first
    expect(live.get_by_role("img", name=word)).to_be_visible()
    # A class of the same name elsewhere on the pages once laid these cells out below each other.
    expect(live).to_have_css("display", "table-cell")
    table.get_by_role("link", name=name, exact=True).click()
    expect(visitor.page).to_have_url(re.compile("/records/[0-9a-f]{64}"))


@in_both_languages
def test_every_check_of_a_record_holds_and_its_receipt_verifies_elsewhere(
    visitor: Visitor, network: RealNetwork
) -> None:
    record = records_of(network)[0]
    visitor.open(f"/records/{record}")
    checks = visitor.page.locator(".checks li")
    expect(checks).to_have_count(10)
    expect(visitor.page.locator(".checks .failed")).to_have_count(0)
    expect(visitor.page.locator("svg.path")).to_be_visible()
    with visitor.page.expect_download() as waiting:
        visitor.page.locator(f'a.button[href="/v1/records/{record}/receipt"]').click()
    verified = verify_receipt(
        decode_receipt(Path(waiting.value.path()).read_bytes()), network.trust
    )
    assert verified.record_id.hex() == record


def test_hostile_text_is_shown_and_does_nothing(visitor: Visitor, network: RealNetwork) -> None:
    visitor.open(f"/records/{records_of(network)[1]}")
    expect(visitor.page.get_by_text("<script>").first).to_be_visible()
    assert "stolen" not in visitor.page.title()
    assert visitor.page.locator("script:not([src^='/static/'])").count() == 0
    assert "\u202e" in HOSTILE
    assert "\u202e" not in visitor.page.content()


def test_the_search_box_finds_by_keyboard_alone(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.locator(".skip")).to_be_focused()
    for _ in range(20):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.id") == "q":
            break
    expect(visitor.page.locator("#q")).to_be_focused()
    visitor.page.keyboard.type(PROJECT)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(".hit a").first).to_have_text(PROJECT)


def test_a_page_cannot_run_what_it_did_not_bring(visitor: Visitor) -> None:
    visitor.open("/")
    policy = visitor.page.request.get(visitor.base + "/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy


def test_print_leaves_the_controls_out(visitor: Visitor, network: RealNetwork) -> None:
    visitor.open(f"/records/{records_of(network)[0]}")
    visitor.page.emulate_media(media="print")
    expect(visitor.page.locator(".box")).to_be_hidden()
    expect(visitor.page.locator(".actions")).to_be_hidden()
    expect(visitor.page.locator(".checks")).to_be_visible()


def test_lost_nodes_are_told_in_words(visitor: Visitor, network: RealNetwork) -> None:
    chinese = _reads_chinese(visitor)
    told = ("stands still when one more", "stands still until more are back")
    if chinese:
        told = ("再失去一个节点就会停止", "已停止提交")
    lost = network.nodes[3], network.nodes[2]
    try:
        for count, (node, said) in enumerate(zip(lost, told, strict=True), 1):
            node.kill()
            for _ in range(60):
                visitor.open("/nodes")
                if said in visitor.page.locator(".headline").inner_text():
                    break
                visitor.page.wait_for_timeout(500)
            expect(visitor.page.locator(".headline")).to_contain_text(said)
            expect(
                visitor.page.locator("section[aria-labelledby=nodes] td .mark.serious")
            ).to_have_count(count)
    finally:
        for node in lost:
            node.start()
        for node in lost:
            node.wait_ready(60)


def _reads_chinese(visitor: Visitor) -> bool:
    visitor.open("/")
    return in_chinese(visitor)
