"""One real node behind real HTTP: executor, chain on LevelDB, driver without peers, uvicorn.

A committee of one needs no other node (f = 0), so a bundle is committed and cosigned at once. The
node runs in its own thread and event loop; tests speak to it over loopback only.
"""

import asyncio
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.routing import BaseRoute

from api.app import create_app
from api.court_code_store import CourtCodeStore
from api.deposit_store import DepositStore
from api.documents.issuing import Issuer
from api.patience import Patience
from api.service import LedgerService
from consensus.append_file import DiskFile
from consensus.build import Identity, Storage, codec_of, open_driver
from consensus.driver import Driver
from consensus.pool_limits import PoolLimits
from consensus.runner import Runner
from consensus.tcp import Address, Network, TcpTransport
from consensus.transport import Receiver, Transport
from contracts.catalogue import load_catalogue
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from contracts.tables import Catalogue
from ledger.chain import Chain
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.canonical import Value
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.genesis import Founder, Genesis, Role
from ledger.core.hashing import sha256
from ledger.core.identifiers import Epoch, MemberId, RecordId, Subject
from ledger.core.limits import Parameters
from ledger.core.record import Evidence, Record, Ref
from ledger.core.signing import Ed25519Signer
from ledger.core.status_answer import Stating
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot, trust_root
from tests.consensus import tls_folder
from tests.vectors.small_network import nonce, signer

HOUR_MS = 3_600_000
ROLES: Mapping[str, tuple[str, ...]] = {
    "centre": (
        *("trading_centre", "role_authority", "client_system", "publisher", "standards_body"),
        "rule_authority",
        *("address_keeper", "property_registry", "address_platform", "market_registrar"),
        *("address_supervisor", "registration_system"),
        *("seal_office", "seal_approver", "seal_maker", "seal_publisher", "seal_test_service"),
    ),
    "supervisor": ("supervisor",),
    "builder": ("tenderer",),
    "bidder": ("bidder",),
}
CATALOGUE = load_catalogue()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def genesis_of(
    nodes: list[tls_folder.Identity],
    catalogue: Catalogue = CATALOGUE,
    roles: Mapping[str, tuple[str, ...]] = ROLES,
    operator: str = "centre",
) -> Genesis:
    """A network whose nodes all belong to one member; a role may be scoped, ``ROLE@SCOPE``."""
    return Genesis(
        name="一个节点 one node",
        domain="one.example",
        created_at_ms=now_ms() - HOUR_MS,
        committee=Committee(
            Epoch(0),
            tuple(
                CommitteeNode(
                    node.node_id,
                    MemberId(operator),
                    node.signer.public_key,
                    signer(f"log {node.node_id}").public_key,
                    node.pin,
                )
                for node in nodes
            ),
        ),
        members=tuple(
            Founder(
                MemberId(name),
                "organisation",
                f"单位 {name}",
                f"Member {name}",
                "",
                tuple(Role(*each.partition("@")[::2]) for each in held),
                (signer(f"member {name}").public_key,),
            )
            for name, held in roles.items()
        ),
        catalogue_hash=catalogue.hash,
        parameters=Parameters(),
    )


class OneNode:
    """A node's folder, and the running node while it is up."""

    def __init__(
        self,
        folder: Path,
        *,
        show_all: bool = False,
        absent: tuple[str, ...] = (),
        pool_limits: PoolLimits | None = None,
        catalogue: Catalogue = CATALOGUE,
        more: Sequence[Catalogue] = (),
        roles: Mapping[str, tuple[str, ...]] = ROLES,
        operator: str = "centre",
    ) -> None:
        """`absent` nodes are of the committee too, and never come up."""
        self.more = more
        self.patience = Patience()
        """How many wait for their receipts at a time."""
        self.looks_ahead = True
        """Whether it refuses to pass on a version that it has not read."""
        self.folder = folder
        self.show_all = show_all
        self.pool_limits = pool_limits
        self.catalogue = catalogue
        names = ("one", *absent)
        self.nodes = [tls_folder.make_identity(folder / "tls", name) for name in names]
        self.tls = self.nodes[0]
        self.genesis = genesis_of(self.nodes, catalogue, roles, operator)
        self.url = ""
        self.routes: Sequence[BaseRoute] = ()
        """Of its application, while it is up."""
        self.service: LedgerService | None = None
        """Of its application, while it is up and after."""
        self._made = 0

    @property
    def trust(self) -> TrustRoot:
        """What a client of this network is given."""
        return trust_root(self.genesis)

    @contextmanager
    def up(self) -> Iterator[httpx.Client]:
        """The node at work, and a client of its API."""
        began: Future[Any] = Future()
        with ThreadPoolExecutor(1, "one node") as pool:
            ended: Future[Any] = pool.submit(asyncio.run, self._serve(began))
            wait((began, ended), return_when=FIRST_COMPLETED)
            if ended.done():
                ended.result()
            stop = began.result()
            try:
                with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
                    yield client
            finally:
                stop()
        ended.result()

    def record(
        self,
        issuer: str = "centre",
        type_key: str = "evidence.deposited",
        subject: str = "LZ-2026-001",
        *,
        files: Mapping[str, bytes] | None = None,
        refs: Sequence[tuple[str, RecordId]] = (),
        **fields: Value,
    ) -> Record:
        """What a member says, new each time; documents by label and content."""
        self._made += 1
        kind = CATALOGUE.types.get(type_key)
        if files is None:
            unique = f"document {self._made}".encode()
            files = {"招标文件.pdf": unique} if kind is not None and kind.evidence_min else {}
        return Record(
            type_key,
            MemberId(issuer),
            Subject(subject),
            now_ms(),
            tuple(
                Evidence(label, sha256(data), None, len(data), "application/pdf")
                for label, data in files.items()
            ),
            fields,
            None,
            tuple(Ref(relation, cited) for relation, cited in refs),
            nonce(f"{self.folder} {self._made}"),
        )

    def bundle(self, *records: Record, key: Ed25519Signer | None = None) -> Bundle:
        """The records under their issuer's key, or under another one."""
        issuer, now = records[0].issuer, now_ms()
        return sign_bundle(
            key or signer(f"member {issuer}"),
            self.genesis.network_id,
            issuer,
            [record.encode() for record in records],
            now,
            now + HOUR_MS,
            bytes(16),
        )

    def issuer(self) -> Issuer:
        """How it issues certificates: their QR leads to this node."""
        return Issuer(self.url)

    async def _serve(self, began: Future[Any]) -> None:
        """Open the folder, run until stopped, close it."""
        store = LevelDBStore(self.folder / "db")
        files = [DiskFile(self.folder / name) for name in ("promises", "intake", "signed")]
        listening = socket.create_server(("127.0.0.1", 0))
        # As a node does: else the second half of each answer waits 40 ms for an acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            chain = Chain(store, self.genesis, genesis_rows(self.genesis))
            executor = BlockExecutor(chain, self.catalogue, self.more)
            runner = self._runner(Storage(executor, chain, files[0], files[1], files[2]))
            service = LedgerService(
                chain,
                self.catalogue,
                runner,
                signer("log one"),
                show_all=self.show_all,
                deposits=DepositStore(self.folder / "deposits"),
                rules=executor if self.looks_ahead else None,
                stating=Stating(self.nodes[0].node_id, self.nodes[0].signer),
            )
            service.patience = self.patience
            self.service = service
            app = create_app(
                service,
                issuer=self.issuer(),
                codes=CourtCodeStore(self.folder / "court-codes"),
            )
            self.routes = app.routes
            config = uvicorn.Config(app, log_config=None, access_log=False)
            server = uvicorn.Server(config)
            running = asyncio.create_task(runner.run())
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            began.set_result(lambda: loop.call_soon_threadsafe(stop.set))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            await serving
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        finally:
            listening.close()
            for file in files:
                file.close()
            store.close()

    def _runner(self, storage: Storage) -> Runner:
        """The node's part in consensus; where the absent nodes should be, nobody listens."""
        genesis, tls = self.genesis, self.tls
        identity = Identity(
            genesis.network_id, tls.node_id, genesis.origin, tls.signer, genesis.parameters
        )
        codec = codec_of(identity)
        network = Network(
            own=tls.node_id,
            committee=genesis.committee,
            listen=Address("127.0.0.1", 0),
            peers={node.node_id: Address("127.0.0.1", 1) for node in self.nodes[1:]},
            files=tls_folder.files_of(tls, self.nodes),
            sizes_max=codec.sizes_max,
        )

        def line(receiver: Receiver) -> TcpTransport:
            transport = TcpTransport(network, receiver)
            transport.listen()
            return transport

        def driver(transport: Transport) -> Driver:
            return open_driver(identity, storage, transport, pool_limits=self.pool_limits)

        return Runner(codec, line, driver)


def canonical(client: httpx.Client, bundle: Bundle, **query: str | int) -> httpx.Response:
    """Submit the canonical bytes."""
    return client.post(
        "/v1/bundles",
        params=query,
        content=bundle.encode(),
        headers={"Content-Type": "application/msgpack"},
    )
