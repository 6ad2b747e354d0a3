"""TlogProof: the proof that a leaf is in a log, as C2SP spells it, and the receipt that it carries.

Holds and spells; never judges. Ours carries its whole receipt as extra data, and is what follows
from that receipt: a reader computes it again and compares. Spec: C2SP tlog-proof v1, commit ab17a74
(``docs/spec/tlog_proof.md``).
"""

import re
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, Digest, LogIndex
from ledger.core.merkle import SIZE_MAX
from ledger.core.note import from_base64, to_base64
from ledger.core.receipt import RECEIPT_BYTES_MAX, Receipt, decode_receipt
from ledger.errors import FormatError

MEDIA_TYPE: Final = "text/plain; charset=utf-8"
FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
PROOF_BYTES_MAX: Final = 2 * RECEIPT_BYTES_MAX
PATH_MAX: Final = 63
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An inclusion proof with the checkpoint that it leads to."""

    index: LogIndex
    path: tuple[Digest, ...]
    """From the leaf upwards."""
    checkpoint: str
    """The signed note, verbatim."""
    extra: bytes = b""
    """Not authenticated; empty where there is none."""

    def format(self) -> bytes:
        """The proof as a file."""
        lines = [FIRST_LINE]
        lines += [f"extra {to_base64(self.extra)}"] if self.extra else []
        lines += [f"index {self.index}", *map(to_base64, self.path), ""]
        return ("\n".join(lines) + "\n" + self.checkpoint).encode()


def parse_tlog_proof(data: bytes) -> TlogProof:
    """The proof that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: `tlog_proof.invalid`.
    """
    if len(data) > PROOF_BYTES_MAX:
        raise _wrong("size")
    try:
        head, _, checkpoint = data.decode().partition("\n\n")
    except UnicodeDecodeError as problem:
        raise _wrong("utf-8") from problem
    lines = head.split("\n")
    if lines.pop(0) != FIRST_LINE:
        raise _wrong("first line")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _octets(lines.pop(0).removeprefix("extra "))
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None or int(index[1]) > SIZE_MAX or len(lines) > PATH_MAX:
        raise _wrong("index")
    path = tuple(Digest(_octets(line)) for line in lines)
    if any(len(each) != DIGEST_BYTES for each in path):
        raise _wrong("path")
    proof = TlogProof(LogIndex(int(index[1])), path, checkpoint, extra)
    if proof.format() != data:
        raise _wrong("spelling")
    return proof


def tlog_proof(receipt: Receipt) -> TlogProof:
    """The proof that a receipt's entry is in the log, with the receipt as its extra data.

    Readers of other people ask for the signature of a log, so the receipt's checkpoint should have
    one beside the cosignatures.
    """
    return TlogProof(receipt.index, receipt.path, receipt.checkpoint, receipt.encode())


def receipt_in(proof: TlogProof) -> Receipt:
    """The receipt that a proof carries; the proof must be what follows from it.

    Raises:
        FormatError: `tlog_proof.bare` without extra data, `tlog_proof.other` where the proof is
            another one than the receipt's, or what `decode_receipt` raises.
    """
    if not proof.extra:
        raise FormatError(Code.TLOG_PROOF_BARE)
    receipt = decode_receipt(proof.extra)
    if tlog_proof(receipt) != proof:
        raise FormatError(Code.TLOG_PROOF_OTHER)
    return receipt


def _octets(text: str) -> bytes:
    try:
        return from_base64(text, "base64")
    except FormatError as problem:
        raise _wrong("base64") from problem


def _wrong(reason: str) -> FormatError:
    return FormatError(Code.TLOG_PROOF_INVALID, reason=reason)
