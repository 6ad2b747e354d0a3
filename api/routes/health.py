"""``/healthz``, ``/readyz``, ``/metrics``: for machines that watch the node."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.access import Service
from api.metrics import exposition
from api.openapi import answer, bytes_answer, problems
from api.phrases import reason
from consensus.status import NodeStatus

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    summary="Whether the process works",
    responses={
        200: answer("It works", "HealthJson"),
        503: answer("It has stopped", "HealthJson"),
        **problems(),
    },
)
async def healthz(service: Service) -> Response:
    """200 while the node takes part, whoever it can reach; 503 once it has stopped."""
    failure = service.node.failure
    if failure is not None:
        return JSONResponse({"status": "stopped", "reason": reason(failure, "en")}, 503)
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    summary="Whether a submission can be committed now",
    responses={
        200: answer("It can", "ReadyJson"),
        503: answer("It cannot, and why", "ReadyJson"),
        **problems(),
    },
)
async def readyz(service: Service) -> Response:
    """200 with a quorum in reach and no blocks to fetch; 503 with the reasons otherwise.

    An observer is ready while it follows somebody and lacks no block that it knows of.
    """
    status, failure = service.node.status, service.node.failure
    ready = failure is None and _is_ready(status)
    body = {
        "ready": ready,
        "height": status.head.height,
        "words_zh": service.words("zh"),
        "words_en": service.words("en"),
    }
    return JSONResponse(body, 200 if ready else 503)


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    responses={200: bytes_answer("Prometheus' text format", CONTENT_TYPE_LATEST), **problems()},
)
async def metrics(request: Request) -> Response:
    """The node's facts as gauges."""
    return Response(exposition(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


def _is_ready(status: NodeStatus) -> bool:
    following, height = status.following, status.head.height
    if following is not None:
        return following.followed is not None and following.top <= height
    return status.has_quorum and status.situation.certified <= height
