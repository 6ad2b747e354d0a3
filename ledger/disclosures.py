"""What leans on a receipt: a document's place in an anchored batch, and disclosed private fields.

Each first verifies the receipt whole, then the one step more. Spec: ``docs/spec/openings.md``.
"""

from collections.abc import Sequence
from dataclasses import replace

from ledger.codes import Code
from ledger.core.batch import BatchProof, DocumentDigest, verify_in_batch
from ledger.core.openings import Openings, verify_opening
from ledger.core.policy import Policy
from ledger.core.record import Record
from ledger.errors import VerificationError
from ledger.numbering import DOCUMENT_STEP
from ledger.time_stamps import TimeTrust
from ledger.trust import TrustRoot
from ledger.verdict import Step, VerifiedRecord
from ledger.verify import verify_receipt


def verify_batch_proof(
    proof: BatchProof,
    trust: TrustRoot,
    document_digests: Sequence[DocumentDigest] | None = None,
    policy: Policy | None = None,
    times: TimeTrust | None = None,
) -> VerifiedRecord:
    """Verify that the proof's document is in a batch that is anchored on the ledger.

    Args:
        proof: from anyone.
        trust: from a source that the reader trusts.
        document_digests: of the documents in the reader's hands; each must be the proof's.
        policy: what the reader demands besides the committee's quorum.
        times: whose time stamps count, and which are demanded.

    Returns:
        The verdict on the anchoring record, with the proof's document among its documents.

    Raises:
        VerificationError: as `verify_receipt`; in step 10 `receipt.document`, `batch.record` or
            `proof.inclusion`.
    """
    verified = verify_receipt(proof.receipt, trust, policy=policy, times=times)
    # The place in the batch stands for the list of evidence, in the same check.
    for document in document_digests or ():
        if (document.sha256, document.size_bytes) != (proof.sha256, proof.size_bytes):
            raise VerificationError(
                Code.RECEIPT_DOCUMENT, step=DOCUMENT_STEP, sha256=document.sha256.hex()
            )
    try:
        verify_in_batch(verified.record, proof)
    except VerificationError as problem:
        raise problem.at(DOCUMENT_STEP) from problem
    held = tuple(document_digests or (DocumentDigest(proof.sha256, proof.size_bytes),))
    last = Step(DOCUMENT_STEP, applies=True, facts={"count": len(held)})
    return replace(verified, documents=held, steps=(*verified.steps[:-1], last))


def verify_openings(openings: Openings, record: Record) -> None:
    """Verify that a record, itself already proved, commits to every disclosed field.

    Raises:
        VerificationError: `opening.record` for another record's openings, `opening.invalid`.
    """
    if openings.record_id != record.record_id:
        raise VerificationError(
            Code.OPENING_RECORD,
            found=openings.record_id.hex(),
            expected=record.record_id.hex(),
        )
    for opening in openings.openings:
        verify_opening(record, opening)
