"""Routes of the pages ``/projects/{key}``, ``/records/{id}`` and of the search box."""

import re
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.access import DigestPath, Service, digest
from api.alerts import alert_sentence
from api.completeness import completeness_form
from api.coverage import coverage_form, takes_long
from api.explorer import band, project_view, record_view, rendering, trace_view
from api.explorer.language import chosen_of, language_of
from api.explorer.names import Names
from api.explorer.places import places_of
from api.explorer.project_view import said_received_ms
from api.explorer.rendering import page
from api.kept import nothing_found
from api.rights import ALERT_TYPE
from api.searching import QUERY_MAX
from api.searching import search as find
from api.standing import entered_at, number_of, standing_of
from ledger.core.identifiers import RecordId, Subject
from ledger.core.record import SUBJECT_BYTES_MAX

router = APIRouter(include_in_schema=False)

_FORBIDDEN: Final = 403
_SEE_OTHER: Final = 303
_ENTRY: Final = re.compile(r"[0-9a-f]{64}")


@router.get("/projects/{key:path}")
async def project(
    request: Request,
    service: Service,
    key: Annotated[str, Path(min_length=1, max_length=SUBJECT_BYTES_MAX)],
    after: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> Response:
    """A project's or section's track.

    Raises:
        LedgerError: `api.not_found`, `log.not_kept`.
    """
    language = language_of(request)
    # Before anything is read: what comes meanwhile is told to whoever follows from here.
    head = service.chain.head.height
    subject = Subject(key)
    names = Names(service, language)
    track = project_view.track_of(service, subject, after, language, names)
    if not track.found:
        raise nothing_found(service.chain, key[:80], "subject 主题")
    complete = await completeness_form(service, subject, optional=False)
    subjects = [track.subject, *track.sections]
    judged = complete["profile"] is not None or bool(complete["sections"])
    left_out = judged and takes_long(service, subject)
    values = {
        "track": track,
        "complete": complete,
        "band": band.band_of(service, complete, track),
        "head": head,
        "opening": band.opening_runs(service, subjects),
        "changes": trace_view.changes_of(service, track.amending, names, language),
        "covered": await coverage_form(service, subject) if judged and not left_out else None,
        "left_out": left_out,
    }
    return page(request, "project.html", values)


@router.get("/records/{record}")
async def record(
    request: Request,
    service: Service,
    record: DigestPath,
    entry: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """What was said, when, where it stands, and the numbered checks of its receipt.

    Whoever comes from a printed certificate is told whether its entry is this record's.

    Raises:
        StoreError: `record.unknown`.
    """
    language = language_of(request)
    stored = service.stored(RecordId(digest(record)))
    said = service.decoded(stored)
    if not service.viewer.may_see(said):
        return page(request, "hidden.html", {"stored": stored}, _FORBIDDEN)
    names = Names(service, language)
    kind = service.catalogue.type(said.type)
    values = {
        "stored": stored,
        "said": said,
        "names": names,
        "type_code": kind.code if kind else "",
        "sentence": alert_sentence(service.catalogue, said, language)
        if said.type == ALERT_TYPE
        else "",
        "facts": record_view.facts_of(service, said, names, language),
        "chains": trace_view.chain_rows(service, stored.record_id, names, language),
        "proof": record_view.proof_of(service, stored, language),
        "is_derived": stored.entry.bundle_id is None,
        "received_ms": said_received_ms(said),
        # What was sealed took effect where its commitment stands, not where it was opened.
        "entered_ms": entered_at(service, stored)[1],
        "header": service.chain.blocks.header(stored.place.height),
        "origin": service.chain.origin,
        "stands": standing_of(service, stored.record_id).stands,
        "number": number_of(service, stored),
        "printed": record_view.printed_entry(stored, entry),
    }
    return page(request, "record.html", values)


@router.get("/v/{record}")
async def short(
    request: Request, record: DigestPath, entry: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Where the QR of a certificate leads: the record's page, with the entry that was printed.

    A language that was asked for stays asked for.
    """
    asked = {"entry": entry if _ENTRY.fullmatch(entry) else "", "lang": chosen_of(request) or ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    place = f"/records/{record}?{query}" if query else f"/records/{record}"
    return RedirectResponse(place, _SEE_OTHER, rendering.HEADERS)


@router.get("/search")
async def search(
    request: Request, service: Service, q: Annotated[str, Query(max_length=QUERY_MAX)] = ""
) -> Response:
    """What the ledger has under a name; nothing asked is the network page's box again.

    Raises:
        LedgerError: `api.not_found`, saying what was searched.
    """
    if not q.strip():
        return page(request, "search.html", {"hits": [], "places": {}})
    hits = find(service, q)
    return page(request, "search.html", {"hits": hits, "places": places_of(service, hits)})
