"""The SDK under one name, so that people write ``import bidwitness``.

Makes and signs records, submits them, and verifies every receipt on this side::

    trust = bidwitness.read_trust(Path("trust.json"))
    client = bidwitness.Client(["https://node-1.example", "https://node-2.example"], trust)
    receipts = client.submit(bidwitness.sign_bundle(signer, trust.network_id, member, …))
    verified = bidwitness.verify_receipt(receipts[0], trust)

Needs `ledger` and httpx, nothing of a node.
"""

from api.client import Client, ClientError, Pending, SealingDesk, gather_bid_proof, sign_bundle
from ledger.bid_proofs import BidStanding, BidVerdict, verify_bid_proof
from ledger.codes import Code
from ledger.core.batch import BatchProof, DocumentDigest, document_tree
from ledger.core.bid_proof import BidProof, decode_bid_proof
from ledger.core.bundle import Bundle
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.openings import Opening, Openings, commit_fields
from ledger.core.receipt import Receipt, decode_receipt
from ledger.core.record import Evidence, Private, Record, Ref
from ledger.core.sealed import Sealed, seal
from ledger.core.sealed_file import SealedFile, decode_sealed_file
from ledger.core.signing import Ed25519Signer, Signer
from ledger.disclosures import verify_batch_proof, verify_openings
from ledger.errors import FormatError, LedgerError, VerificationError
from ledger.files import digest_document
from ledger.reliance import read_trust
from ledger.trust import TrustRoot, decode_trust
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_receipt

__all__ = [
    "BatchProof",
    "BidProof",
    "BidStanding",
    "BidVerdict",
    "Bundle",
    "Client",
    "ClientError",
    "Code",
    "DocumentDigest",
    "Ed25519Signer",
    "Evidence",
    "FormatError",
    "LedgerError",
    "MemberId",
    "Opening",
    "Openings",
    "Pending",
    "Private",
    "Receipt",
    "Record",
    "RecordId",
    "Ref",
    "Sealed",
    "SealedFile",
    "SealingDesk",
    "Signer",
    "Subject",
    "TrustRoot",
    "VerificationError",
    "VerifiedRecord",
    "commit_fields",
    "decode_bid_proof",
    "decode_receipt",
    "decode_sealed_file",
    "decode_trust",
    "digest_document",
    "document_tree",
    "gather_bid_proof",
    "read_trust",
    "seal",
    "sign_bundle",
    "verify_batch_proof",
    "verify_bid_proof",
    "verify_openings",
    "verify_receipt",
]
