"""Yesterday's copy of a real node is put back: it says so, signs nothing it may contradict, returns."""

import shutil
import time
from pathlib import Path

import httpx
import pytest

from cli.demo.processes import stop_all
from consensus.append_file import DiskFile
from consensus.signed_mark import SignedMark
from tests.network.real_network import RealNetwork

READY_S = 90
COPIED = ("db", "journal")


def wait(what: str, holds: object) -> None:
    end = time.monotonic() + READY_S
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.2)


@pytest.mark.network
@pytest.mark.slow
def test_yesterdays_copy_abstains_until_the_others_have_decided_what_it_signed(
    tmp_path: Path,
) -> None:
    network = RealNetwork(tmp_path)
    network.start()
    node, other = network.nodes[1], network.nodes[0]

    def height(of: object = other) -> int:
        return int(network.status(of)["height"])  # type: ignore[arg-type]

    def found(of: object) -> set[str]:
        answer = httpx.get(f"{of.api}/v1/diagnose", trust_env=False, timeout=30)  # type: ignore[attr-defined]
        return {each["code"] for each in answer.json()["findings"]}

    def submit() -> None:
        before = height()
        answer = httpx.post(
            f"{other.api}/v1/bundles",
            content=network.bundle(1, "centre").encode(),
            headers={"Content-Type": "application/msgpack"},
            trust_env=False,
            timeout=60,
        )
        assert answer.is_success, answer.text
        wait("a block", lambda: height() > before)

    try:
        submit()
        wait("the first block", lambda: min(height(each) for each in network.nodes) >= 1)
        stop_all([node])
        yesterday = tmp_path / "yesterday"
        for name in COPIED:
            shutil.copytree(node.folder / name, yesterday / name)
        node.start()
        node.wait_ready(READY_S)
        for _ in range(3):
            submit()
        wait("the node", lambda: height(node) == height(other) >= 3)
        stop_all([node])
        signed = DiskFile(node.folder / "signed" / "mark")
        mark = SignedMark(signed, network.trust.network_id, node.node_id).mark  # type: ignore[arg-type]
        signed.close()
        assert mark.head >= 3
        for name in COPIED:
            shutil.rmtree(node.folder / name)
            shutil.copytree(yesterday / name, node.folder / name)
        node.start()
        node.wait_ready(READY_S)
        wait("blocks from the others", lambda: height(node) == height(other))
        log = (node.folder / "node.log").read_text(encoding="utf-8")
        assert '"signed.ahead"' in log, log[-2000:]
        assert "diagnose.restored" in found(node)
        submit()
        wait("its vote again", lambda: height(node) == height(other) >= mark.until)
        assert "diagnose.restored" not in found(node)
        assert not list((other.folder / "misconduct").glob("*.json")), "nobody is accused"
    finally:
        network.stop()
