"""What routes share: the service behind a request, ids in paths, and page cursors."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Path, Query, Request

from api.errors import ApiError
from api.forms import Json
from api.identity import asking
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.identifiers import Digest, LogIndex
from ledger.lookup import Turn

PAGE_MAX: Final = 500
ID_PATTERN: Final = r"^[0-9a-f]{64}$"


def service_of(request: Request) -> LedgerService:
    """The service that `api.app.create_app` was given, as the public sees it."""
    service: LedgerService = request.app.state.service
    return service


async def _as_seen_by_the_caller(request: Request) -> LedgerService:
    caller = asking(request)
    return service_of(request).seen_by(None if caller is None else caller.member_id)


Service: TypeAlias = Annotated[LedgerService, Depends(_as_seen_by_the_caller)]
"""A route that names this shows what its caller may see: the public, or whom a token proves."""
DigestPath: TypeAlias = Annotated[
    str, Path(pattern=ID_PATTERN, description="64 lower-case hex digits")
]


def turn(
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="Items on a page")] = 100,
    after: Annotated[
        int | None, Query(ge=0, le=(1 << 62), description="`cursor` of the page before")
    ] = None,
    newest_first: Annotated[bool, Query(description="Against the log's order")] = False,
) -> Turn:
    """Which page is wanted."""
    return Turn(limit, None if after is None else LogIndex(after), newest_first)


PageTurn: TypeAlias = Annotated[Turn, Depends(turn)]


def digest(text: str) -> Digest:
    """The digest that a path spells.

    Raises:
        ApiError: `api.parameter`.
    """
    try:
        return Digest(bytes.fromhex(text))
    except ValueError as problem:
        raise ApiError(Code.API_PARAMETER, what=text[:64]) from problem


def page(items: Sequence[Json], cursor: int | None) -> dict[str, Json]:
    """A page of a list: its items, and the cursor of the next page or null."""
    return {"items": items, "cursor": cursor}
