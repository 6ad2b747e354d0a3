"""A network that changed its committee until none of its founders' quorum was left, and who asks it.

The chain is a real one, judged by the rules; its routes answer to a client in this process.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import httpx
import uvicorn
from fastapi import FastAPI

from api.errors import HANDLERS
from api.published import Published
from api.routes import epochs, log, tiles
from ledger.chain import Chain
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.committee import Committee
from ledger.core.identifiers import RecordId
from ledger.core.note import Note, NoteSignature
from ledger.trust import TrustRoot, trust_root
from tests.contracts.changing import ChangingTown, member_node
from tests.vectors.small_network import signer

TIME_S = 1_800_000_000
NEWCOMERS = ("builder", "agency")
GONE = ("centre", "supervisor")


@dataclass
class ChangedTown:
    """The town in epoch 2: two of its four nodes are others than at the founding."""

    town: ChangingTown
    first: RecordId
    last: RecordId
    sizes: Sequence[int]
    """Of the log: before the first change, after each of the two, and in the last epoch."""

    @property
    def chain(self) -> Chain:
        return self.town.chain

    @property
    def trust(self) -> TrustRoot:
        """What a reader was given at the founding."""
        return trust_root(self.town.genesis)

    def committee(self, epoch: int) -> Committee:
        found = self.chain.epochs.get(epoch)
        assert found is not None
        return found

    def app(self) -> FastAPI:
        """The routes about the log, as a node of the town has them."""
        published = Published(self.chain, signer("log registry"))
        status = SimpleNamespace(node_id="node-registry")
        service = SimpleNamespace(
            chain=self.chain, published=published, node=SimpleNamespace(status=status)
        )
        service.seen_by = lambda _: service
        app = FastAPI()
        for kind, handler in HANDLERS.items():
            app.add_exception_handler(kind, handler)
        app.state.service = service
        for router in (epochs.router, log.router, tiles.router):
            app.include_router(router)
        return app

    def note(self, size: int, epoch: int, root: bytes | None = None) -> Note:
        """A head cosigned by the first q of that epoch's committee, whatever its size is."""
        head = Checkpoint(self.chain.origin, size, root or self.chain.root_of(size))  # type: ignore[arg-type]
        return Note(head.text(), self.lines(head, epoch))

    def lines(self, head: Checkpoint, epoch: int) -> tuple[NoteSignature, ...]:
        committee = self.committee(epoch)
        return tuple(
            cosign(
                signer(f"node {node.member_id}"),
                cosigner_name(head.origin, node.node_id),
                head,
                TIME_S,
            )
            for node in committee.nodes[: committee.q]
        )


def changed_town() -> ChangedTown:
    """Two nodes are replaced, one after the other, with records between."""
    town = ChangingTown()
    first = town.say("centre", "evidence.deposited", "first")
    for member in NEWCOMERS:
        town.admitted(member)
    sizes = [town.chain.head.log_size]
    for gone, member in zip(GONE, NEWCOMERS, strict=True):
        town.changed(town.with_instead(gone, member_node(member)))
        sizes.append(town.chain.head.log_size)
        town.say("registry", "evidence.deposited", f"with {member}")
    last = town.say("registry", "evidence.deposited", "last")
    sizes.append(town.chain.head.log_size)
    return ChangedTown(town, first, last, sizes)


Answer = Callable[[httpx.Request], httpx.Response]


def answering(app: FastAPI, asked: list[str] | None = None) -> Answer:
    """What an application in this process answers; `asked` hears what it is asked."""

    async def answer(request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            given = await client.get(request.url)
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    def told(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request.url.raw_path.decode())
        return asyncio.run(answer(request))

    return told


def line_to(**hosts: Answer) -> httpx.MockTransport:
    """A line to nodes ``http://NAME``; all others are away."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.host not in hosts:
            raise httpx.ConnectError("away", request=request)
        return hosts[request.url.host](request)

    return httpx.MockTransport(handle)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The base URL at which an application answers, on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        work = threading.Thread(target=server.run, args=([listening],))
        work.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            work.join()
