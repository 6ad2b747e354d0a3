"""Bodies of bundles: a large one is read beside the loop in which consensus runs, one at a time."""

import asyncio
import threading
from unittest import mock

from fastapi import Request
from starlette.types import Message

from api import bodies
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.limits import DEFAULT, Parameters
from tests.vectors.small_network import signer, small_record

LIMIT_S = 20
BUNDLE = sign_bundle(
    signer("member a"),
    NetworkId(bytes(32)),
    MemberId("a"),
    [small_record("1").encode()],
    1,
    2,
    bytes(16),
)


def request_of(data: bytes) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    headers = [(b"content-type", b"application/msgpack")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def test_the_loop_goes_on_while_a_large_bundle_is_read() -> None:
    let_go, at_work, most = threading.Event(), 0, 0

    def read(data: bytes, limits: Parameters) -> Bundle:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        assert let_go.wait(LIMIT_S), "the loop stands still"
        at_work -= 1
        return BUNDLE

    async def story(data: bytes) -> None:
        async with asyncio.timeout(LIMIT_S):
            asked = [
                asyncio.create_task(bodies.bundle_in(request_of(data), DEFAULT)) for _ in range(3)
            ]
            while not at_work:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            let_go.set()
            assert await asyncio.gather(*asked) == [BUNDLE] * 3

    with mock.patch.object(bodies, "decode_bundle", read):
        asyncio.run(story(bytes(bodies.AT_ONCE_BYTES + 1)))
    assert (at_work, most) == (0, 1)
