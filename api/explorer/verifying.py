"""``/verify``: the page on which a browser verifies by itself what a reader drops on it.

The node serves the page, the verifier and its words; files never leave the reader's machine.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.access import Service
from api.explorer.rendering import page
from api.explorer.script_words import script_words
from api.explorer.standalone import FILE_NAME, standalone
from api.explorer.words import LANGUAGES
from ledger.codes import Code
from ledger.errors import LedgerError
from ledger.trust import trust_root
from ledger.words.moments import beijing_time

router = APIRouter(include_in_schema=False)

_DAY_S: Final = 86_400
_MONTH_MS: Final = 30 * _DAY_S * 1000
_DATE: Final = len("2026-03-01")


@router.get("/verify")
async def verify(request: Request, service: Service) -> Response:
    """The place to drop files, and under which trust root they are judged."""
    root = trust_root(service.chain.genesis)
    values = {"network_id": root.network_id.hex(), "n": root.committee.n, "q": root.committee.q}
    return page(request, "verify.html", values)


@router.get("/unchanged")
async def unchanged(request: Request, service: Service) -> Response:
    """Two dates, and the proof that the log only grew between them."""
    now_ms = service.node.status.now_ms
    values = {
        "network_id": trust_root(service.chain.genesis).network_id.hex(),
        "first": beijing_time(max(0, now_ms - _MONTH_MS))[:_DATE],
        "second": beijing_time(now_ms)[:_DATE],
    }
    return page(request, "unchanged.html", values)


@router.get(f"/{FILE_NAME}")
async def saved(service: Service) -> Response:
    """The same page as one file that works without any network, for a reader to keep."""
    made = standalone((trust_root(service.chain.genesis).encode(),))
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return HTMLResponse(made, headers=headers)


@router.get("/explorer/words/{language}.json")
async def words(_: Service, language: Annotated[str, Path(max_length=8)]) -> Response:
    """Words of scripts.

    Raises:
        LedgerError: `api.not_found`.
    """
    if language not in LANGUAGES:
        raise LedgerError(Code.API_NOT_FOUND, query=language, searched="language 语言")
    headers = {"Cache-Control": f"public, max-age={_DAY_S}"}
    return JSONResponse(script_words(language), headers=headers)
