"""What must be true when a committee has been replaced: nothing lost, nothing twice, one chain.

The trust root of the genesis is all that anything is held against.
"""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.demo.processes import NodeProcess
from cli.settings import node_settings
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import HeaderHash, Height, RecordId
from ledger.core.receipt import decode_receipt
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot
from ledger.verify import verify_receipt
from tests.network.real_network import RealNetwork
from tests.network.traffic import Traffic

VERIFIER = Path(__file__).resolve().parents[2] / "api" / "static" / "verify" / "verify.js"
_AT_ONCE = 200
"""Files of one call of the JavaScript verifier."""
_PAGE = 200


async def first_record(traffic: Traffic) -> RecordId:
    """A record of the first block, committed by the founding committee."""
    await traffic.commit(traffic.network.bundle(1, "centre"))
    return traffic.all_records[0]


@dataclass
class Course:
    """How the chain came about, as its certificates tell."""

    views_changed: int
    closed_in_view: dict[int, int]
    """By epoch that ended, the view of its closing block."""
    longest_ms: int
    """Between two blocks, while members submitted."""


async def course(traffic: Traffic, since_ms: int) -> Course:
    """What every block says of its epoch, view and time; pauses count from `since_ms` on."""
    node, below, found = traffic.nodes[0], None, []
    while True:
        turn = {"limit": _PAGE} | ({} if below is None else {"below": below})
        page = (await traffic.http.get(f"{node.api}/v1/blocks", params=turn)).json()
        for block in page["items"]:
            header, view = block["header"], block["certificate"]["view"]
            found.append((header["epoch"], view, header["time_ms"]))
        below = page["cursor"]
        if below is None:
            break
    seen, before = Course(0, {}, 0), (0, 0, since_ms)
    for epoch, view, time_ms in reversed(found):
        if epoch != before[0]:
            seen.closed_in_view[before[0]] = before[1]
        seen.views_changed += view - (before[1] if epoch == before[0] else 0)
        seen.longest_ms = max(seen.longest_ms, time_ms - max(before[2], since_ms))
        before = (epoch, view, time_ms)
    return seen


def keys_are_destroyed(node: NodeProcess) -> None:
    """A node that left has no private key any more, and has written down that it has none."""
    settings = node_settings(node.folder)
    left = [*settings.keys_folder.rglob("*.key"), *settings.tls_folder.rglob("key.pem")]
    assert not left, left
    lines = (node.folder / "destroyed-keys.jsonl").read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1])
    assert {"keys/node.key", "keys/log.key", "tls/key.pem"} <= set(last["files"]), last


def keys_are_renewed(node: NodeProcess, keys: Sequence[str]) -> bool:
    """Whether what was made beside a node's keys has taken their place, and that is written down."""
    settings = node_settings(node.folder)
    beside = [*settings.keys_folder.glob("next/*.key"), *settings.tls_folder.glob("next/*.pem")]
    path = node.folder / "destroyed-keys.jsonl"
    if beside or not path.exists():
        return False
    last = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    gone = {"node": "keys/node.key", "log": "keys/log.key", "tls": "tls/key.pem"}
    assert not last["retired"]
    assert {gone[key] for key in keys} <= set(last["files"]), last
    return True


async def every_receipt(traffic: Traffic, founding: RecordId, folder: Path) -> list[Path]:
    """Ask for, verify and keep the receipt of every bundle that was ever acknowledged."""
    paths = []
    for number, record_id in enumerate((founding, *sorted(traffic.acknowledged))):
        node = traffic.nodes[number % len(traffic.nodes)]
        data = await traffic.receipt(node, record_id)
        paths.append(folder / f"{record_id.hex()}.receipt.json")
        paths[-1].write_bytes(data)
    first = decode_receipt(paths[0].read_bytes())
    assert verify_receipt(first, traffic.network.trust).height == 1
    return paths


def verified_by_javascript(network: RealNetwork, receipts: Sequence[Path]) -> int:
    """Have the second implementation verify the same files against the same trust root."""
    node = shutil.which("node")
    if node is None:
        return 0
    trust = network.folder / "network" / "trust.json"
    for start in range(0, len(receipts), _AT_ONCE):
        some = receipts[start : start + _AT_ONCE]
        ended = subprocess.run(
            [node, str(VERIFIER), *map(str, some), "--trust", str(trust)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr
    return len(receipts)


def chains_are_one(
    trust: TrustRoot, seated: Sequence[NodeProcess], retired: Sequence[NodeProcess]
) -> None:
    """Every stopped node holds the same chain, as far as it goes, and each record once."""
    longest: list[HeaderHash] = []
    heights = {}
    for node in (*seated, *retired):
        store = LevelDBStore(node_settings(node.folder).database_folder)
        try:
            chain = Chain(store, trust.genesis, genesis_rows(trust.genesis))
            head = chain.head.height
            hashes = [chain.blocks.header(Height(h)).hash() for h in range(1, head + 1)]
            common = min(len(hashes), len(longest))
            assert hashes[:common] == longest[:common], f"{node.node_id} holds another chain"
            longest = max(hashes, longest, key=len)
            heights[node.node_id] = head
            if node is seated[0]:
                times = Counter(
                    record_id
                    for h in range(1, head + 1)
                    for record_id in chain.blocks.entry_ids(Height(h))
                )
                assert max(times.values()) == 1, times.most_common(3)
        finally:
            store.close()
    assert len({heights[node.node_id] for node in seated}) == 1, heights
