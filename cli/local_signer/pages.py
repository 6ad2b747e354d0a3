"""The signer's own pages, without script: what waits for a decision, and what is paired."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.explorer import shown
from api.explorer.language import language_of
from cli.local_signer.counter import Counter
from cli.local_signer.counter import Request as Asked
from cli.local_signer.pairing import Pairings
from cli.local_signer.telling import Told, told
from cli.words import language, say, speaking
from ledger.codes import Code
from ledger.core.identifiers import NodeId
from ledger.errors import LedgerError
from ledger.trust import TrustRoot

# Under no-referrer a browser would name no origin with the desk's own forms.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CHECKED: Final = "checked"
"""The box that says that every line was read; without it there is no consent."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person sent from the desk."""

    ticket: str
    consent: bool
    end_origin: str
    """A page to be let go; empty for a decision."""


def decided_in(body: bytes) -> Decided:
    """What the desk's form says.

    Raises:
        LedgerError: `signer.request`.
    """
    try:
        form = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=4)
    except ValueError as problem:
        raise LedgerError(Code.SIGNER_REQUEST, what="form") from problem
    if end := form.get("end", [""])[0]:
        return Decided("", consent=False, end_origin=end)
    word, ticket = form.get("word", [""])[0], form.get("ticket", [""])[0]
    agreed = word == "consent" and form.get(CHECKED) == ["yes"]
    if not ticket or not (agreed or word == "decline"):
        raise LedgerError(Code.SIGNER_REQUEST, what="word, checked")
    return Decided(ticket, consent=agreed, end_origin="")


def plain_page(request: Request, template: str, status: int = 200) -> HTMLResponse:
    """A page that says nothing of whom the signer serves."""
    return _page(request, f"{template}.html", {}, status)


def desk_page(request: Request, counter: Counter, pairings: Pairings, now_ms: int) -> HTMLResponse:
    """What waits for a decision, in words; or what is paired and logged in."""
    holder, spoken = counter.holder, language_of(request)
    asked = counter.waiting(now_ms)
    with speaking(spoken):
        records = [] if asked is None else _records(asked, counter)
        node = "" if asked is None or asked.login is None else _node(asked.login, holder.trust)
    values = {
        "asked": asked,
        "records": records,
        "node": node,
        "member": holder.member_id,
        "name": holder.trust.member_name(holder.member_id, spoken),
        "network": holder.trust.genesis.name,
        "paired": pairings.origins,
        "logins": counter.logins,
    }
    return _page(request, "desk.html", values, 200)


@cache
def style() -> str:
    """The one style sheet."""
    return files("cli.local_signer").joinpath("templates/style.css").read_text(encoding="utf-8")


def _records(asked: Asked, counter: Counter) -> list[Told]:
    holder = counter.holder
    return [
        told(written.record, private, holder.catalogue, holder.trust)
        for written, private in zip(asked.written, asked.private, strict=True)
    ]


def _node(node_id: NodeId, trust: TrustRoot) -> str:
    """A node with the organisation that answers for it, as the genesis knows it."""
    if node_id not in trust.committee:
        return node_id
    return f"{trust.member_name(trust.committee.node(node_id).member_id, language())} ({node_id})"


def _page(
    request: Request, template: str, values: Mapping[str, object], status: int
) -> HTMLResponse:
    spoken = language_of(request)
    with speaking(spoken):
        body = _environment().get_template(template).render(**values, lang=spoken, t=say)
    return HTMLResponse(body, status, HEADERS | {"Content-Language": spoken})


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("cli.local_signer"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown.plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = shown.moment
    return made
