"""Commands that put something on the ledger: `submit` and `anchor`."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api.client import captured
from api.client.batches import AnchoredBatch, batch_record
from cli import anchoring
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    open_desk,
)
from cli.desk import Desk, Kept
from cli.documents import files_under, hash_document, total_bytes
from cli.output import HELD, Output
from cli.record_files import read_records
from cli.under_seal import check_not_sealed
from cli.words import say
from ledger.core.batch import DocumentDigest
from ledger.core.canonical import Value
from ledger.core.record import Evidence


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command("submit", help=say("help.submit"))(submit)
    app.command("anchor", help=say("help.anchor"))(anchor)


def submit(
    file: Annotated[Path, typer.Argument(help=say("help.submit_file"))],
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Submit the records that a file writes down, in one signed bundle."""
    output = Output(as_json)
    with open_desk(as_, node, wait) as desk:
        written = read_records(file, desk.member_id, _now_ms())
        check_not_sealed(each.record for each in written)
        stems = [file.with_name(f"{file.stem}-{number}") for number in range(1, len(written) + 1)]
        for stem, each in zip(stems, written, strict=True):
            anchoring.keep_openings(stem, each)
        with output.waiting(say("submit.waiting", count=len(written))):
            kept = desk.submit(written)
    paths = [anchoring.write_receipt(stem, each) for stem, each in zip(stems, kept, strict=True)]
    _show_kept(output, say("submit.title"), kept, paths)


def anchor(
    files: Annotated[list[Path], typer.Argument(help=say("help.anchor_files"))],
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    subject: Annotated[str, typer.Option(help=say("help.anchor_subject"))] = "",
    batch: Annotated[bool, typer.Option("--batch", help=say("help.anchor_batch"))] = False,
    source_system: Annotated[
        str, typer.Option("--source-system", help=say("help.anchor_source_system"))
    ] = "",
    collector: Annotated[str, typer.Option("--collector", help=say("help.anchor_collector"))] = "",
    custody: Annotated[
        list[str] | None, typer.Option("--custody", help=say("help.anchor_custody"))
    ] = None,
    again: Annotated[bool, typer.Option("--again", help=say("help.anchor_again"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Anchor files by their digests; receipts or proofs are written beside them."""
    output = Output(as_json)
    found = files_under(files)
    suffix = anchoring.BATCH_SUFFIX if batch else anchoring.RECEIPT_SUFFIX
    paths = [anchoring.beside(path, suffix) for path in found]
    if not again:
        anchoring.check_fresh(paths)
    with open_desk(as_, node, wait) as desk:
        evidence = _hashed(output, found)
        now_ms = _now_ms()
        provenance = captured(
            now_ms, source_system=source_system, collector=collector, custody=custody or ()
        )
        place = _Place(desk, output, subject, found, evidence, now_ms)
        anchored = place.in_batch if batch else place.one_by_one
        kept, left_out = anchoring.as_far_as_known(provenance, anchored)
    if left_out:
        output.warn(say("anchor.left_out", fields=", ".join(left_out)))
    if batch:
        _show_batch(output, kept[0], paths)
    else:
        _show_kept(output, say("anchor.title"), kept, paths)


def _hashed(output: Output, found: Sequence[Path]) -> list[Evidence]:
    """Digests of every file, with a bar that counts bytes."""
    with output.progress() as bars:
        bar = bars.add_task(say("anchor.hashing"), total=total_bytes(found))
        return [hash_document(path, lambda count: bars.advance(bar, count)) for path in found]


@dataclass(frozen=True, slots=True)
class _Place:
    """Files that are to be anchored, and who does it."""

    desk: Desk
    output: Output
    subject: str
    found: Sequence[Path]
    evidence: Sequence[Evidence]
    now_ms: int
    """When they were hashed, and when that is said."""

    def one_by_one(self, provenance: Mapping[str, Value]) -> list[Kept]:
        """A record for each."""
        desk, now_ms = self.desk, self.now_ms
        written = [
            anchoring.deposit(desk.member_id, self.subject or each.label, each, now_ms, provenance)
            for each in self.evidence
        ]
        with self.output.progress() as bars:
            bar = bars.add_task(say("anchor.submitting"), total=len(written))
            return anchoring.submit_in_bundles(
                desk, written, self.found, lambda count: bars.advance(bar, count)
            )

    def in_batch(self, provenance: Mapping[str, Value]) -> list[Kept]:
        """One record for all, and a proof for each."""
        documents = [DocumentDigest(each.sha256, each.size_bytes) for each in self.evidence]
        written = batch_record(
            self.desk.member_id, self.subject, documents, provenance, self.now_ms
        )
        with self.output.waiting(say("submit.waiting", count=1)):
            (kept,) = self.desk.submit([written])
        proofs = AnchoredBatch(documents, kept.receipt)
        for path, proof in zip(self.found, proofs, strict=True):
            anchoring.write_proof(anchoring.beside(path, anchoring.BATCH_SUFFIX), proof.encode())
        return [kept]


def _show_kept(output: Output, title: str, kept: Sequence[Kept], paths: Sequence[Path]) -> None:
    output.whole(title)
    for each, path in zip(kept, paths, strict=True):
        output.whole(each.receipt.record_id.hex())
        place = f"{say('kept.height')} {each.height} · {say('kept.index')} {each.receipt.index}"
        output.whole(f"  {place} · {say('kept.file')} {path}")
    output.result({"records": [_value(e, p) for e, p in zip(kept, paths, strict=True)]})


def _show_batch(output: Output, kept: Kept, paths: Sequence[Path]) -> None:
    record = kept.receipt.record_id.hex()
    output.result(
        {"record": record, "height": kept.height, "proofs": [str(path) for path in paths]},
        f"{HELD} {say('anchor.batched', count=len(paths), record=record)}",
    )


def _value(kept: Kept, path: Path) -> dict[str, object]:
    return {
        "record": kept.receipt.record_id.hex(),
        "height": kept.height,
        "index": kept.receipt.index,
        "receipt": str(path),
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
