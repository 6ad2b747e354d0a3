"""Bidwitness' ledger: what is true, and how anyone proves it offline.

The public face. It needs the standard library, PyNaCl, cryptography and msgpack, and nothing else::

    from ledger import decode_receipt, decode_trust, verify_receipt

    verdict = verify_receipt(decode_receipt(receipt_bytes), decode_trust(trust_bytes))
"""

from ledger.codes import Code
from ledger.core.batch import BatchProof, DocumentDigest
from ledger.core.openings import Openings
from ledger.core.receipt import Receipt, decode_receipt
from ledger.core.record import Record
from ledger.disclosures import verify_batch_proof, verify_openings
from ledger.errors import FormatError, LedgerError, VerificationError
from ledger.trust import TrustRoot, decode_trust
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_receipt

__all__ = [
    "BatchProof",
    "Code",
    "DocumentDigest",
    "FormatError",
    "LedgerError",
    "Openings",
    "Receipt",
    "Record",
    "TrustRoot",
    "VerificationError",
    "VerifiedRecord",
    "decode_receipt",
    "decode_trust",
    "verify_batch_proof",
    "verify_openings",
    "verify_receipt",
]
