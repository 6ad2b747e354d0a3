"""``/v1/epochs``: what leads from the committee of one epoch to those of later ones."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import Service
from api.examples import JSON
from api.openapi import bytes_answer, problems
from ledger.core.epochs_file import LINKS_PER_PAGE, EpochsFile

router = APIRouter(tags=["log"])
_EPOCH_MAX = 1 << 62


@router.get(
    "/v1/epochs",
    summary="The links from epoch to epoch",
    responses={
        200: bytes_answer("A file epochs.json: docs/spec/epochs.md", JSON),
        **problems(),
    },
)
async def epochs(
    service: Service,
    after: Annotated[
        int, Query(ge=0, le=_EPOCH_MAX, description="The epoch whose committee is known")
    ] = 0,
) -> Response:
    """The links that lead on from the committee of `after`, at most 64; fewer are all there are.

    Each is verified from a trust root: `bidwitness network trust --follow`.
    """
    chain = service.chain
    until = min(after + LINKS_PER_PAGE, chain.epochs.newest.epoch)
    links = chain.links.up_to(until)[after:] if after < until else ()
    made = EpochsFile(chain.genesis.network_id, links)
    return Response(made.encode(), media_type="application/json")
