"""Every form of the desk in a real browser, from the first thing typed to the record's own page.

Whoever signs reads in the signer what is signed; what a form refuses it says in words, and what was
typed stays.
"""

import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from ledger.core.identifiers import MemberId, RecordId
from ledger.core.negative_list import NegativeList
from ledger.core.openings import decode_openings
from ledger.core.owner import owner_commitment
from ledger.core.vrf import VrfKey
from tests.browser.addresses import match
from tests.browser.axe import for_everybody
from tests.browser.conftest import announce, say
from tests.browser.signing import agree, asked, desk_of, log_in, signer_of
from tests.network.real_network import HOUR_MS, RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]
ADDRESS, LIST = "ADDR-620100-0002", "LIST-620100"
SALT = bytes(range(32))
PROJECT = "表单-2026-005"
SECTION = f"{PROJECT}/01"
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def town(network: RealNetwork) -> RealNetwork:
    """A section up to its announcement."""
    announce(network, PROJECT)
    return network


@pytest.fixture(scope="module")
def sources(network: RealNetwork) -> dict[str, RecordId]:
    """An address of a landlord who has joined, up to the match."""
    network_id, landlord = network.trust.network_id, MemberId("landlord")
    said = match(network, ADDRESS, owner_commitment(network_id, ADDRESS, landlord, SALT))
    say(network, "landlord", "address.owner_joined", "landlord", capacity="owner")
    return said


def press(page: Page, name: str = "交给签名程序") -> None:
    page.get_by_role("button", name=name).click()


def told(page: Page, words: str) -> None:
    """The form says why it was not done."""
    expect(page.locator(".desk-form .problem")).to_contain_text(words)


def told_at(page: Page, field: str, words: str) -> None:
    """A field says why it was not taken; whoever cannot see is led there."""
    expect(page.locator(f"#unfit-{field}")).to_contain_text(words)
    expect(page.locator(f"#{field}")).to_be_focused()
    expect(page.locator(f"#{field}")).to_have_accessible_description(re.compile(re.escape(words)))


def record_made(page: Page) -> str:
    """Id of the record that the page says is on the ledger, its receipt verified there."""
    expect(page.locator(".made .verdict.fine").first).to_be_visible(timeout=60_000)
    expect(page.locator(".made .checks > li")).to_have_count(10)
    expect(page.locator(".made .checks .failed, .made .checks .unreached")).to_have_count(0)
    expect(page.locator(".made [data-number]")).to_have_text(re.compile(r"^NEMESIS(-\d{4})+-\w$"))
    expect(page.locator(".desk-form")).to_be_hidden()
    seen = page.viewport_size
    assert seen is not None
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size(seen)
    return page.locator("[data-made-record] code").inner_text()


def owner_confirms(page: Page, network: RealNetwork) -> str:
    """The landlord lets the bidder register, after everything that can be typed wrongly."""
    page.locator("#in-decision").select_option("confirmed")
    page.locator("#in-use").select_option("premises")
    page.locator("#in-owner_name").fill("业主甲")
    page.locator("#in-owner_salt").fill("abc")
    press(page)
    told_at(page, "in-applicant", "请填写这一项。")
    page.locator("#in-applicant").fill("   ")
    press(page)
    told_at(page, "in-applicant", "请填写这一项。")
    page.locator("#in-applicant").fill("bidder")
    expect(page.locator("#unfit-in-applicant")).to_have_count(0)
    press(page)
    told_at(page, "in-owner_salt", "位数为双数")
    page.locator("#in-owner_salt").fill("ab" * 32)
    press(page)
    told(page, "请先用本地签名程序登录。")
    with signer_of(network, "landlord") as terminal:
        signer = log_in(page, terminal)
        expect(page.locator("#in-owner_name")).to_have_value("业主甲")
        press(page)
        agree(
            signer, "A05 产权人在线确认", ADDRESS, "产权单位 (landlord)", "投标单位 (bidder)",
            "确认 (confirmed)", "经营场所", "业主甲", "ab" * 32,
        )  # fmt: skip
        told(page, "[address.owner]")
        page.locator("#in-owner_salt").fill(SALT.hex())
        page.locator("#in-until_ms").fill("2020-01-01T00:00")
        press(page)
        agree(signer, SALT.hex(), "2020-01-01 00:00:00")
        told_at(page, "in-until_ms", "[record.field_value]")
        for_everybody(page)
        page.locator("#in-until_ms").fill("2036-01-01T00:00")
        press(page)
        with page.expect_download() as waiting:
            agree(signer, SALT.hex(), "2036-01-01 00:00:00")
        kept = decode_openings(Path(waiting.value.path()).read_bytes())
        assert [(each.name, each.value) for each in kept.openings] == [("owner_name", "业主甲")]
        made = record_made(page)
        page.locator("[data-made-record]").click()
        expect(page.locator("#part h1")).to_have_text("产权人在线确认")
        page.locator("#part").get_by_role("link", name=ADDRESS).first.click()
        expect(page.locator("#part h1")).to_have_text(ADDRESS)
        expect(page.locator("#part")).to_contain_text("产权人在线确认")
    return made


def check_negative_list(network: RealNetwork, matched: RecordId) -> None:
    """The office publishes its list, on which the address is not."""
    held = NegativeList(LIST, 1, ("ADDR-620100-0404",), VrfKey(bytes(32)))
    until = time.time_ns() // 1_000_000 + 30 * 24 * HOUR_MS
    fields: dict[str, Any] = {**held.head.fields(), "reason": "虚假登记", "valid_until_ms": until}
    listed = say(network, "office", "address.negative_list_changed", LIST, **fields)
    refs = [("follows", matched), ("follows", listed)]
    check: dict[str, Any] = held.check(ADDRESS)
    say(network, "office", "address.negative_list_checked", ADDRESS, refs=refs, **check)


def test_from_the_owners_word_to_a_certificate_of_use(
    network: RealNetwork, sources: dict[str, RecordId], context: BrowserContext
) -> None:
    page = desk_of(context, network, f"/desk/sign/owner?about={ADDRESS}")
    will = owner_confirms(page, network)
    node = network.nodes[0].api
    assert httpx.get(f"{node}/v1/records/{will}", trust_env=False).status_code == 403

    check_negative_list(network, sources["match"])
    with signer_of(network, "office") as terminal:
        page = desk_of(context, network, f"/desk/sign/use?about={ADDRESS}&lang=en")
        expect(page.locator(".verdict.still")).to_contain_text("Owner confirms or denies online")
        signer = log_in(page, terminal)
        expect(page.locator("#part")).to_contain_text("Bidder")
        press(page, "Hand to the signer")
        agree(signer, "A10 住所使用证明存证证书", ADDRESS, "投标单位 (bidder)", will, LIST)
        certificate = record_made(page)
        page.locator("[data-made-record]").click()
        expect(page.locator("#part h1")).to_have_text("Use-right evidence certificate issued")
    guest = context.new_page()
    guest.goto(f"{node}/addresses/{ADDRESS}")
    row = guest.locator("section[aria-labelledby=certificates] tbody tr")
    expect(row).to_have_count(1)
    expect(row.get_by_role("link")).to_have_attribute("href", f"/records/{certificate}")
    expect(row).to_contain_text("有效")
    expect(guest.locator("main")).not_to_contain_text("产权人在线确认")


def object_to(page: Page, network: RealNetwork, paper: Path) -> str:
    """The bidder objects to the document; its signer is closed meanwhile, and started anew."""
    with signer_of(network, "bidder") as closed:
        log_in(page, closed)
        page.locator("#in-matter").select_option("document")
        page.locator("#in-text").fill("资格条件排斥潜在投标人")
        page.locator("#in-contact").fill("010-12345678")
        page.locator("#evidence").set_input_files(str(paper))
    press(page)
    told(page, "连不上本机的签名程序")
    expect(page.get_by_text("签名程序已关闭或重新启动")).to_be_visible()
    with signer_of(network, "bidder") as terminal:
        signer = log_in(page, terminal)
        expect(page.locator("#in-text")).to_have_value("资格条件排斥潜在投标人")
        press(page)
        asked(signer)
        signer.get_by_role("button", name="拒绝").click()
        told(page, "[signer.declined]")
        press(page)
        agree(
            signer, "T53 异议", SECTION, "招标文件", "资格条件排斥潜在投标人", "010-12345678",
            paper.name,
        )  # fmt: skip
        return record_made(page)


def send_again(page: Page) -> None:
    """What was signed and never answered outlives the page, and is not signed a second time."""
    kept = page.locator("#unanswered")

    def come_back() -> None:
        page.reload()
        expect(page.locator("#signer")).to_have_attribute("data-state", "in", timeout=30_000)
        expect(kept.locator("h2")).to_have_text("有 1 条已签署、未收到答复的记录")
        expect(kept.locator("li")).to_contain_text(f"异议答复 {SECTION}")

    come_back()
    with page.expect_download() as waiting:
        kept.get_by_role("link", name="保存开示文件").click()
    opened = decode_openings(Path(waiting.value.path()).read_bytes())
    assert "第三章第二条修改如下" in [each.value for each in opened.openings]
    stored = page.evaluate("JSON.stringify({...sessionStorage})")
    assert "第三章第二条修改如下" not in page.evaluate("JSON.stringify({...localStorage})")
    page.once("dialog", lambda dialog: dialog.accept())
    kept.get_by_role("button", name="丢弃").click()
    expect(kept).to_be_hidden()
    assert "bidwitness unanswered" not in page.evaluate("JSON.stringify({...sessionStorage})")
    page.evaluate("(stored) => Object.assign(sessionStorage, JSON.parse(stored))", stored)
    come_back()
    again = kept.get_by_role("button", name="再次发送")
    page.unroute("**/v1/bundles*")
    late = {"code": "bundle.expired", "detail": "late", "detail_zh": "过期了", "facts": {}}
    page.route("**/v1/bundles*", lambda route: route.fulfill(status=409, json=late))
    again.click()
    expect(kept.locator(".problem")).to_contain_text("过期了 [bundle.expired] 节点不再接受这一份")
    for_everybody(page)
    page.unroute("**/v1/bundles*")
    again.click()
    expect(kept.locator(".verdict.fine").first).to_be_visible(timeout=60_000)
    kept.locator("[data-entry]").click()
    expect(page.locator("#part h1")).to_have_text("异议答复")
    expect(kept).to_be_hidden()


def answer(page: Page, network: RealNetwork, objection: str) -> None:
    """The tenderer answers it, over a node that does not answer at first."""
    with signer_of(network, "builder") as terminal:
        signer = log_in(page, terminal)
        form = page.locator("form", has=page.locator("#record-answer"))
        page.locator("#record-answer").fill("第一条异议")
        form.get_by_role("button").click()
        told_at(page, "record-answer", "64 位小写十六进制数字")
        page.locator("#record-answer").fill("0" * 64)
        form.get_by_role("button").click()
        told_at(page, "record-answer", "0" * 16)
        page.locator("#record-answer").fill(objection)
        form.get_by_role("button").click()
        expect(page.locator("#part h1")).to_have_text("异议答复")
        expect(page.locator("#part .facts").first).to_contain_text("投标单位")
        page.locator("#in-outcome").select_option("partly_upheld")
        page.locator("#in-text").fill("第三章第二条修改如下")
        for_everybody(page)
        page.route("**/v1/bundles*", lambda route: route.abort())
        press(page)
        agree(signer, "T54 异议答复", SECTION, objection, "第三章第二条修改如下")
        told(page, "节点没有回答")
        told(page, "不会重复")
        send_again(page)


def test_an_objection_is_filed_and_answered_and_the_project_shows_both(
    town: RealNetwork, context: BrowserContext, tmp_path: Path
) -> None:
    paper = tmp_path / "异议书.pdf"
    paper.write_bytes(b"never uploaded")
    page = desk_of(context, town, f"/desk/sign/objection?about={SECTION}")
    objection = object_to(page, town, paper)
    page = desk_of(context, town, "/desk/sign")
    answer(page, town, objection)
    guest = context.new_page()
    guest.goto(f"{town.nodes[0].api}/projects/{SECTION}")
    acts = guest.locator(".timeline > li")
    expect(acts.filter(has=guest.locator(f"a[href='/records/{objection}']"))).to_have_count(1)
    expect(acts.filter(has_text="T54 异议答复")).to_have_count(1)
    expect(guest.locator("main")).not_to_contain_text("资格条件排斥潜在投标人")


def test_a_record_that_waits_takes_effect_when_whoever_may_confirms_it(
    town: RealNetwork, context: BrowserContext
) -> None:
    filed = say(town, "builder", "tender.document_filed", SECTION, content=b"2", kind="tender")
    refs = [("voids", filed)]
    voiding = say(town, "builder", "ledger.voided", SECTION, refs=refs, reason="报错了文件").hex()
    with signer_of(town, "notary") as terminal:
        page = desk_of(context, town, f"/desk/sign/confirm?record={voiding}")
        signer = log_in(page, terminal)
        press(page)
        agree(signer, "确认", SECTION, voiding)
        told(page, "[record.confirmation]")
        for_everybody(page)
    guest = context.new_page()
    guest.goto(f"{town.nodes[0].api}/projects/{SECTION}")
    waits = guest.locator(".timeline > li").filter(has_text="X06 作废")
    expect(waits).to_contain_text("待确认")
    with signer_of(town, "supervisor") as terminal:
        page = desk_of(context, town, f"/desk/sign/confirm?record={voiding}")
        signer = log_in(page, terminal)
        press(page)
        agree(signer, "确认", SECTION, voiding, "supervisor")
        record_made(page)
    expect(waits).to_contain_text("已确认（1 份）", timeout=30_000)
    expect(guest.locator(".timeline > li").filter(has_text="已作废")).to_have_count(1)


@pytest.mark.parametrize("path", ["/desk/sign", f"/desk/sign/objection?about={SECTION}"])
def test_the_keyboard_alone_reaches_every_control_and_shows_where_it_is(
    town: RealNetwork, context: BrowserContext, path: str
) -> None:
    page = desk_of(context, town, path)
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("#signer, #part")]
            .flatMap((each) => [...each.querySelectorAll("a, button, input, select, textarea")])
            .filter((each) => each.checkVisibility() && each.type !== "hidden")
            .map((each, place) => { each.dataset.place = place; return String(place); })"""
    )
    reached: list[str] = []
    page.locator("#q").focus()
    while len(reached) < len(wanted) and "BODY" not in reached:
        page.keyboard.press("Tab")
        place, seen = page.evaluate(
            """() => { const [at, style] = [document.activeElement, getComputedStyle];
                const {outlineStyle, outlineWidth} = style(at);
                return [at.dataset.place ?? at.nodeName,
                    outlineStyle !== "none" && parseFloat(outlineWidth) >= 2]; }"""
        )
        assert seen, f"nothing shows that {place} has the focus"
        # A date has several places of its own; what stands above the desk is not asked for.
        if place in wanted and place not in reached:
            reached.append(place)
    assert reached == wanted
