"""``/v1/records/{id}/certificate.pdf``: a record's certificate, to print or to hand on."""

from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from api.access import DigestPath, Service, digest
from api.documents.desk import CertificateDesk
from api.documents.words import both
from api.errors import PROBLEM_TYPE
from api.fairness import address_of
from api.openapi import answer, bytes_answer, later, problems
from api.standing import number_of, standing_of
from ledger.carriers.pdf_attachment import MEDIA_TYPE
from ledger.core.identifiers import RecordId

router = APIRouter(tags=["records"])

# Status and time of printing are of now.
_CACHE: Final = {"Cache-Control": "no-store"}


def desk_of(request: Request) -> CertificateDesk:
    """The desk that `api.app.create_app` made."""
    desk: CertificateDesk = request.app.state.certificates
    return desk


Desk: TypeAlias = Annotated[CertificateDesk, Depends(desk_of)]


@router.get(
    "/v1/records/{record}/certificate.pdf",
    summary="A record's certificate",
    responses={
        200: bytes_answer("The certificate: docs/spec/certificate_pdf.md", MEDIA_TYPE),
        202: later(answer("Not cosigned yet", "ProblemJson", PROBLEM_TYPE)),
        **problems(403, 404, 429),
    },
)
async def certificate(
    request: Request, record: DigestPath, service: Service, desk: Desk
) -> Response:
    """A PDF for people, with the receipt inside; status and time of printing are of now."""
    with desk.shares.share(address_of(request)):
        number, data = await desk.certificate(service, RecordId(digest(record)))
    name = {"Content-Disposition": f'attachment; filename="{number}.pdf"'}
    return Response(data, media_type=MEDIA_TYPE, headers=_CACHE | name)


@router.get(
    "/v1/records/{record}/standing",
    summary="How a record stands now",
    responses={200: answer("Valid, amended, voided …", "StandingJson"), **problems(403, 404)},
)
async def standing(record: DigestPath, service: Service) -> Response:
    """What certificates print as status, as of this node's newest block; not proved."""
    stored = service.stored(RecordId(digest(record)))
    service.viewer.require(service.decoded(stored))
    stood = standing_of(service, stored.record_id)
    words = both(f"standing.{stood.stands}")
    return JSONResponse(
        {
            "record_id": record,
            "number": number_of(service, stored),
            "stands": stood.stands.value,
            "height": stood.height,
            "time_ms": stood.time_ms,
            "words_zh": words.zh,
            "words_en": words.en,
        }
    )
