"""HttpUpstream: one node that an observer follows, asked over HTTPS under a member's token.

An answer is read under a cap and decoded; nothing in it is judged here. Spec:
``docs/spec/follow.md``, ``docs/spec/identity.md``.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from api.client.https import trusting
from api.client.nodes import CONNECT_S, problem_of
from api.client.plain import AsyncPlain
from api.token import audience_of, make_token
from ledger.codes import Code
from ledger.core.identifiers import Height, MemberId, NetworkId, NodeId
from ledger.core.limits import Parameters
from ledger.core.signing import Signer
from ledger.errors import FormatError, LedgerError
from ledger.follow import MEDIA_TYPE, Chunk, chunk_bytes_max, decode_chunk

READ_MARGIN_S: Final = 10
"""Beyond the time that the node was asked to wait, between two parts of an answer."""
PROBLEM_BYTES_MAX: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and of which network."""

    network_id: NetworkId
    limits: Parameters
    member_id: MemberId
    signer: Signer
    """Holds a key that the ledger knows as the member's."""


class HttpUpstream:
    """A node at a URL."""

    __slots__ = ("_asking", "_http", "_node_id", "url")

    def __init__(
        self,
        node_id: NodeId,
        url: str,
        asking: Asking,
        certificate_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """A node that was not asked yet.

        Args:
            node_id: of the committee, or an observer's: only this node takes the tokens.
            url: its base URL.
            asking: who asks.
            certificate_file: PEM of the node's certificate or of who issued it; None for the
                authorities that the machine trusts.
            transport: for tests.

        Raises:
            FormatError: `tls.file`.
        """
        self._node_id = node_id
        self._asking = asking
        self.url = url.rstrip("/")
        line = transport or httpx.AsyncHTTPTransport(
            verify=trusting(certificate_file), trust_env=False
        )
        self._http = httpx.AsyncClient(
            transport=AsyncPlain(line),
            timeout=httpx.Timeout(READ_MARGIN_S, connect=CONNECT_S),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def ask(self, from_height: Height, noted: Height, wait_s: int) -> Chunk:
        """One chunk, decoded and not judged.

        Raises:
            FormatError: the answer is no chunk, or is larger than one can be.
            LedgerError: `node.unreachable`, or what the node refuses.
        """
        asking = self._asking
        audience = audience_of(asking.network_id, self._node_id)
        now_ms = time.time_ns() // 1_000_000
        token = make_token(asking.signer, asking.member_id, audience, now_ms)
        try:
            async with self._http.stream(
                "GET",
                f"{self.url}/v1/follow",
                params={"from": from_height, "noted": noted, "wait": wait_s},
                headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
                timeout=httpx.Timeout(wait_s + READ_MARGIN_S, connect=CONNECT_S),
            ) as answer:
                if answer.status_code != httpx.codes.OK:
                    body = await _read(answer, PROBLEM_BYTES_MAX)
                    request = answer.request
                    raise problem_of(
                        httpx.Response(answer.status_code, content=body, request=request), self.url
                    )
                if answer.headers.get("content-type") != MEDIA_TYPE:
                    raise LedgerError(Code.API_ANSWER, node=self.url, what="content-type")
                return decode_chunk(
                    await _read(answer, chunk_bytes_max(asking.limits)), asking.limits
                )
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
            # The libraries below have errors of their own for bytes that they did not expect.
            reason = str(problem) or type(problem).__name__
            raise LedgerError(Code.NODE_UNREACHABLE, url=self.url, reason=reason[:200]) from problem


async def _read(answer: httpx.Response, size_max: int) -> bytes:
    """The body, where it has at most so many bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > size_max:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=size, limit=size_max)
        parts.append(part)
    return b"".join(parts)
