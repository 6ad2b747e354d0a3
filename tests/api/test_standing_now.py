"""How a record stands now, asked of nodes of which some lie, lag, or are somebody else."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.client.standing import DISPUTED, STANDS, UNKNOWN, StandingDesk, StoodNow
from api.standing import Stands
from ledger.core.identifiers import Digest, RecordId
from tests.vectors.small_network import SmallNetwork

RECORD = RecordId(Digest(bytes(range(32))))
NETWORK = SmallNetwork()
FOUR = tuple(NETWORK.trust.committee)


@contextmanager
def node(name: str, answer: Any, network_id: str = NETWORK.network_id.hex()) -> Iterator[str]:
    """A server that says it is a node, and what it says of any record; its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told: Any = {"this_node": name, "network_id": network_id}
            if self.path.endswith("/standing"):
                told = answer
            status = 200 if self.path.startswith(("/v1/network", "/v1/records")) else 404
            body = json.dumps(told).encode()
            self.send_response(status if told is not None else 403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def says(stands: str, height: int = 7) -> dict[str, Any]:
    return {"record_id": RECORD.hex(), "stands": stands, "height": height, "time_ms": 1}


def asked(*servers: tuple[str, Any] | tuple[str, Any, str], urls: tuple[str, ...] = ()) -> StoodNow:
    with ExitStack() as stack:
        found = [stack.enter_context(node(*each)) for each in servers]
        desk = StandingDesk([*found, *urls], NETWORK.trust)
        stack.callback(desk.close)
        return desk.ask(RECORD)


@pytest.mark.parametrize(
    ("words", "stands", "in_effect"),
    [
        (("valid", "valid"), "valid", True),
        (("revoked", "revoked"), "revoked", False),
        (("valid", "valid", "revoked", "revoked"), "revoked", False),
        (("valid", "valid", "revoked"), "valid", True),
        (("valid", "revoked"), DISPUTED, False),
        (("revoked",), DISPUTED, False),
        (("valid",), UNKNOWN, None),
        (("valid", "superseded", "revoked"), DISPUTED, False),
    ],
)
def test_what_f_and_one_say_counts_and_of_two_words_the_one_that_warns(
    words: tuple[str, ...], stands: str, in_effect: bool | None
) -> None:
    told = asked(*zip(FOUR, map(says, words), strict=False))
    assert (told.stands, told.in_effect, told.needed) == (stands, in_effect, 2)


BAD: list[tuple[str, Callable[[], tuple[Any, ...]]]] = [
    ("one node at two addresses", lambda: (FOUR[0], says("valid"))),
    ("a node of nobody's", lambda: ("node-stranger", says("valid"))),
    ("a node of another network", lambda: (FOUR[1], says("valid"), "00" * 32)),
    ("a word that no node has", lambda: (FOUR[1], says("fine"))),
    ("the word of a verdict", lambda: (FOUR[1], says(UNKNOWN))),
    ("another record", lambda: (FOUR[1], says("valid") | {"record_id": "00" * 32})),
    ("a height that is none", lambda: (FOUR[1], says("valid") | {"height": True})),
    ("no object", lambda: (FOUR[1], [])),
    ("nothing that it shows", lambda: (FOUR[1], None)),
]


@pytest.mark.parametrize("second", [each for _, each in BAD], ids=[name for name, _ in BAD])
def test_an_answer_that_does_not_count_makes_nothing_valid(
    second: Callable[[], tuple[Any, ...]],
) -> None:
    told = asked((FOUR[0], says("valid")), second())
    assert (told.stands, told.in_effect) == (UNKNOWN, None)
    assert [bool(each.problem) for each in told.said] == [False, True]


def test_nobody_at_all_is_told_as_such() -> None:
    told = asked(urls=("http://127.0.0.1:9", "http://127.0.0.1:9/"))
    assert told.stands == UNKNOWN
    assert [each.problem for each in told.said] == ["node.unreachable"], "one address, named twice"


def test_every_word_of_a_node_is_known_here() -> None:
    assert {each.value for each in Stands} == STANDS
