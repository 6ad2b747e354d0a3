"""One node per test module, up for all of its tests."""

from collections.abc import Iterator

import httpx
import pytest

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
