"""What an observer gets from a node over HTTP: one chunk under a cap, or a clear reason."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from api.client.https import trusting
from api.client.upstream import PROBLEM_BYTES_MAX, Asking, HttpUpstream
from api.token import audience_of, read_token
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


def test_a_certificate_file_that_is_none_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "node.pem"
    for content in (None, b"no certificate", b"\xff"):
        if content is not None:
            wrong.write_bytes(content)
        with pytest.raises(FormatError) as refused:
            trusting(wrong)
        assert refused.value.code is Code.TLS_FILE and str(wrong) in str(refused.value)
