"""What an observer gets from a node over HTTP: one chunk under a cap, or a clear reason."""

import asyncio
import gzip
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from api.client.https import trusting
from api.client.upstream import PROBLEM_BYTES_MAX, Asking, HttpUpstream
from api.token import audience_of, read_token
from cli.compose.api_certificates import new_api_certificate
from ledger.codes import Code
from ledger.core.identifiers import Height, MemberId, NetworkId, NodeId
from ledger.core.limits import DEFAULT
from ledger.errors import FormatError, LedgerError
from ledger.follow import MEDIA_TYPE, Chunk, chunk_bytes_max
from tests.vectors.small_network import signer

NETWORK = NetworkId(bytes(range(32)))
EMPTY = Chunk(NETWORK, Height(3), (), ())
Answer = Callable[[httpx.Request], httpx.Response]


def asked(answer: Answer) -> Chunk:
    asking = Asking(NETWORK, DEFAULT, MemberId("court"), signer("member court"))
    transport = httpx.MockTransport(answer)
    upstream = HttpUpstream(NodeId("centre"), "https://node/", asking, transport=transport)

    async def ask() -> Chunk:
        try:
            return await upstream.ask(Height(4), Height(2), 20)
        finally:
            await upstream.close()

    return asyncio.run(ask())


def code_of(answer: Answer) -> Code:
    with pytest.raises(LedgerError) as refused:
        asked(answer)
    return refused.value.code


def chunk(data: bytes) -> httpx.Response:
    return httpx.Response(200, content=data, headers={"Content-Type": MEDIA_TYPE})


def test_it_asks_for_what_it_lacks_under_a_token_for_this_node() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/follow"
        assert dict(request.url.params) == {"from": "4", "noted": "2", "wait": "20"}
        claims = read_token(request.headers["authorization"].removeprefix("Bearer "))
        assert claims.audience == audience_of(NETWORK, "centre")
        assert claims.member_id == "court"
        return chunk(EMPTY.encode())

    assert asked(answer) == EMPTY


class Endless(httpx.AsyncByteStream):
    """A body that goes on for as long as it is read."""

    def __init__(self) -> None:
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 1 << 20
            yield bytes(1 << 20)


def test_an_endless_body_is_left_at_the_cap() -> None:
    body = Endless()
    endless = httpx.Response(200, stream=body, headers={"Content-Type": MEDIA_TYPE})
    assert code_of(lambda _: endless) is Code.FORMAT_TOO_LARGE
    assert body.given <= chunk_bytes_max(DEFAULT) + (2 << 20)
    problem = Endless()
    assert code_of(lambda _: httpx.Response(500, stream=problem)) is Code.FORMAT_TOO_LARGE
    assert problem.given <= PROBLEM_BYTES_MAX + (2 << 20)


class Folded(httpx.AsyncByteStream):
    """A small body that unfolds to a great one."""

    def __init__(self, layers: int) -> None:
        self.body = bytes(64 << 20)
        for _ in range(layers):
            self.body = gzip.compress(self.body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_is_not_unfolded_however_it_is_folded(status: int) -> None:
    """Nothing folded was asked for, and each layer multiplies by a thousand."""
    body = Folded(layers=2)
    headers = {"Content-Type": MEDIA_TYPE, "Content-Encoding": "gzip, gzip"}
    tracemalloc.start()
    try:
        code = code_of(lambda _: httpx.Response(status, stream=body, headers=headers))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(body.body) < 1 << 10 and most < 8 << 20
    assert code is (Code.FORMAT_SHAPE if status == 200 else Code.API_ANSWER)


def test_an_upstream_leads_nowhere_and_leaves_nothing_behind() -> None:
    """What is no host name at all once ended the observer that read it."""
    headers = [("Location", "http://xn--/"), ("Set-Cookie", "a=b")]
    cookies: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        return httpx.Response(302, headers=headers)

    async def story() -> None:
        asking = Asking(NETWORK, DEFAULT, MemberId("court"), signer("member court"))
        transport = httpx.MockTransport(answer)
        upstream = HttpUpstream(NodeId("centre"), "https://node/", asking, transport=transport)
        for _ in range(2):
            with pytest.raises(LedgerError) as refused:
                await upstream.ask(Height(4), Height(2), 20)
            assert refused.value.code is Code.API_ANSWER
        await upstream.close()

    asyncio.run(story())
    assert cookies == [None, None]


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda _: chunk(b"\x90"), Code.FORMAT_SHAPE),
        (lambda _: chunk(EMPTY.encode() + b"\x00"), Code.FORMAT_TRAILING),
        (lambda _: chunk(b""), Code.FORMAT_TRUNCATED),
        (lambda _: httpx.Response(200, content=EMPTY.encode()), Code.API_ANSWER),
        (lambda _: httpx.Response(302, headers={"Location": "https://x/"}), Code.API_ANSWER),
        (lambda _: httpx.Response(403, json={"code": "identity.role"}), Code.IDENTITY_ROLE),
        (lambda _: httpx.Response(403, json={"code": "no.such"}), Code.API_ANSWER),
        (lambda _: httpx.Response(502, content=b"<html>"), Code.API_ANSWER),
        (unreachable, Code.NODE_UNREACHABLE),
    ],
)
def test_anything_else_is_a_clear_reason(answer: Answer, code: Code) -> None:
    assert code_of(answer) is code


def test_what_no_text_can_hold_is_left_out_of_a_reason() -> None:
    """A half of a surrogate pair once ended the observer that wrote it into its log."""
    said = b'{"code": "identity.role", "facts": {"member": "\\ud800", "\\ud800": 1, "role": "x"}}'
    with pytest.raises(LedgerError) as refused:
        asked(lambda _: httpx.Response(403, content=said))
    assert refused.value.code is Code.IDENTITY_ROLE
    assert dict(refused.value.detail) == {"role": "x"}


def test_a_certificate_file_that_is_none_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "node.pem"
    for content in (None, b"no certificate", b"\xff"):
        if content is not None:
            wrong.write_bytes(content)
        with pytest.raises(FormatError) as refused:
            trusting(wrong)
        assert refused.value.code is Code.TLS_FILE and str(wrong) in str(refused.value)


def pinned_to(certificate: bytes, folder: Path) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.pem"
    path.write_bytes(certificate)
    return path


async def over_tls(folder: Path, pinned: bytes, served: tuple[bytes, bytes]) -> LedgerError:
    """Why an upstream that serves by one certificate is refused, or what it answered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key, certificate = served
    context.load_cert_chain(pinned_to(certificate, folder), pinned_to(key, folder))
    reply = b"HTTP/1.1 403 x\r\nContent-Length: 24\r\n\r\n" + b'{"code":"identity.role"}'

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    asking = Asking(NETWORK, DEFAULT, MemberId("court"), signer("member court"))
    url = f"https://127.0.0.1:{port}"
    upstream = HttpUpstream(NodeId("centre"), url, asking, pinned_to(pinned, folder))
    try:
        await upstream.ask(Height(1), Height(0), 0)
    except LedgerError as refused:
        return refused
    finally:
        await upstream.close()
        server.close()
    raise AssertionError("it answered")


def test_only_the_pinned_certificate_is_believed_for_the_host_that_it_names(tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    ours, other = (new_api_certificate("centre", "127.0.0.1", now_ms) for _ in range(2))
    elsewhere = new_api_certificate("centre", "10.0.0.7", now_ms)
    held = asyncio.run(over_tls(tmp_path, ours[1], ours))
    assert held.code is Code.IDENTITY_ROLE, "the line stands; what it says is the node's word"
    for pinned, served in ((ours[1], other), (elsewhere[1], elsewhere)):
        refused = asyncio.run(over_tls(tmp_path, pinned, served))
        assert refused.code is Code.NODE_UNREACHABLE and "certificate" in str(refused)
