"""`verify_receipt`: ten numbered checks between a file from anyone and a record that is proved.

Raises at the first check that fails, with its number. Needs no network, no clock and no store: what
is true of a receipt today is true of it in thirty years. Spec: ``docs/spec/receipt.md``, which uses
the same numbers.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger import checks
from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.batch import DocumentDigest
from ledger.core.identifiers import Digest, Height, LogIndex, MemberId, NodeId, RecordId
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.errors import VerificationError
from ledger.heads import Cosigned
from ledger.numbering import numbered
from ledger.trust import TrustRoot


class Caveat(StrEnum):
    """What a verified receipt does not prove; sentences are in `ledger/words`."""

    TRUTH = "truth"
    AMENDED = "amended"
    ALERTS = "alerts"
    LATER = "later"
    FORMER_KEYS = "former_keys"
    DEVELOPMENT = "development"
    """The committee has fewer than four nodes and tolerates no faulty one."""
    BID = "bid"
    """Of a bid proof: later deadlines and withdrawals are not in it."""
    UNSEALED = "unsealed"
    """The rules judge what an opening carries, and what they say of it has no leaf in the log."""


CAVEATS = (Caveat.TRUTH, Caveat.AMENDED, Caveat.ALERTS, Caveat.LATER, Caveat.FORMER_KEYS)


@dataclass(frozen=True, slots=True)
class Step:
    """One check that passed, for people to see."""

    number: int
    """1 … 10, as in the spec."""
    applies: bool
    """False where the receipt has nothing for this check, such as a record that is not sealed."""
    facts: checks.Facts
    """What the check established; fills the placeholders of its sentence."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """One node of the quorum."""

    node_id: NodeId
    member_id: MemberId
    """The organisation that answers for the node."""
    time_ms: int
    """When it cosigned, by its own clock, to the second."""


@dataclass(frozen=True, slots=True)
class OpenedAt:
    """How a record came out of its seal."""

    opening_id: RecordId
    opened_by: MemberId
    """The issuer of the commitment or the author."""
    committed_by: MemberId
    """The issuer of the commitment."""
    height: Height
    index: LogIndex
    """Of the opening's entry."""
    time_ms: int
    """Block time of the opening."""


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """What a receipt proves under a trust root, and what it does not."""

    record_id: RecordId
    record: Record
    receipt: Receipt
    height: Height
    index: LogIndex
    """Of the entry in the log; for a record that was sealed, of its commitment's."""
    tree_size: int
    root: Digest
    """Root of the log at `tree_size`: what the quorum cosigned."""
    occurred_at_ms: int
    """As the issuer claims."""
    committed_at_ms: int
    """Block time there, judged by the clocks of at least f + 1 honest nodes."""
    existed_by_ms: int
    """The (f + 1)-th smallest cosignature time: an upper bound, vouched for by an honest clock."""
    received: tuple[Acknowledgement, ...]
    """When nodes say they received the bundle, where the receipt carries their word."""
    quorum: tuple[Cosigner, ...]
    """In the committee's order."""
    quorum_needed: int
    nodes_count: int
    documents: tuple[DocumentDigest, ...]
    """The documents that were checked against the evidence."""
    steps: tuple[Step, ...]
    caveats: tuple[Caveat, ...]
    """What is not proved."""
    opened: OpenedAt | None = None
    """None for a record that was never sealed."""


def verify_receipt(
    receipt: Receipt, trust: TrustRoot, document_digests: Sequence[DocumentDigest] | None = None
) -> VerifiedRecord:
    """Verify `receipt` and say what it proves.

    Args:
        receipt: from anyone.
        trust: from a source that the reader trusts.
        document_digests: of the documents in the reader's hands; each must be evidence of the
            record. None or empty: check 10 does not apply.

    Raises:
        VerificationError: its `step` is the number of the first check that fails.
    """
    walk = walk_checks(receipt, trust, document_digests or ())
    while True:
        try:
            next(walk)
        except StopIteration as done:
            verified: VerifiedRecord = done.value
            return verified


def verify_entered(receipt: Receipt, trust: TrustRoot) -> VerifiedRecord:
    """Verify the receipt of a record that other proofs rest on: the rules accepted it.

    What came out of a seal is not taken: there anyone may say anything, and the opening enters.

    Raises:
        VerificationError: as `verify_receipt`, or `receipt.opened` in check 9.
    """
    verified = verify_receipt(receipt, trust)
    if verified.opened is not None:
        raise VerificationError(Code.RECEIPT_OPENED, step=9, type=verified.record.type)
    return verified


def steps_passed(
    receipt: Receipt, trust: TrustRoot, documents: Sequence[DocumentDigest] = ()
) -> tuple[Step, ...]:
    """The checks that pass before the first that fails: what to show beside a refusal."""
    steps: list[Step] = []
    walk = walk_checks(receipt, trust, documents)
    while True:
        try:
            steps.append(next(walk))
        except (StopIteration, VerificationError):
            return tuple(steps)


def walk_checks(
    receipt: Receipt, trust: TrustRoot, documents: Sequence[DocumentDigest]
) -> Generator[Step, None, VerifiedRecord]:
    """Verify step by step, for readers who want to watch; the same checks as `verify_receipt`.

    Yields:
        One `Step` for each check that passed.

    Returns:
        What is proved, once all ten have passed.

    Raises:
        VerificationError: as `verify_receipt`.
    """
    with numbered(1):
        case = checks.opened(receipt, trust)
    steps = [Step(1, applies=True, facts={"size": len(receipt.record)})]
    yield steps[-1]
    first: tuple[tuple[int, Callable[[], checks.Facts | None]], ...] = (
        (2, lambda: checks.check_network(case, trust)),
        (3, lambda: checks.check_record_id(case)),
        (4, lambda: checks.check_bundle(case, trust)),
        (5, lambda: checks.check_key(case)),
        (6, lambda: checks.check_log(case)),
        (7, lambda: checks.check_committee(case, trust)),
    )
    for number, check in first:
        with numbered(number):
            facts = check()
        steps.append(_step(number, facts))
        yield steps[-1]
    with numbered(8):
        cosigned = checks.check_quorum(case, trust)
    steps.append(_step(8, {"found": len(cosigned), "needed": trust.committee.q}))
    yield steps[-1]
    last: tuple[tuple[int, Callable[[], checks.Facts | None]], ...] = (
        (9, lambda: checks.check_sealed(case, trust)),
        (10, lambda: checks.check_documents(case.record, documents)),
    )
    for number, check in last:
        with numbered(number):
            facts = check()
        steps.append(_step(number, facts))
        yield steps[-1]
    return _verdict(case, trust, cosigned, tuple(documents), tuple(steps))


def _step(number: int, facts: checks.Facts | None) -> Step:
    """A check that passed; without facts it had nothing to check."""
    return Step(number, applies=facts is not None, facts=facts or {})


def _verdict(
    case: checks.Opened,
    trust: TrustRoot,
    cosigned: Sequence[Cosigned],
    documents: tuple[DocumentDigest, ...],
    steps: tuple[Step, ...],
) -> VerifiedRecord:
    committee = trust.committee
    quorum = sorted(
        (
            Cosigner(each.node_id, committee.node(each.node_id).member_id, each.time_s * 1000)
            for each in cosigned
        ),
        key=lambda each: committee.index(each.node_id),
    )
    # At most f of them lie, so one of the f + 1 smallest is honest; the largest of these bounds it.
    existed_by_ms = sorted(each.time_ms for each in quorum)[committee.f]
    unsealed, receipt = case.unsealed, case.receipt
    entry, index = case.entry, receipt.index
    if unsealed is not None:
        entry, index = unsealed.entry, unsealed.part.index
    return VerifiedRecord(
        record_id=receipt.record_id,
        record=case.record,
        receipt=receipt,
        height=entry.height,
        index=index,
        tree_size=case.checkpoint.size,
        root=case.checkpoint.root,
        occurred_at_ms=case.record.occurred_at_ms,
        committed_at_ms=entry.block_time_ms,
        existed_by_ms=existed_by_ms,
        received=receipt.acknowledgements,
        quorum=tuple(quorum),
        quorum_needed=committee.q,
        nodes_count=committee.n,
        documents=documents,
        steps=steps,
        caveats=_caveats(case, trust),
        opened=_opened_at(case),
    )


def _caveats(case: checks.Opened, trust: TrustRoot) -> tuple[Caveat, ...]:
    sealed = () if case.unsealed is None else (Caveat.UNSEALED,)
    alone = () if trust.committee.f else (Caveat.DEVELOPMENT,)
    return (*sealed, *CAVEATS, *alone)


def _opened_at(case: checks.Opened) -> OpenedAt | None:
    if case.unsealed is None:
        return None
    return OpenedAt(
        opening_id=case.entry.record_id,
        opened_by=case.unsealed.opening.issuer,
        committed_by=case.unsealed.commitment.issuer,
        height=case.entry.height,
        index=case.receipt.index,
        time_ms=case.entry.block_time_ms,
    )
