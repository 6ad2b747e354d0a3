"""Notes of deliveries: what a node's receivers answered, and a member that puts it on record.

A node signs for nobody, so a member does: for each note the record of a deposit, which says nothing
but its digest. To whom what was delivered is in the note, for whoever is shown it.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.outbound.hook_file import NOTE_LABEL, NOTE_SUFFIX, HookFile
from api.outbound.hook_target import HookTarget
from cli.anchoring import RECEIPT_SUFFIX, beside, deposit, submit_in_bundles
from cli.desk import Desk, Kept
from cli.documents import evidence_of
from ledger.codes import Code
from ledger.core.receipt import decode_receipt
from ledger.errors import FormatError, LedgerError
from ledger.files import read_capped

NOTE_BYTES_MAX: Final = 64 * 1024
ANCHORED: Final = "anchored"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One note, and the record that holds its digest."""

    path: Path
    said: Any
    """The note's JSON."""
    record: str
    """The deposit's id in hex; empty before it is on record."""


def anchor_notes(
    desk: Desk, folder: Path, target: HookTarget, advance: Callable[[int], object]
) -> list[Kept]:
    """Put the notes that wait on record, and move each with its receipt to those that are.

    One that is interrupted is put on record once more the next time, which harms nothing.

    Raises:
        LedgerError: `file.unreadable`; a bundle was refused, or no node could take it.
    """
    file = HookFile(folder, target.name)
    paths = sorted(file.notes_folder.glob(f"*{NOTE_SUFFIX}"))
    now_ms = time.time_ns() // 1_000_000
    written = [
        deposit(desk.member_id, desk.member_id, evidence_of(NOTE_LABEL, _read(path), _JSON), now_ms)
        for path in paths
    ]
    kept = submit_in_bundles(desk, written, paths, advance)
    done = file.notes_folder / ANCHORED
    done.mkdir(exist_ok=True, mode=0o700)
    for path in paths:
        # The receipt first: a note that lies there without one would look as if it had none.
        receipt = beside(path, RECEIPT_SUFFIX)
        receipt.replace(done / receipt.name)
        path.replace(done / path.name)
    return kept


def delivered(folder: Path, targets: Sequence[HookTarget], key: str) -> Iterator[Delivered]:
    """The notes of what was delivered about one record, of every receiver.

    Args:
        folder: of the node's webhooks.
        targets: by its settings.
        key: the record's id in hex, or a block's height.

    Raises:
        LedgerError: `file.unreadable`, `format.*`.
    """
    for target in targets:
        notes = HookFile(folder, target.name).notes_folder
        for place in (notes, notes / ANCHORED):
            for path in sorted(place.glob(f"*-{key}{NOTE_SUFFIX}")):
                receipt = beside(path, RECEIPT_SUFFIX)
                held = decode_receipt(_read(receipt)) if receipt.exists() else None
                record = "" if held is None else held.record_id.hex()
                yield Delivered(path, _json(path), record)


def _json(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except (ValueError, RecursionError) as problem:
        raise FormatError(Code.FORMAT_JSON, reason=str(path)) from problem


def _read(path: Path) -> bytes:
    try:
        return read_capped(path, 16 * NOTE_BYTES_MAX)
    except OSError as problem:
        facts = {"path": str(path), "reason": str(problem.strerror)}
        raise LedgerError(Code.FILE_UNREADABLE, **facts) from problem
