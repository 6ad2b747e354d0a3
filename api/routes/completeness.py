"""``/v1/completeness``: what a section shows of its procedure, what lacks, and its certificate."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.completeness import completeness_form
from api.openapi import answer, problems
from ledger.core.identifiers import Subject
from ledger.core.record import SUBJECT_BYTES_MAX

router = APIRouter(tags=["completeness"])


@router.get(
    "/v1/completeness",
    summary="Node completeness of a section",
    responses={200: answer("How it stands at this node's head", "CompletenessJson"), **problems()},
)
async def completeness(
    service: Service,
    key: Annotated[
        str,
        Query(min_length=1, max_length=SUBJECT_BYTES_MAX, description="A section or project"),
    ],
) -> Response:
    """Node by node: present, late, out of order, missing, awaited or not needed.

    A subject without a procedure profile has no nodes; a project names its sections that have one.
    """
    return JSONResponse(await completeness_form(service, Subject(key)))
