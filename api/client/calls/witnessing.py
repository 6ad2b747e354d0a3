"""Waits for a receipt that fulfils a reader's policy, and has a time stamp where one is wanted.

Witnesses are asked after the committee has cosigned, so a receipt may hold and still lack the word
of bodies outside. What a node gives is verified, and the policy judged, on this side.
"""

from typing import Final

from api.client.calls import reading
from api.client.core import Core
from api.client.flow import Flow, Pause
from api.client.problems import Pending
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.policy import Policy
from ledger.core.receipt import Receipt
from ledger.errors import VerificationError
from ledger.outside import lacking
from ledger.verify import verify_receipt

POLL_S: Final = 1.0
"""Between two looks: a node shows its witnesses a new head once a second at most."""
NAMES_MAX: Final = 500
"""Characters of the names of who lacks."""


def witnessed_receipt(
    core: Core,
    /,
    record_id: RecordId,
    policy: Policy | None,
    wait_s: float = 0.0,
    *,
    stamped: bool = False,
) -> Flow[Receipt]:
    """The receipt of a record, verified and found to fulfil `policy`.

    Args:
        record_id: of the record.
        policy: what the reader demands; None: that there is a receipt.
        wait_s: how long to go on asking.
        stamped: whether it must carry a time stamp; whose word counts is judged by its readers.

    Raises:
        ClientError: `record.unknown`, or that no node could be asked.
        Pending: `receipt.pending`, `receipt.unwitnessed` with who is lacking, `receipt.unstamped`.
        VerificationError: the node's receipt does not hold, or a line of a key that the policy
            knows is false, or the policy is about another log.
    """
    until = core.asking.clock() + wait_s
    while True:
        try:
            receipt = yield from _fulfilling(core, record_id, policy)
            if stamped and not receipt.timestamps:
                raise Pending(Code.RECEIPT_UNSTAMPED)
            return receipt
        except Pending:
            left_s = until - core.asking.clock()
            if left_s <= 0:
                raise
        yield Pause(min(POLL_S, left_s))


def _fulfilling(core: Core, record_id: RecordId, policy: Policy | None) -> Flow[Receipt]:
    receipt = yield from reading.receipt(core, record_id)
    if policy is None:
        return receipt
    try:
        verify_receipt(receipt, core.trust, policy=policy)
    except VerificationError as problem:
        if problem.code is not Code.POLICY_QUORUM:
            raise
        missing = " ".join(lacking(policy, receipt))[:NAMES_MAX]
        raise Pending(Code.RECEIPT_UNWITNESSED, missing=missing) from problem
    return receipt
