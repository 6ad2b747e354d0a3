"""The frame of the desk's pages: tabs, who reads them, and a policy that lets them ask the signer.

The signer listens on 127.0.0.1, at a port that its user may choose. Nothing else is allowed beyond
what every page may.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response

from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.rendering import POLICY, page
from api.service import LedgerService

DESK_POLICY: Final = POLICY.replace("connect-src 'self';", "connect-src 'self' http://127.0.0.1:*;")

READER_HEADER: Final = "Bidwitness-Reader"
"""Whom the node took the token for, percent-encoded: the page says the same to all who may see
the same."""


def desk_page(
    request: Request,
    service: LedgerService,
    template: str,
    values: Mapping[str, object],
) -> Response:
    """A page of the desk, as `service` sees it.

    Args:
        request: whose language and address count.
        service: as the caller may see it.
        template: which page.
        values: for it.
    """
    more = {"first": not request.query_params.get("cursor")}
    answer = page(request, template, {**values, **more})
    answer.headers["Content-Security-Policy"] = DESK_POLICY
    reader = service.viewer.member
    if reader is not None:
        name = Names(service, language_of(request)).member(reader)
        answer.headers[READER_HEADER] = quote(f"{name} ({reader})")
    return answer
