"""Anchoring much: documents as one batch record, and many records in bundles of a fitting size."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from api.client.batches import BATCH, AnchoredBatch, batch_record
from api.client.calls.submitting import WAIT_S, submit
from api.client.core import Core
from api.client.flow import Flow, Item, Items
from api.client.function_points import with_point
from api.client.writing import Author, WrittenRecord
from ledger.core.batch import DocumentDigest
from ledger.core.canonical import Value
from ledger.core.receipt import Receipt

RECORDS_PER_BUNDLE: Final = 500
"""Few enough that a bundle is taken whole, and enough that signatures are few."""
BUNDLE_BYTES: Final = 4 << 20
"""Or fewer records, where they are large."""


def anchor_many(
    core: Core,
    /,
    author: Author,
    documents: Sequence[DocumentDigest],
    subject: str = "",
    *,
    fields: Mapping[str, Value] | None = None,
    wait_s: float = WAIT_S,
) -> Flow[AnchoredBatch]:
    """Anchor any number of documents by one record; the answer has the proof of each.

    Args:
        author: who anchors them.
        documents: digests and sizes (`digest_document`); the documents stay where they are.
        subject: what they are about.
        fields: further facts of the record.
        wait_s: how long to wait for the receipt.

    Raises:
        ClientError: what a node refused, or that none could be asked.
        Pending: `receipt.pending`.
        VerificationError: no node's receipt holds.
    """
    facts = with_point(BATCH, fields or {})
    now_ms = time.time_ns() // 1_000_000
    written = batch_record(author.member, subject, documents, facts, now_ms)
    (receipt,) = yield from submit(core, author.bundle(written), wait_s)
    return AnchoredBatch(documents, receipt)


def submit_many(
    core: Core, /, author: Author, written: Iterable[WrittenRecord], wait_s: float = WAIT_S
) -> Items[Receipt]:
    """Submit any number of records, bundle by bundle; receipts come in the records' order.

    Nothing is sent before it is iterated over, and each bundle when its first receipt is asked for.

    Args:
        author: their issuer.
        written: the records; taken as they are needed.
        wait_s: how long to wait for the receipts of each bundle.

    Raises:
        ClientError: what a node refused; the bundles before are on the ledger.
        Pending: `receipt.pending`.
        VerificationError: no node's receipts hold.
    """
    for some in _fitting(written):
        receipts = yield from submit(core, author.bundle(*some), wait_s)
        for each in receipts:
            yield Item(each)


def _fitting(written: Iterable[WrittenRecord]) -> Iterator[list[WrittenRecord]]:
    some, size = list[WrittenRecord](), 0
    for each in written:
        length = len(each.record.encode())
        if some and (len(some) == RECORDS_PER_BUNDLE or size + length > BUNDLE_BYTES):
            yield some
            some, size = [], 0
        some.append(each)
        size += length
    if some:
        yield some
