"""Anchors documents: one record each, or one record over many with a proof for each.

Receipts, proofs and openings are written beside whatever they are about; documents are never sent.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from api.client import captured
from api.client.nodes import ClientError
from api.client.writing import WrittenRecord, new_nonce
from cli.desk import Desk, Kept
from cli.failures import CommandError, Exit
from cli.new_files import write_private
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, Subject
from ledger.core.openings import Openings
from ledger.core.record import Evidence, Record

DEPOSIT: Final = "evidence.deposited"
BATCH: Final = "ledger.batch_anchored"
RECEIPT_SUFFIX: Final = ".receipt.json"
BATCH_SUFFIX: Final = ".batch-proof.json"
OPENINGS_SUFFIX: Final = ".openings.json"
ASIDE_MAX: Final = 1_000
"""Earlier receipts of one file that are kept beside the newest."""
T = TypeVar("T")
RECORDS_PER_BUNDLE: Final = 500
"""Small enough that a bundle stays far below 8 MiB, large enough that signatures are few."""


def deposit(
    issuer: MemberId,
    subject: str,
    evidence: Evidence,
    now_ms: int,
    provenance: Mapping[str, Value] | None = None,
) -> WrittenRecord:
    """The record that deposits one document.

    Args:
        issuer: who deposits it.
        subject: what it is about.
        evidence: the document.
        now_ms: when.
        provenance: where it came from (`api.client.captured`); None: it was hashed here, now.
    """
    record = Record(
        type=DEPOSIT,
        issuer=issuer,
        subject=Subject(subject),
        occurred_at_ms=now_ms,
        evidence=(evidence,),
        fields=captured(now_ms) if provenance is None else provenance,
        private=None,
        refs=(),
        nonce=new_nonce(),
    )
    return WrittenRecord(record, ())


def submit_in_bundles(
    desk: Desk,
    written: Sequence[WrittenRecord],
    stems: Sequence[Path],
    advance: Callable[[int], object],
) -> list[Kept]:
    """Submit many records in bundles of a fitting size, in order.

    Receipts are written after each bundle, so that an interruption loses none of them.

    Args:
        desk: of their issuer.
        written: the records.
        stems: what each record is about; its receipt is written beside it.
        advance: is told how many were kept after each bundle.

    Raises:
        LedgerError: a bundle was refused, or no node could take it.
    """
    kept: list[Kept] = []
    for start in range(0, len(written), RECORDS_PER_BUNDLE):
        bundle = desk.submit(written[start : start + RECORDS_PER_BUNDLE])
        for stem, each in zip(stems[start:], bundle, strict=False):
            write_receipt(stem, each)
        advance(len(bundle))
        kept += bundle
    return kept


def keep_openings(stem: Path, written: WrittenRecord) -> None:
    """Write the openings beside `stem`, for their owner only, before anything is submitted.

    Whoever loses them can never disclose these fields, so they are on disk before the ledger has
    the commitment.
    """
    if written.openings:
        opened = Openings(written.record.record_id, written.openings)
        write_private(beside(stem, OPENINGS_SUFFIX), opened.encode())


def write_receipt(stem: Path, kept: Kept) -> Path:
    """Write the receipt beside `stem`; what lies there already is kept under another name."""
    path = beside(stem, RECEIPT_SUFFIX)
    write_proof(path, kept.receipt.encode())
    return path


def write_proof(path: Path, data: bytes) -> None:
    """Write a receipt or a proof; an earlier one that lies there is set aside, not replaced.

    Raises:
        CommandError: `anchor.again` where nothing more can be set aside.
    """
    if path.exists() and path.read_bytes() != data:
        names = (path.with_name(f"{path.name}.{number}") for number in range(1, ASIDE_MAX + 1))
        free = next((name for name in names if not name.exists()), None)
        if free is None:
            raise CommandError(Exit.REFUSED, Code.ANCHOR_AGAIN, path=str(path), count=1)
        path.rename(free)
    path.write_bytes(data)


def check_fresh(proofs: Sequence[Path]) -> None:
    """Require that none of the files that are to be written is there.

    Raises:
        CommandError: `anchor.again`.
    """
    there = [path for path in proofs if path.exists()]
    if there:
        raise CommandError(Exit.USAGE, Code.ANCHOR_AGAIN, path=str(there[0]), count=len(there))


def as_far_as_known(
    provenance: Mapping[str, Value], attempt: Callable[[Mapping[str, Value]], T]
) -> tuple[T, tuple[str, ...]]:
    """What `attempt` makes with as much of `provenance` as the network's catalogue knows.

    A network judges by the version that it adopted, which may be older than this software; so a
    field that it refuses as unknown is left out, and the rest is tried again.

    Args:
        provenance: fields that may be left out.
        attempt: submits records with those that it is given; nothing entered where it raises.

    Returns:
        What was made, and the names that were left out.

    Raises:
        ClientError: whatever else was refused.
    """
    left = dict(provenance)
    while True:
        try:
            return attempt(left), tuple(name for name in provenance if name not in left)
        except ClientError as problem:
            unknown = str(problem.detail.get("field", ""))
            if problem.code is not Code.RECORD_FIELD_UNKNOWN or unknown not in left:
                raise
            del left[unknown]


def beside(stem: Path, suffix: str) -> Path:
    """``contract.pdf`` → ``contract.pdf.receipt.json``."""
    return stem.with_name(stem.name + suffix)
