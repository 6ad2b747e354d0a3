"""Routes of the forms: ``/desk/sign`` names them, ``/desk/sign/{form}`` is one."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import ID_PATTERN, Service, digest
from api.explorer.desk.dress import desk_page
from api.explorer.desk.forms import ABOUT_RECORD, TYPES, form_about, form_on
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.places import place_of
from ledger.core.identifiers import RecordId
from ledger.core.record import SUBJECT_BYTES_MAX

router = APIRouter(include_in_schema=False)

_Form = Literal["dispose", "confirm", "objection", "answer", "owner", "property", "use"]
_NONE: Final = "0" * 64


@router.get("/desk/sign")
async def listing(request: Request, service: Service) -> Response:
    """Every form, and what it has to be given first."""
    names = Names(service, language_of(request))
    forms = [
        (name, service.catalogue.types[key].code, names.type(key), name in ABOUT_RECORD)
        for name, key in TYPES.items()
    ]
    return desk_page(request, service, "desk_sign.html", {"forms": forms})


@router.get("/desk/sign/{form}")
async def form(
    request: Request,
    service: Service,
    form: Annotated[_Form, Path()],
    record: Annotated[str, Query(pattern=ID_PATTERN)] = _NONE,
    about: Annotated[str, Query(max_length=SUBJECT_BYTES_MAX)] = "",
) -> Response:
    """One form, filled in as far as the ledger knows it.

    Raises:
        StoreError: `record.unknown`.
        NotPublic: `api.not_public`.
        LedgerError: `api.not_found`.
    """
    language = language_of(request)
    if form in ABOUT_RECORD:
        made = form_about(service, form, RecordId(digest(record)), language)
    else:
        made = form_on(service, form, about.strip(), language)
    values = {
        "form": made,
        "name": form,
        "place": place_of(service, made.subject, made.type_key),
        "domain": service.chain.genesis.domain,
    }
    return desk_page(request, service, "desk_form.html", values)
