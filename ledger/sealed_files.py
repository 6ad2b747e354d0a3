"""`verify_sealed_file`: that what an author keeps under seal was committed, when, and unchanged.

Check 11 after the ten of the commitment's receipt. Who holds the file can read the record, and
nobody else can. Spec: ``docs/spec/sealed.md``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger.checks import check_documents
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt
from ledger.core.record import Record, decode_record
from ledger.core.sealed_file import SealedFile, check_committed
from ledger.errors import VerificationError
from ledger.numbering import COMMITMENT_STEP, DOCUMENT_STEP, numbered
from ledger.time_stamps import TimeTrust
from ledger.trust import TrustRoot
from ledger.verdict import Caveat, Step, VerifiedRecord
from ledger.verify import verify_entered

OFF_LEDGER_TYPES: Final = frozenset(
    {"ledger.evidence_accessed", "tender.clue_filed", "tender.logged_in"}
)
"""Types of the shipped catalogue that are never opened on the ledger. A verifier has no catalogue,
so of any other it says only that it is not there yet."""


@dataclass(frozen=True, slots=True)
class VerifiedCommitment:
    """What a sealed file proves."""

    commitment: VerifiedRecord
    """The verdict on the commitment's receipt, with checks 10 and 11 on what is under seal."""
    inner: Record
    """What is under seal, as its author signed it or claims to have."""


def verify_sealed_file(
    file: SealedFile,
    trust: TrustRoot,
    document_digests: Sequence[DocumentDigest] | None = None,
    policy: Policy | None = None,
    times: TimeTrust | None = None,
) -> VerifiedCommitment:
    """Verify that a commitment on the ledger holds exactly what is in the file.

    Args:
        file: from anyone.
        trust: from a source that the reader trusts.
        document_digests: of the documents in the reader's hands; each must be evidence of the
            record under seal.
        policy: what the reader demands besides the committee's quorum.
        times: whose time stamps count, and which are demanded.

    Raises:
        VerificationError: as `verify_entered` for the commitment, with check 10 on the record under
            seal; in step 11 `bid.receipt`, `sealed.commitment` or `bundle.*`.
    """
    committed, inner = verify_commitment(
        file, trust, lambda receipt: verify_entered(receipt, trust, policy, times)
    )
    with numbered(DOCUMENT_STEP):
        held = check_documents(inner, document_digests or ())
    facts = {"record": inner.record_id.hex(), "author": inner.issuer}
    steps = (
        *committed.steps[:-1],
        Step(DOCUMENT_STEP, held is not None, held or {}),
        Step(COMMITMENT_STEP, applies=True, facts=facts),
    )
    standing = Caveat.OFF_LEDGER if inner.type in OFF_LEDGER_TYPES else Caveat.SEALED
    told = replace(
        committed,
        steps=steps,
        caveats=(standing, *committed.caveats),
        documents=tuple(document_digests or ()),
    )
    return VerifiedCommitment(told, inner)


def verify_commitment(
    file: SealedFile, trust: TrustRoot, entered: Callable[[Receipt], VerifiedRecord]
) -> tuple[VerifiedRecord, Record]:
    """The verified commitment of a sealed file, and what it holds, whatever its type.

    Args:
        file: from anyone.
        trust: the network's.
        entered: verifies a receipt as `verify_entered` does.

    Raises:
        VerificationError: as `verify_sealed_file`, but for the documents.
    """
    if file.receipt is None:
        raise VerificationError(Code.BID_RECEIPT, step=COMMITMENT_STEP)
    committed = entered(file.receipt)
    with numbered(COMMITMENT_STEP):
        check_committed(file, committed.record)
        return committed, _inner(file, trust)


def _inner(file: SealedFile, trust: TrustRoot) -> Record:
    """What is under seal, for this network, by the author whom its bundle names."""
    inner = decode_record(file.sealed.record, trust.genesis.parameters)
    author = file.sealed.bundle().header
    for network_id in (file.network_id, author.network_id):
        if network_id != trust.network_id:
            raise VerificationError(Code.BUNDLE_NETWORK, network=network_id.hex())
    if author.issuer != inner.issuer:
        raise VerificationError(Code.BUNDLE_ISSUER, found=inner.issuer, issuer=author.issuer)
    return inner
