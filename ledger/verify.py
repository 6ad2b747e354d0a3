"""`verify_receipt`: ten numbered checks between a file from anyone and a record that is proved.

Raises at the first check that fails, with its number. Needs no network, no clock and no store: what
is true of a receipt today is true of it in thirty years. Spec: ``docs/spec/receipt.md``, which uses
the same numbers.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeAlias

from ledger import checks
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.committee import Committee
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt
from ledger.errors import VerificationError
from ledger.numbering import SEALED_STEP, numbered
from ledger.time_stamps import TimeTrust
from ledger.trust import TrustRoot
from ledger.verdict import CAVEATS, Caveat, Cosigner, OpenedAt, Step, VerifiedRecord

_Check: TypeAlias = tuple[int, Callable[[], checks.Facts | None]]


def verify_receipt(
    receipt: Receipt,
    trust: TrustRoot,
    document_digests: Sequence[DocumentDigest] | None = None,
    policy: Policy | None = None,
    times: TimeTrust | None = None,
) -> VerifiedRecord:
    """Verify `receipt` and say what it proves.

    Args:
        receipt: from anyone.
        trust: from a source that the reader trusts.
        document_digests: of the documents in the reader's hands; each must be evidence of the
            record. None or empty: check 10 does not apply.
        policy: what the reader demands besides the committee's quorum; judged in check 8.
        times: whose time stamps count, and which are demanded; judged in check 8.

    Raises:
        VerificationError: its `step` is the number of the first check that fails.
    """
    walk = walk_checks(receipt, trust, document_digests or (), policy, times)
    while True:
        try:
            next(walk)
        except StopIteration as done:
            verified: VerifiedRecord = done.value
            return verified


def verify_entered(
    receipt: Receipt,
    trust: TrustRoot,
    policy: Policy | None = None,
    times: TimeTrust | None = None,
) -> VerifiedRecord:
    """Verify the receipt of a record that other proofs rest on: the rules accepted it.

    What came out of a seal is not taken: there anyone may say anything, and the opening enters.

    Raises:
        VerificationError: as `verify_receipt`, or `receipt.opened` in check 9.
    """
    verified = verify_receipt(receipt, trust, policy=policy, times=times)
    if verified.opened is not None:
        raise VerificationError(Code.RECEIPT_OPENED, step=SEALED_STEP, type=verified.record.type)
    return verified


def steps_passed(
    receipt: Receipt,
    trust: TrustRoot,
    documents: Sequence[DocumentDigest] = (),
    policy: Policy | None = None,
    times: TimeTrust | None = None,
) -> tuple[Step, ...]:
    """The checks that pass before the first that fails: what to show beside a refusal."""
    steps: list[Step] = []
    walk = walk_checks(receipt, trust, documents, policy, times)
    while True:
        try:
            steps.append(next(walk))
        except (StopIteration, VerificationError):
            return tuple(steps)


def walk_checks(
    receipt: Receipt,
    trust: TrustRoot,
    documents: Sequence[DocumentDigest],
    policy: Policy | None = None,
    times: TimeTrust | None = None,
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
    first: tuple[_Check, ...] = (
        (2, lambda: checks.check_network(case, trust)),
        (3, lambda: checks.check_record_id(case)),
        (4, lambda: checks.check_bundle(case, trust)),
        (5, lambda: checks.check_key(case)),
        (6, lambda: checks.check_log(case)),
    )
    for step in _passed(first):
        steps.append(step)
        yield step
    with numbered(7):
        epochs = checks.check_committee(case, trust)
    committee = epochs.at_size(case.checkpoint.size)
    steps.append(_step(7, {"epoch": committee.epoch, "n": committee.n}))
    yield steps[-1]
    with numbered(8):
        vouched = checks.check_quorum(case, trust, epochs, policy, times)
    steps.append(_step(8, vouched.facts))
    yield steps[-1]
    last: tuple[_Check, ...] = (
        (9, lambda: checks.check_sealed(case, trust)),
        (10, lambda: checks.check_documents(case.record, documents)),
    )
    for step in _passed(last):
        steps.append(step)
        yield step
    return _verdict(case, trust, committee, vouched, tuple(documents), tuple(steps))


def _passed(these: Sequence[_Check]) -> Iterator[Step]:
    """The steps of checks that ask for nothing but what is in them."""
    for number, check in these:
        with numbered(number):
            facts = check()
        yield _step(number, facts)


def _step(number: int, facts: checks.Facts | None) -> Step:
    """A check that passed; without facts it had nothing to check."""
    return Step(number, applies=facts is not None, facts=facts or {})


def _verdict(
    case: checks.Opened,
    trust: TrustRoot,
    committee: Committee,
    vouched: checks.Vouched,
    documents: tuple[DocumentDigest, ...],
    steps: tuple[Step, ...],
) -> VerifiedRecord:
    quorum = sorted(
        (
            Cosigner(each.node_id, committee.node(each.node_id).member_id, each.time_s * 1000)
            for each in vouched.cosigned
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
        witnesses=vouched.witnesses or (),
        documents=documents,
        steps=steps,
        stamps=vouched.stamps or (),
        caveats=_caveats(case, committee, vouched, trust.committee.epoch),
        opened=_opened_at(case),
    )


def _caveats(
    case: checks.Opened, committee: Committee, vouched: checks.Vouched, anchor: int
) -> tuple[Caveat, ...]:
    """What is not proved; `anchor` is the last epoch that the trust root holds."""
    anchored = 0 < anchor <= committee.epoch
    keys = Caveat.FORMER_KEYS_SINCE if anchored else Caveat.FORMER_KEYS
    sealed = () if case.unsealed is None else (Caveat.UNSEALED,)
    alone = () if committee.f else (Caveat.DEVELOPMENT,)
    unasked = vouched.witnesses is None
    outside = (Caveat.OUTSIDERS,) if case.outside and unasked else ()
    unjudged = vouched.stamps is None
    stamps = (Caveat.TIME_STAMPS,) if case.stamped and unjudged else ()
    # The head was made after the record: a stamp from before it contradicts the committee.
    early = any(each.time_ms < case.entry.block_time_ms for each in vouched.stamps or ())
    clocks = (Caveat.CLOCKS,) if early else ()
    return (*sealed, *CAVEATS, keys, *outside, *stamps, *clocks, *alone)


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
