"""Renders a template into an answer: escaping, words, links, and the policy of the pages."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Final
from urllib.parse import quote, urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request

from api.access import service_of
from api.explorer import shown
from api.explorer.language import language_of
from api.explorer.words import LANGUAGES, named, say
from api.kept import first_height

POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; "
    "style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Files of this host alone: no script inside a page, nothing from elsewhere."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}


def page(
    request: Request, template: str, values: Mapping[str, object], status: int = 200
) -> HTMLResponse:
    """The page that `template` makes of `values`, in the reader's language."""
    language = language_of(request)
    other = next(each for each in LANGUAGES if each != language)
    service = service_of(request)
    standing = service.node.status
    following = standing.following
    body = (
        environment()
        .get_template(template)
        .render(
            **values,
            lang=language,
            t=partial(say, language),
            named=partial(named, language),
            link=partial(_link, request),
            other_href=_again(request, other),
            here=request.url.path,
            network_name=service.chain.genesis.name,
            this_node=standing.node_id,
            observes=following is not None,
            first_height=first_height(service.chain),
            followed=None if following is None else following.followed,
            query=request.query_params.get("q", "")[:200],
        )
    )
    return HTMLResponse(body, status, HEADERS | {"Content-Language": language})


@cache
def environment() -> Environment:
    """Where templates come from, and how values are shown in them."""
    made = Environment(
        loader=PackageLoader("api.explorer"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown.plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "moment": shown.moment,
        "short": shown.short,
        "size": shown.size,
        "yuan": shown.yuan,
    }
    return made


def _link(request: Request, *parts: str | int, **query: str | int) -> str:
    """A path on this node, each part quoted; a language that was chosen by hand stays chosen."""
    path = "/" + "/".join(quote(str(part), safe="/") for part in parts)
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        query = {**query, "lang": chosen}
    return f"{path}?{urlencode(query)}" if query else path


def _again(request: Request, language: str) -> str:
    """This page in another language."""
    query = {name: value[:200] for name, value in request.query_params.items() if name != "lang"}
    path = quote(request.url.path.lstrip("/"), safe="/")
    return f"/{path}?{urlencode({**query, 'lang': language})}"
