"""Presented files, judged: each under its own network's trust root, and what each of them proves.

Opens nothing. The verdicts themselves are `ledger.verify` and what leans on it. Spec:
``docs/spec/verifying.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.bid_proofs import BidVerdict, verify_bid_proof
from ledger.certificate_pdfs import PaperCertificate, SignatureJudge, verify_certificate
from ledger.citations import Citation, Shown, citations_of, unfollowed
from ledger.codes import Code
from ledger.core.batch import BatchProof, DocumentDigest
from ledger.core.bid_proof import BidProof
from ledger.core.identifiers import NetworkId, RecordId
from ledger.core.misconduct_file import MisconductFile
from ledger.core.openings import Opening, Openings
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.core.sealed_file import SealedFile
from ledger.core.status_answer import StatusAnswer
from ledger.culprit import Culprit, verify_misconduct
from ledger.disclosures import verify_batch_proof, verify_openings
from ledger.errors import LedgerError, VerificationError
from ledger.numbering import COMMITMENT_STEP, DOCUMENT_STEP, numbered
from ledger.presented import Presented
from ledger.reliance import Reliance
from ledger.sealed_files import verify_sealed_file
from ledger.status_answers import StatusVerdict, verify_status_answer
from ledger.trust import TrustRoot
from ledger.verdict import Caveat, Step, VerifiedRecord
from ledger.verify import steps_passed, verify_receipt


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one presented file."""

    name: str
    trust: TrustRoot | None
    """Under which it was judged; None where no trust root of its network was at hand."""
    verdict: VerifiedRecord | None
    """None where the file was refused."""
    steps: tuple[Step, ...]
    """The checks that passed; all of them where there is a verdict."""
    disclosed: tuple[Opening, ...] = ()
    """Private fields that the file discloses and the record commits to."""
    bid: BidVerdict | None = None
    """What became of a sealed bid, where the file is the proof of one."""
    inner: Record | None = None
    """What is under seal, where the file is an author's."""
    status: StatusVerdict | None = None
    """What a status row says, where the file is an answer about one."""
    citations: tuple[Citation, ...] = ()
    """What the record cites of other ledgers."""
    culprit: Culprit | None = None
    """Whom the file proves to have signed what nobody may, where it is evidence of that."""
    problem: LedgerError | None = None
    """Why the file was refused."""

    @property
    def holds(self) -> bool:
        """Whether the file proves what it is meant to prove."""
        return self.verdict is not None or self.culprit is not None


def judge(
    presented: Sequence[Presented],
    reliance: Reliance,
    documents: Sequence[DocumentDigest],
    signatures: SignatureJudge | None = None,
) -> tuple[Outcome, ...]:
    """Verify each file, and follow what it cites to the other files.

    One file must name every document. Of several files, each is asked for those documents that it
    names, and a document that none of them names refuses the last.

    Args:
        presented: what was handed in.
        reliance: what the reader relies on.
        documents: in the reader's hands.
        signatures: judges those of certificates in PDF; None where PAdES is not known.

    Returns:
        One outcome for each file, in order.
    """
    asked = _asked(presented, documents)
    # Receipts first: openings lean on one that holds, whatever else is said to be of the record.
    receipts = {
        at: _outcome(each, {}, reliance, asked[at], signatures)
        for at, each in enumerate(presented)
        if isinstance(each.content, Receipt)
    }
    beside = _receipts_in(presented, receipts)
    outcomes = [
        receipts[at] if at in receipts else _outcome(each, beside, reliance, asked[at], signatures)
        for at, each in enumerate(presented)
    ]
    shown = _shown(presented, outcomes)
    whole = [
        each if file.is_compared else _uncompared(each)
        for file, each in zip(presented, outcomes, strict=True)
    ]
    return tuple(_with_citations(each, shown, reliance) for each in whole)


def _uncompared(outcome: Outcome) -> Outcome:
    """Of open data only the receipts were judged."""
    verdict = outcome.verdict
    if verdict is None:
        return outcome
    caveats = (*verdict.caveats, Caveat.OPEN_DATA)
    return replace(outcome, verdict=replace(verdict, caveats=caveats))


def _asked(
    presented: Sequence[Presented], documents: Sequence[DocumentDigest]
) -> list[tuple[DocumentDigest, ...]]:
    """The documents that each file is asked for; what none names is asked of the last."""
    if len(presented) == 1:
        return [tuple(documents)]
    asked = [tuple(one for one in documents if each.names(one)) for each in presented]
    named = {one for found in asked for one in found}
    if asked:
        asked[-1] += tuple(one for one in documents if one not in named)
    return asked


def _outcome(
    each: Presented,
    beside: Mapping[RecordId, Receipt],
    reliance: Reliance,
    documents: Sequence[DocumentDigest],
    signatures: SignatureJudge | None,
) -> Outcome:
    trust: TrustRoot | None = None
    steps: tuple[Step, ...] = ()
    try:
        if isinstance(each.content, MisconductFile):
            trust = reliance.root_of(each.content.fault.network_id)
            return _accused(each.name, each.content, trust, documents)
        held = _receipt_of(each, beside)
        trust = reliance.root_of(held.network_id)
        policy = reliance.policy_for(trust)
        whole = held is each.content or isinstance(each.content, PaperCertificate)
        asked = documents if whole else ()
        steps = steps_passed(held, trust, asked, policy, reliance.times)
        return _verified(each, held, trust, reliance, documents, signatures)
    except VerificationError as problem:
        return Outcome(each.name, trust, None, steps, problem=problem)


def _accused(
    name: str, file: MisconductFile, trust: TrustRoot, documents: Sequence[DocumentDigest]
) -> Outcome:
    """Whom evidence names. No document is part of it, so one that is asked for refuses it."""
    with numbered(0):
        culprit = verify_misconduct(file, trust)
    if documents:
        sha256 = documents[0].sha256.hex()
        raise VerificationError(Code.RECEIPT_DOCUMENT, step=DOCUMENT_STEP, sha256=sha256)
    return Outcome(name, trust, None, (), culprit=culprit)


def _verified(
    each: Presented,
    held: Receipt,
    trust: TrustRoot,
    reliance: Reliance,
    documents: Sequence[DocumentDigest],
    signatures: SignatureJudge | None,
) -> Outcome:
    """The outcome of a file that holds; `held` is the receipt that it leans on."""
    content, bid, inner, status = each.content, None, None, None
    policy, times = reliance.policy_for(trust), reliance.times
    disclosed: tuple[Opening, ...] = ()
    if isinstance(content, BidProof):
        proved = verify_bid_proof(content, trust, documents, policy, times)
        verdict, bid = proved.commitment, proved.verdict
    elif isinstance(content, SealedFile):
        sealed = verify_sealed_file(content, trust, documents, policy, times)
        verdict, inner = sealed.commitment, sealed.inner
    elif isinstance(content, StatusAnswer):
        answered = verify_status_answer(content, trust, documents, policy, times)
        verdict, status = answered.carrier, answered.verdict
    elif isinstance(content, BatchProof):
        verdict = verify_batch_proof(content, trust, documents, policy, times)
    elif isinstance(content, PaperCertificate):
        verdict = verify_certificate(content, trust, documents, policy, times, signatures)
    else:
        verdict = verify_receipt(held, trust, documents, policy, times)
    if isinstance(content, Openings):
        verify_openings(content, verdict.record)
        disclosed = content.openings
    return Outcome(each.name, trust, verdict, verdict.steps, disclosed, bid, inner, status)


def _receipts_in(
    presented: Sequence[Presented], outcomes: Mapping[int, Outcome]
) -> Mapping[RecordId, Receipt]:
    """The receipts that were presented as such, by their record; of two the first that holds."""
    found: dict[RecordId, tuple[Receipt, bool]] = {}
    for at, outcome in outcomes.items():
        receipt, holds = presented[at].content, outcome.verdict is not None
        if isinstance(receipt, Receipt):
            before = found.get(receipt.record_id)
            if before is None or (holds and not before[1]):
                found[receipt.record_id] = receipt, holds
    return {record_id: receipt for record_id, (receipt, _) in found.items()}


def _receipt_of(each: Presented, beside: Mapping[RecordId, Receipt]) -> Receipt:
    """The receipt that a file is or carries, or that was presented beside openings."""
    if each.receipt is not None:
        return each.receipt
    if not isinstance(each.content, Openings):
        raise VerificationError(Code.BID_RECEIPT, step=COMMITMENT_STEP)
    record_id = each.content.record_id
    if record_id not in beside:
        raise VerificationError(Code.OPENING_RECEIPT, record=record_id.hex())
    return beside[record_id]


def _shown(
    presented: Sequence[Presented], outcomes: Sequence[Outcome]
) -> dict[tuple[NetworkId, RecordId], Shown]:
    """Every receipt by what it says to be of; one that holds stands before one that does not."""
    shown: dict[tuple[NetworkId, RecordId], Shown] = {}
    for each, outcome in zip(presented, outcomes, strict=True):
        if each.receipt is None:
            continue
        name = (each.receipt.network_id, each.receipt.record_id)
        before = shown.get(name)
        if before is None or before.verdict is None:
            shown[name] = Shown(each.name, outcome.verdict)
    return shown


def _with_citations(
    outcome: Outcome, shown: dict[tuple[NetworkId, RecordId], Shown], reliance: Reliance
) -> Outcome:
    verdict, trust = outcome.verdict, outcome.trust
    if verdict is None or trust is None:
        return outcome
    found = citations_of(verdict.record, trust.network_id, shown, reliance)
    if unfollowed(found):
        verdict = replace(verdict, caveats=(*verdict.caveats, Caveat.CITED))
    return replace(outcome, verdict=verdict, citations=found)
