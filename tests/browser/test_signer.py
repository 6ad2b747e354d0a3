"""The local signer with a real browser: a page of a real node logs in and submits through it.

The signer is the command itself in a process of its own; the page is of the node's origin, and uses
the module that the node serves.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import SECTION
from tests.browser.signing import FREE, Terminal, agree, signer_of
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]
BLANK = "<!doctype html><html lang=zh-CN><title>业务系统</title><p>业务系统</p></html>"
PATH = "/business-system"
COMPLAINT_FILE = {
    "label": "投诉书.pdf",
    "sha256": "ab" * 32,
    "size_bytes": 12,
    "media_type": "application/pdf",
}


@pytest.fixture
def terminal(network: RealNetwork) -> Iterator[Terminal]:
    with signer_of(network, "builder") as made:
        yield made


def page_of(context: BrowserContext, origin: str) -> Page:
    """An empty page of an origin, such as a business system behind a node's address would have."""

    def blank(route: Route) -> None:
        route.fulfill(body=BLANK, content_type="text/html; charset=utf-8")

    context.route(origin + PATH, blank)
    page = context.new_page()
    page.goto(origin + PATH)
    return page


def start(page: Page, signer: str) -> None:
    """Have the node's module at hand on the page."""
    page.evaluate(
        """async (base) => {
            window.module = await import("/static/explorer/signer.js");
            window.signer = new window.module.Signer(base);
        }""",
        signer,
    )


def test_a_page_logs_in_and_submits_through_the_signer(
    network: RealNetwork, terminal: Terminal, context: BrowserContext
) -> None:
    node = network.nodes[0].api
    this_node = network.status(network.nodes[0])["this_node"]
    signer = terminal.base
    page, desk = page_of(context, node), context.new_page()
    desk.goto(terminal.link)
    expect(desk.locator("h1")).to_have_text(FREE)

    start(page, signer)
    page.evaluate("() => window.signer.askPairing()")
    assert terminal.wait_for(r"网页 (http\S+) 请求配对") == node
    code = terminal.wait_for(r"^(\d{4}-\d{4})$")
    page.evaluate("(code) => window.signer.confirmPairing(code)", code)
    assert page.evaluate("() => window.signer.state()")["member"] == "builder"

    record = {
        "type": "tender.complaint",
        "subject": SECTION,
        "occurred_at_ms": time.time_ns() // 1_000_000,
        "evidence": [COMPLAINT_FILE],
        "fields": {"matter": "other", "known_at_ms": time.time_ns() // 1_000_000},
        "private": {"text": "评标委员会成员与投标人有利害关系"},
    }
    page.evaluate("(record) => { window.signed = window.signer.sign([record]); }", record)
    agree(desk, node, "T55 投诉", SECTION, "建设单位", "有利害关系", "投诉书.pdf", "ab" * 32)
    told: Any = page.evaluate(
        """async (node) => {
            const {bundle, record_ids, openings} = await window.signed;
            const answer = await window.module.submit(node, bundle);
            return {record: record_ids[0], openings, status: answer.status};
        }""",
        node,
    )
    assert told["status"] == "committed" and '"name": "text"' in told["openings"][0]

    path = f"/v1/records/{told['record']}"
    refused = page.evaluate("async (path) => (await fetch(path)).status", path)
    assert refused == 403, "a complaint is not for the public"
    page.evaluate(
        "(node) => { window.token = window.signer.login(node); }",
        this_node,
    )
    agree(desk, node, this_node, "登录不能提交任何记录")
    seen: Any = page.evaluate(
        "async ([node, path]) => window.module.readAs(node, path, await window.token)", [node, path]
    )
    assert seen["record"]["type"] == "tender.complaint"
    expect(desk.locator(".paired")).to_contain_text(node)


def test_another_page_gets_nothing_from_the_signer(
    network: RealNetwork, terminal: Terminal, context: BrowserContext
) -> None:
    signer = terminal.base
    desk = context.new_page()
    desk.goto(terminal.link)
    evil = page_of(context, network.nodes[1].api)
    tried: Any = evil.evaluate(
        """async ([signer, desk]) => {
            const told = {};
            const ask = async (name, path, options) => {
                try { told[name] = (await fetch(signer + path, options)).type; }
                catch (problem) { told[name] = problem.name; }
            };
            const json = {"Content-Type": "application/json", "Bidwitness-Pairing": "00"};
            await ask("state", "/v1/state", {headers: json});
            await ask("sign", "/v1/sign", {method: "POST", headers: json, body: "{}"});
            await ask("blind", "/v1/sign", {method: "POST", mode: "no-cors", body: "{}"});
            await ask("desk", desk, {});
            await ask("form", desk, {method: "POST", mode: "no-cors", body: "word=consent"});
            return told;
        }""",
        [signer, desk.url.removeprefix(signer)],
    )
    assert tried["state"] == tried["sign"] == tried["desk"] == "TypeError"
    assert tried["blind"] in {"opaque", "TypeError"}
    desk.reload()
    expect(desk.locator("h1")).to_have_text(FREE)
    expect(desk.locator(".paired")).to_contain_text("还没有")
    evil.evaluate(
        """(url) => { const frame = document.createElement("iframe"); frame.src = url;
                      document.body.append(frame); }""",
        desk.url,
    )
    framed = next(each for each in evil.frames if each is not evil.main_frame)
    framed.wait_for_load_state()
    assert "见证账本" not in framed.content()
