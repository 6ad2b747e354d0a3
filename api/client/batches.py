"""Batches: one record over any number of documents, and a proof for each of them.

Spec: ``docs/spec/openings.md``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from api.client.writing import WrittenRecord, new_nonce
from ledger.core.batch import BatchProof, DocumentDigest, document_tree
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, Subject
from ledger.core.receipt import Receipt
from ledger.core.record import Record, Ref

BATCH: Final = "ledger.batch_anchored"


class AnchoredBatch:
    """Documents that one record anchors: iterate for the proof of each, in their order."""

    def __init__(self, documents: Sequence[DocumentDigest], receipt: Receipt) -> None:
        """`receipt` is verified, and of the record over exactly these documents."""
        self.documents = tuple(documents)
        self.receipt = receipt
        self._tree = document_tree((each.sha256, each.size_bytes) for each in documents)

    def __len__(self) -> int:
        return len(self.documents)

    def __iter__(self) -> Iterator[BatchProof]:
        return map(self.proof, range(len(self.documents)))

    def proof(self, index: int) -> BatchProof:
        """The proof of the document at a place: one file, which verifies offline by itself."""
        named = self.documents[index]
        return BatchProof(
            sha256=named.sha256,
            size_bytes=named.size_bytes,
            index=index,
            count=len(self.documents),
            path=self._tree.path(index),
            receipt=self.receipt,
        )


def batch_record(
    issuer: MemberId,
    subject: str,
    documents: Sequence[DocumentDigest],
    facts: Mapping[str, Value],
    now_ms: int,
    *,
    type_key: str = BATCH,
    refs: tuple[Ref, ...] = (),
) -> WrittenRecord:
    """The record that anchors `documents` together, or stamps them (`type_key`)."""
    root = document_tree((each.sha256, each.size_bytes) for each in documents).root
    record = Record(
        type=type_key,
        issuer=issuer,
        subject=Subject(subject),
        occurred_at_ms=now_ms,
        evidence=(),
        fields={"root": root, "count": len(documents), **facts},
        private=None,
        refs=refs,
        nonce=new_nonce(),
    )
    return WrittenRecord(record, ())
