"""``/extract``: the page on which somebody types an extraction code and gets the package.

A plain form; the code travels in the body, never in an address. What was typed is shown again only
where it is no code at all, so that one wrong character can be put right.
"""

from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response

from api.bodies import read_capped
from api.errors import http_status
from api.explorer.language import language_of
from api.explorer.rendering import page
from api.extraction import TYPED_BYTES_MAX, Extraction, sent
from api.fairness import address_of
from ledger.codes import Code
from ledger.core.court_code import TYPED_MAX
from ledger.errors import LedgerError
from ledger.words import sentence

router = APIRouter(include_in_schema=False)

_ANSWERED_HERE: Final = frozenset(
    {Code.COURT_CODE_TYPED, Code.COURT_CODE_NONE, Code.COURT_CODE_PACE}
)


@router.get("/extract")
async def asking(request: Request, _: Extraction) -> Response:
    """The form."""
    return page(request, "extract.html", {"typed": "", "refused": ""})


@router.post("/extract")
async def extract(request: Request, codes: Extraction) -> Response:
    """The package, or the form again with what to do."""
    body = await read_capped(request, TYPED_BYTES_MAX, Code.FORMAT_TOO_LARGE)
    fields = parse_qs(body.decode("ascii", "replace"))
    typed = fields.get("code", [""])[0][: TYPED_MAX + 1]
    try:
        return sent(await codes.extract(typed, address_of(request)))
    except LedgerError as problem:
        if problem.code not in _ANSWERED_HERE:
            raise
        again = typed if problem.code is Code.COURT_CODE_TYPED else ""
        told = sentence(problem.code, problem.detail, language_of(request))
        values = {"typed": again, "refused": told}
        answer = page(request, "extract.html", values, http_status(problem.code))
        if problem.code is Code.COURT_CODE_PACE:
            answer.headers["Retry-After"] = str(problem.detail["seconds"])
        return answer
