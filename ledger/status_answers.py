"""Status answers, judged: the head by the receipt inside, then rows and statements beside it.

A status is proved by one row in its spell, an absence by the two neighbours between which the row
would stand. That nothing came after the head is no proof but the word of nodes: with f + 1 of them
one at least is honest. Spec: ``docs/spec/status_answer.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.batch import DocumentDigest
from ledger.core.block import Header, header_from_leaf
from ledger.core.canonical import Value, decode
from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId
from ledger.core.policy import Policy
from ledger.core.shapes import array
from ledger.core.status import ROW_BYTES_MAX, Interval, interval_from, status_leaf
from ledger.core.status_answer import AnsweredRow, StatusAnswer, StatusStatement, belongs
from ledger.epoch_links import led
from ledger.errors import VerificationError
from ledger.numbering import STATEMENTS_STEP, STATUS_STEP, numbered
from ledger.time_stamps import TimeTrust
from ledger.trust import TrustRoot
from ledger.verdict import Caveat, Step, VerifiedRecord
from ledger.verify import verify_receipt


class Standing(StrEnum):
    """What an answer says."""

    IN_FORCE = "in_force"
    NOT_IN_FORCE = "not_in_force"
    """The row had ended, or had not begun."""
    ABSENT = "absent"
    """There is no such row."""


@dataclass(frozen=True, slots=True)
class StatusVerdict:
    """A verified answer."""

    row: str
    standing: Standing
    at_ms: int
    """The time that it is about."""
    interval: Interval | None
    """Of the row that answers; None where there is none."""
    value: tuple[Value, ...]
    """What the row says after its interval; empty where there is none."""
    height: int
    """Of the head."""
    head_time_ms: int
    """Block time of the head: what came after it is not proved."""
    stated: tuple[tuple[NodeId, int], ...]
    """Nodes that state it, each with the time that it said."""
    stated_needed: int
    """f + 1 of the committee."""


@dataclass(frozen=True, slots=True)
class VerifiedStatus:
    """What a verified file proves."""

    carrier: VerifiedRecord
    """The verdict on the receipt inside, with checks 16 and 17 among its steps."""
    verdict: StatusVerdict


def verify_status_answer(
    answer: StatusAnswer,
    trust: TrustRoot,
    documents: Sequence[DocumentDigest] = (),
    policy: Policy | None = None,
    times: TimeTrust | None = None,
) -> VerifiedStatus:
    """Verify an answer and say what it proves.

    Args:
        answer: from anyone.
        trust: from a source that the reader trusts.
        documents: in the reader's hands; an answer names none, so each is refused.
        policy: what the reader demands of the head besides the committee's quorum.
        times: whose time stamps count.

    Raises:
        VerificationError: as `verify_receipt`; in step 16 `proof.inclusion`, `answer.rows` or
            `answer.future`, in step 17 `answer.statement`.
    """
    carrier = verify_receipt(answer.receipt, trust, documents, policy, times)
    leaf = answer.receipt.last_leaf
    head = header_from_leaf(leaf, carrier.tree_size, carrier.root)
    with numbered(STATUS_STEP):
        found = _judged(answer, head)
    committee = committee_of(answer, trust, carrier.tree_size)
    with numbered(STATEMENTS_STEP):
        stated = tuple(_stated(each, answer, committee) for each in answer.statements)
        if len({node for node, _ in stated}) != len(stated):
            raise VerificationError(Code.ANSWER_STATEMENT, what="twice")
    needed = committee.f + 1
    verdict = replace(found, stated=stated, stated_needed=needed)
    steps = (
        *carrier.steps,
        Step(STATUS_STEP, applies=True, facts={"row": answer.row, "height": head.height}),
        Step(STATEMENTS_STEP, bool(stated), {"found": len(stated), "needed": needed}),
    )
    unstated = () if len(stated) >= needed else (Caveat.UNSTATED,)
    caveats = (*carrier.caveats, *unstated)
    return VerifiedStatus(replace(carrier, steps=steps, caveats=caveats), verdict)


def committee_of(answer: StatusAnswer, trust: TrustRoot, size: int) -> Committee:
    """The committee of the answer's head, as check 7 of the receipt inside found it.

    Args:
        answer: whose receipt was verified.
        trust: under which.
        size: of the log at the head.
    """
    return led(trust, answer.receipt.epochs).epochs.at_size(size)


def _judged(answer: StatusAnswer, head: Header) -> StatusVerdict:
    """Check 16: the rows stand under the head, and answer what was asked."""
    at_ms = head.time_ms if answer.at_ms is None else answer.at_ms
    if at_ms > head.time_ms:
        raise VerificationError(Code.ANSWER_FUTURE, at_ms=at_ms, time_ms=head.time_ms)
    for each in answer.rows:
        leaf = merkle.leaf_hash(status_leaf(each.key.encode(), each.value))
        merkle.verify_inclusion(leaf, each.index, head.status_size, each.path, head.status_root)
    for one, other in pairwise(answer.rows):
        if other.index != one.index + 1:
            raise VerificationError(Code.ANSWER_ROWS, what="neighbours")
    own = [each for each in answer.rows if belongs(each.key, answer.row)]
    standing, row = _standing(answer, own, at_ms, head.status_size)
    interval, value = (None, ()) if row is None else _read(row)
    times = (head.height, head.time_ms)
    return StatusVerdict(answer.row, standing, at_ms, interval, value, *times, (), 0)


def _standing(
    answer: StatusAnswer, own: Sequence[AnsweredRow], at_ms: int, size: int
) -> tuple[Standing, AnsweredRow | None]:
    """What the rows say of the time that was asked about."""
    rows = answer.rows
    if len(own) == 1 and len(rows) == 1:
        interval, _ = _read(own[0])
        if interval.holds_at(at_ms):
            return Standing.IN_FORCE, own[0]
        if own[0].key == answer.row or own[0].index == 0:
            # No other row has this key; or none stands before the first spell.
            return _not_in_force(own[0], at_ms, first=own[0].key != answer.row)
    if len(rows) == 2 and own == [rows[1]]:
        return _not_in_force(rows[1], at_ms, first=True)
    if own or not _between(rows, answer.row, size):
        raise VerificationError(Code.ANSWER_ROWS, what="rows")
    return Standing.ABSENT, None


def _not_in_force(
    row: AnsweredRow, at_ms: int, *, first: bool
) -> tuple[Standing, AnsweredRow | None]:
    """Of a first spell only the time before it is told; of a single row also the time after."""
    interval, _ = _read(row)
    begun = interval.from_time_ms is None or interval.from_time_ms <= at_ms
    if interval.holds_at(at_ms) or (first and begun):
        raise VerificationError(Code.ANSWER_ROWS, what="spell")
    return Standing.NOT_IN_FORCE, row


def _between(rows: Sequence[AnsweredRow], row: str, size: int) -> bool:
    """Whether nothing that is asked about can stand between or beside the rows."""
    spelled = [each.key.encode() for each in rows]
    asked = row.encode()
    match len(rows):
        case 2:
            return spelled[0] < asked < spelled[1]
        case 1:
            first = rows[0].index == 0 and asked < spelled[0]
            return first or (rows[0].index == size - 1 and spelled[0] < asked)
    return size == 0


def _read(row: AnsweredRow) -> tuple[Interval, tuple[Value, ...]]:
    """Interval and further items of a row's value."""
    items = decode(row.value, ROW_BYTES_MAX)
    if not isinstance(items, tuple) or not items:
        raise VerificationError(Code.ANSWER_ROWS, what="value")
    return interval_from(array(items[0], "interval", 4)), tuple(items[1:])


def _stated(
    statement: StatusStatement, answer: StatusAnswer, committee: Committee
) -> tuple[NodeId, int]:
    """Check 17: a node of the committee signed exactly this answer."""
    wrong = VerificationError(Code.ANSWER_STATEMENT, what=statement.node_id)
    if statement.node_id not in committee:
        raise wrong
    try:
        answer.verify(statement, committee.node(statement.node_id).node_key)
    except VerificationError as problem:
        raise wrong from problem
    return statement.node_id, statement.answered_at_ms
