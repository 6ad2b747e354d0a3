"""Owns the client that drives loads: HTTP/1.1 over bare asyncio, so that it costs little itself."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit


class Caller:
    """One kept connection to one server; whoever holds it asks one thing at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._at = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """The status and body of the answer.

        Raises:
            ConnectionError: the server went away or answers in no way that is known here.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._at, limit=1 << 24)
        reader, writer = self._streams
        lines = [f"POST {path} HTTP/1.1", f"Host: {self._at[0]}:{self._at[1]}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            told = {name.lower(): value for name, _, value in (x.partition(": ") for x in head[1:])}
            status = int(head[0].split(" ")[1])
            if "content-length" in told:
                return status, await reader.readexactly(int(told["content-length"]))
            if told.get("transfer-encoding") == "chunked":
                return status, await _chunks(reader)
        except asyncio.IncompleteReadError as gone:
            raise ConnectionError(f"{self._at}: the answer ends early") from gone
        raise ConnectionError(f"{self._at}: an answer of unknown length: {head}")

    def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if not size:
            return body
