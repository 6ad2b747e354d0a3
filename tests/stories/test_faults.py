"""What must survive on real processes: all four killed at once, a full disk, a second node."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo.processes import stop_all
from ledger.core.bundle import Bundle
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.cli.one_node import READY_S, OneNode, new_network
from tests.cli.sdk_page import run_ten_lines
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.network, pytest.mark.slow]

BUNDLE = {"content-type": "application/vnd.bidwitness.bundle"}


@pytest.fixture
def network(tmp_path: Path) -> Iterator[RealNetwork]:
    """Four real nodes, running."""
    made = RealNetwork(tmp_path)
    made.start()
    yield made
    made.stop()


def post(api: str, bundle: Bundle, wait_s: int) -> httpx.Response:
    url = f"{api}/v1/bundles?wait={wait_s}"
    return httpx.post(url, content=bundle.encode(), headers=BUNDLE, timeout=wait_s + 30)


def receipt_of(api: str, bundle: Bundle, within_s: float) -> bytes:
    """The receipt of the bundle's first record, waited for."""
    url = f"{api}/v1/records/{bundle.record_ids[0].hex()}/receipt"
    until = time.monotonic() + within_s
    while (answer := httpx.get(url, timeout=30)).status_code != 200:
        assert time.monotonic() < until, answer.text
        time.sleep(0.2)
    return answer.content


def test_all_four_killed_at_once_lose_nothing_that_was_acknowledged(network: RealNetwork) -> None:
    apis = [node.api for node in network.nodes]
    # The ten lines of docs/sdk.md work as they stand, on four nodes.
    centre = network.folder / "network" / "members" / "centre"
    kept = decode_receipt(run_ten_lines(centre, network.folder / "programmer", apis))
    verify_receipt(kept, network.trust)

    committed = network.bundle(3, "centre")
    assert post(apis[0], committed, 20).status_code == 201
    before = receipt_of(apis[0], committed, 20)

    waiting = [network.bundle(5, member) for member in ("centre", "supervisor", "notary")]
    answers = [post(api, bundle, 0) for api, bundle in zip(apis[:3], waiting, strict=True)]
    for node in network.nodes:
        node.kill()
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert all(answer.json()["acknowledgement"] or answer.json()["height"] for answer in answers)

    network.start()
    assert receipt_of(apis[0], committed, 60) == before, "a node keeps its choice of head"
    for bundle in waiting:
        for api in apis:
            receipt = decode_receipt(receipt_of(api, bundle, 60))
            assert verify_receipt(receipt, network.trust).nodes_count == 4
    heads = {httpx.get(f"{api}/v1/network", timeout=30).json()["height"] for api in apis}
    assert len(heads) == 1


def test_a_second_node_on_one_folder_is_refused_and_the_first_goes_on(
    network: RealNetwork,
) -> None:
    first = network.nodes[0]
    second = subprocess.run(
        [sys.executable, "-m", "cli.main", "node", "run", str(first.folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"LANG": "en_US.UTF-8"},
    )
    assert second.returncode == 3
    assert "(store.locked)" in second.stderr
    assert "Traceback" not in second.stderr
    assert post(first.api, network.bundle(1, "centre"), 20).status_code == 201


def deposit(folder: Path, number: int) -> Path:
    """A file with one record in it, as large as a record of text may be."""
    path = folder / f"{number}.json"
    fields = {"description": f"{number} " + "纸" * 160}
    record = {"type": "evidence.deposited", "subject": f"P-{number}", "fields": fields}
    (folder / "a.txt").write_text("a")
    records = [record | {"documents": ["a.txt"]} for _ in range(200)]
    path.write_text(json.dumps({"records": records}))
    return path


def test_a_full_disk_stops_the_node_with_a_sentence_and_it_starts_clean(tmp_path: Path) -> None:
    alone = new_network(tmp_path / "alone")
    stopped = run_with_files_up_to(alone, kibibytes=512)
    kept = []
    try:
        alone_ready(alone)
        for number in range(40):
            done = submit(alone, deposit(tmp_path, number))
            if done is None:
                break
            kept += done["records"]
        assert stopped.wait(60) == 3
    finally:
        stopped.kill()
        stopped.wait()
    said = (tmp_path / "said").read_text()
    assert "(store.disk_full)" in said
    assert "Traceback" not in said
    assert kept, "some records were kept before the disk was full"

    alone.node.start()
    try:
        alone.node.wait_ready(READY_S)
        again = submit(alone, deposit(tmp_path, 99))
        assert again is not None
        for each in (kept[0], kept[-1], again["records"][0]):
            assert alone.run("receipt", each["record"]).code == 0
    finally:
        stop_all([alone.node])
    clean = alone.run("audit", alone.node.folder, "--json")
    assert clean.json["findings"] == []


def run_with_files_up_to(alone: OneNode, kibibytes: int) -> subprocess.Popen[bytes]:
    """The node in a shell whose files may not grow further: a disk that is full for this node."""
    command = f'ulimit -f {kibibytes}; exec "$0" -m cli.main node run "$1"'
    with (alone.network.folder.parent.parent / "said").open("wb") as said:
        return subprocess.Popen(
            ["bash", "-c", command, sys.executable, str(alone.node.folder)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


def alone_ready(alone: OneNode) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            if httpx.get(f"{alone.node.api}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(alone.node.api)


def submit(alone: OneNode, path: Path) -> Any:
    """What became of one file of records; None once the node cannot take more."""
    ended = alone.run("submit", path, "--wait", "10", "--json")
    return ended.json if ended.code == 0 else None
