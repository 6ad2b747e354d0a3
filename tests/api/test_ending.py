"""A node that answers one byte at a time holds no client up; a slow line that brings bytes does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from api.client import ending
from api.client.ending import EndingTransport
from api.client.nodes import ClientError, Nodes
from ledger.codes import Code

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


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


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 200 OK\r\nX-Long: ", HEAD + b"Content-Length: 100000000\r\n\r\n"],
    ids=["head", "body"],
)
def test_a_node_that_trickles_is_given_up_and_the_next_one_asked(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes long before the limit of a read; only the whole is too long."""
    monkeypatch.setattr("api.client.nodes.CALL_S", 0.5)
    whole = HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    with node(trickle(said)) as slow, node(lambda line: line.sendall(whole)) as other:
        nodes = Nodes([slow, other])
        assert nodes.json("/v1/network") == {}
        nodes.close()


@pytest.mark.timeout(60)
def test_where_all_trickle_it_is_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.client.nodes.CALL_S", 0.3)
    with node(trickle(b"")) as slow:
        nodes = Nodes([slow])
        with pytest.raises(ClientError) as refused:
            nodes.json("/v1/network")
        assert refused.value.code is Code.NODE_UNREACHABLE
        assert refused.value.detail["reason"]
        nodes.close()


def test_what_brings_bytes_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call has two seconds and takes three: what comes in the first buys the rest."""
    parts, size = 12, 128 << 10

    def answer(line: socket.socket) -> None:
        line.sendall(HEAD + f"Content-Length: {parts * size}\r\nConnection: close\r\n\r\n".encode())
        for _ in range(parts):
            line.sendall(bytes(size))
            time.sleep(0.25)

    with node(answer) as slow:
        client = httpx.Client(transport=EndingTransport(verify=True))
        with ending.ending(2.0):
            assert len(client.get(slow).content) == parts * size
        client.close()
