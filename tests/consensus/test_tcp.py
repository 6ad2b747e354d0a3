"""The real transport on loopback: who gets in, who does not, and what a break costs."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from consensus.connection import HANDSHAKE_S
from consensus.tcp import STRANGERS_MAX, Address, Known, Network, TcpTransport
from consensus.tls import TlsFiles, client_context, peer_of, pins
from consensus.wire import Kind
from ledger.codes import Code
from ledger.core.identifiers import NodeId
from ledger.errors import FormatError, StoreError, VerificationError
from tests.consensus.tls_folder import Identity, committee_of, files_of, make_identity

SIZES: dict[int, int] = {Kind.HELLO: 64, Kind.MESSAGE: 1 << 20}
HELLO = bytes((Kind.HELLO,)) + b"hello"


class Heard:
    """A receiver that remembers."""

    def __init__(self) -> None:
        self.frames: list[tuple[NodeId, bytes]] = []
        self.up: set[NodeId] = set()
        self.breaks = 0

    def hello(self, peer: NodeId) -> bytes:
        return HELLO

    def check_hello(self, peer: NodeId, frame: bytes) -> None:
        if frame != HELLO:
            raise FormatError(Code.FORMAT_SHAPE, what="hello")

    def connected(self, peer: NodeId) -> None:
        self.up.add(peer)

    def disconnected(self, peer: NodeId) -> None:
        self.up.discard(peer)
        self.breaks += 1

    def received(self, peer: NodeId, frame: bytes) -> None:
        self.frames.append((peer, frame))


class Party:
    """A few transports on loopback, started together and stopped whatever happens."""

    def __init__(self, folder: Path, names: str) -> None:
        self.folder = folder
        self.nodes = [make_identity(folder, name) for name in names]
        self.committee = committee_of(self.nodes)
        self.heard = {node.node_id: Heard() for node in self.nodes}
        self.transports: dict[NodeId, TcpTransport] = {}
        self.addresses: dict[NodeId, Address] = {}
        self.tasks: dict[NodeId, asyncio.Task[None]] = {}

    def start(self, node: Identity, files: TlsFiles | None = None) -> None:
        own = node.node_id
        listen = self.addresses.get(own, Address("127.0.0.1", 0))
        peers = {peer: at for peer, at in self.addresses.items() if peer != own}
        network = Network(
            own, self.committee, listen, peers, files or files_of(node, self.nodes), SIZES
        )
        transport = TcpTransport(network, self.heard[own])
        self.addresses[own] = transport.listen()
        self.transports[own] = transport
        self.tasks[own] = asyncio.ensure_future(transport.run())

    def reserve(self) -> None:
        """Fix the ports first, so that everybody knows everybody."""
        for node in self.nodes:
            files = files_of(node, self.nodes)
            probe = TcpTransport(
                Network(node.node_id, self.committee, Address("127.0.0.1", 0), {}, files, SIZES),
                Heard(),
            )
            self.addresses[node.node_id] = probe.listen()
            probe.close()

    async def stop(self, *nodes: NodeId) -> None:
        for node in nodes or tuple(self.tasks):
            task = self.tasks.pop(node)
            task.cancel()
            await asyncio.wait([task])
            self.transports[node].close()


async def until(holds: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert holds(), what


@contextmanager
def logs() -> Iterator[list[dict[str, object]]]:
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield lines  # type: ignore[misc]


def test_frames_arrive_in_order_from_whom_they_say_although_the_certificates_expired(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        party = Party(tmp_path, "abc")
        party.reserve()
        for node in party.nodes:
            party.start(node)
        await until(lambda: all(len(heard.up) == 2 for heard in party.heard.values()), "up")
        frames = [bytes((Kind.MESSAGE,)) + bytes([i]) * 1000 * i for i in range(50)]
        for frame in frames:
            party.transports[NodeId("a")].broadcast(frame)
        for name in "bc":
            heard = party.heard[NodeId(name)]
            await until(lambda heard=heard: len(heard.frames) == 50, "heard")  # type: ignore[misc]
            assert heard.frames == [(NodeId("a"), frame) for frame in frames]
        await party.stop()

    asyncio.run(story())


def test_a_restarted_node_is_dialled_again(tmp_path: Path) -> None:
    async def story() -> None:
        party = Party(tmp_path, "ab")
        party.reserve()
        for node in party.nodes:
            party.start(node)
        a, b = NodeId("a"), NodeId("b")
        await until(lambda: party.heard[a].up == {b}, "up")
        await party.stop(b)
        await until(lambda: not party.heard[a].up, "down")
        party.transports[a].send(b, bytes((Kind.MESSAGE,)) + b"lost")
        party.start(party.nodes[1])
        await until(lambda: party.heard[a].up == {b}, "up again")
        party.transports[a].send(b, bytes((Kind.MESSAGE,)) + b"kept")
        await until(lambda: bool(party.heard[b].frames), "heard")
        assert party.heard[b].frames == [(a, bytes((Kind.MESSAGE,)) + b"kept")]
        await party.stop()

    asyncio.run(story())


def test_a_renewed_key_is_shown_at_once_and_nothing_rests_on_the_old_one(tmp_path: Path) -> None:
    async def story() -> None:
        party = Party(tmp_path, "ab")
        party.reserve()
        for node in party.nodes:
            party.start(node)
        a, b = (node.node_id for node in party.nodes)
        await until(lambda: party.heard[a].up == {b} and party.heard[b].up == {a}, "up")
        renewed = make_identity(tmp_path / "later", "b")
        der = ssl.PEM_cert_to_DER_cert(renewed.certificate.read_text())
        both = frozenset({party.nodes[1].pin, renewed.pin})
        party.transports[a].know({b: Known(both, party.addresses[b], (der,))})
        party.transports[b].present(party.nodes[1].certificate, party.nodes[1].key)
        assert (party.heard[a].breaks, party.heard[b].breaks) == (0, 0)
        party.transports[b].present(renewed.certificate, renewed.key)
        # Both ways are made anew, and then go on although the old key is let in no more.
        await until(lambda: party.heard[a].breaks == 1 and party.heard[b].breaks == 1, "anew")
        await until(lambda: party.heard[a].up == {b} and party.heard[b].up == {a}, "up again")
        party.transports[a].know({b: Known(frozenset({renewed.pin}), party.addresses[b], (der,))})
        party.transports[b].send(a, bytes((Kind.MESSAGE,)) + b"kept")
        await until(lambda: bool(party.heard[a].frames), "heard")
        await party.stop()

    asyncio.run(story())


def test_strangers_who_hold_all_handshakes_keep_no_node_out(tmp_path: Path) -> None:
    """Sixty-four silent connections once did, for as long as somebody made them anew."""

    async def story() -> None:
        party = Party(tmp_path, "ab")
        party.reserve()
        party.start(party.nodes[0])
        a, b = (node.node_id for node in party.nodes)
        at = party.addresses[a]
        silent = [
            await asyncio.open_connection(at.host, at.port, local_addr=(f"127.0.0.{number}", 0))
            for number in (3, 4)
            for _ in range(STRANGERS_MAX // 2)
        ]
        party.start(party.nodes[1])
        async with asyncio.timeout(HANDSHAKE_S * 4 / 5):
            await until(lambda: party.heard[b].up == {a}, "let in before any handshake ends")
        for _, writer in silent:
            writer.close()
        await party.stop()

    asyncio.run(story())


async def knock(at: Address, context: ssl.SSLContext | None, say: bytes) -> bytes:
    """What a visitor hears before the door closes."""
    try:
        reader, writer = await asyncio.open_connection(at.host, at.port, ssl=context)
        writer.write(say)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
    except OSError:
        return b""
    return answer


def stranger(party: Party) -> ssl.SSLContext:
    other = make_identity(party.folder / "stranger", "x")
    return client_context(files_of(other, party.nodes))


def tls_1_2(party: Party) -> ssl.SSLContext:
    context = client_context(files_of(party.nodes[1], party.nodes))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def plain(_: Party) -> None:
    return None


@pytest.mark.parametrize("visitor", [stranger, tls_1_2, plain])
def test_whoever_is_not_of_the_committee_is_refused_with_a_log_line(
    tmp_path: Path, visitor: Callable[[Party], ssl.SSLContext | None]
) -> None:
    async def story() -> list[dict[str, object]]:
        party = Party(tmp_path, "ab")
        with logs() as lines:
            party.start(party.nodes[0])
            at = party.addresses[NodeId("a")]
            assert await knock(at, visitor(party), b"x" * 100) == b""
            await until(lambda: any(line["event"] == "peer.refused" for line in lines), "line")
            assert party.heard[NodeId("a")].frames == []
            await party.stop()
        return lines

    refused = [line for line in asyncio.run(story()) if line["event"] == "peer.refused"]
    assert refused[0]["reason"]


def test_a_known_certificate_with_a_key_that_is_not_pinned_is_refused(tmp_path: Path) -> None:
    async def story() -> list[dict[str, object]]:
        party = Party(tmp_path, "ab")
        other = make_identity(tmp_path / "other", "x")
        a, b = party.nodes
        # a's folder names x's certificate as an anchor, the committee does not pin its key.
        trusting = TlsFiles(a.certificate, a.key, (b.certificate, other.certificate))
        with logs() as lines:
            party.start(a, trusting)
            context = client_context(files_of(other, party.nodes))
            assert await knock(party.addresses[a.node_id], context, b"x" * 100) == b""
            await until(lambda: any(line["event"] == "peer.refused" for line in lines), "line")
            await party.stop()
        return lines

    refused = [line for line in asyncio.run(story()) if line["event"] == "peer.refused"]
    assert refused[0]["reason"] == "key not pinned"


def test_a_certificate_that_cannot_be_read_here_is_a_refusal_and_ends_no_node(
    tmp_path: Path,
) -> None:
    """Whoever holds a pinned key may sign what OpenSSL takes and Python's library does not."""
    a, b = (make_identity(tmp_path, name) for name in "ab")
    der = ssl.PEM_cert_to_DER_cert(b.certificate.read_text())
    version_5 = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020104"), 1)
    assert version_5 != der
    for unreadable in (version_5, b"certificate"):
        with pytest.raises(VerificationError) as refused:
            peer_of(unreadable, pins(committee_of([a, b])))
        assert refused.value.code is Code.PEER_REFUSED


@pytest.mark.parametrize("bad", ["unknown_key", "trailing", "no_certificate"])
def test_what_a_joining_node_calls_its_certificate_ends_no_other_node(
    tmp_path: Path, bad: str
) -> None:
    """A quorum approves names and keys; nobody there reads what the certificate is made of."""
    a, b = (make_identity(tmp_path, name) for name in "ab")
    der = ssl.PEM_cert_to_DER_cert(b.certificate.read_text())
    certificate = {
        # The object identifier of Ed25519 with another last arc.
        "unknown_key": der.replace(bytes.fromhex("06032b6570"), bytes.fromhex("06032b657f")),
        "trailing": der + b"\0",
        "no_certificate": b"certificate",
    }[bad]
    network = Network(
        a.node_id, committee_of([a, b]), Address("127.0.0.1", 0), {}, files_of(a, [a]), SIZES
    )
    transport = TcpTransport(network, Heard())
    with logs() as lines:
        transport.know({b.node_id: Known(frozenset({b.pin}), None, (certificate,))})
    assert [line["event"] for line in lines] == ["peer.certificate_unusable"]


def test_a_length_of_a_gigabyte_ends_the_connection_before_memory_is_taken(tmp_path: Path) -> None:
    async def story() -> list[dict[str, object]]:
        party = Party(tmp_path, "ab")
        with logs() as lines:
            party.start(party.nodes[0])
            context = client_context(files_of(party.nodes[1], party.nodes))
            huge = (1 << 30).to_bytes(4) + bytes((Kind.MESSAGE,))
            await knock(party.addresses[NodeId("a")], context, huge + b"x" * 1000)
            await until(lambda: any(line["event"] == "peer.refused" for line in lines), "line")
            await party.stop()
        return lines

    refused = [line for line in asyncio.run(story()) if line["event"] == "peer.refused"]
    assert "format.too_large" in str(refused[0]["reason"])


def test_an_address_in_use_is_a_sentence_not_a_trace(tmp_path: Path) -> None:
    async def story() -> None:
        party = Party(tmp_path, "ab")
        party.start(party.nodes[0])
        party.addresses[NodeId("b")] = party.addresses[NodeId("a")]
        with pytest.raises(StoreError) as caught:
            party.start(party.nodes[1])
        assert caught.value.code is Code.PEER_LISTEN
        await party.stop()

    asyncio.run(story())


def transport_with(party: Party, files: TlsFiles) -> TcpTransport:
    own = party.nodes[0].node_id
    network = Network(own, party.committee, Address("127.0.0.1", 0), {}, files, SIZES)
    return TcpTransport(network, Heard())


def test_another_nodes_certificate_is_told_at_the_start(tmp_path: Path) -> None:
    party = Party(tmp_path, "ab")
    with pytest.raises(StoreError) as caught:
        transport_with(party, files_of(party.nodes[1], party.nodes))
    assert caught.value.code is Code.TLS_OWN_KEY


@pytest.mark.parametrize("broken", ["a.key", "a.pem", "b.pem"])
@pytest.mark.parametrize("content", [None, b"", b"not a certificate \xff"])
def test_a_missing_or_broken_file_is_a_sentence_that_names_it(
    tmp_path: Path, broken: str, content: bytes | None
) -> None:
    party = Party(tmp_path, "ab")
    path = tmp_path / broken
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        transport_with(party, files_of(party.nodes[0], party.nodes))
    assert caught.value.code is Code.TLS_FILE
    assert str(caught.value.detail["path"]).startswith(str(tmp_path))
