"""One node per test module, up for all of its tests."""

from collections.abc import Iterator

import httpx
import pytest

from api.client import Client
from tests.api.awaited import Opening, awaited
from tests.api.one_node import OneNode


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> OneNode:
    """A node's folder and keys; `client` brings it up."""
    return OneNode(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def client(node: OneNode) -> Iterator[httpx.Client]:
    """A plain HTTP client of the node at work."""
    with node.up() as opened:
        yield opened


@pytest.fixture(params=[Client, awaited], ids=["waits", "awaited"])
def opens(request: pytest.FixtureRequest) -> Opening:
    """Every story is told by the client that blocks, and by the one in an event loop."""
    found: Opening = request.param
    return found
