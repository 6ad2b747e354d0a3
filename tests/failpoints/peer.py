"""A node in this process, over real TLS sockets, that remembers all that one other node says.

Its folder, keys and rules are those of a shipped node; its disk is memory, because another node's
disk is what fails here.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.compose.network_init import TLS_CERTIFICATE_FILE, TLS_FOLDER, TLS_KEY_FILE
from cli.compose.network_init import TLS_PEERS_FOLDER as PEERS
from cli.settings import node_settings
from cli.signers.standing import open_keys
from consensus import tcp
from consensus.build import Identity, Storage, codec_of, open_driver
from consensus.core.messages import PrePrepare
from consensus.depths import QueueDepth
from consensus.runner import Line, Runner
from consensus.snapshot_desk import SnapshotSide
from consensus.tls import TlsFiles
from consensus.transport import Receiver
from consensus.wire import Codec, Frame, Said
from contracts.catalogue import load_catalogue
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import NodeId
from ledger.store.memory import MemoryStore
from ledger.trust import TrustRoot
from tests.consensus.memory_file import MemoryFile

Hears = Callable[[NodeId, Frame], None]
Habit = Callable[[Frame, Callable[[Frame], None]], None]
"""What becomes of a frame that is to be sent: told how to send one, now or later, or another."""


@dataclass
class Disk:
    """What a peer goes on from when it is made again."""

    store: MemoryStore = field(default_factory=MemoryStore)
    promises: MemoryFile = field(default_factory=lambda: MemoryFile("promises"))
    intake: MemoryFile = field(default_factory=lambda: MemoryFile("intake"))
    signed: MemoryFile = field(default_factory=lambda: MemoryFile("signed"))


class Ear:
    """Satisfies `Receiver`: hands on what comes in, and tells who listens."""

    def __init__(self, inner: Receiver, codec: Codec, hears: Hears) -> None:
        self._inner = inner
        self._codec = codec
        self._hears = hears

    def hello(self, peer: NodeId) -> bytes:
        return self._inner.hello(peer)

    def check_hello(self, peer: NodeId, frame: bytes) -> None:
        self._inner.check_hello(peer, frame)

    def connected(self, peer: NodeId) -> None:
        self._inner.connected(peer)

    def disconnected(self, peer: NodeId) -> None:
        self._inner.disconnected(peer)

    def received(self, peer: NodeId, frame: bytes) -> None:
        self._hears(peer, self._codec.decode(frame))
        self._inner.received(peer, frame)


class Mouth:
    """Satisfies `Line`: a node whose proposals do not leave while it is `muted`."""

    def __init__(self, inner: tcp.TcpTransport, codec: Codec) -> None:
        self._inner = inner
        self._codec = codec
        self.muted = False
        self.habit: Habit | None = None

    def send(self, peer: NodeId, frame: bytes) -> None:
        if self.habit is not None:
            said = self._codec.decode(frame)
            self.habit(said, lambda told: self._inner.send(peer, self._codec.encode(told)))
        elif not self._withheld(frame):
            self._inner.send(peer, frame)

    def broadcast(self, frame: bytes) -> None:
        if not self._withheld(frame):
            self._inner.broadcast(frame)

    async def run(self) -> None:
        await self._inner.run()

    @property
    def depths(self) -> Mapping[NodeId, QueueDepth]:
        return self._inner.depths

    def _withheld(self, frame: bytes) -> bool:
        if not self.muted:
            return False
        said = self._codec.decode(frame)
        return isinstance(said, Said) and isinstance(said.message, PrePrepare)


class Peer:
    """One node of the network, from its folder; up until `stop`."""

    def __init__(
        self, folder: Path, trust: TrustRoot, hears: Hears, disk: Disk | None = None
    ) -> None:
        disk = disk or Disk()
        settings = node_settings(folder)
        self.node_id = settings.node_id
        signer = open_keys(settings.keys_folder, b"correct horse").nodes[0]
        self.chain = Chain(disk.store, trust.genesis, genesis_rows(trust.genesis))
        executor = BlockExecutor(self.chain, load_catalogue())
        identity = Identity(
            trust.network_id, self.node_id, trust.origin, signer, trust.genesis.parameters
        )
        storage = Storage(
            executor,
            self.chain,
            disk.promises,
            disk.intake,
            disk.signed,
            snapshots=SnapshotSide(self.chain.offers),
        )
        codec = codec_of(identity)
        tls = folder / TLS_FOLDER
        network = tcp.Network(
            own=self.node_id,
            committee=trust.committee,
            listen=tcp.Address(settings.consensus_listen.host, settings.consensus_listen.port),
            peers={peer: tcp.Address(at.host, at.port) for peer, at in settings.peers.items()},
            files=TlsFiles(
                tls / TLS_CERTIFICATE_FILE,
                tls / TLS_KEY_FILE,
                tuple(tls / PEERS / f"{peer}.pem" for peer in settings.peers),
            ),
            sizes_max=codec.sizes_max,
        )

        def line(receiver: Receiver) -> Line:
            transport = tcp.TcpTransport(network, Ear(receiver, codec, hears))
            transport.listen()
            self.mouth = Mouth(transport, codec)
            return self.mouth

        self.runner = Runner(codec, line, lambda out: open_driver(identity, storage, out))
        self._task = asyncio.ensure_future(self.runner.run())

    async def stop(self) -> None:
        """End it; whatever failed it is raised."""
        if self._task.done():
            self._task.result()
        self._task.cancel()
        await asyncio.wait([self._task])
