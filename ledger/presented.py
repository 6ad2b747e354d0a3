"""The files that people present for verification: recognised, read with a cap, not judged.

Reads local files only; never opens a connection. What is made of them is `ledger.judging`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from ledger.carriers.court_zip import START_BYTES, says_bundle
from ledger.carriers.ocds_package import says_package
from ledger.carriers.pdf_attachment import PDF_BYTES_MAX, is_pdf, says_certificate
from ledger.certificate_pdfs import PaperCertificate, decode_certificate_pdf
from ledger.codes import Code
from ledger.core import (
    batch,
    bid_proof,
    misconduct_file,
    openings,
    receipt,
    sealed_file,
    status_answer,
    strict_json,
    tlog_proof,
)
from ledger.core.batch import BatchProof, DocumentDigest
from ledger.core.bid_proof import BidProof
from ledger.core.misconduct_file import MisconductFile
from ledger.core.openings import Openings
from ledger.core.receipt import Receipt
from ledger.core.sealed_file import SealedFile
from ledger.core.status_answer import StatusAnswer
from ledger.errors import FormatError
from ledger.files import read_capped

FILE_BYTES_MAX: Final = openings.OPENINGS_BYTES_MAX
"""The largest file of any kind; each kind's own cap is judged by its decoder."""
PRESENTED_MAX: Final = 10_000
"""Files of one folder."""
Presentable: TypeAlias = (
    Receipt
    | Openings
    | BatchProof
    | BidProof
    | SealedFile
    | PaperCertificate
    | MisconductFile
    | StatusAnswer
)


class Kind(StrEnum):
    """What a presented file is, by the word in its ``format``."""

    RECEIPT = receipt.FORMAT
    OPENINGS = openings.FORMAT
    BATCH_PROOF = batch.FORMAT
    BID_PROOF = bid_proof.FORMAT
    SEALED = sealed_file.FORMAT
    MISCONDUCT = misconduct_file.FORMAT
    STATUS_ANSWER = status_answer.FORMAT


@dataclass(frozen=True, slots=True)
class Presented:
    """One file, decoded and not judged."""

    name: str
    """As the user named it."""
    content: Presentable
    is_compared: bool = True
    """Whether what was said around it, where something was, is known to follow from it."""

    @property
    def receipt(self) -> Receipt | None:
        """The receipt that it is or carries; of a sealed bid, its commitment's; of a Fault none."""
        if isinstance(self.content, Receipt):
            return self.content
        if isinstance(self.content, BidProof):
            return self.content.sealed.receipt
        if isinstance(self.content, MisconductFile):
            return None
        return self.content.receipt

    def names(self, document: DocumentDigest) -> bool:
        """Whether it speaks of this document; what it says is judged later."""
        content, held = self.content, self.receipt
        if isinstance(content, StatusAnswer):
            # The record inside only carries the head.
            return False
        if isinstance(content, BatchProof):
            return content.sha256 == document.sha256
        if isinstance(content, BidProof):
            return content.sealed.sealed.record.find(document.sha256) >= 0
        if isinstance(content, SealedFile):
            return content.sealed.record.find(document.sha256) >= 0
        return held is not None and held.record.find(document.sha256) >= 0


def read_presented(path: Path) -> Presented:
    """The file at a path.

    Raises:
        OSError: the file cannot be read.
        FormatError: as `decode_presented`.
    """
    return Presented(str(path), decode_presented(read_capped(path, FILE_BYTES_MAX)))


def decode_presented(data: bytes) -> Presentable:
    """What a file spells: a receipt, by itself or inside another form, openings, or another proof.

    Raises:
        FormatError: it is none of these, or a broken one.
    """
    if data.startswith(tlog_proof.FIRST_LINE.encode()):
        return tlog_proof.receipt_in(tlog_proof.parse_tlog_proof(data))
    if is_pdf(data):
        return decode_certificate_pdf(data)
    match _format(data):
        case Kind.RECEIPT:
            return receipt.decode_receipt(data)
        case Kind.OPENINGS:
            return openings.decode_openings(data)
        case Kind.BATCH_PROOF:
            return batch.decode_batch_proof(data)
        case Kind.BID_PROOF:
            return bid_proof.decode_bid_proof(data)
        case Kind.SEALED:
            return sealed_file.decode_sealed_file(data)
        case Kind.MISCONDUCT:
            return misconduct_file.decode_misconduct_file(data)
        case Kind.STATUS_ANSWER:
            return status_answer.decode_status_answer(data)
    raise FormatError(Code.FORMAT_SHAPE, what="format")


def proofs_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are meant: each path, and of a folder every proof that lies in it, by name.

    Raises:
        OSError: a folder cannot be read.
        FormatError: `verify.too_many`, or `verify.none` for a folder without a proof.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        count = 0
        for each in sorted(path.iterdir()):
            if each.is_file() and _is_proof(each):
                count += 1
                if count > PRESENTED_MAX:
                    raise FormatError(Code.VERIFY_TOO_MANY, folder=str(path), limit=PRESENTED_MAX)
                yield each
        if not count:
            raise FormatError(Code.VERIFY_NONE, folder=str(path))


def _is_proof(path: Path) -> bool:
    """Whether a file in a folder says that it is one of the kinds; a broken one still counts."""
    if path.suffix == ".zip":
        # Of other people's archives in the folder nothing is asked.
        with path.open("rb") as file:
            return says_bundle(file.read(START_BYTES))
    if path.suffix == ".pdf":
        # Originals are PDF as well; of these nothing is asked here.
        with path.open("rb") as file:
            return says_certificate(file.read(PDF_BYTES_MAX))
    with path.open("rb") as file:
        start = file.read(len(tlog_proof.FIRST_LINE))
    if start == tlog_proof.FIRST_LINE.encode():
        return True
    if path.suffix != ".json":
        return False
    with path.open("rb") as file:
        if says_package(file.read(FILE_BYTES_MAX)):
            return True
    try:
        return _format(read_capped(path, FILE_BYTES_MAX)) in tuple(Kind)
    except FormatError:
        # Its name says that it is a proof, so that it is broken must be told.
        known = (
            *(".receipt.json", "-proof.json", ".openings.json", ".misconduct.json"),
            ".status-answer.json",
        )
        return path.name.endswith(known)


def _format(data: bytes) -> str:
    value = strict_json.load(data, FILE_BYTES_MAX)
    word = value.get("format") if isinstance(value, dict) else None
    return word if isinstance(word, str) else ""
