"""Imports an OCDS package: anchors what the ledger does not know, names what it refuses.

Can be interrupted at any point: a release names its own record, so the next run goes on where this
one ended and anchors nothing twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.anchoring import RECEIPT_SUFFIX, RECORDS_PER_BUNDLE, beside, write_receipt
from cli.desk import Desk, Kept
from cli.ocds import RefusedRelease, Release, read_package, records_of, refused
from cli.record_files import WrittenRecord
from cli.words import language
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import LedgerError
from ledger.words import sentence


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one package."""

    kept: tuple[Kept, ...]
    """Anchored by this run, each with its receipt."""
    known: int
    """Releases that were on the ledger before."""
    refused: tuple[RefusedRelease, ...]

    @property
    def anchored(self) -> int:
        """Releases that this run anchored."""
        return len(self.kept)


def import_package(
    desk: Desk,
    path: Path,
    receipts: Path | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> Imported:
    """Anchor each release of the package at `path` that is not on the ledger yet.

    Args:
        desk: of whoever answers for the records.
        path: of an OCDS 1.1 release package.
        receipts: folder for the receipts, by record id; those of an earlier run that are missing
            there are fetched.
        advance: is told how many releases are settled.

    Raises:
        CommandError: the file is no package, or no node could be reached.
        LedgerError: a refusal that concerns the whole bundle, such as an unknown key.
    """
    judged = list(records_of(read_package(path), desk.member_id, desk.network_id))
    bad = [each for each in judged if isinstance(each, RefusedRelease)]
    advance(len(bad))
    new: list[Release] = []
    seen: set[bytes] = set()
    known = 0
    for each in judged:
        if isinstance(each, RefusedRelease):
            continue
        record_id = each.record.record_id
        if record_id in seen or desk.client.knows(record_id):
            known += 1
            if receipts is not None and record_id not in seen:
                _fetch(desk, receipts, record_id)
            advance(1)
        else:
            new.append(each)
        seen.add(record_id)
    kept: list[Kept] = []
    for start in range(0, len(new), RECORDS_PER_BUNDLE):
        more, worse = _submit(desk, new[start : start + RECORDS_PER_BUNDLE], advance)
        kept += more
        bad += worse
        if receipts is not None:
            for one in more:
                write_receipt(_stem(receipts, one.receipt.record_id), one)
    return Imported(tuple(kept), known, tuple(sorted(bad, key=lambda each: each.position)))


def _stem(receipts: Path, record_id: RecordId) -> Path:
    receipts.mkdir(parents=True, exist_ok=True)
    return receipts / record_id.hex()


def _fetch(desk: Desk, receipts: Path, record_id: RecordId) -> None:
    """The receipt of a release that an interrupted run had anchored."""
    stem = _stem(receipts, record_id)
    if not beside(stem, RECEIPT_SUFFIX).exists():
        write_receipt(stem, Kept(desk.client.receipt(record_id)))


def _submit(
    desk: Desk, releases: Sequence[Release], advance: Callable[[int], object]
) -> tuple[list[Kept], list[RefusedRelease]]:
    """Submit a bundle; where one record is refused, halve it until that record is alone."""
    try:
        kept = desk.submit([WrittenRecord(each.record, ()) for each in releases])
    except LedgerError as problem:
        if not _about_one_record(problem.code):
            raise
        if len(releases) == 1:
            advance(1)
            told = sentence(problem.code, problem.detail, language())
            return [], [refused(releases[0].position, releases[0].ocid, told)]
    else:
        advance(len(releases))
        return kept, []
    middle = len(releases) // 2
    left, left_bad = _submit(desk, releases[:middle], advance)
    right, right_bad = _submit(desk, releases[middle:], advance)
    return left + right, left_bad + right_bad


def _about_one_record(code: Code) -> bool:
    """Whether the other records of the bundle may still enter; a missing role concerns all."""
    return code.value.startswith("record.") and code is not Code.RECORD_ISSUER_ROLE
