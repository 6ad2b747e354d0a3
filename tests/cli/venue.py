"""A network whose bids are sealed, on a real node: an announced section, desks, and a stream."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.client.writing import WrittenRecord, new_nonce
from cli.bidding import read_sealed, seal_record
from cli.commands.options import client_from
from cli.desk import Desk
from ledger.core.canonical import Value
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.record import Evidence, Record, Ref
from ledger.core.sealed_file import SealedFile
from tests.cli.one_node import OneNode

PROJECT, SECTION = "GS-2026-007", "GS-2026-007/1"
PLACES = 4
WAIT_S = 60
HOUR = 3_600_000
MEMBERS = {
    "centre": ["trading_centre", "client_system", "registrar", "role_authority", "bid_system"],
    "builder": ["tenderer"],
    "inspector": ["supervisor"],
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
    def stream(
        self, command: str = "bid", who: str = "centre"
    ) -> Iterator["subprocess.Popen[str]"]:
        """`bid run` in a process of its own; Ctrl-C at the end, or SIGKILL before."""
        words = [command, "run", str(self.inbox), "--places", str(PLACES), "--json"]
        member = self.one.network.member_folder(who)
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


def announce(venue: Venue) -> None:
    venue.say("builder", "tender.entry_commitment", PROJECT)
    accepted = {"tenderer": "builder", "name": "水厂", "industry": "water"}
    venue.say("centre", "tender.project_accepted", PROJECT, fields=accepted)
    venue.say("builder", "tender.document_filed", fields={"kind": "tender"})
    deadline = time.time_ns() // 1_000_000 + HOUR
    fields: dict[str, Value] = {"kind": "announcement", "bid_deadline_ms": deadline}
    venue.say("builder", "tender.announcement", fields=fields)
