"""Gathers what shows whether a sealed bid is in the bid set: receipts, each verified on this side.

The nodes are asked and not believed: what they leave out makes the answer "not sealed", never
"dropped". Judged by `ledger.bid_proofs`. Spec: ``docs/spec/bid_proof.md``.
"""

from typing import Any

from api.client.client import Client
from api.client.nodes import ClientError
from ledger.bid_proofs import DEADLINE_FIELD, DEADLINE_TYPES, SET_TYPE
from ledger.codes import Code
from ledger.core.bid_proof import BidProof
from ledger.core.identifiers import RecordId
from ledger.core.record import decode_record
from ledger.core.sealed_file import SealedFile


def gather_bid_proof(client: Client, sealed: SealedFile) -> BidProof:
    """The proof of what became of a sealed bid, as of now.

    Args:
        client: of any member or reader.
        sealed: with the receipt of its commitment.

    Raises:
        ClientError: `bid.deadline` where nothing fixes a deadline, `api.answer`, or that no node
            could be asked.
        Pending: a receipt that is not there yet.
        VerificationError: a node's receipt does not hold.
    """
    try:
        return _gathered(client, sealed)
    except (KeyError, TypeError, ValueError) as problem:
        what = repr(problem)
        raise ClientError(Code.API_ANSWER, node="/v1/subjects", what=what) from problem


def _gathered(client: Client, sealed: SealedFile) -> BidProof:
    subject = str(decode_record(sealed.sealed.record).subject)
    project = subject.partition("/")[0]
    about = list(client.subject(subject))
    seen = about if project == subject else [*client.subject(project), *about]
    fixing = [each for each in seen if _fixes_deadline(each)]
    if not fixing:
        raise ClientError(Code.BID_DEADLINE, subject=subject)
    last = max(fixing, key=lambda each: int(each["index"]))
    parts = [each for each in about if each["record"]["type"] == SET_TYPE]
    parts.sort(key=lambda each: int(each["record"]["fields"]["part"]))
    return BidProof(
        sealed=sealed,
        deadline=client.receipt(_id_of(last)),
        parts=tuple(client.receipt(_id_of(each)) for each in parts),
    )


def _fixes_deadline(item: Any) -> bool:
    record = item["record"]
    return record["type"] in DEADLINE_TYPES and DEADLINE_FIELD in record["fields"]


def _id_of(item: Any) -> RecordId:
    return RecordId(bytes.fromhex(item["record_id"]))
