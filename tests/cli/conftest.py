"""One real node for all tests of a module: starting one takes seconds."""

from collections.abc import Iterator

import pytest

from cli.demo.processes import stop_all
from tests.cli.one_node import READY_S, OneNode, new_network
from tests.cli.venue import Venue, announce, description


@pytest.fixture(scope="module")
def one_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNode]:
    """A network of one node, running."""
    made = new_network(tmp_path_factory.mktemp("one-node"))
    made.node.start()
    try:
        made.node.wait_ready(READY_S)
        yield made
    finally:
        stop_all([made.node])


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """A network of one node with an announced section, running."""
    folder = tmp_path_factory.mktemp("bids")
    one = new_network(folder / "net", description())
    one.node.start()
    try:
        one.node.wait_ready(READY_S)
        (folder / "inbox").mkdir()
        made = Venue(one, folder / "inbox")
        announce(made)
        yield made
    finally:
        stop_all([one.node])
