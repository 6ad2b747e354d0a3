"""All links of a network: one proxy for each directed pair, and each node's own view of the others.

Faults lie on links one over the other, each under its name; what a link is like is the worst of all that
lie on it, and lifting one leaves the others.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cli.settings import NODE_FILE, Address
from ledger.core.identifiers import NodeId
from tests.network.nemesis.proxy import CLEAR, Line, Proxy

ANYBODY: Final = "*"
"""Dials a newcomer, whose one address the ledger tells everybody."""
Pair = tuple[str, str]
"""Who dials and speaks, and who listens."""


@dataclass
class Links:
    """Proxies by pair."""

    here: str
    """Where they listen."""
    chance: Callable[[], float]
    proxies: dict[Pair, Proxy] = field(default_factory=dict)
    _faults: dict[object, dict[Pair, Line]] = field(default_factory=dict)

    async def open(self, pair: Pair, target: Address) -> Address:
        """A link to where the listener is; returns where the dialler reaches it."""
        proxy = Proxy((self.here, 0), (target.host, target.port), self.chance)
        host, port = await proxy.start()
        self.proxies[pair] = proxy
        return Address(host, port)

    def around(self, inside: Iterable[str]) -> list[Pair]:
        """The links that cross the border of a group, in both directions."""
        group = set(inside)
        return [pair for pair in self.proxies if (pair[0] in group) != (pair[1] in group)]

    def lay(self, fault: object, pairs: Iterable[Pair], line: Line) -> None:
        """From now on these links are like this as well."""
        self._faults[fault] = dict.fromkeys(pairs, line)
        self._settle(self._faults[fault])

    def lift(self, fault: object) -> None:
        """What was laid under this name is over."""
        self._settle(self._faults.pop(fault, {}))

    def reset(self, pairs: Iterable[Pair]) -> None:
        """Break what is connected there now."""
        for pair in pairs:
            self.proxies[pair].reset()

    async def close(self) -> None:
        """End all of them."""
        for proxy in self.proxies.values():
            await proxy.close()

    def _settle(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            laid = [lines[pair] for lines in self._faults.values() if pair in lines]
            self.proxies[pair].become(worst(laid))


def worst(lines: Iterable[Line]) -> Line:
    """All that is wrong with any of them."""
    found = CLEAR
    for line in lines:
        rates = [each for each in (found.bytes_per_s, line.bytes_per_s) if each]
        found = Line(
            refused=found.refused or line.refused,
            lost_there=found.lost_there or line.lost_there,
            lost_back=found.lost_back or line.lost_back,
            delay_s=max(found.delay_s, line.delay_s),
            jitter_s=max(found.jitter_s, line.jitter_s),
            bytes_per_s=min(rates, default=0),
        )
    return found


def point(
    folder: Path, peers: Mapping[NodeId, Address], consensus: str = "", api: str = ""
) -> None:
    """Tell a node where it listens, where it stays empty as before, and where it finds the others."""
    path = folder / NODE_FILE
    text = path.read_text(encoding="utf-8")
    told = {"consensus_listen": consensus, "api_listen": api}
    told |= {peer: str(at) for peer, at in peers.items()}
    for name, value in told.items():
        if value:
            text, found = re.subn(rf"(?m)^{name} = .*$", f'{name} = "{value}"', text)
            assert found == 1, f"{path}: {name}"
    path.write_text(text, encoding="utf-8")


def tell_members(folders: Iterable[Path], apis: Iterable[str]) -> None:
    """Members learn where the nodes are, as an operator would tell them."""
    urls = ", ".join(f'"{each}"' for each in apis)
    for folder in folders:
        path = folder / "client.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        there = [f"nodes = [{urls}]" if line.startswith("nodes = ") else line for line in lines]
        path.write_text("\n".join(there) + "\n", encoding="utf-8")
