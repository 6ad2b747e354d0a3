"""Files verified in a reader's own browser: on a node's pages, and from one saved file with no
network at all."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect
from typer.testing import CliRunner

from cli.main import app
from tests.bits import flipped
from tests.browser.conftest import Visitor, records_of
from tests.network.real_network import RealNetwork

in_both_languages = pytest.mark.parametrize("visitor", ["zh-CN", "en-GB"], indirect=True)
pytestmark = [pytest.mark.browser, pytest.mark.network]
DOCUMENT = "招标公告.pdf".encode()
"""What the first record of the network names, by its digest and nine bytes of size."""


@pytest.fixture(scope="module")
def kept(network: RealNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what somebody took away while the service was there."""
    folder = tmp_path_factory.mktemp("kept")
    base = network.nodes[0].api
    record = records_of(network)[0]
    for name, path in {
        "trust.json": "/v1/trust",
        "receipt.json": f"/v1/records/{record}/receipt",
        "certificate.pdf": f"/v1/records/{record}/certificate.pdf",
        "package.zip": f"/v1/records/{record}/bundle.zip",
    }.items():
        answer = httpx.get(base + path, trust_env=False, timeout=60)
        assert answer.status_code == httpx.codes.OK, answer.text
        (folder / name).write_bytes(answer.content)
    said = json.loads((folder / "receipt.json").read_bytes())
    lines = said["checkpoint"].split("\n")
    said["checkpoint"] = "\n".join([*lines[:5], *lines[7:]])
    (folder / "unsigned.json").write_text(json.dumps(said, ensure_ascii=False))
    (folder / "forged.pdf").write_bytes(flipped((folder / "certificate.pdf").read_bytes(), -900))
    (folder / "cut.zip").write_bytes((folder / "package.zip").read_bytes()[:-1])
    (folder / "holiday.txt").write_text("not about any tender", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def saved(kept: Path) -> Path:
    """The verifier as one file, with the network's trust root inside."""
    path = kept / "verify.html"
    trust = str(kept / "trust.json")
    done = CliRunner().invoke(app, ["export", "verifier", str(path), "--trust", trust])
    assert done.exit_code == 0, done.output
    return path


def drop(page: Page, *paths: Path, more: int = 0) -> None:
    """Choose files, and wait until each is shown, and so many that lie in them."""
    shown = page.locator("article.outcome")
    before = shown.count()
    page.set_input_files("#files", [str(path) for path in paths])
    expect(shown).to_have_count(before + len(paths) + more, timeout=60_000)


def held_back(page: Page, pattern: str) -> list[Route]:
    """What the page asks at such addresses, unanswered until somebody lets it go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold)
    return held


@in_both_languages
def test_a_guest_verifies_a_record_on_its_page(visitor: Visitor, network: RealNetwork) -> None:
    visitor.open(f"/records/{records_of(network)[0]}")
    visitor.page.locator("#verify-here").click()
    place = visitor.page.locator("#verified-here")
    expect(place.locator(".verdict.fine")).to_be_visible(timeout=30_000)
    expect(place.locator(".checks li")).to_have_count(10)
    expect(place.locator(".checks .failed, .checks .unreached")).to_have_count(0)
    expect(place).to_contain_text(network.trust.network_id.hex())


@in_both_languages
def test_a_tampered_receipt_shows_the_step_that_fails(visitor: Visitor, kept: Path) -> None:
    visitor.open("/verify")
    drop(visitor.page, kept / "receipt.json", kept / "unsigned.json")
    good, bad = visitor.page.locator("article.outcome").all()
    expect(good.locator(".verdict.fine")).to_be_visible()
    expect(bad.locator(".verdict.still")).to_be_visible()
    failed = bad.locator(".checks .failed")
    expect(failed).to_have_count(1)
    expect(failed).to_have_attribute("value", "8")
    expect(failed).to_contain_text("receipt.quorum")
    expect(bad.locator(".checks .passed")).to_have_count(7)
    expect(bad.locator(".checks .unreached")).to_have_count(2)


def test_what_a_reader_chooses_before_the_page_is_ready_is_judged(
    visitor: Visitor, kept: Path
) -> None:
    held = held_back(visitor.page, "**/v1/trust")
    visitor.open("/verify")
    visitor.page.set_input_files("#files", str(kept / "receipt.json"))
    outcomes = visitor.page.locator("article.outcome")
    expect(outcomes).to_have_count(0)
    expect(visitor.page.locator("html[data-ready]")).to_have_count(0)
    held[0].continue_()
    expect(outcomes.locator(".verdict.fine")).to_be_visible(timeout=30_000)


def test_a_question_that_is_sent_before_the_page_has_its_words_stays_on_it(
    visitor: Visitor, kept: Path
) -> None:
    held = held_back(visitor.page, "**/words/*")
    visitor.open("/unchanged")
    visitor.page.set_input_files("#kept", str(kept / "receipt.json"))
    visitor.page.locator("#unchanged button").click()
    held[0].continue_()
    expect(visitor.page.locator(".verdict.fine")).to_be_visible(timeout=30_000)


def test_a_certificate_that_was_changed_is_no_mere_document(visitor: Visitor, kept: Path) -> None:
    visitor.open("/verify")
    drop(visitor.page, kept / "certificate.pdf", kept / "forged.pdf")
    good, bad = visitor.page.locator("article.outcome").all()
    expect(good.locator(".checks li")).to_have_count(11)
    expect(good.locator(".verdict.fine")).to_be_visible()
    expect(bad.locator(".verdict.still")).to_be_visible()


def test_a_document_alone_is_looked_for_by_its_digest(visitor: Visitor, kept: Path) -> None:
    visitor.open("/verify")
    (kept / "tender.pdf").write_bytes(DOCUMENT)
    drop(visitor.page, kept / "tender.pdf", kept / "holiday.txt")
    known, strange = visitor.page.locator("article.outcome").all()
    expect(known.locator(".verdict.fine a")).to_have_attribute("href", _record_link())
    expect(strange.locator(".verdict.edge")).to_contain_text("这是本节点的回答，不是证明")


def _record_link() -> re.Pattern[str]:
    return re.compile(r"^/records/[0-9a-f]{64}$")


@in_both_languages
def test_nothing_before_a_date_has_changed(visitor: Visitor, kept: Path) -> None:
    visitor.open("/unchanged")
    expect(visitor.page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
    visitor.page.set_input_files("#kept", str(kept / "receipt.json"))
    visitor.page.locator("#unchanged button").click()
    expect(visitor.page.locator(".verdict.fine")).to_be_visible(timeout=30_000)
    expect(visitor.page.locator("#results h3")).to_have_count(3)
    visitor.page.set_input_files("#kept", str(kept / "unsigned.json"))
    visitor.page.locator("#unchanged button").click()
    expect(visitor.page.locator(".verdict.still")).to_be_visible(timeout=30_000)
    expect(visitor.page.locator(".verdict.fine")).to_have_count(0)


@pytest.fixture
def clerk(browser: Browser, saved: Path) -> Iterator[Page]:
    """A court clerk's browser that has the saved file and no network."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1100, "height": 900})
    context.set_offline(True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(saved.as_uri())
    expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
    yield page
    context.close()
    assert said == [], "the browser's console is not silent"


def test_a_clerk_verifies_with_the_saved_file_and_no_network(clerk: Page, kept: Path) -> None:
    drop(clerk, kept / "receipt.json", kept / "certificate.pdf", kept / "holiday.txt")
    receipt, certificate, stranger = clerk.locator("article.outcome").all()
    expect(receipt.locator(".verdict.fine")).to_be_visible()
    expect(certificate.locator(".verdict.fine")).to_be_visible()
    expect(stranger.locator(".verdict.edge")).to_be_visible()
    assert len(clerk.workers) == 1, "documents are hashed beside the page"
    asked = clerk.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert [each for each in asked if not each.startswith("data:")] == []


def test_a_clerk_drops_a_whole_evidence_package(clerk: Page, kept: Path) -> None:
    """What lies in the ZIP file is judged piece by piece; a cut one is none, and no document."""
    drop(clerk, kept / "package.zip", kept / "cut.zip", more=1)
    receipt, certificate, cut = clerk.locator("article.outcome").all()
    for each, name in ((receipt, "receipts/"), (certificate, "certificates/")):
        expect(each.locator("h2")).to_contain_text(f"package.zip: {name}")
        expect(each.locator(".verdict.fine")).to_be_visible()
    expect(cut.locator(".verdict.still")).to_be_visible()
    expect(cut).to_contain_text("它被重新打包")


def test_the_saved_file_speaks_both_languages(clerk: Page, kept: Path) -> None:
    drop(clerk, kept / "unsigned.json")
    expect(clerk.locator(".verdict.still")).to_contain_text("核验不通过：第 8 步")
    clerk.locator("#language").click()
    expect(clerk.locator(".verdict.still")).to_contain_text("REFUSED at step 8")
    expect(clerk.locator("h1")).to_have_text("Verify")


def test_the_saved_file_may_connect_nowhere(
    browser: Browser, saved: Path, network: RealNetwork
) -> None:
    page = browser.new_page()
    page.goto(saved.as_uri())
    policy = str(page.locator("meta[http-equiv]").get_attribute("content"))
    assert policy.startswith("default-src 'none'; ")
    assert "connect-src" not in policy
    assert "unsafe" not in policy
    refused = page.evaluate(
        "(url) => new Promise((done) => {"
        "  document.addEventListener('securitypolicyviolation',"
        "    ({ effectiveDirective }) => done(effectiveDirective));"
        "  fetch(url).catch(() => {});"
        "})",
        f"{network.nodes[0].api}/v1/trust",
    )
    page.close()
    assert refused == "connect-src"
