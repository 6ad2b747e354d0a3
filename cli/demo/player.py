"""Plays the story: each scene on four real nodes, through the public HTTP API, with real keys."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.client import Pending
from cli import anchoring
from cli.anchoring import BatchedDocument
from cli.demo.stage import Stage
from cli.demo.story import Scene, Story
from cli.demo.telling import Telling
from cli.demo.values import Values
from cli.desk import Desk, Kept
from cli.documents import hash_document
from cli.failures import CommandError, Exit
from cli.importing import import_package
from cli.record_files import WrittenRecord, new_nonce, private_record
from cli.words import language, say
from ledger.codes import Code
from ledger.core.identifiers import Digest, RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.core.record import Record

READY_S: Final = 60
PROVED: Final = (0, 4_999, 9_999)
"""Places in the batch whose documents are kept, each with its proof."""


@dataclass(slots=True)
class Player:
    """One performance."""

    story: Story
    stage: Stage
    telling: Telling
    desks: Mapping[str, Desk]
    """By member id."""
    values: Values
    ocds: Path | None
    overdue_ms: int
    """How long an alert may take: its deadline in short days, the grace and some blocks."""
    alerts: list[Path] = field(default_factory=list)
    """Receipts of alerts."""

    def play(self) -> None:
        """Every scene, in order."""
        deeds: dict[str, Callable[[Scene], str]] = {
            "record": self._record,
            "folder": self._folder,
            "batch": self._batch,
            "kill": self._kill,
            "restart": self._restart,
            "ocds": self._ocds,
            "alert": self._alert,
        }
        for scene in self.story.scenes:
            if scene.do == "ocds" and self.ocds is None:
                continue
            with self.telling.scene(scene.zh if language() == "zh" else scene.en) as outcome:
                outcome.append(deeds[scene.do](scene))

    def _record(self, scene: Scene) -> str:
        now_ms = _now_ms()
        desk = self.desks[scene.by]
        record = Record(
            type=scene.type,
            issuer=desk.member_id,
            subject=Subject(self.values.subject(scene.subject)),
            occurred_at_ms=now_ms,
            evidence=tuple(hash_document(self.stage.documents / file) for file in scene.evidence),
            fields=self.values.fields(scene.fields, now_ms),
            private=None,
            refs=self.values.refs(scene.refs),
            nonce=new_nonce(),
        )
        written = private_record(record, scene.private or {})
        return self._submitted(scene, desk, written)

    def _submitted(self, scene: Scene, desk: Desk, written: WrittenRecord) -> str:
        stem = self.stage.receipts / scene.id
        anchoring.keep_openings(stem, written)
        (kept,) = desk.submit([written])
        anchoring.write_receipt(stem, kept)
        self.values.records[scene.id] = kept.receipt.record_id
        return _place(kept)

    def _folder(self, scene: Scene) -> str:
        desk, now_ms = self.desks[scene.by], _now_ms()
        files = sorted(self.stage.documents.iterdir())
        written = [
            anchoring.deposit(desk.member_id, self.story.project, hash_document(file), now_ms)
            for file in files
        ]
        kept = desk.submit(written)
        for file, each in zip(files, kept, strict=True):
            anchoring.write_receipt(self.stage.receipts / file.name, each)
        return say("demo.anchored", count=len(kept), place=_place(kept[-1]))

    def _batch(self, scene: Scene) -> str:
        desk, now_ms = self.desks[scene.by], _now_ms()
        texts = [_voucher(self.story.project, number) for number in range(1, scene.count + 1)]
        documents = [
            BatchedDocument(Digest(hashlib.sha256(text).digest()), len(text)) for text in texts
        ]
        facts = self.values.fields(scene.fields, now_ms)
        subject = self.values.subject(scene.subject)
        written = anchoring.batch_record(desk.member_id, subject, documents, facts, now_ms)
        outcome = self._submitted(scene, desk, written)
        receipt = desk.client.receipt(self.values.records[scene.id])
        wanted = [place for place in PROVED if place < scene.count]
        proofs = anchoring.batch_proofs(documents, receipt, wanted)
        for place, proof in zip(wanted, proofs, strict=True):
            name = f"{scene.id}-{place + 1:05}.txt"
            (self.stage.documents / name).write_bytes(texts[place])
            proof_file = anchoring.beside(self.stage.receipts / name, anchoring.BATCH_SUFFIX)
            proof_file.write_bytes(proof.encode())
        return say("demo.batched", count=scene.count, place=outcome)

    def _kill(self, scene: Scene) -> str:
        node = self.stage.node(scene.node)
        pid = node.pid
        node.kill()
        return say("demo.killed", node=scene.node, pid=pid)

    def _restart(self, scene: Scene) -> str:
        node = self.stage.node(scene.node)
        target = self._height()
        node.start()
        node.wait_ready(READY_S)
        until = time.monotonic() + READY_S
        reached = 0
        while time.monotonic() < until and reached < target:
            reached = self._height(node.api)
            time.sleep(0.1)
        self.telling.check(reached >= target, say("demo.caught_up", height=reached))
        return say("demo.restarted", node=scene.node, pid=node.pid)

    def _height(self, api: str | None = None) -> int:
        """Height of one node, or of the first that answers."""
        centre = self.desks["centre"]
        return int((centre.at(api) if api else centre).network()["height"])

    def _receipt(self, desk: Desk, record_id: RecordId) -> Receipt:
        """The receipt of a record that was committed a moment ago."""
        until = time.monotonic() + READY_S
        while True:
            try:
                return desk.client.receipt(record_id)
            except Pending:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _ocds(self, scene: Scene) -> str:
        if self.ocds is None:
            return ""
        first = import_package(self.desks[scene.by], self.ocds, self.stage.receipts)
        again = import_package(self.desks[scene.by], self.ocds)
        self.telling.check(again.anchored == 0, say("demo.ocds_again", count=again.known))
        for refused in first.refused:
            self.telling.output.failure(refused.reason)
        return say("demo.ocds", anchored=first.anchored, refused=len(first.refused))

    def _alert(self, scene: Scene) -> str:
        about = self.values.cited(scene.about)
        desk = self.desks["supervisor"]
        until = time.monotonic() + self.overdue_ms / 1000
        while (alert := desk.alert(scene.alert, about)) is None:
            if time.monotonic() > until:
                raise CommandError(Exit.UNAVAILABLE, Code.DEMO_NO_ALERT, alert=scene.alert)
            time.sleep(0.1)
        record_id = RecordId(bytes.fromhex(alert["record_id"]))
        kept = Kept(self._receipt(desk, record_id))
        path = anchoring.write_receipt(self.stage.receipts / scene.id, kept)
        self.alerts.append(path)
        self.values.records[scene.id] = record_id
        return f"{alert[f'sentence_{language()}']} · {_place(kept)}"


def _voucher(project: str, number: int) -> bytes:
    """One of many small documents: a voucher that an electronic licence was shown."""
    return f"电子证照调用凭证\n项目:{project}\n流水号:{number:05}\n用途:投标资格核验\n".encode()


def _place(kept: Kept) -> str:
    return say("demo.place", height=kept.height, index=kept.receipt.index)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
