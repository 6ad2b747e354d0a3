"""Waits for a receipt that fulfils a reader's policy, and has a time stamp where one is wanted.

Witnesses are asked after the committee has cosigned, so a receipt may hold and still lack the word
of bodies outside. What a node gives is verified, and the policy judged, on this side.
"""

import time
from typing import Final

from api.client.client import Client
from api.client.nodes import Pending
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
    client: Client,
    record_id: RecordId,
    policy: Policy | None,
    wait_s: float = 0.0,
    *,
    stamped: bool = False,
) -> Receipt:
    """The receipt of a record, verified and found to fulfil `policy`.

    Args:
        client: asks; the nodes' settings say which witnesses they show their heads to.
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
    until = time.monotonic() + wait_s
    while True:
        try:
            receipt = _fulfilling(client, record_id, policy)
            if stamped and not receipt.timestamps:
                raise Pending(Code.RECEIPT_UNSTAMPED)
            return receipt
        except Pending:
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise
        time.sleep(min(POLL_S, left_s))


def _fulfilling(client: Client, record_id: RecordId, policy: Policy | None) -> Receipt:
    receipt = client.receipt(record_id)
    if policy is None:
        return receipt
    try:
        verify_receipt(receipt, client.trust, policy=policy)
    except VerificationError as problem:
        if problem.code is not Code.POLICY_QUORUM:
            raise
        missing = " ".join(lacking(policy, receipt))[:NAMES_MAX]
        raise Pending(Code.RECEIPT_UNWITNESSED, missing=missing) from problem
    return receipt
