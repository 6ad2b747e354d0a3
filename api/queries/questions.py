"""Named questions: what people ask again and again, put together from queries."""

from collections.abc import Iterator
from typing import Final

from api.engines.query import ALERT_TYPE, Query
from api.forms import Json, stored_form
from api.queries.asking import Answer, answer_of
from api.service import LedgerService
from ledger.core.identifiers import LogIndex, MemberId, RecordId, Subject
from ledger.core.record import Record

LATE: Final = "AL16"
"""Raised for each deposit and each letter of guarantee that did not go back in time."""
REFUNDS: Final = frozenset({"tender.deposit_refunded", "tender.guarantee_released"})
REFUNDS_MAX: Final = 500
"""Refunds of one section among which an overdue one is looked for."""


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
    """The alerts about deposits and guarantees that did not go back in time."""
    return Query(subject=subject, within=True, types=frozenset({ALERT_TYPE}), alert=LATE)


async def overdue_forms(service: LedgerService, answer: Answer) -> list[Json]:
    """Each overdue refund, and whether it was made since; null where too many are to be read."""
    return [
        {
            **stored_form(each.stored, each.record, service.catalogue),
            "refunded": await _refunded(service, each.record, each.index),
        }
        for each in answer.items
    ]


async def _refunded(service: LedgerService, alert: Record, index: LogIndex) -> bool | None:
    """Whether a refund that follows what the alert rests on came after it."""
    paid = {each.record_id for each in alert.refs}
    query = Query(subject=alert.subject, types=REFUNDS)
    made = await answer_of(service, query, index, REFUNDS_MAX)
    if any(paid.intersection(_follows(each.record)) for each in made.items):
        return True
    return None if made.reached is not None else False


def _follows(record: Record) -> Iterator[RecordId]:
    return (each.record_id for each in record.refs if each.relation == "follows")
