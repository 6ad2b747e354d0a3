"""The line to a witness over real sockets: whose certificate counts, and how much is read."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.clock import now_ms
from api.outbound.answer import ANSWER_BYTES_MAX, Answer
from api.outbound.post import HttpPost, Unanswered
from cli.compose.api_certificates import new_api_certificate
from ledger.codes import Code
from ledger.core.note import Kind, NoteKey
from ledger.errors import FormatError
from tests.vectors.small_network import signer

KEY = NoteKey("court.example/w1", Kind.COSIGNATURE, signer("court").public_key)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server shows for itself, on disk."""

    key: Path
    certificate: Path


def answer_of(status: str, body: bytes, *headers: str) -> bytes:
    head = "".join(f"{each}\r\n" for each in (*headers, f"Content-Length: {len(body)}"))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


@asynccontextmanager
async def serving(answer: bytes, own: Identity | None = None) -> AsyncIterator[int]:
    """A server that gives one answer to whatever it is asked; its port."""
    context = None
    if own is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.certificate, own.key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"the end")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def asked(answer: bytes, own: Identity | None = None, certificate: Path | None = None) -> Answer:
    """What comes of asking that server."""

    async def story() -> Answer:
        async with serving(answer, own) as port:
            scheme = "http" if own is None else "https"
            post = HttpPost(f"{scheme}://127.0.0.1:{port}/w/add-checkpoint", certificate)
            try:
                return await post.send(b"the end")
            finally:
                await post.close()

    return asyncio.run(story())


def identity(folder: Path, host: str = "127.0.0.1") -> Identity:
    folder.mkdir(exist_ok=True)
    made = Identity(folder / "key.pem", folder / "certificate.pem")
    key, certificate = new_api_certificate("court", host, now_ms())
    made.key.write_bytes(key)
    made.certificate.write_bytes(certificate)
    return made


@pytest.fixture
def court(tmp_path: Path) -> Identity:
    return identity(tmp_path / "court")


def test_an_answer_comes_as_it_is() -> None:
    assert asked(answer_of("409 Conflict", b"7\n")) == Answer(409, b"7\n")
    moved = answer_of("307 Temporary Redirect", b"", "Location: http://127.0.0.1:1/")
    assert asked(moved).status == 307, "a witness is where the settings say"


@pytest.mark.parametrize("elsewhere", ["http://xn--/", "http://xn--a-.com/", "//", "file:///etc"])
def test_where_an_answer_would_lead_is_not_even_read(elsewhere: str) -> None:
    """What is no host name at all once ended the node that read it."""
    moved = answer_of("302 Found", b"", f"Location: {elsewhere}")
    assert asked(moved) == Answer(302, b"")


def test_nothing_that_a_witness_asks_to_keep_is_kept_or_sent_back() -> None:
    """A jar that fills with every answer has no end, and goes out with every request."""
    asked_with: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked_with.append(await reader.readuntil(b"the end"))
        writer.write(answer_of("200 OK", b"yes", "Set-Cookie: a=b", "Set-Cookie: c=d"))
        await writer.drain()
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        post = HttpPost(f"http://127.0.0.1:{port}/add-checkpoint", None)
        async with server:
            for _ in range(2):
                assert await post.send(b"the end") == Answer(200, b"yes")
            await post.close()

    asyncio.run(story())
    assert len(asked_with) == 2 and b"cookie" not in asked_with[1].lower()


def test_no_more_is_read_than_an_answer_may_have() -> None:
    assert len(asked(answer_of("200 OK", b"x" * ANSWER_BYTES_MAX)).body) == ANSWER_BYTES_MAX
    with pytest.raises(Unanswered, match="8192"):
        asked(answer_of("200 OK", b"x" * (ANSWER_BYTES_MAX + 1)))


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x01", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"]
)
def test_what_is_no_whole_answer_is_none(answer: bytes) -> None:
    with pytest.raises(Unanswered):
        asked(answer)


def test_the_pinned_certificate_alone_is_believed(court: Identity, tmp_path: Path) -> None:
    good = answer_of("200 OK", b"yes")
    assert asked(good, court, court.certificate) == Answer(200, b"yes")
    stranger, elsewhere = identity(tmp_path / "2"), identity(tmp_path / "3", "10.0.0.9")
    for shown, known in ((court, stranger.certificate), (court, None)):
        with pytest.raises(Unanswered, match="CERTIFICATE_VERIFY_FAILED"):
            asked(good, shown, known)
    with pytest.raises(Unanswered, match="IP address mismatch"):
        asked(good, elsewhere, elsewhere.certificate)


def test_a_certificate_that_is_none_is_found_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "court.pem").write_text("no certificate")
    for name in ("court.pem", "nowhere.pem"):
        with pytest.raises(FormatError) as refused:
            HttpPost("https://court.example/add-checkpoint", tmp_path / name)
        assert refused.value.code is Code.TLS_FILE
