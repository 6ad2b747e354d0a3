"""``/v1/events``: what is new, as server-sent events; docs/spec/events.md."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response

from api.access import Service
from api.event import KINDS
from api.events import Following, stream
from api.news import behind_height, newest
from api.openapi import bytes_answer, problems
from api.routes.queries import Asked
from api.streams import PacedResponse, holder_of
from ledger.core.identifiers import LogIndex

EVENT_STREAM: Final = "text/event-stream"
_KINDS: Final = r"^(blocks|records|alerts)(,(blocks|records|alerts)){0,2}$"

router = APIRouter(tags=["events"])


@router.get(
    "/v1/events",
    summary="What is new, while it happens",
    responses={200: bytes_answer("Server-sent events", EVENT_STREAM), **problems(429)},
)
async def events(
    request: Request,
    service: Service,
    query: Asked,
    kinds: Annotated[
        str, Query(pattern=_KINDS, max_length=32, description="Separated by commas")
    ] = ",".join(KINDS),
    last_event_id: Annotated[
        str | None, Header(pattern=r"^[0-9]{1,18}$", description="`id` of the last event")
    ] = None,
) -> Response:
    """Blocks as `block`, records as `record`, alerts in words as `alert`, in the log's order.

    Begins behind `Last-Event-ID`, else above `since`, else with what comes now. The parts of a
    query narrow records and alerts, never blocks. Ends after a quarter of an hour; clients of
    server-sent events resume by themselves.
    """
    if last_event_id is not None:
        behind = LogIndex(int(last_event_id))
    else:
        behind = newest(service) if query.above is None else behind_height(service, query.above)
    wanted = Following(query, frozenset(kinds.split(",")), behind)
    holder = holder_of(request, service.viewer.member)
    told, headers = stream(service, wanted), {"Cache-Control": "no-store"}
    return PacedResponse(told, request.app.state.streams, holder, EVENT_STREAM, headers)
