"""Named questions: what people ask again and again, put together from queries."""

from typing import Final

from api.engines.query import ALERT_TYPE, Query
from api.forms import Json, stored_form
from api.queries.asking import Answer
from api.service import LedgerService
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import MemberId, Subject
from ledger.core.record import Record

FOLLOWS: Final = "follows"
LATE: Final = "AL16"
"""Raised for each deposit and each letter of guarantee of which no refund was recorded in time."""
REFUNDS: Final = ("tender.deposit_refunded", "tender.guarantee_released")


def projects_in(answer: Answer) -> list[Json]:
    """The projects that the records of a page are about, in the order of their first there."""
    found: dict[str, dict[str, Json]] = {}
    for each in answer.items:
        project = each.record.subject.partition("/")[0]
        if project and project not in found:
            found[project] = {
                "project": project,
                "index": each.index,
                "height": each.stored.entry.height,
                "record_id": each.stored.record_id.hex(),
                "type": each.record.type,
            }
    return list(found.values())


def acted_for(member: MemberId) -> Query:
    """The records by which a member, an agent above all, acted in projects."""
    return Query(member=member)


def refunds_overdue(subject: Subject | None) -> Query:
    """The alerts about deposits and guarantees of which no refund was recorded in time."""
    return Query(subject=subject, within=True, types=frozenset({ALERT_TYPE}), alert=LATE)


def overdue_forms(service: LedgerService, answer: Answer) -> list[Json]:
    """Each overdue refund, and whether it was made since, by the newest block of the answer."""
    state = State(Overlay(service.chain.state))
    known = service.chain.blocks.header(answer.height) if answer.height else service.chain.head
    as_of = Times(known.log_size, known.time_ms)
    return [
        {
            **stored_form(each.stored, each.record, service.catalogue),
            "refunded": _refunded(service, state, each.record, as_of),
        }
        for each in answer.items
    ]


def _refunded(service: LedgerService, state: State, alert: Record, as_of: Times) -> bool:
    """Whether a refund follows what the alert rests on; before the alert there was none."""
    return any(
        FOLLOWS in state.citing(paid.record_id, each, as_of)
        for each in REFUNDS
        if service.viewer.may_see_type(each, alert.subject)
        for paid in alert.refs
    )
