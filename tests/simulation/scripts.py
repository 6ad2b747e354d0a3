"""Stories as text: commands on a simulated network, each followed by what is expected of it.

A script is read top to bottom. After ``----`` stands what the command gave; `play_script` gives the
whole text anew, so that a golden that changed for a good reason can be written again::

    cluster 4                    four nodes, calm weather, all started
    submit 1                     one bundle handed in at node 1
    crash 1 / start 1            nodes are numbered from 1
    partition 1 2 | 3 4 / heal
    run 3000                     so many milliseconds
    run until height 3           at every node that is up, at most a minute
    show                         one line per node
    said PrePrepare NewView      messages of these kinds since the last `said`, each one once
"""

from tests.simulation.cluster import Cluster
from tests.simulation.liar import Lie
from tests.simulation.node import SimulatedNode
from tests.simulation.plan import Plan, Work

MINUTE_MS = 60_000


class Script:
    """One script while it is played."""

    def __init__(self) -> None:
        self._cluster: Cluster | None = None
        self._lines: list[str] = []

    def do(self, command: str) -> list[str]:
        """Carry out one command; what it gives, as lines."""
        word, *rest = command.split()
        match word:
            case "cluster":
                n = int(rest[0])
                self._cluster = Cluster(
                    Plan(0, n, (0,) * n, None, Lie.SILENT_TO_SOME, (), ()), self._lines.append
                )
                for node in self._network.nodes:
                    self._network.start(node)
            case "submit":
                self._network.submit(Work(0, 0, (int(rest[0]) - 1,), 1))
            case "crash":
                self._network.crash(self._node(rest[0]))
            case "start":
                self._network.start(self._node(rest[0]))
            case "partition":
                side = rest[: rest.index("|")]
                self._network.split([self._node(number).name for number in side])
            case "heal":
                self._network.join()
            case "run" if rest[:2] == ["until", "height"]:
                return self._until(int(rest[2]))
            case "run":
                self._network.play(self._network.now_ms + int(rest[0]), lambda: False)
            case "show":
                return [self._show(node) for node in self._network.nodes]
            case "said":
                return self._said(rest)
            case _:
                raise ValueError(f"no such command: {command}")
        return []

    @property
    def _network(self) -> Cluster:
        if self._cluster is None:
            raise ValueError("a script begins with `cluster`")
        return self._cluster

    def _node(self, number: str) -> SimulatedNode:
        return self._network.nodes[int(number) - 1]

    def _until(self, height: int) -> list[str]:
        network = self._network

        def there() -> bool:
            return all(n.chain.head.height >= height for n in network.nodes if n.chain)

        reached = network.play(network.now_ms + MINUTE_MS, there)
        return [] if reached else [f"not within {MINUTE_MS} ms"]

    def _show(self, node: SimulatedNode) -> str:
        number = self._network.nodes.index(node) + 1
        if node.driver is None or node.chain is None:
            return f"{number}: down"
        status = node.driver.status
        at = status.situation
        view = f"view {at.view}" if at.active else f"asks for view {at.view}"
        heads = f"height {status.head.height}, cosigned {status.cosigned_height}"
        return f"{number}: {heads}, {view}, {status.waiting_count} waiting"

    def _said(self, kinds: list[str]) -> list[str]:
        """Messages by kind in the order first said; hashes are left out, they change with bytes."""
        found: dict[str, None] = {}
        for line in self._lines:
            _, _, said = line.partition(" -> ")
            words = said.removesuffix(" LOST").split()[1:]
            if words and words[0] in kinds:
                kept = [word for word in words if not _is_hash(word) and "B)" not in word]
                found[" ".join(word for word in kept if not word.startswith("("))] = None
        self._lines.clear()
        return list(found)


def play_script(text: str) -> str:
    """The script with everything that its commands give now."""
    script = Script()
    written: list[str] = []
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            written.append(line)
            continue
        if line.startswith(("----", "  ")):
            continue
        written.append(line)
        given = script.do(line)
        if given:
            written += ["----", *(f"  {each}" for each in given)]
    return "\n".join(written) + "\n"


def _is_hash(word: str) -> bool:
    return len(word) == 8 and all(letter in "0123456789abcdef" for letter in word)
