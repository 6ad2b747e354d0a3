"""python -m tests.network.flood.hostile NAME API CONSENSUS FOLDER: one attacker, until it is ended.

It runs at the lowest priority: an attacker has machines of its own, and one that takes the node's
processor on this one would show nothing but that. What it counted is printed when its input closes.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final

from tests.network.flood.consensus_port import HalfHandshakes, MalformedTls
from tests.network.flood.hostility import Hostility, Target
from tests.network.flood.members import BadSignatures, LargeBadSignatures, UnfitBundles
from tests.network.flood.strangers import (
    Churn,
    LongWaits,
    MalformedHttp,
    ManyQuestions,
    OversizedBodies,
    SilentConnections,
    SlowBodies,
    SlowHeaders,
    UnreadAnswers,
)

BEGUN: Final = "begun"
"""Said when the first deed is done."""
_POLL_S: Final = 0.02
HOSTILITIES: Final[dict[str, type[Hostility]]] = {
    "silent-connections": SilentConnections,
    "slow-headers": SlowHeaders,
    "slow-bodies": SlowBodies,
    "malformed-http": MalformedHttp,
    "oversized-bodies": OversizedBodies,
    "churn": Churn,
    "long-waits": LongWaits,
    "unread-answers": UnreadAnswers,
    "many-questions": ManyQuestions,
    "bad-signatures": BadSignatures,
    "large-bad-signatures": LargeBadSignatures,
    "unfit-bundles": UnfitBundles,
    "half-handshakes": HalfHandshakes,
    "malformed-tls": MalformedTls,
}


def main() -> None:
    name, api, consensus, folder = sys.argv[1:]
    os.nice(19)
    target = Target(_address(api), _address(consensus), Path(folder))
    hostility = HOSTILITIES[name](target)
    asyncio.run(_until_told(hostility))
    print(json.dumps(hostility.counts))


async def _until_told(hostility: Hostility) -> None:
    attack = asyncio.create_task(hostility.attack())
    told = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    while not (hostility.counts or attack.done() or told.done()):  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)
    print(BEGUN, flush=True)
    await asyncio.wait([attack, told], return_when=asyncio.FIRST_COMPLETED)
    if attack.done():
        attack.result()
    attack.cancel()
    await asyncio.gather(attack, return_exceptions=True)


def _address(told: str) -> tuple[str, int]:
    host, _, port = told.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    main()
