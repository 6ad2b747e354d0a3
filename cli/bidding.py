"""Bids under seal, as a bidder and a bid system handle them: seal, open, prove.

Each function does one of the commands' works and returns values, so that a program can do it too.
The stream of commitments is `sealing_stream`'s. Spec: ``docs/spec/sealed.md``,
``docs/spec/bid_proof.md``.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl.utils import random

from api.client import ClientError, sign_bundle
from api.client.calls.telling import SUBJECTS
from api.client.turning import counted
from api.client.writing import WrittenRecord, new_nonce
from cli.anchoring import RECEIPT_SUFFIX, keep_openings
from cli.desk import LIFE_MS, Desk
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from cli.new_files import write_private
from cli.plain_files import open_plain
from cli.under_seal import SEALED_SUFFIX, check_sealable, kind_of
from cli.words import language
from ledger.bid_proofs import VerifiedBid, verify_bid_proof
from ledger.codes import Code
from ledger.core.identifiers import MemberId, Subject
from ledger.core.receipt import Receipt
from ledger.core.record import NONCE_BYTES, Record, Ref, decode_record
from ledger.core.sealed import OPENING_TYPE, OPENS, SALT_BYTES, seal
from ledger.core.sealed_file import (
    SEALED_BYTES_MAX,
    SealedFile,
    check_committed,
    decode_sealed_file,
)
from ledger.errors import FormatError, LedgerError
from ledger.verify import verify_receipt
from ledger.words import sentence

PROOF_SUFFIX: Final = ".bid-proof.json"


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """What became of one file that was opened."""

    path: Path
    """The sealed file."""
    receipt: Receipt | None
    """Of the record that came out; None where it is opened-and-invalid, or was refused."""
    problem: LedgerError | None = None
    """Why the ledger refused the opening; None where it is open."""


def seal_record(
    desk: Desk, written: WrittenRecord, committed_by: MemberId, path: Path
) -> SealedFile:
    """Seal a record in the author's own process, and keep it in a new file of mode 0600.

    The record is held against its type first: what is wrong with it would come to light only when
    it is opened, and then too late. Nothing is sent.

    Args:
        desk: of the author.
        written: the record, and openings of its private fields, which are kept beside `path`.
        committed_by: the sealing system; C names it.
        path: ends in ``.sealed.json``; a copy of this file is what the sealing system needs.

    Raises:
        LedgerError: `sealed.type`, `sealed.too_large`, a `record.*` code, `file.exists`.
    """
    check_sealable(written.record)
    now_ms = _now_ms()
    sealed = seal(
        desk.signer,
        desk.network_id,
        desk.member_id,
        written.record.encode(),
        now_ms,
        now_ms + desk.trust.genesis.parameters.bundle_life_ms_max,
        random(SALT_BYTES),
        random(NONCE_BYTES),
    )
    held = SealedFile(desk.network_id, committed_by, sealed)
    keep_openings(stem_of(path), written)
    write_private(path, held.encode())
    return held


def open_sealed(desk: Desk, paths: Sequence[Path]) -> list[OpenedBid]:
    """Open sealed records in ascending effective position, each in its own bundle.

    The receipt of each record that comes out is written beside its file. What was opened before is
    not opened again; its receipt is fetched. Nothing is sent before the event that opens it.

    Args:
        desk: of the author or of the sealing system.
        paths: sealed files with their commitments' receipts.

    Raises:
        LedgerError: a file that is none, or lacks its receipt; or no node could be asked. One that
            the ledger refuses is told among the results.
    """
    held = sorted(((read_sealed(path), path) for path in paths), key=lambda each: _index(*each))
    return [_open_one(desk, each, path) for each, path in held]


def prove_bid(desk: Desk, path: Path) -> tuple[Path, VerifiedBid]:
    """Gather and verify the proof of what became of a sealed bid; write it beside its file.

    Args:
        desk: of whoever asks.
        path: a sealed file with its commitment's receipt.

    Returns:
        Where the proof is (``X.bid-proof.json``, mode 0600: it shows the bid), and what it says.

    Raises:
        LedgerError: `bid.*`, or that no node could be asked.
    """
    held = read_sealed(path)
    _index(held, path)
    proof = desk.client.gather_bid_proof(held)
    verified = verify_bid_proof(proof, desk.trust)
    target = beside_sealed(path, PROOF_SUFFIX)
    # An earlier proof says less than this one: it is of an earlier time.
    target.unlink(missing_ok=True)
    write_private(target, proof.encode())
    return target, verified


def read_sealed(path: Path) -> SealedFile:
    """The sealed file at `path`; nothing in it is judged.

    Raises:
        CommandError: `file.unreadable`, `file.invalid`.
    """
    try:
        with open_plain(path) as file:
            return decode_sealed_file(file.read(SEALED_BYTES_MAX + 1))
    except OSError as problem:
        raise unreadable(path, problem) from problem
    except FormatError as problem:
        # Inside a sentence that goes on after it.
        reason = sentence(problem.code, problem.detail, language()).rstrip(".。")
        raise CommandError(
            Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=reason
        ) from problem


def stem_of(path: Path) -> Path:
    """``bid.sealed.json`` → ``bid``."""
    return path.with_name(path.name.removesuffix(SEALED_SUFFIX))


def beside_sealed(path: Path, suffix: str) -> Path:
    """``bid.sealed.json`` → ``bid.receipt.json``."""
    return path.with_name(stem_of(path).name + suffix)


def opening_record(desk: Desk, held: SealedFile) -> Record:
    """The record that opens a sealed file, by whoever sits at `desk`.

    Raises:
        LedgerError: `bid.receipt`, `sealed.commitment`, or what is wrong with its receipt.
    """
    if held.receipt is None:
        raise LedgerError(Code.BID_RECEIPT)
    check_committed(held, verify_receipt(held.receipt, desk.trust).record)
    return Record(
        type=OPENING_TYPE,
        issuer=desk.member_id,
        subject=Subject(""),
        occurred_at_ms=_now_ms(),
        evidence=(),
        fields=held.sealed.fields(),
        private=None,
        refs=(Ref(OPENS, held.receipt.record_id),),
        nonce=new_nonce(),
    )


def _open_one(desk: Desk, held: SealedFile, path: Path) -> OpenedBid:
    now_ms, record = _now_ms(), opening_record(desk, held)
    early = _too_early(desk, held)
    if early is not None:
        return OpenedBid(path, None, early)
    bundle = sign_bundle(
        desk.signer,
        desk.network_id,
        desk.member_id,
        [record.encode()],
        now_ms,
        now_ms + LIFE_MS,
    )
    try:
        desk.client.submit(bundle, desk.wait_s)
    except ClientError as problem:
        if not problem.code.startswith(("sealed.", "record.", "bundle.")):
            raise
        if problem.code is not Code.SEALED_OPENED:
            return OpenedBid(path, None, problem)
    try:
        receipt = desk.client.receipt(held.sealed.record_id)
    except ClientError as problem:
        if problem.code is Code.RECORD_UNKNOWN:
            return OpenedBid(path, None)
        raise
    beside_sealed(path, RECEIPT_SUFFIX).write_bytes(receipt.encode())
    return OpenedBid(path, receipt)


def _too_early(desk: Desk, held: SealedFile) -> LedgerError | None:
    """Why not to send an opening yet: the node that refuses it has read it."""
    record = decode_record(held.sealed.record)
    named, about = record.record_id.hex(), str(record.subject)
    kind, project = kind_of(record), record.subject.partition("/")[0]
    if kind is None or not kind.is_sealed:
        return None
    if not kind.sealed_until:
        return LedgerError(Code.SEALED_OFF_LEDGER, record=named, type=kind.key)
    try:
        for subject in dict.fromkeys((record.subject, project)):
            found = counted(desk.client.subject(subject), SUBJECTS)
            if any(each["record"]["type"] in kind.sealed_until for each in found):
                return None
    except (KeyError, TypeError) as problem:
        what = repr(problem)
        raise ClientError(Code.API_ANSWER, node=SUBJECTS, what=what) from problem
    events = "|".join(kind.sealed_until)
    return LedgerError(Code.SEALED_EVENT, record=named, event=events, subject=about)


def _index(held: SealedFile, path: Path) -> int:
    """Effective position of a committed file."""
    if held.receipt is None:
        raise CommandError(Exit.REFUSED, Code.BID_RECEIPT, path=str(path))
    return held.receipt.index


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
