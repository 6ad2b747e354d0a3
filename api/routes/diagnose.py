"""``/v1/diagnose``: what is found out about this node, in words, and the facts it rests on."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.clock_reports import clock_report_form, clock_reports
from api.diagnose import findings_form
from api.findings import findings
from api.forms import Json
from api.node_facts import facts_form
from api.openapi import answer, problems
from api.service import LedgerService
from ledger.errors import LedgerError

router = APIRouter(tags=["health"])


@router.get(
    "/v1/diagnose",
    summary="Why it moves, or does not",
    responses={200: answer("Findings and facts", "DiagnosisJson"), **problems()},
)
async def diagnose(request: Request, service: Service) -> Response:
    """Findings, the worst first, each with what to do; and the facts of the node, for programs.

    Of records it shows those about clocks alone, which are public; else counts, times and names.
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
            "clock_reports": _clock_reports(service),
        }
    )


def _clock_reports(service: LedgerService) -> Json:
    """What is recorded; None where the store is what is to be diagnosed."""
    try:
        return [clock_report_form(each) for each in clock_reports(service)]
    except LedgerError:
        return None
