"""``/v1/export/ocds`` and the extension that its packages name: docs/open-data.md."""

from importlib import resources
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access import Service
from api.open_data import OpenDataDesk
from api.openapi import bytes_answer, problems
from ledger.core.identifiers import Subject
from ledger.core.record import SUBJECT_BYTES_MAX

JSON: Final = "application/json"
_PREFIX: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"

router = APIRouter(tags=["open data"])


def desk_of(request: Request) -> OpenDataDesk:
    """The desk that `api.app.create_app` made."""
    desk: OpenDataDesk = request.app.state.open_data
    return desk


@router.get(
    "/v1/export/ocds",
    summary="A project or section as open data",
    responses={
        200: bytes_answer("An OCDS 1.1 record package: docs/spec/ocds.md", JSON),
        **problems(404, 413, 421, 429),
    },
)
async def package(
    request: Request,
    service: Service,
    desk: Annotated[OpenDataDesk, Depends(desk_of)],
    subject: Annotated[
        str, Query(min_length=1, max_length=SUBJECT_BYTES_MAX, examples=["兰州-2026-001"])
    ],
    prefix: Annotated[
        str | None,
        Query(
            pattern=_PREFIX,
            max_length=64,
            description="Of ocids, as the publisher registered it",
            examples=["ocds-213czf"],
        ),
    ] = None,
) -> Response:
    """Each section is a process of its own, with the releases that its records are, the compiled
    release, digests, and the receipts by which a reader verifies all of it offline.
    """
    address = str(request.base_url).rstrip("/")
    made = await desk.package(service, Subject(subject), prefix, address, str(request.url))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="package.ocds.json"',
    }
    return Response(made, media_type=JSON, headers=headers)


@router.get(
    "/v1/ocds-extension/{name}",
    summary="The extension that packages of open data name",
    responses={200: bytes_answer("A file of the extension", JSON), **problems()},
)
async def extension(
    _caller: Service,
    name: Literal["extension.json", "release-schema.json", "record-package-schema.json"],
) -> Response:
    """What it adds to the OCDS schemas, as merge patches."""
    file = resources.files("api.ocds").joinpath("extension", name)
    return Response(file.read_bytes(), media_type=JSON)
