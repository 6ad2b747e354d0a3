"""A node that answers one byte at a time holds no client up; a slow line that brings bytes does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from api.client import ClientError, sign_bundle
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.trust import trust_root
from tests.api.awaited import Opening
from tests.vectors.small_network import signer, small_genesis, small_record

TRUST = trust_root(small_genesis())
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HEADLESS = b"HTTP/1.1 200 OK\r\nX-Long: "
BODILESS = HEAD + b"Content-Length: 100000000\r\n\r\n"


@contextmanager
def node(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A node that takes one request and answers as it likes; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65536)
                try:
                    answer(line)
                except OSError:
                    # The client has hung up: that is what it is to do.
                    done.set()
            done.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert done.wait(20), "the line is still open"
        thread.join(20)


def trickle(data: bytes) -> Callable[[socket.socket], None]:
    """One byte after the other, for as long as somebody reads them."""

    def answer(line: socket.socket) -> None:
        line.sendall(data)
        while True:
            line.sendall(b"x")
            time.sleep(0.05)

    return answer


def well(line: socket.socket) -> None:
    """An answer as it should be."""
    line.sendall(HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("said", [HEADLESS, BODILESS], ids=["head", "body"])
def test_a_node_that_trickles_is_given_up_and_the_next_one_asked(
    said: bytes, opens: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes long before the limit of a read; only the whole is too long."""
    monkeypatch.setattr("api.client.asking.CALL_S", 0.5)
    with node(trickle(said)) as slow, node(well) as other, opens([slow, other], TRUST) as sdk:
        assert sdk.network() == {}


@pytest.mark.timeout(60)
def test_a_call_ends_when_it_is_to_end_however_many_nodes_trickle(opens: Opening) -> None:
    """None gets more than its share of the time: the last one still answers."""
    with (
        node(trickle(HEADLESS)) as one,
        node(trickle(BODILESS)) as two,
        node(well) as last,
        opens([one, two, last], TRUST, timeout_s=1.5) as sdk,
    ):
        assert sdk.network() == {}


@pytest.mark.timeout(60)
def test_where_all_trickle_it_is_said_why(opens: Opening) -> None:
    with node(trickle(BODILESS)) as slow, opens([slow], TRUST, timeout_s=0.3) as sdk:
        with pytest.raises(ClientError) as refused:
            sdk.network()
        assert refused.value.code is Code.NODE_UNREACHABLE
        assert slow in str(refused.value.detail["reason"])


@pytest.mark.timeout(60)
def test_a_submission_ends_with_its_wait_and_the_time_of_a_call(opens: Opening) -> None:
    """The node says nothing for ever; what it was asked to wait is not granted twice."""
    member, records = MemberId("centre"), [small_record("one").encode()]
    bundle = sign_bundle(signer("member centre"), TRUST.network_id, member, records, 0, 1)
    with node(trickle(HEADLESS)) as slow, opens([slow], TRUST, timeout_s=0.3) as sdk:
        with pytest.raises(ClientError) as refused:
            sdk.submit(bundle, wait_s=0.5)
        assert refused.value.code is Code.NODE_UNREACHABLE


def test_what_brings_bytes_may_take_its_time(
    opens: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call has a second and takes three: what comes in the first buys the rest."""
    monkeypatch.setattr("api.client.asking.CALL_S", 1.0)
    parts, size = 12, 128 << 10

    def answer(line: socket.socket) -> None:
        line.sendall(HEAD + f"Content-Length: {parts * size}\r\nConnection: close\r\n\r\n".encode())
        for _ in range(parts):
            line.sendall(b" " * size)
            time.sleep(0.15)

    with node(answer) as slow, opens([slow], TRUST) as sdk, pytest.raises(ClientError) as refused:
        sdk.network()
    assert refused.value.code is Code.API_ANSWER, "it came whole, and is no JSON"
