"""``/v1/blocks``: the chain of headers, and what entered in each block."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from api.access import PAGE_MAX, PageTurn, Service, page
from api.forms import Json, certificate_form, header_form
from api.kept import heights_kept, next_below
from api.listing import placed_page
from api.openapi import answer, problems
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.identifiers import Height
from ledger.errors import StoreError

router = APIRouter(tags=["blocks"])


@router.get(
    "/v1/blocks",
    summary="Blocks, the newest first",
    responses={200: answer("A page of blocks", "BlockPageJson"), **problems(421)},
)
async def blocks(
    service: Service,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    below: Annotated[int | None, Query(ge=1, description="`cursor` of the page before")] = None,
) -> Response:
    """Headers with who committed them, as far down as this node keeps blocks."""
    heights = heights_kept(service.chain, below, limit)
    items: list[Json] = [_block(service, Height(height)) for height in heights]
    return JSONResponse(page(items, next_below(service.chain, heights)))


@router.get(
    "/v1/blocks/{height}",
    summary="A block and its records",
    responses={200: answer("The block", "BlockWithRecordsJson"), **problems(404, 421)},
)
async def block(
    service: Service, turn: PageTurn, height: Annotated[int, Path(ge=1, le=1 << 62)]
) -> Response:
    """The header, its commit certificate, and a page of the records that entered in it."""
    if height > service.chain.head.height:
        raise StoreError(Code.BLOCK_UNKNOWN, height=height, head=service.chain.head.height)
    found = service.chain.lookup.by_height(Height(height), turn)
    records = placed_page(service, found)
    return JSONResponse({**_block(service, Height(height)), "records": records})


def _block(service: LedgerService, height: Height) -> dict[str, Json]:
    store = service.chain.blocks
    return {
        "header": header_form(store.header(height)),
        "certificate": certificate_form(store.certificate(height)),
        "cosigned": height <= service.chain.cosigned_height,
    }
