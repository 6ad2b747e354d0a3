"""A bidder who lost verifies in the browser what became of its bids, which were under seal."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from api.client.writing import WrittenRecord, new_nonce
from cli.bidding import prove_bid, read_sealed, seal_record
from cli.commands.options import client_from
from cli.desk import Desk
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, Subject
from ledger.core.record import Evidence, Record
from tests.browser.conftest import Visitor, announce, say
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.browser, pytest.mark.network]
PROJECT = "投标-2026-004"
SECTION = f"{PROJECT}/01"
PRICE = "报价一千万元整".encode()
GRACE_S = 1.5
WAIT_S = 30


def sealed(desk: Desk, path: Path, document: bytes) -> None:
    """One bid with one document, sealed into a file of the bid system's inbox."""
    named = Evidence("报价书.txt", sha256(document), None, len(document), "text/plain")
    now_ms = time.time_ns() // 1_000_000
    record = Record(
        type="tender.bid_submitted",
        issuer=MemberId("bidder"),
        subject=Subject(SECTION),
        occurred_at_ms=now_ms,
        evidence=(named,),
        fields={},
        private=None,
        refs=(),
        nonce=new_nonce(),
    )
    seal_record(desk, WrittenRecord(record, ()), MemberId("sealer"), path)


@contextmanager
def stream(network: RealNetwork, inbox: Path) -> Iterator[None]:
    """The bid system at work on its inbox."""
    sealer = network.folder / "network" / "members" / "sealer"
    words = ["bid", "run", str(inbox), "--places", "4", "--as", str(sealer), "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", *words], stdout=subprocess.DEVNULL
    ) as process:
        yield
        process.terminate()


def committed(*paths: Path) -> None:
    """Wait until each bid has the receipt of its commitment."""
    until = time.monotonic() + WAIT_S
    while any(read_sealed(path).receipt is None for path in paths):
        assert time.monotonic() < until, "no receipt"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def proofs(network: RealNetwork, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Proofs of two bids of one bidder, of which the sealed set lists the first alone."""
    announce(network, PROJECT)
    inbox = tmp_path_factory.mktemp("inbox")
    listed, dropped = inbox / "listed.sealed.json", inbox / "dropped.sealed.json"
    with Desk.open(client_from(network.folder / "network" / "members" / "bidder", None)) as desk:
        sealed(desk, listed, PRICE)
        sealed(desk, dropped, b"another")
        with stream(network, inbox):
            committed(listed, dropped)
            now_ms = time.time_ns() // 1_000_000
            change: dict[str, Any] = {"kind": "change", "bid_deadline_ms": now_ms}
            say(network, "builder", "tender.change", SECTION, **change)
            time.sleep(GRACE_S)
            receipt = read_sealed(listed).receipt
            assert receipt is not None
            in_set: dict[str, Any] = {
                "commitments": (receipt.record_id,),
                "count": 1,
                "part": 1,
                "parts": 1,
            }
            say(network, "sealer", "tender.bid_set_sealed", SECTION, **in_set)
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
