"""Reads request bodies under a cap, and turns them into canonical bundles.

The cap is enforced while the body arrives, whatever its headers claim, so that a large body costs
no more memory than a bundle may have.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.begun import Begun
from api.errors import ApiError
from api.fairness import address_of
from api.schemas import read_bundle
from ledger.codes import Code
from ledger.core.bundle import Bundle, decode_bundle
from ledger.core.limits import Parameters

JSON: Final = "application/json"
MSGPACK: Final = frozenset(
    {
        "application/msgpack",
        "application/vnd.msgpack",
        "application/vnd.bidwitness.bundle",
        "application/vnd.bidwitness.bundle+msgpack",
    }
)
AT_ONCE_BYTES: Final = 64 << 10
"""A bundle of canonical bytes up to this size is read at once: that takes milliseconds."""
JSON_FACTOR: Final = 3
"""JSON spells digests as hex with names around them: it may be this much larger."""
_READER: Final = ThreadPoolExecutor(1, "bundle-reader")
_TURNS: Final = Begun(1)
"""Whose large bundle is read next: who hands in many waits behind everybody who hands in one."""


async def read_capped(request: Request, size_max: int, code: Code = Code.BUNDLE_TOO_LARGE) -> bytes:
    """The body of `request`.

    Raises:
        ApiError: `code` as soon as more than `size_max` bytes are claimed or have come.
        HTTPException: whoever asked has left before its end.
    """
    claimed = request.headers.get("content-length", "")
    size = int(claimed) if claimed.isdecimal() else 0
    if size > size_max:
        raise ApiError(code, size=size, limit=size_max)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > size_max:
                raise ApiError(code, size=size, limit=size_max)
            parts.append(part)
    except ClientDisconnect as problem:
        # Nobody is there to be told, and it is no mistake of ours that the log had to keep.
        raise HTTPException(400) from problem
    return b"".join(parts)


async def bundle_in(request: Request, limits: Parameters) -> Bundle:
    """The bundle in the body of `request`, by its media type.

    Raises:
        LedgerError: `api.media_type`, `bundle.too_large`, `api.parameter`.
        FormatError: as `decode_bundle`.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in MSGPACK:
        data = await read_capped(request, limits.bundle_bytes_max)
        if len(data) <= AT_ONCE_BYTES:
            return decode_bundle(data, limits)
        return await _read(request, decode_bundle, data, limits)
    if media_type != JSON:
        expected = f"{JSON}, application/msgpack"
        raise ApiError(Code.API_MEDIA_TYPE, found=media_type or "–", expected=expected)
    data = await read_capped(request, JSON_FACTOR * limits.bundle_bytes_max)
    return await _read(request, read_bundle, data, limits)


async def _read(
    request: Request,
    read: Callable[[bytes, Parameters], Bundle],
    data: bytes,
    limits: Parameters,
) -> Bundle:
    """Ten thousand records take a while, and consensus runs in this loop.

    One is read at a time, so that those who hand in what is worth nothing slow this loop down to a
    half and no further; and addresses take turns.
    """
    await _TURNS.take(address_of(request))
    try:
        return await asyncio.get_running_loop().run_in_executor(_READER, read, data, limits)
    finally:
        _TURNS.give()
