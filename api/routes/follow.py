"""``/v1/follow``: certified blocks for observers, which prove by a token that they are admitted."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import Service
from api.feed import WAIT_MS_MAX
from api.identity import Identified
from api.openapi import MEMBERS_ONLY, bytes_answer, problems
from ledger.core.identifiers import Height
from ledger.follow import MEDIA_TYPE

router = APIRouter(tags=["log"])

_HEIGHT_MAX = 1 << 62


@router.get(
    "/v1/follow",
    summary="Certified blocks, for observers",
    openapi_extra=MEMBERS_ONLY,
    responses={
        200: bytes_answer("A chunk: docs/spec/follow.md", MEDIA_TYPE),
        **problems(401, 403),
    },
)
async def follow(
    service: Service,
    caller: Identified,
    from_: Annotated[
        int, Query(alias="from", ge=1, le=_HEIGHT_MAX, description="The first height wanted")
    ],
    noted: Annotated[
        int, Query(ge=0, le=_HEIGHT_MAX, description="Height of the newest cosigned head held")
    ] = 0,
    wait: Annotated[
        float, Query(ge=0, le=WAIT_MS_MAX / 1000, description="Seconds to wait for something new")
    ] = 0,
) -> Response:
    """Blocks with their certificates from a height on, and cosigned heads above another.

    For members with the role `observer`, and for those that run a node of the committee.
    """
    caller.require_observer()
    chunk = await service.feed.chunk(Height(from_), Height(noted), int(wait * 1000))
    return Response(chunk.encode(), 200, {"Cache-Control": "no-store"}, MEDIA_TYPE)
