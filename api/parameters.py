"""Query parameters that nobody declared: a question that is misspelt is refused.

Whoever asks for `?mebmer=x` would otherwise be given the whole ledger, and could take it for what
one member said. What a route knows is read off its own declaration, so no list is kept beside it.

A page is held to less. Links to it are passed on by mail and chat, which hang parameters of their
own on them, and none of those may break a link. So there only a name that is nearly one of the
page's own is refused.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant

from api.errors import ApiError
from ledger.codes import Code

_ON_EVERY_PAGE: Final = frozenset({"lang", "q"})
"""Read where a page is rendered, whatever it shows."""
_LIKE: Final = 0.75
"""How like one of the page's own a name is (`difflib`): one letter of five is another one."""
_TOLD: Final = 64
"""Characters of a name that are told back."""


async def only_declared(request: Request) -> None:
    """Every query parameter is one that the route declares.

    Raises:
        ApiError: `api.parameter_unknown`.
    """
    if request.scope["query_string"]:
        known = _declared_by(request)
        for name in request.query_params:
            if name not in known:
                raise _unknown(name, known)


async def none_misspelt(request: Request) -> None:
    """No query parameter is nearly one that the page declares.

    Raises:
        ApiError: `api.parameter_unknown`.
    """
    if request.scope["query_string"]:
        known = _declared_by(request) | _ON_EVERY_PAGE
        for name in request.query_params:
            if name not in known and get_close_matches(name[:_TOLD], known, 1, _LIKE):
                raise _unknown(name, known)


def _declared_by(request: Request) -> frozenset[str]:
    return frozenset(_names(request.scope["route"].dependant))


def _names(dependant: Dependant) -> Iterator[str]:
    """Of what a route asks for itself, and of what it depends on."""
    for field in dependant.query_params:
        yield field.alias
    for each in dependant.dependencies:
        yield from _names(each)


def _unknown(name: str, known: frozenset[str]) -> ApiError:
    told = ", ".join(sorted(known)) or "-"
    return ApiError(Code.API_PARAMETER_UNKNOWN, name=name[:_TOLD], known=told)
