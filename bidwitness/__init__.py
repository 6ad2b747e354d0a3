"""The SDK under one name, so that people write ``import bidwitness``.

Writes and signs records, submits them, and verifies every receipt on this side::

    trust = bidwitness.read_trust(Path("trust.json"))
    author = bidwitness.Author("centre", signer, trust.network_id)
    bundle = author.bundle(author.record("evidence.deposited", "P", documents=[Path("a.pdf")]))
    with bidwitness.Client(["https://node-1.example", "https://node-2.example"], trust) as client:
        (receipt,) = client.submit(bundle)

`AsyncClient` has the same calls for event loops. Needs `ledger` and httpx, nothing of a node. All
names are described in ``docs/sdk.md``.
"""

from api.client import (
    AnchoredBatch,
    AsyncClient,
    Author,
    CertificateStatus,
    Client,
    ClientError,
    Event,
    FetchedCertificate,
    FoundRecord,
    MadeCode,
    OpenData,
    Pending,
    QueryPage,
    RecordFault,
    SealingDesk,
    SealStatus,
    Tick,
    WrittenRecord,
    document,
    open_key,
    seal_row,
    sign_bundle,
)
from ledger.bid_proofs import BidStanding, BidVerdict, verify_bid_proof
from ledger.codes import Code
from ledger.core.batch import BatchProof, DocumentDigest, decode_batch_proof, document_tree
from ledger.core.bid_proof import BidProof, decode_bid_proof
from ledger.core.bundle import Bundle, decode_bundle
from ledger.core.checkpoint import Checkpoint
from ledger.core.deposit import Recipient
from ledger.core.identifiers import Digest, MemberId, NetworkId, RecordId, Subject
from ledger.core.openings import Opening, Openings, commit_fields, decode_openings
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt, decode_receipt
from ledger.core.record import Evidence, Private, Record, Ref
from ledger.core.sealed import Sealed, seal
from ledger.core.sealed_file import SealedFile, decode_sealed_file
from ledger.core.signing import Ed25519Signer, Signer
from ledger.core.status_answer import StatusAnswer, decode_status_answer
from ledger.core.tlog_proof import TlogProof
from ledger.disclosures import verify_batch_proof, verify_openings
from ledger.errors import FormatError, LedgerError, VerificationError
from ledger.field_changes import Said
from ledger.files import digest_document
from ledger.reliance import read_policy, read_trust
from ledger.status_answers import Standing, StatusVerdict, VerifiedStatus, verify_status_answer
from ledger.traces import traces
from ledger.trust import TrustRoot, decode_trust
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_receipt
from ledger.words import sentence

__all__ = [
    "AnchoredBatch",
    "AsyncClient",
    "Author",
    "BatchProof",
    "BidProof",
    "BidStanding",
    "BidVerdict",
    "Bundle",
    "CertificateStatus",
    "Checkpoint",
    "Client",
    "ClientError",
    "Code",
    "Digest",
    "DocumentDigest",
    "Ed25519Signer",
    "Event",
    "Evidence",
    "FetchedCertificate",
    "FormatError",
    "FoundRecord",
    "LedgerError",
    "MadeCode",
    "MemberId",
    "NetworkId",
    "OpenData",
    "Opening",
    "Openings",
    "Pending",
    "Policy",
    "Private",
    "QueryPage",
    "Receipt",
    "Recipient",
    "Record",
    "RecordFault",
    "RecordId",
    "Ref",
    "Said",
    "SealStatus",
    "Sealed",
    "SealedFile",
    "SealingDesk",
    "Signer",
    "Standing",
    "StatusAnswer",
    "StatusVerdict",
    "Subject",
    "Tick",
    "TlogProof",
    "TrustRoot",
    "VerificationError",
    "VerifiedRecord",
    "VerifiedStatus",
    "WrittenRecord",
    "commit_fields",
    "decode_batch_proof",
    "decode_bid_proof",
    "decode_bundle",
    "decode_openings",
    "decode_receipt",
    "decode_sealed_file",
    "decode_status_answer",
    "decode_trust",
    "digest_document",
    "document",
    "document_tree",
    "open_key",
    "read_policy",
    "read_trust",
    "seal",
    "seal_row",
    "sentence",
    "sign_bundle",
    "traces",
    "verify_batch_proof",
    "verify_bid_proof",
    "verify_openings",
    "verify_receipt",
    "verify_status_answer",
]
