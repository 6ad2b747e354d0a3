"""``/v1/diagnose``: what is found out about this node, in words, and the facts it rests on."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.diagnose import findings_form
from api.findings import findings
from api.node_facts import facts_form
from api.openapi import answer, problems

router = APIRouter(tags=["health"])


@router.get(
    "/v1/diagnose",
    summary="Why it moves, or does not",
    responses={200: answer("Findings and facts", "DiagnosisJson"), **problems()},
)
async def diagnose(request: Request, service: Service) -> Response:
    """Findings, the worst first, each with what to do; and the facts of the node, for programs.

    Says nothing about any record: counts, times and the names of nodes only.
    """
    standing = service.standing
    found = findings(standing)
    return JSONResponse(
        {
            "network_id": service.chain.genesis.network_id.hex(),
            "name": service.chain.genesis.name,
            "node_id": standing.status.node_id,
            "version": request.app.version,
            "now_ms": standing.status.now_ms,
            "severity": max(each.severity for each in found).name.lower(),
            "findings": findings_form(found),
            "facts": facts_form(standing),
        }
    )
