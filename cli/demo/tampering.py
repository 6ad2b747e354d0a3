"""Changes one byte of a document, of a record and of a signature, to see each refused."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ledger.core.receipt import Receipt, decode_receipt

STEP_DOCUMENT: Final = 10
STEP_RECORD: Final = 3
STEP_SIGNATURE: Final = 4


@dataclass(frozen=True, slots=True)
class Tampered:
    """A forgery, and the numbered check that must refuse it."""

    what: str
    """``document``, ``record`` or ``signature``."""
    receipt: Path
    documents: tuple[Path, ...]
    step: int


def tamper(receipt: Path, document: Path, folder: Path) -> tuple[Tampered, ...]:
    """Three forgeries of one receipt and its document, written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    true = decode_receipt(receipt.read_bytes())
    forged_document = folder / f"document-{document.name}"
    forged_document.write_bytes(flip(document.read_bytes(), len(document.read_bytes()) // 2))
    # The last byte of a record is the last of its nonce: it decodes, and is another record.
    forged_record = _written(folder / "record", replace(true, record=flip(true.record, -1)))
    forged_signature = _written(folder / "signature", _forged_signature(true))
    return (
        Tampered("document", receipt, (forged_document,), STEP_DOCUMENT),
        Tampered("record", forged_record, (), STEP_RECORD),
        Tampered("signature", forged_signature, (), STEP_SIGNATURE),
    )


def flip(data: bytes, position: int) -> bytes:
    """`data` with one bit of one byte changed."""
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def _forged_signature(true: Receipt) -> Receipt:
    if true.bundle is None:
        raise ValueError("a derived record has no signature of a member")
    bundle = replace(true.bundle, signature=flip(true.bundle.signature, 0))
    return replace(true, bundle=bundle)


def _written(stem: Path, receipt: Receipt) -> Path:
    path = stem.with_name(f"{stem.name}.receipt.json")
    path.write_bytes(receipt.encode())
    return path
