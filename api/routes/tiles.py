"""``/checkpoint`` and ``/tile/…``: the transparency log as C2SP tlog-tiles 0.1.0.

Everybody may read it: a leaf holds digests, ids and times, whatever the class of its record. Spec:
``docs/spec/tiles.md``.
"""

import gzip
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Response

from api.access import Service
from api.openapi import bytes_answer, problems
from ledger.core.tiles import PATH_MAX, parse_tile_path

router = APIRouter(tags=["log"])

NOTE_TYPE: Final = "text/plain; charset=utf-8"
TILE_TYPE: Final = "application/octet-stream"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_GZIP_LEVEL: Final = 6


@router.get(
    "/checkpoint",
    summary="The newest cosigned head",
    responses={
        200: bytes_answer("A signed note: docs/spec/checkpoint.md", NOTE_TYPE),
        **problems(404),
    },
)
@router.get(
    "/v1/checkpoint",
    summary="The newest cosigned head",
    responses={
        200: bytes_answer("A signed note: docs/spec/checkpoint.md", NOTE_TYPE),
        **problems(404),
    },
)
async def checkpoint(service: Service) -> Response:
    """A C2SP signed note with the cosignatures of a quorum and this node's log signature."""
    headers = {"Cache-Control": "no-cache"}
    return Response(service.published.note(), 200, headers, NOTE_TYPE)


@router.get(
    "/tile/{path:path}",
    summary="A tile or an entry bundle of the log",
    responses={
        200: bytes_answer("Hashes or leaves: docs/spec/tiles.md", TILE_TYPE),
        **problems(404),
    },
)
async def tile(
    service: Service,
    path: Annotated[str, Path(description="`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`")],
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """The same bytes for ever, once the size of a checkpoint calls for it; 404 before."""
    asked = parse_tile_path(f"tile/{path[:PATH_MAX]}")
    data = service.chain.tiles.read(asked, service.chain.cosigned_size)
    headers = {"Cache-Control": _FOR_EVER}
    if asked.level is None:
        data = _packed(data, accept_encoding, headers)
    return Response(data, 200, headers, TILE_TYPE)


def _packed(data: bytes, accept_encoding: str, headers: dict[str, str]) -> bytes:
    """An entry bundle as the client reads it: hashes do not shrink, leaves do by half."""
    headers["Vary"] = "Accept-Encoding"
    if not _takes_gzip(accept_encoding):
        return data
    headers["Content-Encoding"] = "gzip"
    return gzip.compress(data, _GZIP_LEVEL, mtime=0)


def _takes_gzip(accept_encoding: str) -> bool:
    """Whether ``gzip`` is named, and not with the weight nought."""
    for each in accept_encoding.lower().split(","):
        name, _, weight = each.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" if weight else True
    return False
