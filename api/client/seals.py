"""The status of a seal: as its use cites it, and as an answer that several nodes sign.

What a use cites is not proven here: a use that cites a false answer is refused by every node. A
signed answer is proven under a cosigned head. Spec: ``docs/spec/status_answer.md``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from api.client.problems import ClientError
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.committee import Committee
from ledger.core.status_answer import (
    StatusAnswer,
    StatusStatement,
    decode_status_answer,
    with_statements,
)
from ledger.errors import LedgerError
from ledger.status_answers import VerifiedStatus, committee_of, verify_status_answer
from ledger.trust import TrustRoot


@dataclass(frozen=True, slots=True)
class SealStatus:
    """What a node said about a seal."""

    seal: str
    status: str
    """``valid``, ``suspended`` or ``revoked``; who uses it otherwise raises AL26."""
    height: int
    """Of the node's newest block."""
    time_ms: int
    """Time of that block."""

    def fields(self) -> dict[str, Value]:
        """The fields of a use (S12) that cite this answer."""
        return {
            "status": self.status,
            "status_height": self.height,
            "status_time_ms": self.time_ms,
        }


def seal_status(told: Any, seal: str) -> SealStatus:
    """The status that the answer to ``/v1/status/seal/…`` tells.

    Raises:
        ClientError: `api.answer` where it tells none.
    """
    try:
        (status,) = (row["value"][1] for row in told["items"] if row["in_force"])
        height, time_ms = told["height"], told["time_ms"]
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise _wrong(repr(problem)) from problem
    if type(status) is not str or type(height) is not int or type(time_ms) is not int:
        raise _wrong("status")
    return SealStatus(seal, status, height, time_ms)


def seal_row(seal: str) -> str:
    """The question about a seal's status, as answers name it."""
    return f"seal/{seal}/"


class Collecting:
    """The newest answer that holds, with the statements of every node that gives the same."""

    def __init__(self, trust: TrustRoot, row: str, at_ms: int | None) -> None:
        """Nothing collected yet of the answers about `row` at `at_ms` (None: now)."""
        self._trust, self._row, self._at_ms = trust, row, at_ms
        self._best: tuple[StatusAnswer, VerifiedStatus] | None = None
        self._reasons: list[str] = []
        self._statements: list[StatusStatement] = []
        self._refusals: list[ClientError] = []

    def refused(self, problem: ClientError) -> None:
        """One node says why the question cannot be answered."""
        self._refusals.append(problem)

    def take(self, answer: httpx.Response) -> bool:
        """Take in the answer of one node; whether f + 1 nodes state the same by now."""
        try:
            told = decode_status_answer(answer.content)
            verified = verify_status_answer(told, self._trust)
        except LedgerError as problem:
            # A node that lies or is of another network is passed over; the others may be honest.
            self._reasons.append(problem.code.value)
            return False
        if (told.row, told.at_ms) != (self._row, self._at_ms):
            return False
        self._statements += told.statements
        best = self._best
        if best is None or verified.carrier.tree_size >= best[1].carrier.tree_size:
            best = told, verified
        committee = committee_of(best[0], self._trust, best[1].carrier.tree_size)
        held = with_statements(best[0], _holding(best[0], self._statements, committee))
        self._best = held, verify_status_answer(held, self._trust)
        return len(self._best[1].verdict.stated) > committee.f

    def result(self, nodes: Sequence[str]) -> tuple[StatusAnswer, VerifiedStatus]:
        """What was collected.

        Raises:
            ClientError: `node.unreachable` where no node gave an answer that holds; what they
                refuse it with, where so many do that an honest one is among them, or all.
        """
        if self._best is None and len(self._refusals) > min(
            self._trust.committee.f, len(nodes) - 1
        ):
            raise self._refusals[0]
        if self._best is None:
            told = ", ".join(self._reasons) or "–"
            raise ClientError(Code.NODE_UNREACHABLE, url=", ".join(nodes), reason=told)
        return self._best


def _holding(
    answer: StatusAnswer, statements: Iterable[StatusStatement], committee: Committee
) -> list[StatusStatement]:
    """The statements that are about exactly this answer, one of each node."""
    found: dict[str, StatusStatement] = {}
    for each in statements:
        try:
            answer.verify(each, committee.node(each.node_id).node_key)
        except LedgerError:
            continue
        found.setdefault(each.node_id, each)
    return list(found.values())


def _wrong(what: str) -> ClientError:
    return ClientError(Code.API_ANSWER, node="/v1/status", what=what)
