"""Bids under seal: sealed by a bidder, committed to by the bid system among commitments to nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.client.writing import WrittenRecord, new_nonce
from cli.bidding import read_sealed, seal_record
from cli.desk import Desk
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, Subject
from ledger.core.record import Evidence, Record
from tests.browser.conftest import say
from tests.network.real_network import RealNetwork

WAIT_S = 30
GRACE_S = 1.5


def sealed(desk: Desk, section: str, path: Path, document: bytes) -> None:
    """One bid with one document, sealed into a file of the bid system's inbox."""
    named = Evidence("报价书.txt", sha256(document), None, len(document), "text/plain")
    now_ms = time.time_ns() // 1_000_000
    record = Record(
        type="tender.bid_submitted",
        issuer=MemberId("bidder"),
        subject=Subject(section),
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
        try:
            yield
        finally:
            process.terminate()


def committed(*paths: Path) -> None:
    """Wait until each bid has the receipt of its commitment."""
    until = time.monotonic() + WAIT_S
    while any(read_sealed(path).receipt is None for path in paths):
        assert time.monotonic() < until, "no receipt"
        time.sleep(0.1)


def close_bidding(network: RealNetwork, section: str, *listed: Path) -> None:
    """The deadline is now; once its grace is over the set of these bids is sealed."""
    now_ms = time.time_ns() // 1_000_000
    change: dict[str, Any] = {"kind": "change", "bid_deadline_ms": now_ms}
    say(network, "builder", "tender.change", section, **change)
    time.sleep(GRACE_S)
    receipts = [read_sealed(path).receipt for path in listed]
    found = sorted((each.index, each.record_id) for each in receipts if each is not None)
    in_set: dict[str, Any] = {"commitments": tuple(record for _, record in found)}
    in_set |= {"count": len(found), "part": 1, "parts": 1}
    say(network, "sealer", "tender.bid_set_sealed", section, **in_set)
