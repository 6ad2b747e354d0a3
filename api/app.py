"""create_app: the HTTP application of one node, put together from its routes."""

from functools import partial
from importlib.resources import files
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from api.counting.counting import Counting
from api.court_code_store import CourtCodeStore
from api.court_codes import CourtCodes
from api.documents.court_desk import CourtDesk
from api.documents.desk import CertificateDesk
from api.documents.issuing import Issuer
from api.errors import HANDLERS
from api.explorer.problems import in_pages
from api.explorer.routers import PAGES
from api.fairness import REQUESTS_PER_ADDRESS, Fairness
from api.headers import SecurityHeaders
from api.metrics import registry_of
from api.open_data import OpenDataDesk
from api.openapi import describe
from api.parameters import none_misspelt, only_declared
from api.request_log import RequestLog
from api.request_metrics import RequestMetrics
from api.routes import (
    addresses,
    alerts,
    blocks,
    bundles,
    certificates,
    completeness,
    court_bundles,
    court_codes,
    coverage,
    deposits,
    diagnose,
    epochs,
    events,
    follow,
    health,
    log,
    network,
    open_data,
    queries,
    records,
    stamps,
    status,
    tiles,
)
from api.service import LedgerService
from api.streams import Streams

ROUTERS: Final = (
    bundles.router,
    queries.router,
    open_data.router,
    records.router,
    certificates.router,
    court_bundles.router,
    court_codes.router,
    blocks.router,
    alerts.router,
    events.router,
    completeness.router,
    coverage.router,
    network.router,
    status.router,
    stamps.router,
    deposits.router,
    addresses.router,
    diagnose.router,
    tiles.router,
    log.router,
    epochs.router,
    follow.router,
)
"""For programs. `health` is not among them: probes have parameters of their own."""
_DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
_VENDOR: Final = "/static/vendor/swagger-ui"


def create_app(
    service: LedgerService,
    version: str = "0.1.0",
    issuer: Issuer | None = None,
    requests_per_address: int = REQUESTS_PER_ADDRESS,
    codes: CourtCodeStore | None = None,
) -> FastAPI:
    """The application over one node's ledger.

    Args:
        service: the node's use cases.
        version: of this software, for the description.
        issuer: how certificates are issued here.
        requests_per_address: that are answered at a time; 0 for any number.
        codes: packages under extraction codes; None where it keeps none.
    """
    app = FastAPI(
        title="bidwitness",
        version=version,
        summary="An evidence ledger for public tendering: submit, look up, and take proofs away.",
        docs_url=None,
        redoc_url=None,
        # A path has one spelling; an answer that leads elsewhere is none of this API's.
        redirect_slashes=False,
        license_info={"name": "Apache-2.0"},
    )
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, in_pages(handler))
    app.state.service = service
    app.state.certificates = CertificateDesk(issuer)
    app.state.court = CourtDesk(app.state.certificates)
    app.state.open_data = OpenDataDesk()
    app.state.streams = Streams()
    app.state.counting = Counting(service)
    app.state.codes = None if codes is None else CourtCodes(service, codes, app.state.court)
    app.state.registry = registry_of(service, app.state.streams, app.state.codes)
    app.state.end = partial(_end, app)
    app.add_middleware(Fairness, most=requests_per_address)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, metrics=RequestMetrics(app.state.registry))
    _route(app, service.chain.origin)
    app.mount("/static", StaticFiles(directory=str(files("api").joinpath("static"))))
    app.get("/docs", include_in_schema=False)(_docs)
    describe(app)
    return app


def _route(app: FastAPI, origin: str) -> None:
    """Every route, held to the query parameters that it declares."""
    declared, spelled = [Depends(only_declared)], [Depends(none_misspelt)]
    for router in ROUTERS:
        app.include_router(router, dependencies=declared)
    for router in (health.router, *PAGES):
        app.include_router(router, dependencies=spelled)
    # The origin of the log is the URL of its files as well, wherever its domain leads here.
    prefix = "/" + origin.partition("/")[2]
    app.include_router(tiles.router, prefix=prefix, dependencies=declared, include_in_schema=False)


def _end(app: FastAPI) -> None:
    """The node stops: whoever waits is answered as it stands, and streams end."""
    app.state.service.patience.ended = True
    app.state.streams.close()
    app.state.counting.end()


async def _docs() -> HTMLResponse:
    """Swagger UI, its assets from this host; the page's one script is a file of ours."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="bidwitness API",
        swagger_js_url=f"{_VENDOR}/swagger-ui-bundle.js",
        swagger_css_url=f"{_VENDOR}/swagger-ui.css",
        swagger_favicon_url=f"{_VENDOR}/favicon-32x32.png",
    )
    start, _, rest = bytes(page.body).decode().partition("<script>")
    _, _, end = rest.partition("</script>")
    body = f'{start}<script src="/static/docs.js"></script>{end}'
    return HTMLResponse(body, headers={"Content-Security-Policy": _DOCS_POLICY})
