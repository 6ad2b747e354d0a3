"""Four nodes in one process over real TLS sockets on loopback, each with its own files and chain."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from consensus.append_file import DiskFile
from consensus.build import Identity, Storage, codec_of, open_driver
from consensus.driver import Driver
from consensus.fates import Fate, Pending
from consensus.runner import Runner
from consensus.tcp import Address, Network, TcpTransport
from consensus.transport import Receiver, Transport
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.genesis import Founder, Genesis
from ledger.core.identifiers import Digest, HeaderHash, MemberId, NodeId
from ledger.core.limits import Parameters
from ledger.core.record import Record
from ledger.core.signing import Ed25519Signer
from ledger.store.api import Store
from ledger.store.memory import MemoryStore
from tests.consensus import tls_folder
from tests.network.ledger_application import LedgerApplication
from tests.vectors.small_network import signer, small_record

HOUR_MS = 3_600_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Node:
    """One node: what is on its disk, and the runner while it is up."""

    def __init__(self, cluster: "Cluster", tls: tls_folder.Identity) -> None:
        self.cluster = cluster
        self.tls = tls
        self.node_id = tls.node_id
        self.store: Store = MemoryStore()
        self.folder = cluster.folder / tls.node_id
        self.application: LedgerApplication | None = None
        self.runner: Runner | None = None
        self.task: asyncio.Task[None] | None = None
        self._files: list[DiskFile] = []

    def start(self) -> None:
        """Bring the node up on what it has on disk."""
        cluster, genesis = self.cluster, self.cluster.genesis
        self.application = LedgerApplication(self.store, genesis)
        self._files = [DiskFile(self.folder / name) for name in ("promises", "intake", "signed")]
        identity = Identity(
            genesis.network_id, self.node_id, genesis.origin, self.tls.signer, genesis.parameters
        )
        storage = Storage(
            self.application,
            self.application.chain,
            self._files[0],
            self._files[1],
            self._files[2],
        )
        codec = codec_of(identity)
        network = Network(
            own=self.node_id,
            committee=genesis.committee,
            listen=cluster.addresses[self.node_id],
            peers={peer: at for peer, at in cluster.addresses.items() if peer != self.node_id},
            files=tls_folder.files_of(self.tls, cluster.identities),
            sizes_max=codec.sizes_max,
        )

        def line(receiver: Receiver) -> TcpTransport:
            transport = TcpTransport(network, receiver)
            transport.listen()
            return transport

        def driver(transport: Transport) -> Driver:
            return open_driver(identity, storage, transport)

        self.runner = Runner(codec, line, driver)
        self.task = asyncio.ensure_future(self.runner.run())

    async def kill(self) -> None:
        """Take the node away without a word; only its disk stays."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait([self.task])
        for file in self._files:
            file.close()
        self.runner = self.task = None

    @property
    def up(self) -> Runner:
        assert self.runner is not None
        return self.runner

    @property
    def app(self) -> LedgerApplication:
        assert self.application is not None
        return self.application

    @property
    def head(self) -> tuple[int, HeaderHash]:
        return self.app.head.height, self.app.head.header_hash


class Cluster:
    """A network of `size` departments with one node and one member key each."""

    def __init__(self, folder: Path, size: int = 4) -> None:
        self.folder = folder
        names = [f"node-{number}" for number in range(1, size + 1)]
        self.identities = [tls_folder.make_identity(folder / "tls", name) for name in names]
        committee = tls_folder.committee_of(self.identities)
        self.members = {node.member_id: signer(node.member_id) for node in committee.nodes}
        self.genesis = Genesis(
            name="回环网络",
            domain="loopback.bidwitness.example",
            created_at_ms=now_ms() - 1000,
            committee=committee,
            members=tuple(
                Founder(member, "organisation", "部门", "Department", "", (), (key.public_key,))
                for member, key in self.members.items()
            ),
            catalogue_hash=Digest(bytes(32)),
            parameters=Parameters(),
        )
        self.addresses: dict[NodeId, Address] = {}
        self._reserve()
        self.nodes = [Node(self, identity) for identity in self.identities]

    def _reserve(self) -> None:
        """Ports that are free now; nobody else on this machine hands out the same ones twice."""
        codec = codec_of(
            Identity(
                self.genesis.network_id,
                self.identities[0].node_id,
                self.genesis.origin,
                Ed25519Signer(bytes(32)),
                self.genesis.parameters,
            )
        )
        for identity in self.identities:
            network = Network(
                identity.node_id,
                self.genesis.committee,
                Address("127.0.0.1", 0),
                {},
                tls_folder.files_of(identity, self.identities),
                codec.sizes_max,
            )
            probe = TcpTransport(network, _Nobody())
            self.addresses[identity.node_id] = probe.listen()
            probe.close()

    def bundle(self, names: list[str], member: str = "member-node-1") -> Bundle:
        """A bundle of fresh records under one member's key."""
        records: list[Record] = [small_record(name, issuer=member) for name in names]
        return sign_bundle(
            self.members[MemberId(member)],
            self.genesis.network_id,
            MemberId(member),
            [record.encode() for record in records],
            now_ms() - 10,
            now_ms() + HOUR_MS,
            bytes(16),
        )

    async def stop(self) -> None:
        for node in self.nodes:
            if node.task is not None:
                await node.kill()


class _Nobody:
    """Receives nothing; only there to find free ports."""

    def hello(self, peer: NodeId) -> bytes:
        return b""

    def check_hello(self, peer: NodeId, frame: bytes) -> None: ...

    def connected(self, peer: NodeId) -> None: ...

    def disconnected(self, peer: NodeId) -> None: ...

    def received(self, peer: NodeId, frame: bytes) -> None: ...


async def settled(node: Node, bundle: Bundle) -> Fate:
    """Wait until a bundle is no longer pending at a node, and tell its fate."""
    await until(lambda: not isinstance(node.up.fate(bundle.pool_key), Pending), "settled")
    return node.up.fate(bundle.pool_key)


async def cosigned(node: Node, height: int) -> None:
    """Wait until a node has a cosigned head at or above a height."""
    await until(lambda: node.up.status.cosigned_height >= height, f"{height} is cosigned")


async def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until something holds, and fail with what it was."""
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"waited {seconds} s in vain until {what}") from None


def story(act: Callable[[Cluster], object], folder: Path, size: int = 4) -> None:
    """Run an asynchronous act on a started cluster; stop it whatever happens."""

    async def play() -> None:
        cluster = Cluster(folder, size)
        try:
            for node in cluster.nodes:
                node.start()
            result = act(cluster)
            if asyncio.iscoroutine(result):
                await result
        finally:
            await cluster.stop()

    asyncio.run(play())
