"""Batches: one record that anchors any number of documents, and the proof that one is among them.

A leaf is ``["document", sha256, size_bytes]``; the anchoring record carries root and count, so a
proof is a path into that root plus the record's receipt. Spec: ``docs/spec/openings.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.hashing import LeafKind, leaf_data
from ledger.core.identifiers import Digest
from ledger.core.receipt import Receipt, receipt_from
from ledger.core.record import Record
from ledger.core.strict_json import (
    digest,
    dump,
    integer,
    load,
    path,
    path_value,
    versioned,
)
from ledger.errors import VerificationError

FORMAT: Final = "bidwitness.batch-proof"
VERSION: Final = 1
TYPES: Final = frozenset({"ledger.batch_anchored", "seal.used_in_batch"})
"""Catalogue keys of the records that anchor a batch; their fields are ``root`` and ``count``."""
PROOF_BYTES_MAX: Final = 2 << 20
DOCUMENT_BYTES_MAX: Final = 1 << 53
"""Largest document: a size that every language can hold exactly."""
_NAMES: Final = ("sha256", "size_bytes", "index", "count", "path", "receipt")


@dataclass(frozen=True, slots=True)
class DocumentDigest:
    """What a verifier computed from a document in its hands."""

    sha256: Digest
    size_bytes: int
    sm3: Digest | None = None
    """None where the reader has no SM3."""


@dataclass(frozen=True, slots=True)
class BatchProof:
    """The file ``X.batch-proof.json``: that one document is in an anchored batch."""

    sha256: Digest
    size_bytes: int
    index: int
    """The document's place in the batch."""
    count: int
    """Documents in the batch; must be the record's."""
    path: tuple[Digest, ...]
    """From the document's leaf to the root that the record carries."""
    receipt: Receipt
    """Of the record that anchors the batch."""

    def encode(self) -> bytes:
        """The proof as a JSON file."""
        return dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "sha256": self.sha256.hex(),
                "size_bytes": self.size_bytes,
                "index": self.index,
                "count": self.count,
                "path": path_value(self.path),
                "receipt": self.receipt.value(),
            }
        )


def document_leaf(sha256: Digest, size_bytes: int) -> bytes:
    """Data of a document's leaf: ``["document", sha256, size_bytes]``."""
    return leaf_data(LeafKind.DOCUMENT, sha256, size_bytes)


def document_tree(documents: Iterable[tuple[Digest, int]]) -> merkle.Tree:
    """The tree over (sha256, size in bytes) of each document, in order."""
    return merkle.Tree([merkle.leaf_hash(document_leaf(*each)) for each in documents])


def verify_in_batch(record: Record, proof: BatchProof) -> None:
    """Require that `record` anchors a batch which holds the proof's document.

    Raises:
        VerificationError: `batch.record` where the record is no batch or has another count;
            `proof.inclusion`.
    """
    root, count = record.fields.get("root"), record.fields.get("count")
    if record.type not in TYPES or type(root) is not bytes or type(count) is not int:
        raise VerificationError(Code.BATCH_RECORD, what="type")
    if count != proof.count:
        raise VerificationError(Code.BATCH_RECORD, what="count")
    leaf = merkle.leaf_hash(document_leaf(proof.sha256, proof.size_bytes))
    merkle.verify_inclusion(leaf, proof.index, proof.count, proof.path, root)


def decode_batch_proof(data: bytes) -> BatchProof:
    """The proof that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code, or as `receipt.decode_receipt`.
    """
    items = versioned(load(data, PROOF_BYTES_MAX), FORMAT, VERSION, _NAMES)
    return BatchProof(
        digest(items[0], "sha256"),
        integer(items[1], "size_bytes", 0, DOCUMENT_BYTES_MAX),
        integer(items[2], "index"),
        integer(items[3], "count", 1),
        path(items[4], "path"),
        receipt_from(items[5]),
    )
