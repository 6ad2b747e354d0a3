"""The record that is measured: the smallest that people really submit."""

import os

from ledger.core.identifiers import Digest, MemberId, Subject
from ledger.core.record import Evidence, Record


def smallest_record(issuer: MemberId, now_ms: int) -> Record:
    """One document put in evidence; another one at each call."""
    document = Digest(os.urandom(32))
    return Record(
        type="evidence.deposited",
        issuer=issuer,
        subject=Subject(f"bench/{document.hex()[:8]}"),
        occurred_at_ms=now_ms,
        evidence=(Evidence("bench.pdf", document, None, 120_000, "application/pdf"),),
        fields={},
        private=None,
        refs=(),
        nonce=os.urandom(16),
    )
