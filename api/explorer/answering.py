"""Which objections of a track its reader may answer: the tenderer, and whoever acts for it."""

from typing import Final

from api.service import LedgerService
from contracts.state import State
from contracts.verdict import RecordRow, Times
from ledger.core.identifiers import RecordId

ANSWERED: Final = "tender.objection_answered"
_TENDERER: Final = "tender.project_accepted.tenderer"


def may_answer(
    service: LedgerService, state: State, record_id: RecordId, row: RecordRow | None
) -> bool:
    """Whether a record is an objection that nobody answered yet, and the reader is who has to.

    Args:
        service: as the reader may see it.
        state: of its head.
        record_id: of the record.
        row: what is kept of it; None for nothing.
    """
    reader, head = service.viewer.member, service.chain.head
    if reader is None or row is None or row.voided_index is not None:
        return False
    if row.type not in service.catalogue.types[ANSWERED].refs["answers"].types:
        return False
    as_of = Times(head.log_size, head.time_ms)
    if next(state.citing(record_id, ANSWERED, as_of), None) is not None:
        return False
    tenderer, project = state.value(row.subject, _TENDERER, as_of), row.subject.partition("/")[0]
    if tenderer is None or tenderer == reader:
        return tenderer is not None
    scopes = (project, "")
    return any(state.delegation(str(tenderer), reader, each, as_of) for each in scopes)
