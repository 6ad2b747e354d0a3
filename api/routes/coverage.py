"""``/v1/coverage``: at which function points a project left records, and where it stayed silent."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from api.access import Service
from api.coverage import SECTIONS_MAX, coverage_form, covered_sections
from api.openapi import answer, problems
from ledger.core.identifiers import Subject
from ledger.core.record import SUBJECT_BYTES_MAX

router = APIRouter(tags=["completeness"])


@router.get(
    "/v1/coverage",
    summary="Coverage of the function points by a project or section",
    responses={200: answer("How it stands at this node's head", "CoverageJson"), **problems()},
)
async def coverage(
    service: Service,
    key: Annotated[
        str,
        Query(min_length=1, max_length=SUBJECT_BYTES_MAX, description="A project or section"),
    ],
) -> Response:
    """Point by point: missing, live, awaited, silent, withheld or elsewhere.

    A project is judged by its sections, as far as they follow a procedure profile.
    """
    return JSONResponse(await coverage_form(service, Subject(key)))


@router.get(
    "/v1/coverage/sections",
    summary="What each section says of its function points",
    responses={200: answer("A page of sections", "CoveredSectionsJson"), **problems()},
)
async def sections(
    service: Service,
    limit: Annotated[int, Query(ge=1, le=SECTIONS_MAX, description="Sections on a page")] = 10,
    after: Annotated[
        str | None,
        Query(
            min_length=1, max_length=SUBJECT_BYTES_MAX, description="`cursor` of the page before"
        ),
    ] = None,
) -> Response:
    """The sections that follow a profile, by name; silent points are found from all of them.

    A page may end early: only a null cursor ends the list.
    """
    place = None if after is None else Subject(after)
    return JSONResponse(await covered_sections(service, place, limit))
