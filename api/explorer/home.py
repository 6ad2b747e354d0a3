"""``/``: the search box, what this network is, the newest blocks, the quorum in words, figures."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.counting.counting import Counting
from api.explorer import network_view, plots
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.rendering import page
from api.queries.table import BOM, line_of

router = APIRouter(include_in_schema=False)

CSV: Final = "text/csv; charset=utf-8"


@router.get("/")
async def home(request: Request, service: Service) -> Response:
    """What a citizen sees first."""
    language = language_of(request)
    names, status = Names(service, language), service.node.status
    counting: Counting = request.app.state.counting
    counts = await counting.counts()
    values = {
        "observer": network_view.observer_of(service, names),
        "quorum": network_view.quorum_of(service),
        "runners": [
            (node.node_id, node.member_id, names.member(node.member_id))
            for node in status.committee.nodes
        ],
        "blocks": list(network_view.block_rows(service, names)),
        "alerts": list(network_view.newest_alerts(service, language)),
        "head": status.head,
        "cosigned_height": status.cosigned_height,
        "network_id": service.chain.head.network_id.hex(),
        "origin": service.chain.origin,
        "created_ms": service.chain.genesis.created_at_ms,
        "counted": counts.height,
        "first": counting.first_height,
        "records": counts.types.total(),
        "plots": list(plots.plots_of(counts, names, language, status.now_ms)),
    }
    return page(request, "home.html", values)


@router.get("/figures.json")
async def as_json(request: Request, service: Service) -> Response:
    """The figures for programs: each with its series and rows, and of which blocks."""
    first, height, found = await _figures(request, service)
    figures = [
        {
            "key": each.key,
            "series": each.series,
            "rows": [{"label": row.label, "values": row.values} for row in each.rows],
        }
        for each in found
    ]
    return JSONResponse({"first_height": first, "height": height, "figures": figures})


@router.get("/figures.csv")
async def as_table(request: Request, service: Service) -> Response:
    """The figures for spreadsheets: one line for each value."""
    first, height, found = await _figures(request, service)
    heads = line_of(("figure", "label", "series", "value", "height", "first_height"))
    lines = [
        line_of((each.key, row.label, name, str(value), str(height), str(first)))
        for each in found
        for row in each.rows
        for name, value in zip(each.series, row.values, strict=True)
    ]
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"'}
    return Response(BOM + heads + "".join(lines), media_type=CSV, headers=headers)


async def _figures(request: Request, service: Service) -> tuple[int, int, list[plots.Plot]]:
    """The first block that is counted, the last, and what they add up to."""
    language = language_of(request)
    counting: Counting = request.app.state.counting
    counts = await counting.counts()
    names, now_ms = Names(service, language), service.node.status.now_ms
    return (
        counting.first_height,
        counts.height,
        list(plots.plots_of(counts, names, language, now_ms)),
    )
