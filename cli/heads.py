"""Heads of the log in files that people have: a checkpoint, a receipt, or a tlog-proof."""

from pathlib import Path

from cli.documents import unreadable
from ledger.core.checkpoint import Checkpoint
from ledger.core.note import parse_note
from ledger.core.receipt import decode_receipt
from ledger.core.tlog_proof import FIRST_LINE, PROOF_BYTES_MAX, parse_tlog_proof
from ledger.epoch_links import led
from ledger.heads import verify_head
from ledger.trust import TrustRoot


def head_in(path: Path, trust: TrustRoot) -> Checkpoint:
    """The head in a file, where a quorum of the committee cosigned it.

    Raises:
        CommandError: `file.unreadable`.
        FormatError: the file is none of the three.
        VerificationError: as `ledger.heads.verify_head`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(PROOF_BYTES_MAX + 1)
    except OSError as problem:
        raise unreadable(path, problem) from problem
    if data.lstrip().startswith(b"{"):
        receipt = decode_receipt(data)
        return head_of(receipt.checkpoint.encode(), led(trust, receipt.epochs))
    return head_of(_note(data), trust)


def head_of(note: bytes, trust: TrustRoot) -> Checkpoint:
    """The head in a signed note, where a quorum of the committee cosigned it; see `head_in`."""
    return verify_head(parse_note(note), trust)


def _note(data: bytes) -> bytes:
    if data.startswith(FIRST_LINE.encode()):
        return parse_tlog_proof(data).checkpoint.encode()
    return data
