"""Bids under seal on a real node: a stream that runs, bids opened, and one that was dropped."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.client import ClientError
from cli.bidding import open_sealed, prove_bid, read_sealed, seal_record
from cli.commands.options import client_from
from cli.demo.processes import stop_all
from cli.desk import Desk
from cli.record_files import WrittenRecord, new_nonce
from ledger.bid_proofs import BidStanding
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.record import Evidence, Record, Ref, decode_record
from ledger.core.sealed import COMMITMENT_TYPE
from ledger.core.sealed_file import SealedFile
from ledger.verify import verify_receipt
from tests.cli.one_node import READY_S, OneNode, new_network

pytestmark = pytest.mark.network

PROJECT, SECTION = "GS-2026-007", "GS-2026-007/1"
PLACES = 4
WAIT_S = 60
HOUR = 3_600_000
MEMBERS = {
    "centre": ["trading_centre", "client_system", "registrar", "role_authority", "bid_system"],
    "builder": ["tenderer"],
    "alpha": ["bidder"],
    "beta": ["bidder"],
    "gamma": ["bidder"],
    "delta": ["bidder"],
}


def description() -> str:
    """One node, a bid system, a tenderer and four bidders; ticks of half a second."""
    parts = ['name = "投标试验网"', 'domain = "bids.bidwitness.example"', "[parameters]"]
    parts += ["sealing_tick_ms = 500", "clock_ahead_ms = 100", "deadline_grace_ms = 1000"]
    for name, roles in MEMBERS.items():
        parts += ["[[members]]", f'id = "{name}"', f'name_zh = "{name}"', f'name_en = "{name}"']
        parts += [f"roles = {json.dumps(roles)}"] + (["node = true"] if name == "centre" else [])
    return "\n".join(parts)


@dataclass
class Venue:
    """A network with an announced section, and desks of its members."""

    one: OneNode
    inbox: Path

    def desk(self, who: str) -> Desk:
        return Desk.open(client_from(self.one.network.member_folder(who), None))

    def say(
        self,
        who: str,
        type_key: str,
        subject: str = SECTION,
        refs: tuple[Ref, ...] = (),
        fields: Mapping[str, Value] | None = None,
    ) -> RecordId:
        with self.desk(who) as desk:
            written = record(who, type_key, subject, refs, fields)
            return desk.submit([written])[0].receipt.record_id

    def seal(self, bidder: str, inbox: bool = True) -> Path:
        """The bid of one bidder, sealed into its own folder, and a copy for the bid system."""
        path = self.inbox.parent / bidder / f"{bidder}.sealed.json"
        with self.desk(bidder) as desk:
            seal_record(desk, record(bidder, "tender.bid_submitted"), MemberId("centre"), path)
        if inbox:
            (self.inbox / path.name).write_bytes(path.read_bytes())
        return self.inbox / path.name

    def wait_committed(self, *paths: Path) -> list[SealedFile]:
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            held = [read_sealed(path) for path in paths]
            if all(each.receipt is not None for each in held):
                return held
            time.sleep(0.1)
        pytest.fail(f"no receipt after {WAIT_S} s")

    @contextmanager
    def stream(self) -> Iterator["subprocess.Popen[str]"]:
        """`bid run` in a process of its own; Ctrl-C at the end, or SIGKILL before."""
        words = ["bid", "run", str(self.inbox), "--places", str(PLACES), "--json"]
        member = self.one.network.member_folder("centre")
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *words],
            env={"LANG": "en_US.UTF-8", "BIDWITNESS_AS": str(member)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def record(
    who: str,
    type_key: str,
    subject: str = SECTION,
    refs: tuple[Ref, ...] = (),
    fields: Mapping[str, Value] | None = None,
) -> WrittenRecord:
    digest = Digest(f"{who} {type_key}".encode().ljust(32, b".")[:32])
    made = Record(
        type_key,
        MemberId(who),
        Subject(subject),
        time.time_ns() // 1_000_000,
        (Evidence("file", digest, None, 7, "text/plain"),)
        if type_key.startswith("tender.")
        else (),
        fields or {},
        None,
        refs,
        new_nonce(),
    )
    return WrittenRecord(made, ())


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    folder = tmp_path_factory.mktemp("bids")
    one = new_network(folder / "net", description())
    one.node.start()
    try:
        one.node.wait_ready(READY_S)
        (folder / "inbox").mkdir()
        made = Venue(one, folder / "inbox")
        announce(made)
        yield made
    finally:
        stop_all([one.node])


def announce(venue: Venue) -> None:
    venue.say("builder", "tender.entry_commitment", PROJECT)
    accepted = {"tenderer": "builder", "name": "水厂", "industry": "water"}
    venue.say("centre", "tender.project_accepted", PROJECT, fields=accepted)
    venue.say("builder", "tender.document_filed", fields={"kind": "tender"})
    deadline = time.time_ns() // 1_000_000 + HOUR
    fields: dict[str, Value] = {"kind": "announcement", "bid_deadline_ms": deadline}
    venue.say("builder", "tender.announcement", fields=fields)


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
