"""What the public systems promise, in their own words, on four real nodes.

杜绝投标人信息泄露风险 is in `test_secrecy`, and in `test_secrecy_in_memory` with memory.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[RealNetwork]:
    """Four real nodes, running."""
    made = RealNetwork(tmp_path)
    made.start()
    yield made
    made.stop()


def test_随时调阅取证(network: RealNetwork, tmp_path: Path) -> None:
    """Lanzhou: the centre's node is gone, and a supervisor still takes evidence that verifies."""
    document = tmp_path / "招标文件.txt"
    document.write_text("招标文件正文", encoding="utf-8")
    anchored = network.run("centre", "anchor", document, "--json")
    assert anchored.code == 0, anchored.err
    (record,) = json.loads(anchored.out)["records"]
    centre = network.nodes[0]
    centre.kill()
    taken = tmp_path / "taken.receipt.json"
    asked = network.run("supervisor", "receipt", record["record"], "--out", taken)
    assert asked.code == 0, asked.err
    trust = network.folder / "network" / "trust.json"
    shown = network.run("supervisor", "verify", taken, "--document", document, "--trust", trust)
    assert shown.code == 0, shown.out
    # The evidence stands by itself: one byte of the document more, and it is refused.
    document.write_text("招标文件正文。", encoding="utf-8")
    changed = network.run("supervisor", "verify", taken, "--document", document, "--trust", trust)
    assert changed.code == 1, changed.out
