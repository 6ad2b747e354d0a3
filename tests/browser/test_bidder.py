"""A bidder who lost verifies in the browser what became of its bids, which were under seal."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from cli.bidding import prove_bid
from cli.commands.options import client_from
from cli.desk import Desk
from tests.browser.bidding import close_bidding, committed, sealed, stream
from tests.browser.conftest import Visitor, announce
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]
PROJECT = "投标-2026-004"
SECTION = f"{PROJECT}/01"
PRICE = "报价一千万元整".encode()


@pytest.fixture(scope="module")
def proofs(network: RealNetwork, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Proofs of two bids of one bidder, of which the sealed set lists the first alone."""
    announce(network, PROJECT)
    inbox = tmp_path_factory.mktemp("inbox")
    listed, dropped = inbox / "listed.sealed.json", inbox / "dropped.sealed.json"
    with Desk.open(client_from(network.folder / "network" / "members" / "bidder", None)) as desk:
        sealed(desk, SECTION, listed, PRICE)
        sealed(desk, SECTION, dropped, b"another")
        with stream(network, inbox):
            committed(listed, dropped)
            close_bidding(network, SECTION, listed)
        return prove_bid(desk, listed)[0], prove_bid(desk, dropped)[0]


@pytest.mark.parametrize("visitor", ["zh-CN", "en-GB"], indirect=True)
def test_a_bidder_sees_that_its_bid_is_in_the_set_and_that_another_was_dropped(
    visitor: Visitor, proofs: tuple[Path, Path], tmp_path: Path
) -> None:
    chinese = visitor.page.evaluate("navigator.language") == "zh-CN"
    document = tmp_path / "报价书.txt"
    document.write_bytes(PRICE)
    visitor.open("/verify")
    visitor.page.set_input_files("#files", [str(each) for each in (*proofs, document)])
    outcomes = visitor.page.locator("article.outcome")
    expect(outcomes).to_have_count(3, timeout=30_000)
    listed, dropped, priced = outcomes.all()
    expect(listed.locator(".verdict.fine")).to_be_visible()
    expect(listed).to_contain_text("已列入" if chinese else "IN THE SEALED SET")
    expect(listed.locator(".checks .failed, .checks .unreached")).to_have_count(0)
    # The proof holds, and what it proves is no good news: it must not look like one.
    expect(dropped.locator(".verdict.still")).to_contain_text("遗漏" if chinese else "DROPPED")
    expect(priced.locator(".verdict.fine")).to_be_visible()
