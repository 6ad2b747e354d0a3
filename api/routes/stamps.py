"""``/v1/stamps/{sha256}``: where a document was stamped, and how the seal stood then."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final, cast

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse

from api.access import Service, digest
from api.forms import Json
from api.kept import require_whole
from api.listing import shown_page
from api.openapi import answer, problems
from api.service import LedgerService
from contracts.rules.eseal_use import LTV, USES
from ledger.codes import Code
from ledger.core.canonical import Value, decode
from ledger.core.identifiers import RecordId
from ledger.core.record import Record, Ref
from ledger.core.shapes import array
from ledger.core.status import ROW_BYTES_MAX, Interval, interval_from
from ledger.errors import LedgerError
from ledger.lookup import Turn
from ledger.store.index import Algorithm

router = APIRouter(tags=["status"])

STAMPS_MAX: Final = 20
"""Uses of one answer, the newest first: a document is stamped by few seals."""
ROWS_MAX: Final = 1_000
CONCLUSIONS_MAX: Final = 1_000
"""Of one block, among which the alerts of a use are looked for."""
_ALERT: Final = "ledger.alert_raised"


@router.get(
    "/v1/stamps/{sha256}",
    summary="Where a document was stamped",
    responses={
        200: answer("Each use, and how the seal stood then", "StampsJson"),
        **problems(404, 421),
    },
)
async def stamps(
    service: Service,
    sha256: Annotated[
        str,
        Path(pattern=r"^[0-9a-f]{64}$", description="Of the document; or the id of a batch use"),
    ],
) -> Response:
    """Uses of seals on a document, as this node has them; each is proved by its own answers.

    The links lead to the proofs: the receipt of each use, and signed answers about the seal and the
    grants at the use's time. A document of a batch is asked for by the id of the batch's record.
    """
    require_whole(service.chain)
    named = digest(sha256)
    with_it = partial(service.chain.lookup.by_digest, Algorithm.SHA256, named)
    found = shown_page(service, with_it, Turn(limit=STAMPS_MAX, newest_first=True))
    ids = [each.stored.record_id for each in found.items] or [RecordId(named)]
    items: list[Json] = []
    for each in ids:
        told = _stamp(service, each, named)
        if told is not None:
            items.append(told)
        # Votes get their turn between two uses.
        await asyncio.sleep(0)
    if not items:
        raise LedgerError(Code.API_NOT_FOUND, query=sha256, searched="seal uses 用章")
    return JSONResponse({"sha256": sha256, "items": items})


def _stamp(service: LedgerService, record_id: RecordId, named: bytes) -> dict[str, Json] | None:
    """One use; None for a record that is none, or does not stamp what was named."""
    stored = service.chain.blocks.record(record_id)
    record = None if stored is None else service.decoded(stored)
    if stored is None or record is None or record.type not in USES:
        return None
    if not service.viewer.may_see(record):
        return None
    stamped = [each.sha256 for each in record.evidence if not each.label.startswith(LTV)]
    if record_id != named and named not in stamped:
        return None
    index, seal = stored.place.index, str(record.subject)
    status = _spell(service, f"seal/{seal}/", index)
    return {
        "record_id": record_id.hex(),
        "type": record.type,
        "seal": seal,
        "issuer": record.issuer,
        "system": cast(str, record.fields["system"]),
        "height": stored.place.height,
        "index": index,
        "time_ms": stored.entry.block_time_ms,
        "status_when_stamped": None if status is None else str(status[1]),
        "owner": None if status is None else str(status[2]),
        "grants": list(_grants(service, record, index)),
        "alerts": list(_alerts(service, record_id)),
        "status_row": f"seal/{seal}/",
    }


def _spell(service: LedgerService, row: str, index: int) -> tuple[Value, ...] | None:
    """What the row said that was in force at a log index."""
    for _, _, value in service.chain.status.under(row.rstrip("/").encode(), ROWS_MAX):
        interval, items = _read(value)
        if interval.in_force(index):
            return items
    return None


def _grants(service: LedgerService, record: Record, index: int) -> Iterator[Json]:
    """The grants and permissions that a use cites."""
    for ref in record.refs:
        row = _grant_row(record, ref)
        value = service.chain.status.get(row.encode())
        if value is not None:
            interval, _ = _read(value)
            in_force = interval.in_force(index)
            yield {"row": row, "record_id": ref.record_id.hex(), "in_force": in_force}


def _grant_row(record: Record, ref: Ref) -> str:
    return f"grant/{record.subject}/{ref.record_id.hex()}"


def _alerts(service: LedgerService, record_id: RecordId) -> Iterator[Json]:
    """Codes and reasons of the alerts in the use's own block that rest on it, the newest first."""
    height = service.stored(record_id).place.height
    turn = Turn(limit=CONCLUSIONS_MAX, newest_first=True)
    for each in service.chain.lookup.by_height(height, turn).items:
        concluded = service.stored(each.record_id)
        if concluded.entry.bundle_id is not None:
            # What rules conclude stands behind everything that was submitted.
            return
        record = service.decoded(concluded)
        cites = any(ref.record_id == record_id for ref in record.refs)
        if record.type == _ALERT and cites and service.viewer.may_see(record):
            yield {"alert": str(record.fields["alert"]), "because": str(record.fields["because"])}


def _read(value: bytes) -> tuple[Interval, tuple[Value, ...]]:
    first, *rest = array(decode(value, ROW_BYTES_MAX), "status row")
    return interval_from(first), tuple(rest)
