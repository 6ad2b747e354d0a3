"""`python -m bench.index`: questions at two engines over the same records, and that they agree.

A ledger of so many records is made on LevelDB, a projector writes it to a PostgreSQL that is made
for it, and every kind of question is asked again and again of the routes, in process: first whether
both answer the same to the byte, then how long each took.
"""

import argparse
import asyncio
import hashlib
import json
import logging
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import psycopg
import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.app import create_app
from api.engines.leveldb import LevelEngine
from api.engines.postgres import PostgresIndex, question
from api.engines.postgres_writer import opened
from api.engines.projector import Progress as Progressed
from api.engines.projector import Projector
from api.engines.query import Engine, Query
from api.engines.span import span_of
from api.service import LedgerService
from bench import served
from bench.index_ledger import ALERTS, MEMBERS, Made, filled, reopened
from contracts.catalogue import load_catalogue
from ledger.chain import Chain
from ledger.core.hashing import sha256
from ledger.core.identifiers import LogIndex, MemberId, Subject
from ledger.errors import InvariantBroken
from ledger.store.leveldb import LevelDBStore
from tests.api.test_trouble import StillNode
from tests.postgres import server
from tests.vectors.small_network import signer

Params = dict[str, str | int]
ROUNDS_LEAST = 3
"""However long it takes."""
PAGE = 100
"""Items, where a question does not say how many."""


@dataclass(frozen=True, slots=True)
class Most:
    """When a question was asked often enough; at least `ROUNDS_LEAST` times in any case."""

    rounds: int
    seconds: float
    only: str
    """One question; empty for all."""


def questions(count: int, height: int) -> dict[str, Callable[[random.Random], str]]:
    """By name: draws a path."""
    made = Made(count)

    def project(draw: random.Random) -> str:
        return f"兰州-2026-{draw.randrange(1, made.projects):05}"

    def member(draw: random.Random) -> str:
        return MEMBERS[int(60 * draw.random() ** 3)]

    def records(given: Callable[[random.Random], Params]) -> Callable[[random.Random], str]:
        return lambda draw: f"/v1/records?{urlencode(given(draw))}"

    def document(draw: random.Random) -> str:
        return hashlib.sha256(made.document(draw)).hexdigest()

    rare = made.types
    return {
        "newest": records(lambda d: {"newest_first": "true", "limit": 50 + d.randrange(50)}),
        "project": records(lambda d: {"subject": project(d), "within": "true"}),
        "large project": records(lambda d: {"subject": "兰州-2026-00000", "within": "true"}),
        "section": records(lambda d: {"subject": f"{project(d)}/01"}),
        "member": records(lambda d: {"member": member(d), "newest_first": "true"}),
        "type": records(lambda d: {"type": d.choice(rare)}),
        "stage": records(lambda d: {"stage": d.choice(("notice", "evaluation", "contract"))}),
        "document": records(lambda d: {"digest": document(d)}),
        "type of a member": records(lambda d: {"type": d.choice(rare), "member": member(d)}),
        "type in a project": records(
            lambda d: {"type": d.choice(rare), "subject": project(d), "within": "true"}
        ),
        "since": records(lambda d: {"since": d.randrange(height), "limit": 100}),
        "alert": records(lambda d: {"alert": d.choice(ALERTS), "newest_first": "true"}),
        "alerts about": records(lambda d: {"about": "T08", "severity": "serious"}),
        "amendments": records(lambda d: {"amendment": "voids", "newest_first": "true"}),
        "amendments of a member": records(lambda d: {"amendment": "any", "member": member(d)}),
        "projects of a member": lambda d: f"/v1/members/{member(d)}/projects",
        "overdue refunds": lambda d: "/v1/refunds/overdue?limit=20",
        "export of 1,000": lambda d: f"/v1/export/records?member={member(d)}&limit=1000",
    }


def _path(folder: Path, count: int) -> Path:
    return folder / f"ledger-{count}"


@contextmanager
def ledger(folder: Path, count: int, bars: Progress) -> Iterator[Chain]:
    """Made where it is not there yet."""
    path = _path(folder, count)
    whole = path.with_suffix(".whole")
    if not whole.exists():
        shutil.rmtree(path, ignore_errors=True)
        store = LevelDBStore(path)
        bar = bars.add_task("records on LevelDB", total=count)
        for town in filled(store, count):
            bars.update(bar, completed=town.record_count)
        store.close()
        whole.touch()
    store = LevelDBStore(path)
    yield reopened(store)
    store.close()


async def projected(chain: Chain, url: str, bars: Progress) -> float:
    """Have a projector write everything; returns how many seconds it took."""
    bar = bars.add_task("blocks on PostgreSQL", total=chain.head.height)

    def told(at: Progressed) -> None:
        bars.update(bar, completed=at.height)

    began = time.perf_counter()
    await Projector(chain, partial(opened, url), _never, told=told).catch_up()
    return time.perf_counter() - began


async def compared(chain: Chain, url: str, bars: Progress) -> float:
    """Have a projector go over all rows; returns how many seconds it took."""
    bar = bars.add_task("blocks compared", total=chain.head.height)

    def told(at: Progressed) -> None:
        bars.update(bar, completed=at.height)

    began = time.perf_counter()
    await Projector(chain, partial(opened, url), _never, told=told).check()
    return time.perf_counter() - began


async def _never(_: float) -> None:
    raise InvariantBroken("a ledger that stands still is waited for")


def client_of(chain: Chain, engine: Engine) -> httpx.AsyncClient:
    """Asks the routes without a socket."""
    node = StillNode(chain)
    service = LedgerService(chain, load_catalogue(), node, signer("log centre"), engine=engine)
    transport = httpx.ASGITransport(create_app(service, requests_per_address=0))
    return httpx.AsyncClient(transport=transport, base_url="http://node", timeout=600)


async def measured(
    chain: Chain, engines: dict[str, Engine], count: int, most: Most, bars: Progress
) -> dict[str, dict[str, tuple[float, float, int]]]:
    """By question and engine: p50, p99 in ms, and how often; all engines answer alike each time."""
    clients = {name: client_of(chain, engine) for name, engine in engines.items()}
    found: dict[str, dict[str, tuple[float, float, int]]] = {}
    every = questions(count, chain.head.height)
    asked = {name: each for name, each in every.items() if most.only in ("", name)}
    bar = bars.add_task("questions", total=len(asked) * most.rounds)
    for name, path_of in asked.items():
        draw, took = random.Random(name), {engine: [] for engine in clients}  # type: ignore[var-annotated]
        until = time.monotonic() + most.seconds
        for done in range(most.rounds):
            if done >= ROUNDS_LEAST and time.monotonic() > until:
                bars.advance(bar, most.rounds - done)
                break
            path, told = path_of(draw), set()
            for engine, client in clients.items():
                began = time.perf_counter()
                told.add(await page(client, path))
                took[engine].append((time.perf_counter() - began) * 1000)
            if len(told) != 1:
                raise SystemExit(f"{path}: engines differ: {told!r:.2000}")
            bars.advance(bar)
        found[name] = {engine: _spread(each) for engine, each in took.items()}
        bars.console.print(f"{name}: {json.dumps(found[name])}")
    for client in clients.values():
        await client.aclose()
    return found


async def page(client: httpx.AsyncClient, path: str) -> str:
    """A full page, or what there is: where one ends early its cursor is followed."""
    answer = await client.get(path)
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{path}: {answer.status_code} {answer.text:.500}")
    if answer.headers["content-type"] != "application/json":
        return answer.text
    body = answer.json()
    limit = int(httpx.URL(path).params.get("limit", PAGE))
    items = body["items"]
    while len(items) < limit and body["cursor"] is not None:
        more = httpx.URL(path).copy_set_param("cursor", body["cursor"])
        body = (await client.get(str(more))).json()
        items += body["items"]
    return json.dumps(items[:limit])


def _spread(took: Sequence[float]) -> tuple[float, float, int]:
    ordered = sorted(took)
    last = min(len(ordered) - 1, len(ordered) * 99 // 100)
    return ordered[len(ordered) // 2], ordered[last], len(ordered)


async def walked(engine: Engine, query: Query, *, newest_first: bool) -> tuple[int, str]:
    """How many records a whole list has, and a hash over it."""
    count, digest = 0, hashlib.sha256()
    after: LogIndex | None = None
    while True:
        batch = await engine.batch(query, after, 2_000, newest_first=newest_first)
        for each in batch.found:
            digest.update(each.index.to_bytes(8) + each.record_id)
        count += len(batch.found)
        if batch.reached is None:
            return count, digest.hexdigest()
        after = batch.reached


async def agreed(engines: dict[str, Engine], bars: Progress) -> dict[str, int]:
    """Whole lists, which both engines must give alike; returns their lengths."""
    lists = {
        "everything": Query(),
        "the large project": Query(subject=Subject("兰州-2026-00000"), within=True),
        "one member": Query(member=MemberId(MEMBERS[0])),
        "amendments": Query(amendment="any"),
        "alerts": Query(severity="serious"),
    }
    found = {}
    bar = bars.add_task("whole lists", total=len(lists))
    for name, query in lists.items():
        backwards = name != "everything"
        told = {await walked(each, query, newest_first=backwards) for each in engines.values()}
        if len(told) != 1:
            raise SystemExit(f"{name}: engines differ: {told}")
        found[name] = told.pop()[0]
        bars.advance(bar)
    return found


async def plans(chain: Chain, url: str, count: int) -> list[str]:
    """What the server says that it does for each kind of list."""
    made = Made(count)
    project, member = Subject("兰州-2026-00007"), MemberId(MEMBERS[3])
    kinds = {
        "everything, newest first": (Query(), True),
        "project": (Query(subject=project, within=True), False),
        "large project": (Query(subject=Subject("兰州-2026-00000"), within=True), False),
        "member": (Query(member=member), True),
        "type of a member": (Query(types=frozenset({made.types[5]}), member=member), False),
        "stage": (Query(types=frozenset(made.types[5:15])), False),
        "document": (Query(digest=sha256(made.document(random.Random(1)))), False),
        "alert": (Query(alert="AL04"), True),
        "amendments of a member": (Query(amendment="any", member=member), False),
    }
    found = []
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for name, (query, newest_first) in kinds.items():
            asked = question(query, span_of(chain, query), 101, newest_first=newest_first)
            if asked is None:
                continue
            page, values = asked
            explain = psycopg.sql.SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) ") + page
            rows = await (await connection.execute(explain, values)).fetchall()
            found.append(f"-- {name}\n" + "\n".join(str(row[0]) for row in rows))
    return found


async def story(args: argparse.Namespace, chain: Chain, url: str, bars: Progress) -> dict[str, Any]:
    """Everything for one ledger."""
    count = chain_count(chain)
    told: dict[str, Any] = {}
    if not args.url:
        told["projected_s"] = await projected(chain, url, bars)
    index = PostgresIndex(url, chain)
    async with index.connected():
        engines: dict[str, Engine] = {"LevelDB": LevelEngine(chain), "PostgreSQL": _Engine(index)}
        told["load_before"] = os.getloadavg()[0]
        told["ms"] = await measured(
            chain, engines, count, Most(args.rounds, args.seconds, args.only), bars
        )
        told["load_after"] = os.getloadavg()[0]
        bars.console.print_json(json.dumps(told))
        if args.explain:
            args.explain.write_text("\n\n".join(await plans(chain, url, count)) + "\n")
        if args.walk:
            told["lists"] = await agreed(engines, bars)
            bars.console.print_json(json.dumps(told["lists"]))
            told["compared_s"] = await compared(chain, url, bars)
    return told


def chain_count(chain: Chain) -> int:
    """Records on it."""
    return chain.head.log_size - chain.head.height


class _Engine:
    """An index as an engine without anything behind it: what it cannot answer fails here."""

    standing = None

    def __init__(self, index: PostgresIndex) -> None:
        self.height, self.batch = index.height, index.batch


def main() -> None:
    """Measure, and print a table, or with `--json` one JSON document."""
    parser = argparse.ArgumentParser(prog="bench.index", description=__doc__)
    parser.add_argument("--count", type=int, nargs="*", default=[1_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=200, help="of each question at each engine")
    parser.add_argument(
        "--walk", action="store_true", help="compare whole lists and all rows as well"
    )
    parser.add_argument("--folder", type=Path, help="where ledgers are made and kept")
    parser.add_argument("--explain", type=Path, help="file for the plans of the last count")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--seconds", type=float, default=60.0, help="of one question, about")
    parser.add_argument("--only", default="", help="one question, by its name in the table")
    parser.add_argument(
        "--served",
        action="store_true",
        help="ask every page and route of a node over loopback instead; --only is part of a route",
    )
    parser.add_argument("--url", help="of a database with the index of that ledger already")
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    found: dict[int, dict[str, Any]] = {}
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as made,
        Progress(*columns, TimeElapsedColumn(), console=console) as bars,
    ):
        for count in args.count:
            folder = args.folder or Path(made)
            found[count] = (_served if args.served else _asked)(args, folder, count, bars)
    if args.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    Console().print(served.table(found) if args.served else _table(found))


def _asked(args: argparse.Namespace, folder: Path, count: int, bars: Progress) -> dict[str, Any]:
    """Questions at both engines."""
    with ledger(folder, count, bars) as chain, _database(args.url) as url:
        return asyncio.run(story(args, chain, url, bars))


def _served(args: argparse.Namespace, folder: Path, count: int, bars: Progress) -> dict[str, Any]:
    """Pages and routes of a node that is another process: it alone has the ledger open."""
    with ledger(folder, count, bars) as chain:
        about = served.drawn(chain)
    return served.measured(_path(folder, count), about, args.rounds, args.only, bars)


@contextmanager
def _database(url: str | None) -> Iterator[str]:
    """The one that was named, or a new one of a server that ends with it."""
    if url:
        yield url
        return
    with server() as postgres:
        yield postgres.new_database()


def _table(found: dict[int, dict[str, Any]]) -> Table:
    table = Table(title="p50 / p99 in ms (questions asked)")
    table.add_column("question")
    for count in found:
        for engine in ("LevelDB", "PostgreSQL"):
            table.add_column(f"{engine}, {count:,}", justify="right")
    first = next(iter(found.values()))
    for name in first["ms"]:
        cells = [
            "{:.1f} / {:.1f} ({})".format(*each["ms"][name][engine])
            for each in found.values()
            for engine in ("LevelDB", "PostgreSQL")
        ]
        table.add_row(name, *cells)
    return table


if __name__ == "__main__":
    main()
