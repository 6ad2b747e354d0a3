"""Error pages: the problem document of `api.errors` in the dress of the pages, for browsers only.

Programs ask below ``/v1``, or do not ask for HTML, and get the document itself.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from api.explorer.language import language_of
from api.explorer.rendering import page

Handler: TypeAlias = Callable[[Request, Exception], Awaitable[JSONResponse]]
_FOR_PROGRAMS: Final = ("/v1/", "/static/", "/metrics", "/healthz", "/readyz", "/openapi.json")
_KEPT: Final = ("Allow", "Retry-After")


def in_pages(handler: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    """`handler`, whose answer is a page where a person reads it."""

    async def handled(request: Request, error: Exception) -> Response:
        answer = await handler(request, error)
        if not _is_read_by_a_person(request):
            return answer
        told = json.loads(bytes(answer.body))
        language = language_of(request)
        sentence = told["detail_zh" if language == "zh" else "detail"]
        values = {"status": answer.status_code, "code": told["code"], "sentence": sentence}
        made = page(request, "problem.html", values, answer.status_code)
        made.headers.update(
            {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        )
        return made

    return handled


def _is_read_by_a_person(request: Request) -> bool:
    wants_html = "text/html" in request.headers.get("accept", "")
    return wants_html and not request.url.path.startswith(_FOR_PROGRAMS)
