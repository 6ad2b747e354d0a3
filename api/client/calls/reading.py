"""Reading what is proved: receipts, heads, epochs, and status answers of f + 1 nodes.

A node whose answer does not hold is passed over like one that is away.
"""

from typing import Final
from urllib.parse import quote

import httpx

from api.client import epochs
from api.client.asking import Question
from api.client.core import Core
from api.client.flow import Flow, Pause
from api.client.problems import Pending
from api.client.seals import Collecting
from ledger.core.checkpoint import Checkpoint
from ledger.core.identifiers import RecordId
from ledger.core.note import parse_note
from ledger.core.receipt import Receipt
from ledger.core.status_answer import StatusAnswer
from ledger.core.tlog_proof import TlogProof, parse_tlog_proof, receipt_in
from ledger.heads import verify_head
from ledger.status_answers import VerifiedStatus
from ledger.trust import TrustRoot

POLL_S: Final = 0.5
"""Between two looks for a receipt that is not there yet."""


def follow(core: Core, /) -> Flow[TrustRoot]:
    """The trust root with every later epoch to which the nodes lead; kept from now on."""
    found = yield from epochs.links(core.asking, core.trust)
    core.trust = found.trust
    return core.trust


def head(core: Core, /) -> Flow[Checkpoint]:
    """The newest head that the first node that answers shows, verified.

    By the committee of its epoch, for which all nodes are asked where it may be a later one.

    Raises:
        ClientError: `checkpoint.none`, or that no node could be asked.
        FormatError: `note.invalid`.
        VerificationError: as `ledger.heads.verify_head`.
    """
    answer = yield from core.asking.request(Question("/checkpoint"))
    note = parse_note(answer.content)
    trust = yield from follow(core)
    return verify_head(note, trust)


def receipt(core: Core, /, record_id: RecordId, wait_s: float = 0.0) -> Flow[Receipt]:
    """The verified receipt of a record.

    Args:
        record_id: of the record.
        wait_s: how long to go on asking while it is not there yet.

    Raises:
        ClientError: `record.unknown`, or that no node could be asked.
        Pending: `receipt.pending`.
        VerificationError: no node's receipt holds.
    """

    def judged(answer: httpx.Response) -> Receipt:
        if answer.status_code == httpx.codes.ACCEPTED:
            raise core.pending(answer)
        return core.verified(answer.content, record_id, str(answer.request.url))

    question = Question(f"/v1/records/{record_id.hex()}/receipt")
    patient = core.asking.clock() + wait_s
    while True:
        try:
            return (yield from core.asking.judged(judged, question))
        except Pending:
            left_s = patient - core.asking.clock()
            if left_s <= 0:
                raise
        yield Pause(min(POLL_S, left_s))


def tlog_proof(core: Core, /, record_id: RecordId) -> Flow[TlogProof]:
    """A record's receipt as a C2SP proof, verified; it has the log signature of one node.

    Raises:
        ClientError: `record.unknown`, or that no node could be asked.
        FormatError: the node's proof is none.
        Pending: `receipt.pending`.
        VerificationError: the receipt in it does not hold.
    """

    def judged(answer: httpx.Response) -> TlogProof:
        if answer.status_code == httpx.codes.ACCEPTED:
            raise core.pending(answer)
        proof = parse_tlog_proof(answer.content)
        core.verified(receipt_in(proof).encode(), record_id, str(answer.request.url))
        return proof

    return (
        yield from core.asking.judged(judged, Question(f"/v1/records/{record_id.hex()}/tlog-proof"))
    )


def status_answer(
    core: Core, /, row: str, at_ms: int | None = None
) -> Flow[tuple[StatusAnswer, VerifiedStatus]]:
    """A verified answer about a status row, with the statements of nodes that give the same.

    Asks node after node until f + 1 state the same; `VerifiedStatus.verdict.stated` says who did.

    Args:
        row: a key; with a slash at its end, the spells below it (`seals.seal_row`).
        at_ms: the time that is asked about, not after the newest block; None for now.

    Raises:
        ClientError: `node.unreachable` where no node gave an answer that holds; `api.parameter`
            for a time that is not over on the ledger.
    """
    params = {} if at_ms is None else {"at": at_ms}
    collecting, until = Collecting(core.trust, row, at_ms), core.asking.until()
    question = Question(f"/v1/status-answers/{quote(row)}", params=params, as_public=True)
    for url in core.asking.urls:
        answer = yield from core.asking.answered(url, question, until, collecting.refused)
        if answer is not None and collecting.take(answer):
            break
    return collecting.result(core.asking.urls)
