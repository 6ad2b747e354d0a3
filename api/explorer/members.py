"""``/members/{member}``: who it is, what it may do, and what it recorded publicly."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Service
from api.engines.query import Query as Wanted
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.rendering import page
from api.explorer.rows import PAGE_ROWS, shown_rows
from api.kept import nothing_found
from api.queries.asking import page_of
from api.service import LedgerService
from ledger.core.canonical import decode
from ledger.core.identifiers import NETWORK_MEMBER, LogIndex, MemberId
from ledger.core.shapes import array
from ledger.core.status import ROW_BYTES_MAX, interval_from

router = APIRouter(include_in_schema=False)

_ROLES_MAX = 100


@router.get("/members/{member}")
async def member(
    request: Request,
    service: Service,
    member: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")],
    after: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> Response:
    """Who it is, its roles and nodes, and the newest of its records that the reader may see.

    Raises:
        LedgerError: `api.not_found`, `log.not_kept`.
    """
    names, who = Names(service, language_of(request)), MemberId(member)
    wanted = Wanted(member=who)
    place = None if after is None else LogIndex(after)
    found = await page_of(service, wanted, place, PAGE_ROWS, newest_first=True)
    founder = next((each for each in service.chain.genesis.members if each.member_id == who), None)
    name = names.member(member)
    kind = names.kind(member) if founder is None else founder.kind
    known = founder is not None or kind or who == NETWORK_MEMBER
    if not (known or found.items or after is not None):
        raise nothing_found(service.chain, member, "member 成员")
    values = {
        "member": member,
        "name": name,
        "kind": kind,
        "credit_code": names.credit_code(member) if founder is None else founder.credit_code,
        "roles": _roles(service, who, names),
        "nodes": [each.node_id for each in service.chain.committee.nodes if each.member_id == who],
        "records": list(shown_rows(service, found.items, names)),
        "cursor": found.reached,
        "first": after is None,
    }
    return page(request, "member.html", values)


def _roles(service: LedgerService, member: MemberId, names: Names) -> list[tuple[str, str]]:
    """Roles in force, each with its scope."""
    tree, at_ms = service.chain.status, service.chain.head.time_ms
    roles = []
    for _, key, value in tree.under(f"role/{member}".encode(), _ROLES_MAX):
        interval = interval_from(array(decode(value, ROW_BYTES_MAX), "status row")[0])
        if interval.holds_at(at_ms):
            # ``role/MEMBER/ROLE/SCOPE/RECORD``; a scope may hold slashes, what granted it none.
            _, _, role, *scope = key.decode().split("/")[:-1]
            roles.append((names.role(role), "/".join(scope)))
    return roles
