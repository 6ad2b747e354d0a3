"""``/qr.svg``: the address of a page of this node as a QR, for paper and for phones."""

import io
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Query, Request, Response

from api.access import Service

router = APIRouter(include_in_schema=False)

PATH_MAX: Final = 400
_PAGE: Final = (
    r"^/(?:records|blocks|projects|members|seals|addresses|nodes|checkpoints|alerts)/[^\s?#]+$"
)


@router.get("/qr.svg")
async def qr(
    request: Request, _: Service, path: Annotated[str, Query(pattern=_PAGE, max_length=PATH_MAX)]
) -> Response:
    """A page of this node, under the name by which it was asked."""
    address = str(request.url.replace(path=path, query="", fragment=""))
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False, boost_error=False).save(
        drawn, kind="svg", border=4, light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")
