"""``/qr.svg``: the address of a page of this node as a QR, for paper and for phones."""

import io
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Query, Request, Response

from api.access import Service
from api.errors import ApiError
from ledger.codes import Code

router = APIRouter(include_in_schema=False)

PATH_MAX: Final = 700
"""The longest subject, each of its bytes quoted."""
_PAGE: Final = (
    r"^/(?:records|blocks|projects|members|seals|addresses|nodes|checkpoints|alerts)/[^\s?#]+$"
)


@router.get("/qr.svg")
async def qr(
    request: Request, _: Service, path: Annotated[str, Query(pattern=_PAGE, max_length=PATH_MAX)]
) -> Response:
    """A page of this node, under the name by which it was asked.

    The path is that of the page's address, quoted as it is there: a scanner opens what it reads.

    Raises:
        ApiError: `api.parameter` for what no QR can hold: whoever asks chooses the node's name.
    """
    address = str(request.url.replace(path=path, query="", fragment=""))
    try:
        code = segno.make(address, error="m", micro=False, boost_error=False)
    except segno.DataOverflowError as problem:
        raise ApiError(Code.API_PARAMETER, what=f"path: {len(address)} > QR") from problem
    drawn = io.BytesIO()
    code.save(
        drawn, kind="svg", border=4, light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")
