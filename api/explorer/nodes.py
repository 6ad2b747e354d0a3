"""``/nodes``: the board of the nodes, their clocks, and who watches from outside."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from api.access import Service
from api.clock_reports import clock_reports
from api.explorer import clocks_view, network_view
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.rendering import page
from api.service import LedgerService
from consensus.depths import CertificateFacts
from ledger.codes import Code
from ledger.errors import LedgerError

router = APIRouter(include_in_schema=False)

_LOOKED_AT: Final = 50
"""Newest blocks among which a node's own are looked for."""


@router.get("/nodes")
async def nodes(request: Request, service: Service) -> Response:
    """The network, as this node sees it."""
    language = language_of(request)
    names = Names(service, language)
    status = service.node.status
    values = {
        "observer": network_view.observer_of(service, names),
        "quorum": network_view.quorum_of(service),
        "told": list(network_view.told_lines(service, language)),
        "nodes": list(network_view.node_rows(service, names)),
        "clocks": list(clocks_view.clock_rows(service, names, language)),
        "head": status.head,
        "cosigned_height": status.cosigned_height,
        "network_id": service.chain.head.network_id.hex(),
        "version": request.app.version,
        "witnesses": service.witnesses,
        "stamping": service.stamping,
        "certificates": _certificates(service),
    }
    return page(request, "nodes.html", values)


@router.get("/nodes/{node}")
async def node(
    request: Request, service: Service, node: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
) -> Response:
    """One node of the committee, by its keys, and how this node sees it.

    Raises:
        LedgerError: `api.not_found`.
    """
    names = Names(service, language_of(request))
    committee = service.chain.committee
    found = next((each for each in committee.nodes if each.node_id == node), None)
    if found is None:
        raise LedgerError(Code.API_NOT_FOUND, query=node, searched="node 节点")
    row = next(
        (each for each in network_view.node_rows(service, names) if each.node_id == node), None
    )
    reports = [each for each in clock_reports(service) if each.row.node == node]
    values = {
        "node": found,
        "row": row,
        "organisation": names.member(found.member_id),
        "epoch": committee.epoch,
        "version": request.app.version,
        "certificates": [each for each in _certificates(service) if each.name == node],
        "clocks": [each.row.record_id.hex() for each in reports],
        "proposed": [
            each
            for each in network_view.block_rows(service, names, _LOOKED_AT)
            if each.node_id == node
        ],
        "looked_at": _LOOKED_AT,
    }
    return page(request, "node.html", values)


def _certificates(service: LedgerService) -> tuple[CertificateFacts, ...]:
    """When the TLS certificates end that this node knows of."""
    host = service.standing.host
    return () if host is None else tuple(host.certificates)
