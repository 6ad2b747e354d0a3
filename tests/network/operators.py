"""What operators do, each deed a command of `bidwitness` in a process of its own.

Every step is one that `docs/operations.md` tells; what it answers in JSON is returned.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from cli.compose.ports import free_addresses
from cli.demo.processes import NodeProcess
from tests.network.real_network import READY_S, RealNetwork

_TRIES: Final = 30
"""A node that was cut off refuses what builds on blocks that it has not yet: for as long as that
lasts, and a little more."""


def ran(network: RealNetwork, who: str, *words: str | Path) -> Any:
    """What a command of a member answers in JSON."""
    ended = network.run(who, *words, "--json")
    assert ended.code == 0, ended.err + ended.out
    return json.loads(ended.out)


async def told(
    network: RealNetwork, who: str, *words: str | Path, say: Callable[[str], None]
) -> Any:
    """The same; an operator whose node was just killed tries again, and `say` hears of it."""
    for left in reversed(range(_TRIES)):
        try:
            return await asyncio.to_thread(ran, network, who, *words)
        except AssertionError as problem:
            if not left or "record.confirmation" in str(problem):
                raise
            say(f"{who} tries again: {' '.join(map(str, words))}: {problem}")
            await asyncio.sleep(1)
    raise AssertionError


def said(network: RealNetwork, who: str, name: str, **record: Any) -> str:
    """Submit one record from a file; returns its id."""
    path = network.folder / f"{name}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    told = ran(network, who, "submit", path)
    return str(told["records"][0]["record"])


def admitted(network: RealNetwork, member: str, by: Sequence[str]) -> None:
    """A quorum admits a member to run nodes: the first of `by` says it, the others confirm."""
    record = said(
        network,
        by[0],
        f"admit-{member}",
        type="ledger.node_admitted",
        subject=member,
        fields={"action": "admit", "roles": ["node_operator"]},
    )
    for other in by[1:]:
        said(
            network,
            other,
            f"admit-{member}-{other}",
            type="ledger.confirmed",
            subject=member,
            refs=[["confirms", record]],
        )


def joining(network: RealNetwork, member: str, inviter: NodeProcess) -> tuple[NodeProcess, str]:
    """A node of `member` that follows the network; returns it and its request."""
    folder = network.folder / f"{member}-node"
    invitation = network.folder / f"{member}.invitation.json"
    ran(network, inviter.node_id, "network", "invite", inviter.folder, "--out", invitation)
    consensus, api = free_addresses(2)
    made = ran(
        network,
        member,
        *("network", "join", folder, "--invitation", invitation),
        *("--node-id", member, "--member", member),
        *("--consensus", str(consensus), "--api", str(api)),
        *("--cost", "interactive", "--store-passphrase"),
        *("--passphrase-file", network.folder / "passphrase"),
    )
    node = NodeProcess(member, folder, f"http://{api}")
    node.start()
    network.nodes.append(node)
    return node, str(made["request"])


def decided(network: RealNetwork, proposal: str, by: Sequence[str], *more: str | Path) -> Any:
    """Members approve a proposal, and the first of them makes the change."""
    answers = [ran(network, member, "network", "approve", proposal) for member in by]
    assert len(answers[-1]["approved_by"]) == answers[-1]["needed"]
    return ran(network, by[0], "network", "change", proposal, *more)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + READY_S
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.2)
