"""Gathers what shows whether a sealed bid is in the bid set: receipts, each verified on this side.

The nodes are asked and not believed: what they leave out makes the answer "not sealed", never
"dropped". Judged by `ledger.bid_proofs`. Spec: ``docs/spec/bid_proof.md``.
"""

from typing import Any

from api.client.calls import reading, telling
from api.client.core import Core
from api.client.flow import Flow
from api.client.problems import ClientError
from ledger.bid_proofs import DEADLINE_FIELD, DEADLINE_TYPES, SET_TYPE
from ledger.codes import Code
from ledger.core.bid_proof import BidProof
from ledger.core.identifiers import RecordId
from ledger.core.receipt import Receipt
from ledger.core.record import decode_record
from ledger.core.sealed_file import SealedFile


def gather_bid_proof(core: Core, /, sealed: SealedFile) -> Flow[BidProof]:
    """The proof of what became of a sealed bid, as of now.

    Args:
        sealed: with the receipt of its commitment.

    Raises:
        ClientError: `bid.deadline` where nothing fixes a deadline, `api.answer`, or that no node
            could be asked.
        Pending: a receipt that is not there yet.
        VerificationError: a node's receipt does not hold.
    """
    try:
        return (yield from _gathered(core, sealed))
    except (KeyError, TypeError, ValueError) as problem:
        what = repr(problem)
        raise ClientError(Code.API_ANSWER, node="/v1/subjects", what=what) from problem


def _gathered(core: Core, sealed: SealedFile) -> Flow[BidProof]:
    subject = str(decode_record(sealed.sealed.record).subject)
    project = subject.partition("/")[0]
    about = yield from _kept(core, subject)
    seen = about if project == subject else [*(yield from _kept(core, project)), *about]
    fixing = [each for each in seen if _fixes_deadline(each)]
    if not fixing:
        raise ClientError(Code.BID_DEADLINE, subject=subject)
    last = max(fixing, key=lambda each: int(each["index"]))
    parts = [each for each in about if each["record"]["type"] == SET_TYPE]
    parts.sort(key=lambda each: int(each["record"]["fields"]["part"]))
    deadline, proved = (yield from reading.receipt(core, _id_of(last))), list[Receipt]()
    for each in parts:
        proved.append((yield from reading.receipt(core, _id_of(each))))
    return BidProof(sealed=sealed, deadline=deadline, parts=tuple(proved))


def _kept(core: Core, subject: str) -> Flow[list[Any]]:
    """Of the records about a subject those that a proof may need."""
    kept: list[Any] = []

    def look(item: Any) -> None:
        if item["record"]["type"] == SET_TYPE or _fixes_deadline(item):
            kept.append(item)

    yield from telling.each_about(core, subject, look)
    return kept


def _fixes_deadline(item: Any) -> bool:
    record = item["record"]
    return record["type"] in DEADLINE_TYPES and DEADLINE_FIELD in record["fields"]


def _id_of(item: Any) -> RecordId:
    return RecordId(bytes.fromhex(item["record_id"]))
