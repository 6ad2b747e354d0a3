"""What a deed has at hand: the stage, the members at their desks, and what was done so far."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from api.client import Pending
from api.client.function_points import with_point
from api.client.writing import WrittenRecord, new_nonce, private_record
from cli import anchoring
from cli.demo.desks import Desks
from cli.demo.facts import Facts
from cli.demo.stage import Stage
from cli.demo.story import Story, Writing
from cli.demo.stream import Stream
from cli.demo.telling import Telling
from cli.demo.values import Values
from cli.desk import Desk, Kept
from cli.documents import hash_document
from cli.words import language, say
from ledger.core.entry import decode_entry
from ledger.core.identifiers import RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.core.sealed_file import SealedFile

READY_S: Final = 60
POLL_S: Final = 0.1
SUPERVISOR: Final = "supervisor"
"""Who is shown alerts where a scene names nobody."""


@dataclass(frozen=True, slots=True)
class Alerted:
    """An alert, with its own receipt."""

    sentence: str
    """Code and what happened, in the reader's language."""
    receipt: Path


@dataclass(slots=True)
class Play:
    """One performance under way."""

    story: Story
    stage: Stage
    telling: Telling
    desks: Desks
    """By member id."""
    values: Values
    facts: Facts
    stream: Stream
    ocds: Path | None
    overdue_ms: int
    """How long an alert may take: its deadline in short days, the grace and some blocks."""
    alerts: dict[RecordId, Alerted] = field(default_factory=dict)
    """What the rules raised by themselves."""
    sealed: dict[str, SealedFile] = field(default_factory=dict)
    """What was sealed, by the story's name."""
    shown: set[Path] = field(default_factory=set)
    """Documents that are evidence of some record."""

    def record(self, writing: Writing) -> WrittenRecord:
        """The record that the story writes down, with a nonce and salts of its own."""
        now_ms = clock_ms()
        desk = self.desks[writing.by]
        said = {**self.values.fields(writing.fields, now_ms), **self.facts.of(writing.facts)}
        record = Record(
            type=writing.type,
            issuer=desk.member_id,
            subject=Subject(self.values.subject(writing.subject)),
            occurred_at_ms=now_ms,
            evidence=tuple(hash_document(self.stage.document(file)) for file in writing.evidence),
            fields=with_point(writing.type, said),
            private=None,
            refs=self.values.refs(writing.refs),
            nonce=new_nonce(),
        )
        self.shown.update(self.stage.document(file) for file in writing.evidence)
        return private_record(record, self.values.fields(writing.private, now_ms))

    def know(self, name: str, written: WrittenRecord) -> None:
        """From now on the story may cite the record."""
        self.values.records[name] = written.record.record_id
        self.values.written[name] = written.record
        self.values.openings[name] = written.openings

    def write(self, writing: Writing) -> WrittenRecord:
        """The record, which the story may cite; its openings are on disk already."""
        written = self.record(writing)
        anchoring.keep_openings(self.stage.receipts / writing.id, written)
        self.know(writing.id, written)
        return written

    def keep(self, name: str, receipt: Receipt) -> Path:
        """Write a receipt under the story's name, and remember when its record came."""
        self.values.records[name] = receipt.record_id
        self.values.times[name] = decode_entry(receipt.entry).block_time_ms
        return anchoring.write_receipt(self.stage.receipts / name, Kept(receipt))

    def keep_alert(self, name: str, found: Any, reader: Desk) -> Receipt:
        """Fetch and keep the receipt of an alert that a node showed at `reader`'s desk."""
        record_id = RecordId(bytes.fromhex(found["record_id"]))
        receipt = self.receipt(reader, record_id)
        told = f"{found['record']['fields']['alert']} {found[f'sentence_{language()}']}"
        self.alerts[record_id] = Alerted(told, self.keep(name, receipt))
        return receipt

    def receipt(self, desk: Desk, record_id: RecordId) -> Receipt:
        """The receipt of a record that was submitted a moment ago."""
        until = time.monotonic() + READY_S
        while True:
            try:
                return desk.client.receipt(record_id)
            except Pending:
                if time.monotonic() > until:
                    raise
                time.sleep(POLL_S)


def place(receipt: Receipt) -> str:
    """Where a record is on the ledger, in words."""
    height = decode_entry(receipt.entry).height
    return say("demo.place", height=height, index=receipt.index)


def clock_ms() -> int:
    """Now."""
    return time.time_ns() // 1_000_000
