"""The network that a script acts on, under the names that the script uses.

It is the simulator's `Cluster`: the shipped driver, replica, executor, chain and codecs on a virtual
clock, disk and post. Dice of one fixed seed decide how many milliseconds a frame takes and nothing
else: weather is calm, and what goes wrong is what the script says.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from consensus.core.messages import Message, short
from consensus.events import Event
from consensus.pool_limits import PoolLimits
from consensus.presence import Presence
from consensus.wire import Codec, Hello, Kind, Relayed, Said
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.bundle import Bundle
from ledger.core.identifiers import NodeId
from ledger.errors import InvariantBroken, LedgerError
from tests.scenarios.heard import Heard, KnownBlock
from tests.scenarios.mailroom import Mailroom
from tests.scenarios.names import Names
from tests.scenarios.puppet import Puppets
from tests.scenarios.rubbish import rubbish
from tests.scenarios.words import kind_of
from tests.simulation.cluster import Cluster
from tests.simulation.copies import Copy
from tests.simulation.node import SimulatedNode
from tests.simulation.plan import Plan, calm_plan
from tests.simulation.town import bundle_of, genesis_of

Given: TypeAlias = list[str]
"""What a command gives, as lines."""
_HASH = re.compile("[0-9a-f]{16,}")
_BY_THE_SCRIPT = ("as the script says",)


class Stage:
    """One network, and everything a script can do to it."""

    def __init__(
        self, nodes: int, spares: int, puppets: list[str], settings: dict[str, int]
    ) -> None:
        """A network in calm weather.

        Args:
            nodes: how many found it.
            spares: how many more may join it later.
            puppets: the numbers of those without a process.
            settings: of the replicas (`Config`) and the pools (`PoolLimits`), where not as usual.

        Raises:
            FormatError: a configuration that no node starts with.
        """
        self.founders = nodes
        self.cluster = Cluster(changing_calmly(nodes, spares))
        self.nodes = self.cluster.nodes
        pool = {name: settings.pop(name) for name in PoolLimits.__slots__ if name in settings}
        self._pool_limits = PoolLimits(**pool)
        for node in self.nodes:
            node.config = replace(node.config, **settings)  # type: ignore[arg-type]
        committee = genesis_of(nodes).committee
        if len(puppets) > committee.f:
            raise ValueError(f"{nodes} nodes bear {committee.f} puppets")
        self.names = Names(node.name for node in self.nodes)
        self.heard = Heard(self.names)
        self.mail = Mailroom()
        self._by_name = {node.name: node for node in self.nodes}
        by_key = {name: self._by_name[name].identity.signer for name in self.names.nodes(puppets)}
        self.puppets = Puppets(by_key, self.names, self.heard)
        self.honest = [node for node in self.nodes if node.name not in self.puppets]
        self.cluster.honest = self.honest
        self.cluster.passes = self._passes
        self.cluster.stopped = self._stopped
        self._codec = Codec(self.nodes[0].config, genesis_of(nodes).parameters)
        self.bundles: dict[str, Bundle] = {}
        self.steps: tuple[str, ...] = ()
        """Changes of the committee that were approved so far, as `Clerk` spells them."""
        self.promised: list[tuple[SimulatedNode, Bundle]] = []
        """Who has acknowledged what."""
        self.copies: dict[NodeId, Copy] = {}
        self.events: dict[NodeId, list[Event]] = defaultdict(list)
        self._notes: list[str] = []

    def some(self, words: list[str]) -> list[SimulatedNode]:
        """The nodes of these numbers; all honest ones where none is named."""
        return [self.node(word) for word in words] or list(self.honest)

    def node(self, word: str) -> SimulatedNode:
        return self._by_name[self.names.node(word)]

    def up(self) -> list[SimulatedNode]:
        """Honest nodes whose process runs."""
        return [node for node in self.honest if node.up]

    def start(self, node: SimulatedNode) -> None:
        """Start a node; one that refuses its own disk stays down, and says why."""
        if node.name in self.puppets:
            raise ValueError("a puppet has no process")
        try:
            self.cluster.start(node)
        except LedgerError as problem:
            self._stopped(node, problem)
            node.crash()
        if node.driver is not None:
            node.driver._desk.pool._limits = self._pool_limits

    def play(self, ms: int, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass; what is due now happens also where no time passes."""
        return self.cluster.play(self.cluster.now_ms + ms, until)

    def bundle(self, name: str, member: str) -> Bundle:
        """The bundle of that name, made when it is first named."""
        if name not in self.bundles:
            number, now_ms = len(self.bundles) + 1, self.cluster.now_ms
            made = bundle_of(self.founders, member, number, 1, now_ms - 200)
            self.bundles[name] = made
        return self.bundles[name]

    def forge(self, name: str, member: str) -> None:
        """A bundle in a member's name that the member has not signed."""
        honest = self.bundle(name, member)
        self.bundles[name] = replace(honest, signature=bytes(len(honest.signature)))

    def hand_in(self, node: SimulatedNode, bundle: Bundle) -> object:
        """Submit a bundle at a node; what it answers."""
        now_ms = node.clock_ms(self.cluster.now_ms)
        answer = self.cluster._step(node, lambda driver, *_: driver.submit(bundle, now_ms))
        if isinstance(answer, Acknowledgement):
            self.promised.append((node, bundle))
        return answer

    def make_block(
        self, name: str, maker: NodeId, on: SimulatedNode, bundles: list[Bundle], after_ms: int
    ) -> None:
        """Have a block assembled as an honest node would, for a puppet to propose."""
        if on.executor is None or on.chain is None:
            raise ValueError(f"{self.names.number(on.name)} is down")
        head = on.chain.head
        time_ms = max(self.cluster.now_ms + after_ms, head.time_ms + 1)
        made = on.executor.assemble(bundles, time_ms, maker)
        if made is None:
            raise ValueError("nothing of this fits")
        header, payload = made
        self.names.call(name, header.hash())
        self.heard.blocks[header.hash()] = KnownBlock(header, payload, head.certificate)

    def says(self, puppet: NodeId, said: str, receivers: list[NodeId]) -> None:
        """Have a puppet say a sentence to some nodes, at once."""
        for name in receivers:
            node = self._by_name[name]
            if node.chain is None:
                raise ValueError(f"{self.names.number(name)} is down")
            message = self.puppets.says(puppet, said, node.chain.head, self.cluster.now_ms)
            self.heard.learn(puppet, message)
            self.deliver(puppet, name, self._codec.encode(Said(message)))

    def relays(self, puppet: NodeId, name: str, receivers: list[NodeId]) -> None:
        """Have a puppet relay a bundle as if it had taken it in."""
        for to in receivers:
            self.deliver(puppet, to, self._codec.encode(Relayed(self.bundle(name, "centre"))))

    def throws_rubbish(self, puppet: NodeId, to: NodeId) -> list[str]:
        """Throw frames of every malformed kind at a node; how many it refused and dropped."""
        node = self._by_name[to]
        assert node.driver is not None and node.chain is not None
        head, now_ms = node.chain.head, self.cluster.now_ms
        message = self.puppets.says(puppet, f"asks for h{head.height + 1}/v1", head, now_ms)
        hello = Hello(head.network_id, puppet, head.height, Presence(bytes(16), None, bytes(64)))
        told = []
        for kind, frames in rubbish(self._codec, message, hello).items():
            self.gather_events()
            dropped = node.driver.status.situation.dropped_count
            for frame in frames:
                self.cluster.deliver(node, puppet, frame)
            dropped = node.driver.status.situation.dropped_count - dropped
            refused = sum(e.name == "frame.refused" for e in node.driver.take_events())
            told.append(
                f"{self.names.number(to)}: {kind}: {len(frames)} frames, {refused} refused, {dropped} dropped"
            )
        return told

    def deliver(self, origin: NodeId, to: NodeId, frame: bytes) -> None:
        """Hand a frame over now; whether it is dropped for what it says is noted."""
        node = self._by_name[to]
        before = self._dropped(node)
        self.cluster.deliver(node, origin, frame)
        after = self._dropped(node)
        if before is not None and after is not None and after[0] > before[0]:
            self._notes.append(f"{self.names.number(to)} drops it: {self.clean(after[1])}")

    def take_notes(self) -> list[str]:
        """What happened since the last call that must not pass unseen."""
        self.gather_events()
        notes, self._notes = self._notes, []
        return notes

    def gather_events(self) -> None:
        """Keep what drivers have logged: they forget the oldest, and all of it when they stop."""
        for node in self.nodes:
            if node.driver is not None:
                self.events[node.name] += node.driver.take_events()

    def clean(self, text: str) -> str:
        """A sentence of the program without hashes, and with numbers for nodes."""
        for block, name in self.names.blocks():
            text = text.replace(block.hex(), name).replace(short(block), name)
        return _HASH.sub("…", self.names.text(text))

    def _passes(self, origin: NodeId, to: NodeId, frame: bytes, message: Message | None) -> bool:
        if message is None:
            return self.mail.passes(Kind(frame[0]).name.title(), origin, to, frame)
        self.heard.take(origin, to, message)
        return self.mail.passes(kind_of(message), origin, to, frame)

    def _dropped(self, node: SimulatedNode) -> tuple[int, str] | None:
        if node.driver is None:
            return None
        reception = node.driver._replica._reception
        return reception.dropped_count, reception.dropped_last

    def _stopped(self, node: SimulatedNode, problem: InvariantBroken | LedgerError) -> None:
        number = self.names.number(node.name)
        self._notes.append(f"{number} stops: {self.clean(str(problem))}")


def changing_calmly(nodes: int, spares: int) -> Plan:
    """A plan in which nothing happens by itself, and nodes have keys to change to."""
    still = (0,) * (nodes + spares)
    calm = calm_plan(nodes)
    return replace(calm, clocks_ms=still, rates_ppm=still, spares=spares, steps=_BY_THE_SCRIPT)


Command: TypeAlias = Callable[[Stage, list[str]], Given]
"""Carries out a command, given the words behind its name."""
