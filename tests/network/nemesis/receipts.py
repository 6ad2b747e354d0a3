"""The receipts of everything that was acknowledged, each verified with the trust root alone."""

import asyncio
import random
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import httpx

from cli.demo.processes import NodeProcess
from ledger.core.receipt import decode_receipt
from ledger.verify import verify_receipt
from tests.network.nemesis.history import History, ReceiptSeen
from tests.network.nemesis.world import World

_ANSWER_S: Final = 120
_TWICE: Final = 5
"""Of so many bundles every node is asked, and twice."""


async def every_receipt(world: World, history: History, seed: int) -> None:
    """Ask for each, a bundle at a time, from one node after the other; of some, everybody twice.

    Raises:
        AssertionError: one is not there.
        VerificationError: one does not hold.
    """
    bundles = list(history.acknowledged.values())
    nodes = list(world.nodes.values())
    twice = random.Random(seed).sample(bundles, min(_TWICE, len(bundles)))
    async with httpx.AsyncClient(timeout=_ANSWER_S, trust_env=False) as http:

        async def asked(node: NodeProcess, wanted: Sequence[tuple[str, ...]]) -> None:
            for records in (*wanted, *twice, *twice):
                history.receipts.extend(await _receipts(world, http, node, records))

        await asyncio.gather(
            *(asked(node, bundles[place :: len(nodes)]) for place, node in enumerate(nodes))
        )


async def _receipts(
    world: World, http: httpx.AsyncClient, node: NodeProcess, records: tuple[str, ...]
) -> list[ReceiptSeen]:
    """Of all records of a bundle."""
    answer = await http.get(f"{node.api}/v1/records/{records[0]}/bundle/receipts")
    said = f"{node.node_id} has no receipts of {records[0]}: {answer.text[:300]}"
    assert answer.status_code == httpx.codes.OK, said
    seen = []
    for record, line in zip(records, answer.content.splitlines(), strict=True):
        verified = verify_receipt(decode_receipt(line), world.network.trust)
        assert verified.record_id.hex() == record
        digest = sha256(line).hexdigest()
        height, index, time_ms = verified.height, verified.index, verified.committed_at_ms
        seen.append(ReceiptSeen(record, node.node_id, height, index, time_ms, digest))
    return seen
