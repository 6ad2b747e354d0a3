"""A real browser on the pages of real nodes; skipped by name where Chromium is missing.

Four processes of a real network, some records on it, and Debian's Chromium driven by Playwright.
Whatever the browser asks of another host, and whatever its console says, is kept and judged.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from ledger.core.bundle import sign_bundle
from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.record import Evidence, Private, Record, Ref
from tests.network.real_network import HOUR_MS, RealNetwork

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PROJECT = "浏览-2026-001"
TENDER = "浏览-2026-002"
SECTION = f"{TENDER}/01"
BUILDER = """
[[members]]
id = "builder"
name_zh = "建设单位"
name_en = "Builder"
credit_code = ""
roles = ["tenderer"]

[[members]]
id = "office"
name_zh = "登记机构"
name_en = "Registry office"
credit_code = ""
roles = [
    "standards_body", "address_keeper", "property_registry", "address_platform", "market_registrar",
    "address_supervisor",
]

[[members]]
id = "sealer"
name_zh = "投标系统"
name_en = "Bid system"
credit_code = ""
roles = ["bid_system"]

[[members]]
id = "bidder"
name_zh = "投标单位"
name_en = "Bidder"
credit_code = ""
roles = ["bidder"]

[[members]]
id = "landlord"
name_zh = "产权单位"
name_en = "Landlord"
credit_code = ""
roles = ["depositor"]

[parameters]
sealing_tick_ms = 500
clock_ahead_ms = 100
deadline_grace_ms = 1000
"""
HOSTILE = '<script>document.title="stolen"</script>\u202egnp.exe'
"""Markup, and a mark that turns the text after it around."""


@dataclass
class Visitor:
    """One page of the browser, and what it did beside showing."""

    page: Page
    base: str
    strangers: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the node."""
        self.page.goto(self.base + path)

    def asked(self, request: Request) -> None:
        """Keep whatever is asked of another host."""
        if not request.url.startswith(self.base):
            self.strangers.append(urlsplit(request.url).netloc)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNetwork]:
    """Four nodes at work, with one record in plain words and one that is hostile."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt install chromium fonts-noto-cjk")
    network = RealNetwork(tmp_path_factory.mktemp("browser"), BUILDER)
    try:
        network.start()
        _submit(network, "招标公告.pdf", "平常的说明")
        _submit(network, HOSTILE, HOSTILE)
        announce(network, TENDER)
        yield network
    finally:
        network.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen.

    Not for a whole session: while Playwright is open its event loop runs in this thread, and every
    test of other files that runs one of its own would fail.
    """
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt install chromium fonts-noto-cjk")
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def visitor(
    browser: Browser, network: RealNetwork, request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    """A reader of Chinese, or of the language that the test asks for."""
    language = getattr(request, "param", "zh-CN")
    context = browser.new_context(locale=language, viewport={"width": 1200, "height": 900})
    guest = Visitor(context.new_page(), network.nodes[0].api)
    guest.page.on("request", guest.asked)
    guest.page.on("console", lambda message: guest.said.append(message.text))
    guest.page.on("pageerror", lambda error: guest.said.append(str(error)))
    yield guest
    context.close()
    assert guest.strangers == [], "the page asked another host"
    assert guest.said == [], "the browser's console is not silent"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A reader of Chinese whose pages may ask the signer of this machine."""
    made = browser.new_context(locale="zh-CN", viewport={"width": 1100, "height": 900})
    # Chromium asks its user before a page reaches a program of this machine.
    made.grant_permissions(["local-network-access"])
    yield made
    made.close()


def records_of(network: RealNetwork) -> list[str]:
    """Ids of the project's records, in the log's order."""
    answer = httpx.get(
        f"{network.nodes[0].api}/v1/subjects", params={"key": PROJECT}, trust_env=False
    )
    return [item["record_id"] for item in answer.json()["items"]]


def _submit(network: RealNetwork, label: str, method: str) -> None:
    """Have the trading centre deposit one document about the project."""
    say(network, "centre", "evidence.deposited", PROJECT, label, method=method)


def announce(network: RealNetwork, project: str) -> None:
    """One section of a project that follows a procedure, up to its announcement."""
    section = f"{project}/01"
    say(network, "builder", "tender.entry_commitment", project)
    facts: dict[str, Any] = {"tenderer": "builder", "name": "学校改扩建", "industry": "housing"}
    say(network, "centre", "tender.project_accepted", project, **facts)
    say(network, "builder", "tender.document_filed", section, kind="tender")
    said: dict[str, Any] = {"kind": "announcement", "procedure": "open_tender"}
    until = time.time_ns() // 1_000_000 + 30 * 24 * HOUR_MS
    say(network, "builder", "tender.announcement", section, bid_deadline_ms=until, **said)


def publish(network: RealNetwork, record: Record) -> None:
    """Submit one record under its issuer's key, and wait for its receipt."""
    bundle = sign_bundle(
        network.keys[record.issuer],
        network.trust.network_id,
        record.issuer,
        [record.encode()],
        record.occurred_at_ms,
        record.occurred_at_ms + HOUR_MS,
        bytes(16),
    )
    answer = httpx.post(
        f"{network.nodes[0].api}/v1/bundles?wait=30",
        content=bundle.encode(),
        headers={"Content-Type": "application/msgpack"},
        timeout=60,
        trust_env=False,
    )
    assert answer.status_code == httpx.codes.CREATED, answer.text


def say(
    network: RealNetwork,
    issuer: str,
    type_key: str,
    subject: str,
    label: str = "文件.pdf",
    content: bytes | None = None,
    refs: Sequence[tuple[str, RecordId]] = (),
    private: Private | None = None,
    **fields: Value,
) -> RecordId:
    """Submit one record with one document, and wait for its receipt."""
    network.made_count += 1
    now_ms = time.time_ns() // 1_000_000
    record = Record(
        type=type_key,
        issuer=MemberId(issuer),
        subject=Subject(subject),
        occurred_at_ms=now_ms,
        evidence=(Evidence(label, sha256(content or label.encode()), None, 9, "application/pdf"),),
        fields=fields,
        private=private,
        refs=tuple(Ref(relation, cited) for relation, cited in refs),
        nonce=network.made_count.to_bytes(16),
    )
    publish(network, record)
    return record.record_id
