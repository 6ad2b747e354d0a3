"""The files that people present for verification: recognised, read with a cap, judged one by one.

Reads local files only, documents as a stream; never opens a connection. The verdicts themselves are
`ledger.verify` and `ledger.disclosures`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from ledger.bid_proofs import COMMITMENT_STEP, BidVerdict, verify_bid_proof
from ledger.codes import Code
from ledger.core import batch, bid_proof, openings, receipt, strict_json, tlog_proof
from ledger.core.batch import BatchProof, DocumentDigest
from ledger.core.bid_proof import BidProof
from ledger.core.identifiers import Digest
from ledger.core.openings import Opening, Openings
from ledger.core.receipt import Receipt
from ledger.disclosures import verify_batch_proof, verify_openings
from ledger.errors import FormatError, LedgerError, VerificationError
from ledger.trust import TRUST_BYTES_MAX, TrustRoot, decode_trust
from ledger.verdict import Step, VerifiedRecord
from ledger.verify import steps_passed, verify_receipt

FILE_BYTES_MAX: Final = openings.OPENINGS_BYTES_MAX
"""The largest file of any kind; each kind's own cap is judged by its decoder."""
_CHUNK_BYTES: Final = 1 << 20
Presentable: TypeAlias = Receipt | Openings | BatchProof | BidProof


class Kind(StrEnum):
    """What a presented file is, by the word in its ``format``."""

    RECEIPT = receipt.FORMAT
    OPENINGS = openings.FORMAT
    BATCH_PROOF = batch.FORMAT
    BID_PROOF = bid_proof.FORMAT


@dataclass(frozen=True, slots=True)
class Presented:
    """One file, decoded and not judged."""

    name: str
    """As the user named it."""
    content: Presentable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one presented file."""

    name: str
    verdict: VerifiedRecord | None
    """None where the file was refused."""
    steps: tuple[Step, ...]
    """The checks that passed; all ten where there is a verdict."""
    disclosed: tuple[Opening, ...] = ()
    """Private fields that the file discloses and the record commits to."""
    bid: BidVerdict | None = None
    """What became of a sealed bid, where the file is the proof of one."""
    problem: LedgerError | None = None
    """Why the file was refused."""


def read_trust(path: Path) -> TrustRoot:
    """The trust root in a file.

    Raises:
        OSError: the file cannot be read.
        FormatError: as `trust.decode_trust`.
        VerificationError: as `trust.decode_trust`.
    """
    return decode_trust(_read(path, TRUST_BYTES_MAX))


def read_presented(path: Path) -> Presented:
    """A receipt, by itself or in a tlog-proof, openings, batch proof or bid proof from a file.

    Raises:
        OSError: the file cannot be read.
        FormatError: it is none of these, or a broken one.
    """
    data = _read(path, FILE_BYTES_MAX)
    if data.startswith(tlog_proof.FIRST_LINE.encode()):
        return Presented(str(path), tlog_proof.receipt_in(tlog_proof.parse_tlog_proof(data)))
    value = strict_json.load(data, FILE_BYTES_MAX)
    word = value.get("format") if isinstance(value, dict) else None
    if word == Kind.RECEIPT:
        return Presented(str(path), receipt.decode_receipt(data))
    if word == Kind.OPENINGS:
        return Presented(str(path), openings.decode_openings(data))
    if word == Kind.BATCH_PROOF:
        return Presented(str(path), batch.decode_batch_proof(data))
    if word == Kind.BID_PROOF:
        return Presented(str(path), bid_proof.decode_bid_proof(data))
    raise FormatError(Code.FORMAT_SHAPE, what="format")


def digest_document(path: Path) -> DocumentDigest:
    """SHA-256, SM3 and size of a document, read as a stream.

    Returns:
        `sm3` is None where this machine's OpenSSL has no SM3.

    Raises:
        OSError: the file cannot be read.
    """
    sha256, sm3, size_bytes = hashlib.sha256(), _sm3(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            sha256.update(chunk)
            size_bytes += len(chunk)
            if sm3 is not None:
                sm3.update(chunk)
    return DocumentDigest(
        Digest(sha256.digest()), size_bytes, None if sm3 is None else Digest(sm3.finalize())
    )


def judge(
    presented: Sequence[Presented], trust: TrustRoot, documents: Sequence[DocumentDigest]
) -> Iterator[Outcome]:
    """Verify each file under `trust`.

    One file must name every document. Of several files, each is asked for those documents that it
    names, and a document that none of them names refuses the last.

    Yields:
        One outcome for each file, in order.
    """
    named: set[DocumentDigest] = set()
    for each in presented:
        if len(presented) == 1:
            asked = tuple(documents)
        else:
            asked = tuple(one for one in documents if _names(each.content, one))
        named.update(asked)
        if each is presented[-1]:
            asked += tuple(one for one in documents if one not in named)
        yield _outcome(each, presented, trust, asked)


def _outcome(
    each: Presented,
    presented: Sequence[Presented],
    trust: TrustRoot,
    documents: Sequence[DocumentDigest],
) -> Outcome:
    steps: tuple[Step, ...] = ()
    bid: BidVerdict | None = None
    try:
        held = _receipt_of(each.content, presented)
        steps = steps_passed(held, trust, () if held is not each.content else documents)
        if isinstance(each.content, BidProof):
            verified = verify_bid_proof(each.content, trust, documents)
            verdict, bid = verified.commitment, verified.verdict
        else:
            verdict = _verdict(each.content, held, trust, documents)
    except VerificationError as problem:
        return Outcome(each.name, None, steps, problem=problem)
    disclosed = each.content.openings if isinstance(each.content, Openings) else ()
    return Outcome(each.name, verdict, verdict.steps, disclosed, bid)


def _verdict(
    content: Receipt | Openings | BatchProof,
    held: Receipt,
    trust: TrustRoot,
    documents: Sequence[DocumentDigest],
) -> VerifiedRecord:
    """The verdict on whatever was presented, with its receipt `held`."""
    if isinstance(content, BatchProof):
        return verify_batch_proof(content, trust, documents)
    verdict = verify_receipt(held, trust, documents)
    if isinstance(content, Openings):
        verify_openings(content, verdict.record)
    return verdict


def _receipt_of(content: Presentable, presented: Sequence[Presented]) -> Receipt:
    """The receipt that a file is or carries, or that was presented beside openings."""
    if isinstance(content, Receipt):
        return content
    if isinstance(content, BidProof):
        if content.sealed.receipt is None:
            raise VerificationError(Code.BID_RECEIPT, step=COMMITMENT_STEP)
        return content.sealed.receipt
    if content.receipt is not None:
        return content.receipt
    for each in presented:
        if isinstance(each.content, Receipt) and each.content.record_id == content.record_id:
            return each.content
    raise VerificationError(Code.OPENING_RECEIPT, record=content.record_id.hex())


def _names(content: Presentable, document: DocumentDigest) -> bool:
    """Whether a file speaks of this document; what it says is judged later."""
    if isinstance(content, BatchProof):
        return content.sha256 == document.sha256
    if isinstance(content, BidProof):
        return content.sealed.sealed.record.find(document.sha256) >= 0
    held = content if isinstance(content, Receipt) else content.receipt
    return held is not None and held.record.find(document.sha256) >= 0


def _sm3() -> hashes.Hash | None:
    try:
        return hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        return None


def _read(path: Path, size_max: int) -> bytes:
    """A whole file, of which at most one byte more than the cap is read."""
    with path.open("rb") as file:
        data = file.read(size_max + 1)
    if len(data) > size_max:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=path.stat().st_size, limit=size_max)
    return data
