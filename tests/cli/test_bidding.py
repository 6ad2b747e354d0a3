"""Bids under seal on a real node: a stream that runs, bids opened, and one that was dropped."""

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.client import Client, ClientError
from api.client.writing import private_record
from cli.bidding import open_sealed, prove_bid, read_sealed, seal_record
from cli.main import app
from ledger.bid_proofs import BidStanding
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.entry import decode_entry
from ledger.core.identifiers import MemberId
from ledger.core.record import decode_record
from ledger.core.sealed import COMMITMENT_TYPE
from ledger.core.sealed_file import SealedFile
from ledger.errors import LedgerError
from ledger.verify import verify_receipt
from ledger.words.moments import beijing_time
from tests.cli.venue import PLACES, SECTION, WAIT_S, Venue, record

pytestmark = pytest.mark.network


def close_bidding(venue: Venue) -> None:
    """The deadline is moved to now, and passes with its grace."""
    now_ms = time.time_ns() // 1_000_000
    fields: dict[str, Value] = {"kind": "change", "bid_deadline_ms": now_ms}
    venue.say("builder", "tender.change", fields=fields)
    time.sleep(1.5)


def seal_set(venue: Venue, *held: SealedFile) -> None:
    ids = sorted(each.receipt.record_id for each in held if each.receipt is not None)
    fields: dict[str, Value] = {
        "commitments": tuple(ids),
        "count": len(ids),
        "part": 1,
        "parts": 1,
    }
    venue.say("centre", "tender.bid_set_sealed", fields=fields)


def told(venue: Venue, path: Path) -> Any:
    """What `bid prove` says, and `verify` of the proof that it wrote."""
    done = venue.one.run("bid", "prove", path, "--json")
    assert done.code == 0, done.out + done.err
    verified = venue.one.run("verify", done.json["proof"], "--json")
    assert verified.code == 0, verified.out
    (result,) = verified.json["results"]
    assert result["bid"] == {name: done.json[name] for name in result["bid"]}
    assert [step["number"] for step in result["steps"]] == list(range(1, 14))
    return done.json


def nothing_sent(venue: Venue, path: Path) -> Code | None:
    """Open a bid at a desk that must not send it; the code with which it is kept back."""
    with venue.desk("alpha") as desk, pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.client, "submit", pytest.fail)
        (kept_back,) = open_sealed(desk, [path])
        return None if kept_back.problem is None else kept_back.problem.code


def test_a_bid_is_not_sent_openly_by_mistake(
    venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "submit", pytest.fail)
    (tmp_path / "bid.json").write_text(json.dumps({"type": "tender.bid_submitted"}))
    alpha = venue.one.network.member_folder("alpha")
    ended = CliRunner().invoke(app, ["submit", str(tmp_path / "bid.json"), "--as", str(alpha)])
    assert isinstance(ended.exception, LedgerError), ended.output
    assert ended.exception.code is Code.SEALED_ONLY


def test_no_node_is_asked_about_the_openings_of_a_sealed_bid(venue: Venue, tmp_path: Path) -> None:
    """A request for the receipt of a record would show its id before the opening does."""
    written = private_record(record("alpha", "tender.bid_submitted").record, {"price_fen": 1})
    path = tmp_path / "bid.sealed.json"
    with venue.desk("alpha") as desk:
        seal_record(desk, written, MemberId("centre"), path)
    alpha = str(venue.one.network.member_folder("alpha"))
    nowhere = ["--as", alpha, "--node", "http://127.0.0.1:9", "--wait", "0"]

    def refused() -> Code | None:
        words = ["openings", "deposit", str(tmp_path), "--into", str(tmp_path / "d"), *nowhere]
        ended = CliRunner().invoke(app, words)
        assert isinstance(ended.exception, LedgerError), ended.output
        return ended.exception.code

    assert refused() is Code.DEPOSIT_SEALED
    # Once it was opened its receipt lies beside it, and a node may be asked.
    (tmp_path / "bid.receipt.json").write_text("{}")
    assert refused() is Code.NODE_UNREACHABLE


def test_bids_are_committed_opened_and_proven_and_a_dropped_one_is_found(venue: Venue) -> None:
    written = venue.inbox.parent / "alpha.json"
    written.write_text(
        json.dumps({"type": "tender.bid_submitted", "subject": SECTION, "documents": ["bid.txt"]})
    )
    (written.parent / "bid.txt").write_text("报价书")
    alpha = venue.inbox / "alpha.sealed.json"
    with venue.stream() as stream:
        out = written.parent / "mine" / alpha.name
        sealed = venue.one.run(
            "bid", "seal", written, "--committed-by", "centre", "--out", out, "--json", who="alpha"
        )
        assert sealed.code == 0, sealed.out + sealed.err
        assert out.stat().st_mode & 0o777 == 0o600
        alpha.write_bytes(out.read_bytes())
        beta, gamma = venue.seal("beta"), venue.seal("gamma")
        in_set = venue.wait_committed(alpha, beta)
        venue.wait_committed(gamma)
        assert alpha.stat().st_mode & 0o777 == 0o600
        with venue.desk("alpha") as desk:
            assert prove_bid(desk, alpha)[1].verdict.standing is BidStanding.NOT_SEALED

        close_bidding(venue)
        delta = venue.seal("delta")
        venue.wait_committed(delta)
        seal_set(venue, *in_set)
        found = {path.name[:5]: told(venue, path) for path in (alpha, beta, gamma, delta)}
        standings = [each["standing"] for each in found.values()]
        assert standings == ["in_set", "in_set", "dropped", "late"]
        assert nothing_sent(venue, alpha) is Code.SEALED_EVENT
        assert (found["alpha"]["part"], found["alpha"]["parts"], found["alpha"]["count"]) == (
            1,
            1,
            2,
        )

        venue.say("builder", "tender.opening_started")
        opened = venue.one.run("bid", "open", beta, alpha, gamma, "--json")
        assert opened.code == 0, opened.out + opened.err
        assert all(each["record"] for each in opened.json["opened"]), opened.out
        stream.send_signal(signal.SIGINT)
        out_text, err_text = stream.communicate(timeout=WAIT_S)
        assert stream.returncode == 0, err_text
        assert json.loads(out_text)["committed"] == 4

    receipt = alpha.with_name("alpha.receipt.json")
    verified = venue.one.run("verify", receipt, "--document", written.parent / "bid.txt", "--json")
    assert verified.code == 0, verified.out
    told_of = verified.json["results"][0]["record"]
    assert told_of["type"] == "tender.bid_submitted"
    assert told_of["opened"]["opened_by"] == "centre"
    assert told_of["index"] < told_of["opened"]["index"]
    zh = venue.one.run("verify", receipt, language="zh_CN.UTF-8")
    assert "揭示" in zh.out and "封存" in zh.out
    assert "已列入" in venue.one.run("bid", "prove", alpha, language="zh_CN.UTF-8").out


def test_what_was_opened_is_on_the_ledger_for_whoever_asks(venue: Venue) -> None:
    """Follows the story above: the bid has its own address, and is in every list."""
    held = read_sealed(venue.inbox / "alpha.sealed.json")
    assert held.receipt is not None
    bid = decode_record(held.sealed.record)
    with venue.desk("builder") as desk:
        client = desk.client
        shown = client.record(bid.record_id)
        assert shown["sealed"]["commitment"] == held.receipt.record_id.hex()
        assert shown["sealed"]["index"] == held.receipt.index < shown["index"]
        listed = [each["record_id"] for each in client.subject(SECTION)]
        assert bid.record_id.hex() in listed
        for query in (bid.record_id.hex(), bid.evidence[0].sha256.hex(), "alpha", "T19"):
            hits = client.search(query)["hits"]
            found = {each["record_id"] for hit in hits for each in hit["records"]}
            assert bid.record_id.hex() in found, query
        page = httpx.get(
            f"{venue.one.node.api}/records/{bid.record_id.hex()}?lang=en",
            headers={"Accept": "text/html"},
            trust_env=False,
        )
        assert page.status_code == httpx.codes.OK
        assert f"the commitment stands at log index {held.receipt.index}" in page.text
        assert page.text.count('class="passed"') == 9
        # It took effect with its commitment, before the deadline, and not as it was opened.
        (committed,) = re.findall(r"Committed</dt><dd><time[^>]*>([^<]*)</time>", page.text)
        entry = decode_entry(held.receipt.entry)
        assert beijing_time(entry.block_time_ms).startswith(committed)
        assert entry.block_time_ms < shown["committed_at_ms"]
        # Sent again in the open, with nothing new beside it: known, with its receipt.
        again = desk.client.submit(held.sealed.bundle(), WAIT_S)
        assert [each.record_id for each in again] == [bid.record_id]
        assert verify_receipt(again[0], desk.trust).opened is not None


def test_opening_again_is_told_and_not_repeated(venue: Venue) -> None:
    path = venue.inbox / "beta.sealed.json"
    with venue.desk("beta") as desk:
        (done,) = open_sealed(desk, [path])
        assert done.problem is None
        assert (
            done.receipt is not None
            and done.receipt.record_id == read_sealed(path).sealed.record_id
        )
        _, verified = prove_bid(desk, path)
        assert verified.verdict.standing is BidStanding.IN_SET
        with pytest.raises(ClientError) as refusal:
            desk.client.receipt(read_sealed(venue.inbox / "delta.sealed.json").sealed.record_id)
        assert refusal.value.code is Code.RECORD_UNKNOWN


def test_every_tick_has_the_same_number_of_commitments(venue: Venue) -> None:
    with venue.desk("centre") as desk:
        (hit,) = desk.client.search(COMMITMENT_TYPE)["hits"]
        bundles: dict[str, int] = {}
        for each in hit["records"]:
            bundles[each["bundle_id"]] = bundles.get(each["bundle_id"], 0) + 1
        whole = [count for _, count in list(bundles.items())[:-1]]
        assert whole and set(whole) == {PLACES}
