"""The real transport: one TLS connection to each peer to speak on, one from it to listen to.

Every node dials every other and sends on what it dialled, so there is nothing to deduplicate: a
pair has two connections, one per direction. A connection that breaks is dialled again with backoff
and jitter. Nobody outside the committee gets past the handshake, and every refusal is a log line.
"""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from consensus import tls
from consensus.connection import HANDSHAKE_S, Budget, Connection, opened, reason_of, streams
from consensus.crowd import Handshakes
from consensus.depths import QueueDepth
from consensus.event_log import LineLimit
from consensus.outbound import Outbound
from consensus.transport import Receiver
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import Digest, NodeId
from ledger.errors import FormatError, StoreError, VerificationError

STRANGERS_MAX: Final = 64
"""Handshakes at a time: a flood of strangers costs this much memory and no more, and one from few
addresses takes no node's place (`crowd`)."""
IDLE_S: Final = 60.0
"""A peer tells its status every second: one that is silent for so long is gone."""
_BACKLOG: Final = 64
_PAUSE_S: Final = 0.2

log = structlog.get_logger("consensus.tcp")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node listens."""

    host: str
    port: int
    """0 lets the system choose."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Known:
    """A node that is let in, and dialled where its address is known."""

    pins: frozenset[Digest]
    """Of its TLS keys: two while it renews its key."""
    address: Address | None
    certificates: tuple[bytes, ...] = ()
    """DER, beside those in files; one whose key is not pinned is passed over."""


@dataclass(frozen=True, slots=True)
class Network:
    """What the transport must know at the start; `TcpTransport.know` follows the committee."""

    own: NodeId
    committee: Committee
    listen: Address
    peers: Mapping[NodeId, Address]
    """Where the other nodes listen."""
    files: tls.TlsFiles
    sizes_max: Mapping[int, int]
    """Cap of each frame kind, see `wire.Codec.sizes_max`."""


class TcpTransport:
    """Satisfies `consensus.transport.Transport`; `listen` first, then `run` until cancelled."""

    def __init__(self, network: Network, receiver: Receiver) -> None:
        """Read the TLS files; nothing is opened yet.

        Raises:
            StoreError: `tls.file`, `tls.own_key`.
        """
        if network.own in network.committee:
            tls.check_own(network.files, network.committee, network.own)
        self._network = network
        self._receiver = receiver
        self._pins = dict(tls.pins(network.committee))
        self._shown = tls.key_digest(tls.read_certificate(network.files.certificate))
        self._server_tls = tls.server_context(network.files)
        self._client_tls = tls.client_context(network.files)
        self._anchored: set[bytes] = set()
        self._at: dict[NodeId, Address] = {}
        self._outbound = {peer: self._link(peer, at) for peer, at in network.peers.items()}
        self._dialling: dict[NodeId, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._socket: socket.socket | None = None
        self._strangers = Handshakes(STRANGERS_MAX)
        self._lines = LineLimit()
        self._inbound: dict[NodeId, Connection] = {}

    def know(self, peers: Mapping[NodeId, Known]) -> None:
        """Let in and dial exactly these nodes from now on; whoever is not among them is cut off.

        What stays the same is left alone: a change of the committee breaks no other connection.
        """
        self._pins.clear()
        for peer, each in peers.items():
            self._pins.update(dict.fromkeys(each.pins, peer))
            for certificate in each.certificates:
                self._anchor(certificate)
        for peer, connection in tuple(self._inbound.items()):
            if self._pins.get(connection.pin) != peer:
                connection.close()
        dialled = {peer: each.address for peer, each in peers.items() if each.address is not None}
        for peer in [peer for peer in self._outbound if self._at[peer] != dialled.get(peer)]:
            self._hang_up(peer)
        for peer, address in dialled.items():
            if peer not in self._outbound:
                self._outbound[peer] = self._link(peer, address)
                self._dial(peer)

    def present(self, certificate: Path, key: Path) -> None:
        """Show this certificate at every handshake from now on: the node has renewed its key.

        Where it is another key's, every connection is made anew, so that none rests on the old one.

        Raises:
            StoreError: `tls.file`.
        """
        for context in (self._server_tls, self._client_tls):
            tls.load_own(context, certificate, key)
        before, self._shown = self._shown, tls.key_digest(tls.read_certificate(certificate))
        if before == self._shown:
            return
        for connection in tuple(self._inbound.values()):
            connection.close()
        for peer, at in tuple(self._at.items()):
            self._hang_up(peer)
            self._outbound[peer] = self._link(peer, at)
            self._dial(peer)

    def send(self, peer: NodeId, frame: bytes) -> None:
        """See `Transport.send`."""
        link = self._outbound.get(peer)
        if link is not None:
            link.send(frame)

    def broadcast(self, frame: bytes) -> None:
        """See `Transport.broadcast`."""
        for link in self._outbound.values():
            link.send(frame)

    @property
    def depths(self) -> Mapping[NodeId, QueueDepth]:
        """See `runner.Line`."""
        return {peer: link.depth for peer, link in self._outbound.items()}

    def listen(self) -> Address:
        """Bind the socket and return where.

        Raises:
            StoreError: `peer.listen` where the address is taken or not ours.
        """
        host, port = self._network.listen.host, self._network.listen.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as problem:
            reason = problem.strerror or str(problem)
            address = str(self._network.listen)
            raise StoreError(Code.PEER_LISTEN, address=address, reason=reason) from problem
        self._socket.settimeout(0)
        return Address(host, self._socket.getsockname()[1])

    def close(self) -> None:
        """Stop listening; `run` does it by itself when it is cancelled."""
        if self._socket is not None:
            self._socket.close()

    async def run(self) -> None:
        """Serve and dial until cancelled; whatever the receiver raises ends it.

        Raises:
            ExceptionGroup: what the receiver raised.
        """
        listening = self._socket
        if listening is None:
            self.listen()
            return await self.run()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for peer in self._outbound:
                    self._dial(peer)
                await self._accept(listening, tasks)
        finally:
            self._tasks = None
            self.close()

    def _link(self, peer: NodeId, at: Address) -> Outbound:
        self._at[peer] = at
        where, sizes_max = (at.host, at.port), self._network.sizes_max
        return Outbound(peer, where, self._client_tls, self._pins, sizes_max, self._receiver)

    def _hang_up(self, peer: NodeId) -> None:
        del self._outbound[peer], self._at[peer]
        if peer in self._dialling:
            self._dialling.pop(peer).cancel()

    def _dial(self, peer: NodeId) -> None:
        """Keep a connection up, once there is a loop to do it in."""
        if self._tasks is not None:
            self._dialling[peer] = self._tasks.create_task(self._outbound[peer].run())

    def _anchor(self, certificate: bytes) -> None:
        """Let a pinned certificate end a handshake; who it belongs to is said by the pin."""
        if certificate in self._anchored:
            return
        self._anchored.add(certificate)
        try:
            if tls.digest_of(certificate) in self._pins:
                for context in (self._server_tls, self._client_tls):
                    context.load_verify_locations(cadata=certificate)
        except (OSError, ValueError) as problem:
            # A quorum approves what a node says of itself: that must end no other node.
            log.warning("peer.certificate_unusable", reason=str(problem))

    async def _accept(self, listening: socket.socket, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as problem:
                # Most often too many open files: whoever knocks can wait until some are closed.
                self._refuse("", reason_of(problem))
                await asyncio.sleep(_PAUSE_S)
                continue
            where = f"{address[0]}:{address[1]}"
            if not self._strangers.begin(connection, address[0]):
                self._refuse(where, "too many handshakes")
                connection.close()
                continue
            tasks.create_task(self._serve(connection, where))

    async def _serve(self, accepted: socket.socket, where: str) -> None:
        """One accepted connection, from its handshake to its end."""
        try:
            connection = await self._handshake(accepted)
        except (OSError, VerificationError) as problem:
            self._refuse(where, reason_of(problem))
            accepted.close()
            return
        finally:
            self._strangers.end(accepted)
        peer = connection.peer
        if (before := self._inbound.get(peer)) is not None:
            before.close()
        self._inbound[peer] = connection
        try:
            await self._hear(connection)
        except (OSError, EOFError) as problem:
            log.info("peer.gone", peer=peer, address=where, reason=reason_of(problem))
        except FormatError as problem:
            self._refuse(where, reason_of(problem), peer)
        finally:
            if self._inbound.get(peer) is connection:
                del self._inbound[peer]
            connection.close()

    def _refuse(self, where: str, reason: str, peer: NodeId | None = None) -> None:
        """Log that a connection was refused; a flood of strangers does not fill the disk."""
        if self._lines.admits("peer.refused"):
            log.warning("peer.refused", address=where, reason=reason, peer=peer)

    async def _handshake(self, accepted: socket.socket) -> Connection:
        reader, protocol = streams()
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: protocol,
            accepted,
            ssl=self._server_tls,
            ssl_handshake_timeout=HANDSHAKE_S,
        )
        return opened(transport, protocol, reader, self._pins)

    async def _hear(self, connection: Connection) -> None:
        """Hello both ways, then the peer's frames for as long as it speaks."""
        peer = connection.peer
        async with asyncio.timeout(HANDSHAKE_S):
            self._receiver.check_hello(peer, await connection.next(self._network.sizes_max))
            await connection.write(self._receiver.hello(peer))
        budget = Budget()
        while True:
            async with asyncio.timeout(IDLE_S):
                frame = await connection.next(self._network.sizes_max)
            await budget.admit(len(frame))
            self._receiver.received(peer, frame)
