"""``/blocks`` and ``/blocks/{height}``: the chain of blocks, and each with who committed it."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Service
from api.explorer.language import language_of
from api.explorer.names import Names, committee_of
from api.explorer.network_view import block_row
from api.explorer.rendering import page
from api.explorer.rows import PAGE_ROWS, placed_rows
from api.kept import first_height, heights_kept, next_below
from ledger.codes import Code
from ledger.core.identifiers import Height, LogIndex
from ledger.errors import StoreError
from ledger.lookup import Turn

router = APIRouter(include_in_schema=False)

LISTED: Final = 50


@router.get("/blocks")
async def blocks(
    request: Request,
    service: Service,
    below: Annotated[int | None, Query(ge=1, le=1 << 62)] = None,
) -> Response:
    """The newest first; a page is the same whatever comes later.

    Raises:
        StoreError: `block.not_kept`.
    """
    names = Names(service, language_of(request))
    heights = heights_kept(service.chain, below, LISTED)
    rows = [block_row(service, Height(height), names) for height in heights]
    values = {
        "blocks": rows,
        "n": service.chain.committee.n,
        "cursor": next_below(service.chain, heights),
        "first": below is None,
    }
    return page(request, "blocks.html", values)


@router.get("/blocks/{height}")
async def block(
    request: Request,
    service: Service,
    height: Annotated[int, Path(ge=1, le=1 << 62)],
    after: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> Response:
    """A block: its header, the signatures of its commit, and a page of its records.

    Raises:
        StoreError: `block.unknown`, `block.not_kept`.
    """
    store, head = service.chain.blocks, service.chain.head.height
    if height > head:
        raise StoreError(Code.BLOCK_UNKNOWN, height=height, head=head)
    at, names = Height(height), Names(service, language_of(request))
    store.require_kept(at)
    header, certificate = store.header(at), store.certificate(at)
    turn = Turn(PAGE_ROWS, None if after is None else LogIndex(after))
    found = service.chain.lookup.by_height(at, turn)
    values = {
        "header": header,
        "hash": header.hash().hex(),
        "row": block_row(service, at, names),
        "n": committee_of(service, header.epoch).n,
        "voters": [(node, names.node(node), line.hex()) for node, line in certificate.votes],
        "records": list(placed_rows(service, found.items, names)),
        "cursor": found.cursor,
        "head": head,
        "least": first_height(service.chain),
        "cosigned_height": service.chain.cosigned_height,
    }
    return page(request, "block.html", values)
