"""Four real nodes, one of them attacked from outside in one way after the other, and honest clients.

What honest clients see is measured at the attacked node, in the same run without and with each
hostility: times mean nothing by themselves on a machine that others use too, but their ratio does.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cli.settings import node_settings
from tests.network.flood.honest import Honest, Measured
from tests.network.flood.hostile import BEGUN, HOSTILITIES
from tests.network.real_network import RealNetwork

_ENDS_S = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One hostility."""

    name: str
    without: Measured
    under: Measured
    counts: dict[str, int]
    """What the attacker did."""


def play(
    folder: Path, names: Iterable[str], seconds: float, say: Callable[[str], None]
) -> list[Row]:
    """Make a network in `folder`, attack its first node in each way for so long, and stop it.

    Raises:
        AssertionError: a node has ended.
    """
    network = RealNetwork(folder)
    try:
        network.start()
        rows = asyncio.run(_played(network, names, seconds, say))
        for node in network.nodes:
            assert node.running, f"{node.node_id} has ended: {node.last_words()}"
        return rows
    finally:
        network.stop()


async def _played(
    network: RealNetwork, names: Iterable[str], seconds: float, say: Callable[[str], None]
) -> list[Row]:
    honest, rows = Honest(network, network.nodes[0]), []
    await honest.measured(min(seconds, 2))
    for name in names:
        without = await honest.measured(seconds / 2)
        attacker = _attacker(network, name)
        try:
            assert attacker.stdout is not None
            begun = await asyncio.to_thread(attacker.stdout.readline)
            assert begun.strip() == BEGUN, f"{name} has not begun"
            under = await honest.measured(seconds)
            assert attacker.poll() is None, f"{name} has ended by itself"
        finally:
            said, _ = await asyncio.to_thread(attacker.communicate, timeout=_ENDS_S)
        rows.append(Row(name, without, under, json.loads(said)))
        say(f"{name}: {len(under.submit.took_ms)} submitted, {len(under.read.took_ms)} read")
    return rows


def _attacker(network: RealNetwork, name: str) -> subprocess.Popen[str]:
    settings = node_settings(network.nodes[0].folder)
    target = (str(settings.api_listen), str(settings.consensus_listen))
    words = (name, *target, str(network.folder / "network"))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.network.flood.hostile", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


__all__ = ["HOSTILITIES", "Row", "play"]
