"""``/nodes``: the board of the nodes, their clocks, and who watches from outside."""

from fastapi import APIRouter, Request, Response

from api.access import Service
from api.explorer import clocks_view, network_view
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.rendering import page

router = APIRouter(include_in_schema=False)


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
    }
    return page(request, "nodes.html", values)
