"""Every page and every question of a node, asked over loopback: how long each takes.

The node stands still and is a process of its own; readers ask one after the other. Beside the time
until an answer is there stands what the node computed for it, which a busy machine makes no longer.
"""

import asyncio
import logging
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import structlog
from rich.progress import Progress
from rich.table import Table

from api.app import create_app
from api.clock import now_ms
from api.service import LedgerService
from api.token import audience_of, make_token
from bench.figures import percentile
from bench.index_ledger import MEMBERS, genesis, project, reopened
from cli.compose.serving import http_server, listen
from cli.settings import Address
from contracts.catalogue import load_catalogue
from contracts.executor import BlockExecutor
from ledger.chain import Chain
from ledger.core.bundle import pool_key
from ledger.core.identifiers import LogIndex, MemberId
from ledger.core.record import decode_record
from ledger.core.status_answer import Stating
from ledger.store.leveldb import LevelDBStore
from tests.api.rights_story import Said
from tests.api.test_rights_matrix import ROUTES, routes_of
from tests.api.test_trouble import StillNode
from tests.contracts.addresses import ADDRESS
from tests.contracts.seals import SEAL
from tests.contracts.town import PROJECT, SECTION
from tests.vectors.small_network import signer

ALLOWED_MS: Final = 200.0
"""What a page may take on the server."""
DRAWN: Final = 200
"""Records about which is asked."""
_NODE: Final = "node-centre"
_LARGE: Final = quote(project(0), safe="")
_FIRST: Final = quote(PROJECT, safe="")
_SECTION: Final = quote(SECTION, safe="")
FURTHER: Final[Mapping[str, tuple[str, ...]]] = {
    "GET /projects/{key}": (
        "/projects/{project}",
        f"/projects/{_FIRST}",
        f"/projects/{_SECTION}",
        f"/projects/{_LARGE}",
        f"/projects/{_LARGE}?after={{index}}",
        f"/projects/{_LARGE}%2F01",
    ),
    "GET /members/{member}": (f"/members/{MEMBERS[0]}", f"/members/{MEMBERS[0]}?after={{index}}"),
    "GET /nodes/{node}": (f"/nodes/{_NODE}",),
    "GET /blocks": ("/blocks?below={height}",),
    "GET /checkpoints/{height}": ("/checkpoints/{head}",),
    "GET /seals/{seal}": (f"/seals/{SEAL}",),
    "GET /addresses/{address}": (f"/addresses/{ADDRESS}",),
    "GET /alerts": ("/alerts?severity=serious", "/alerts?severity=notice"),
    "GET /alerts/{code}": ("/alerts/AL17", "/alerts/AL39"),
    "GET /desk": ("/desk", "/desk?state=open", "/desk?state=disposed"),
    "GET /desk/week": ("/desk/week?week=2026-W05", "/desk/week?week=2026-W06"),
    "GET /search": ("/search?q={id}", f"/search?q={_LARGE}", "/search?q={project}"),
    "GET /v1/subjects": (f"/v1/subjects?key={_LARGE}%2F01&limit=500",),
    "GET /v1/completeness": (f"/v1/completeness?key={_LARGE}%2F01",),
    "GET /v1/coverage": (f"/v1/coverage?key={_LARGE}%2F01", f"/v1/coverage?key={_SECTION}"),
    "GET /v1/members/{member}/projects": (f"/v1/members/{MEMBERS[0]}/projects?limit=500",),
    "GET /v1/export/records": (f"/v1/export/records?member={MEMBERS[0]}&limit=1000",),
    "GET /v1/export/ocds": (f"/v1/export/ocds?subject={_FIRST}",),
    "GET /v1/alerts": ("/v1/alerts?limit=100", "/v1/alerts?code=AL17&limit=500"),
}
"""Beside the ways of `tests/api/rights/routes.toml`: what is large, and what there is to show."""
INSTEAD: Final = frozenset(
    {"GET /seals/{seal}", "GET /addresses/{address}", "GET /nodes/{node}"}
    | {"GET /checkpoints/{height}", "GET /v1/export/records"}
)
"""Routes that are asked in no other way: drawn records are about none of these, or all of it."""
SLOW: Final = frozenset(
    {"GET /v1/records/{record}/certificate.pdf", "GET /v1/records/{record}/bundle.zip"}
    | {"GET /v1/subjects/bundle.zip", "GET /v1/export/records", "GET /v1/export/ocds"}
)
"""Files that are made for whoever asks, and whole lists: no pages."""
FEWER: Final = 5
"""Times less often are those asked."""
COUNTED_S: Final = 3_600
"""Within which all figures are counted."""
HOME: Final = "GET /"


@dataclass(frozen=True, slots=True)
class Timed:
    """One way of asking a route."""

    route: str
    asked: str
    """The way, with names for what is drawn."""
    calls: int
    status: str
    """Of the answers."""
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """Of the node's process, for one call on an average."""
    kib: float
    """Of the largest answer."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is asked about: records of all parts of the log, and where it ends."""

    said: tuple[Said, ...]
    head: int


def drawn(chain: Chain, count: int = DRAWN) -> Drawn:
    """So many records of a ledger that everybody may see, the same each time."""
    draw, said = random.Random(count), list[Said]()
    while len(said) < count:
        found = chain.lookup.at(LogIndex(draw.randrange(chain.head.log_size)))
        stored = None if found is None else chain.blocks.record(found.record_id)
        if stored is None or stored.entry.bundle_id is None:
            continue
        record = decode_record(stored.data)
        if record.type == "tender.complaint" or not record.subject.startswith("兰州"):
            continue
        place = stored.place
        row = chain.blocks.bundle(place.height, place.ordinal).row
        bundle = pool_key(row.header, row.signature).hex()
        said.append(Said(record, stored.record_id, place.height, place.index, bundle))
    return Drawn(tuple(said), chain.head.height)


def ways(route: str) -> tuple[str, ...]:
    """How a route is asked; none where only whoever keeps something there may ask."""
    usual = () if route in INSTEAD else tuple(ROUTES[route].get("asks", ()))
    return usual + FURTHER.get(route, ())


def spelled(way: str, about: Said, head: int) -> str:
    """A path; empty where a record has not what is asked for."""
    key = quote(about.record.subject.partition("/")[0], safe="")
    return about.asks(way.replace("{project}", key).replace("{head}", str(head)))


@dataclass(frozen=True, slots=True)
class Served:
    """A node that stands still over a ledger."""

    client: httpx.Client
    routes: tuple[str, ...]
    line: "Connection[Any, Any]"

    def cpu_ms(self) -> float:
        """What its process has computed so far."""
        self.line.send(None)
        return float(self.line.recv())


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The node of the ledger in a folder, as a process."""
    own, other = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve, args=(folder, other), daemon=True)
    process.start()
    try:
        url, routes = own.recv()
        with httpx.Client(base_url=url, timeout=600) as client:
            yield Served(client, routes, own)
    finally:
        process.terminate()
        process.join()


def _serve(folder: Path, line: "Connection[Any, Any]") -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    chain, catalogue = reopened(LevelDBStore(folder)), load_catalogue()
    node = StillNode(chain)
    service = LedgerService(
        chain,
        catalogue,
        node,
        signer("log centre"),
        rules=BlockExecutor(chain, catalogue),
        stating=Stating(node.status.node_id, signer("node centre")),
    )
    app = create_app(service, requests_per_address=0)
    listening = listen(Address("127.0.0.1", 0))
    gets = (each for each in routes_of(app.routes) if each.startswith("GET "))
    line.send((f"http://127.0.0.1:{listening.getsockname()[1]}", tuple(sorted(gets))))
    threading.Thread(target=_tell, args=(line,), daemon=True).start()
    asyncio.run(http_server(app).serve(sockets=[listening]))


def _tell(line: "Connection[Any, Any]") -> None:
    """Say what was computed whenever that is asked, and end with whoever asks."""
    try:
        while True:
            line.recv()
            line.send(time.process_time() * 1000)
    except (EOFError, OSError):
        os._exit(0)


def measured(folder: Path, about: Drawn, calls: int, only: str, bars: Progress) -> dict[str, Any]:
    """Ask everything, and say how it went.

    Args:
        folder: of the ledger, which nobody has open.
        about: what is asked about.
        calls: of each way; at least 3 of what is slow.
        only: a part of a route's name; empty for all.
        bars: shows how far it is.
    """
    with served(folder) as node:
        routes = [each for each in node.routes if only in each]
        asked = [(route, way) for route in routes for way in ways(route)]
        told: dict[str, Any] = {"load_before": os.getloadavg()[0]}
        if HOME in routes:
            told["counting"] = _counting(node, about, calls)
        bar = bars.add_task("pages and questions", total=len(asked))
        found = []
        for route, way in asked:
            often = max(3, calls // FEWER) if route in SLOW else calls
            found.append(asdict(timed(node, route, way, about, often)))
            bars.advance(bar)
        told["ways"] = found
        told["never_asked"] = [each for each in routes if not ways(each)]
        told["load_after"] = os.getloadavg()[0]
        return told


def timed(node: Served, route: str, way: str, about: Drawn, calls: int) -> Timed:
    """Ask one route in one way, so often."""
    draw, took, largest, statuses = random.Random(way), list[float](), 0, set[int]()
    computed_ms = node.cpu_ms()
    while len(took) < calls:
        path = spelled(way, draw.choice(about.said), about.head)
        if not path:
            continue
        headers = _as_supervisor() if path.startswith("/desk") else {}
        began = time.perf_counter()
        answer = node.client.get(path, headers=headers)
        took.append((time.perf_counter() - began) * 1000)
        largest = max(largest, len(answer.content))
        statuses.add(answer.status_code)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise SystemExit(f"{path}: {answer.status_code} {answer.text:.500}")
    cpu_ms = (node.cpu_ms() - computed_ms) / calls
    took.sort()
    p50_ms, p99_ms = percentile(took, 50), percentile(took, 99)
    told = " ".join(map(str, sorted(statuses)))
    return Timed(route, way, calls, told, p50_ms, p99_ms, cpu_ms, largest / 1024)


def _as_supervisor() -> dict[str, str]:
    audience = audience_of(genesis().network_id, _NODE)
    token = make_token(signer("member supervisor"), MemberId("supervisor"), audience, now_ms())
    return {"Authorization": f"Bearer {token}"}


def _counting(node: Served, about: Drawn, calls: int) -> dict[str, Any]:
    """The home page while figures are counted, which begins with the first who asks."""
    began = time.perf_counter()
    home = asdict(timed(node, HOME, "/", about, calls))
    while node.client.get("/figures.json").json()["height"] < about.head:
        if time.perf_counter() - began > COUNTED_S:
            raise SystemExit("figures are not counted after an hour")
        time.sleep(1)
    return {"home": home, "counted_s": time.perf_counter() - began}


def table(found: Mapping[int, Mapping[str, Any]]) -> Table:
    """The slowest first, as of the largest ledger."""
    made = Table(title="p50 / p99 in ms over loopback, and ms of the node's own work")
    made.add_column("asked")
    for count in found:
        made.add_column(f"{count:,}", justify="right")
    rows = {count: {each["asked"]: each for each in told["ways"]} for count, told in found.items()}
    last = rows[max(rows)]
    for asked in sorted(last, key=lambda each: -last[each]["p50_ms"]):
        cells = [_cell(each.get(asked)) for each in rows.values()]
        made.add_row(asked, *cells)
    return made


def _cell(row: Mapping[str, Any] | None) -> str:
    return "" if row is None else "{p50_ms:.0f} / {p99_ms:.0f}, {cpu_ms:.1f}".format(**row)
