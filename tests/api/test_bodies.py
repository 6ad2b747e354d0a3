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


def request_of(data: bytes, address: str = "192.0.2.1") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    headers = [(b"content-type", b"application/msgpack")]
    scope = {"type": "http", "method": "POST", "headers": headers, "client": (address, 1)}
    return Request(scope, receive)


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


def test_who_hands_in_many_large_bundles_waits_behind_who_hands_in_one() -> None:
    let_go, order = threading.Event(), list[int]()

    def read(data: bytes, limits: Parameters) -> Bundle:
        assert let_go.wait(LIMIT_S), "the loop stands still"
        order.append(data[0])
        return BUNDLE

    async def handed_in(number: int, address: str) -> None:
        data = bytes([number]) * (bodies.AT_ONCE_BYTES + 1)
        await bodies.bundle_in(request_of(data, address), DEFAULT)

    async def story() -> None:
        async with asyncio.timeout(LIMIT_S):
            many = [asyncio.create_task(handed_in(each, "192.0.2.1")) for each in range(5)]
            await asyncio.sleep(0)
            one = asyncio.create_task(handed_in(9, "192.0.2.2"))
            await asyncio.sleep(0)
            let_go.set()
            await asyncio.gather(one, *many)

    with mock.patch.object(bodies, "decode_bundle", read):
        asyncio.run(story())
    assert order.index(9) <= 2
