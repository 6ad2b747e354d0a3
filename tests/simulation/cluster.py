"""One run: nodes, post, faults and work on one virtual clock, from one seed.

Nothing here reads a clock or draws a number outside the seed's dice, and nothing is ordered by a
hash, so the same seed gives the same transcript on every machine.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from consensus.core.messages import Message
from consensus.driver import Driver
from consensus.wire import Codec, Said
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.bundle import Bundle
from ledger.core.identifiers import NodeId, RecordId
from ledger.errors import InvariantBroken
from tests.simulation.checkers import (
    Agreement,
    Words,
    check_chain,
    check_receipts,
    require,
)
from tests.simulation.dice import Dice
from tests.simulation.disk import PowerCut
from tests.simulation.liar import Liar
from tests.simulation.node import SimulatedNode
from tests.simulation.plan import CHAOS_MS, Blow, Fault, Plan, Work
from tests.simulation.post import CALM, Line, Post
from tests.simulation.town import MEMBERS, START_MS, bundle_of, genesis_of

HEALING_MS = 90_000
"""After healing, progress must be there within so long."""
STEPS_MAX = 400_000


@dataclass(frozen=True)
class Outcome:
    """What a run that held came to."""

    heights: int
    views: int
    records: int
    ms: int


class Cluster:
    """A network of one plan, and everything that happens to it."""

    def __init__(self, plan: Plan, tell: Callable[[str], None] | None = None) -> None:
        self.plan = plan
        self._tell = tell
        self.now_ms = START_MS
        self._order = 0
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        committee = genesis_of(plan.nodes).committee
        names = list(committee)
        self.post = Post(names, Dice(plan.seed, "post"))
        self.nodes = [
            SimulatedNode(plan.seed, plan.nodes, name, clock_ms, Line(name, names, self._sent))
            for name, clock_ms in zip(names, plan.clocks_ms, strict=True)
        ]
        self.honest = [node for number, node in enumerate(self.nodes) if number != plan.liar]
        self._by_name = {node.name: node for node in self.nodes}
        self._codec = Codec(self.nodes[0].config, genesis_of(plan.nodes).parameters)
        self._decoded: tuple[bytes, Message | None] = (b"", None)
        self.words = Words()
        self.agreement = Agreement()
        self.acknowledged: list[RecordId] = []
        self.passes: Callable[[NodeId, NodeId, bytes, Message | None], bool] = lambda *_: True
        """Whether a frame that was sent goes on its way: a script loses or holds what it names."""
        self.stopped: Callable[[SimulatedNode, InvariantBroken], None] | None = None
        """Told of a node that stops itself; otherwise that ends the run."""
        self._liar = Liar(self.nodes[plan.liar or 0], plan.lie)
        self._number = 0
        self._storms = 0
        self._partitions = 0

    def run(self) -> Outcome:
        """Play the plan, heal, and demand progress."""
        for node in self.nodes:
            self.start(node)
        for fault in self.plan.faults:
            self._at(START_MS + fault.at_ms, lambda fault=fault: self._strike(fault))  # type: ignore[misc]
        for work in self.plan.works:
            self._at(START_MS + work.at_ms, lambda work=work: self.submit(work))  # type: ignore[misc]
        self.play(START_MS + CHAOS_MS, lambda: False)
        self._heal()
        after = self.now_ms
        done = self.play(after + HEALING_MS, self._settled)
        require(done, f"no progress within {HEALING_MS} ms after healing: {self._where()}")
        return self._check_end()

    # Time.

    def _at(self, time_ms: int, action: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (time_ms, self._order, action))

    def play(self, end_ms: int, until: Callable[[], bool]) -> bool:
        """Let events happen up to a time, or until something holds."""
        for _ in range(STEPS_MAX):
            if until():
                return True
            if not self._events or self._events[0][0] > end_ms:
                self.now_ms = end_ms
                return until()
            self.now_ms, _, action = heapq.heappop(self._events)
            action()
        raise AssertionError("the run does not end")

    def _say(self, node: SimulatedNode | None, text: str) -> None:
        if self._tell is not None:
            name = "" if node is None else node.name
            self._tell(f"{self.now_ms - START_MS:>7} {name:<16} {text}")

    # Nodes.

    def _clock(self, node: SimulatedNode) -> int:
        return self.now_ms + node.clock_off_ms

    def _step(self, node: SimulatedNode, action: Callable[[Driver], object]) -> object:
        """One step of a node that is up; power may fail in the middle of it."""
        driver = node.driver
        if driver is None:
            return None
        try:
            result = action(driver)
        except PowerCut:
            self._say(node, "POWER CUT")
            self.crash(node)
            return None
        except InvariantBroken as problem:
            if self.stopped is None:
                raise
            self.crash(node)
            self.stopped(node, problem)
            return None
        if node in self.honest and self.agreement.look(node):
            assert node.chain is not None
            head = node.chain.head
            self._say(node, f"HEAD {head.height} {head.header_hash.hex()[:8]} in view {head.view}")
        self._schedule(node)
        return result

    def _schedule(self, node: SimulatedNode) -> None:
        """Have the node ticked at its deadline."""
        if node.driver is None:
            return
        due_ms = max(node.driver.deadline_ms - node.clock_off_ms, self.now_ms)
        if due_ms == node.tick_at_ms:
            return
        node.tick_at_ms = due_ms

        def tick() -> None:
            if node.tick_at_ms == due_ms and node.up:
                node.tick_at_ms = -1
                self._step(node, lambda driver: driver.tick(self._clock(node)))

        self._at(due_ms, tick)

    def start(self, node: SimulatedNode) -> None:
        if node.up:
            return
        try:
            node.open()
        except PowerCut:
            node.crash()
            self._at(self.now_ms + 500, lambda: self.start(node))
            return
        self._say(node, "STARTS")
        self._step(node, lambda driver: driver.start(self._clock(node)))
        for peer in self.nodes:
            if peer is not node and peer.up and self.post.connected(peer.name, node.name):
                self._connect(node, peer)
                self._connect(peer, node)

    def _connect(self, node: SimulatedNode, peer: SimulatedNode) -> None:
        self._step(node, lambda driver: driver.connected(peer.name, self._clock(node)))

    def crash(self, node: SimulatedNode) -> None:
        if not node.up:
            return
        self._say(node, "CRASHES")
        node.crash()
        for peer in self.nodes:
            if peer.driver is not None:
                peer.driver.disconnected(node.name)

    # Frames.

    def _sent(self, origin: NodeId, to: NodeId, frame: bytes) -> None:
        node = self._by_name[origin]
        message = self._message(frame)
        if node in self.honest:
            if message is not None:
                self.words.sent(node, message)
        elif message is not None and self._order_of(to) % 2:
            message = self._liar.instead(message)
            if message is None:
                return
            frame = self._codec.encode(Said(message))
        passes = self.passes(origin, to, frame, message)
        times = self.post.arrivals(origin, to, self.now_ms) if passes else []
        if self._tell is not None:
            said = repr(message) if message is not None else f"frame of kind {frame[0]}"
            self._say(node, f"-> {to} {said}{'' if times else ' LOST'}")
        receiver = self._by_name[to]
        for time_ms in times:
            self._at(time_ms, lambda: self.deliver(receiver, origin, frame))

    def deliver(self, node: SimulatedNode, origin: NodeId, frame: bytes) -> None:
        """Hand a frame over now, whoever has really made it."""
        if node.up:
            self._step(node, lambda driver: driver.received(origin, frame, self._clock(node)))

    def _order_of(self, name: NodeId) -> int:
        return genesis_of(self.plan.nodes).committee.index(name)

    def _message(self, frame: bytes) -> Message | None:
        """What a frame says; the copies of a broadcast are decoded once."""
        if self._decoded[0] != frame:
            decoded = self._codec.decode(frame)
            self._decoded = (frame, decoded.message if isinstance(decoded, Said) else None)
        return self._decoded[1]

    # Faults and work.

    def _strike(self, fault: Fault) -> None:
        end_ms = self.now_ms + fault.lasts_ms
        self._say(None, f"FAULT {fault.blow.value} {fault.nodes} for {fault.lasts_ms} ms")
        struck = [self.nodes[number] for number in fault.nodes]
        match fault.blow:
            case Blow.CRASH | Blow.CRASH_ALL:
                for node in struck:
                    self.crash(node)
            case Blow.POWER_CUT:
                struck[0].fuse.arm(fault.operations)
            case Blow.PARTITION:
                self.split([node.name for node in struck])
            case Blow.STORM:
                self._storms += 1
                self.post.weather = fault.weather
        self._at(end_ms, lambda: self._end(fault, struck))

    def _end(self, fault: Fault, struck: list[SimulatedNode]) -> None:
        self._say(None, f"ENDS {fault.blow.value}")
        match fault.blow:
            case Blow.PARTITION:
                self._partitions -= 1
                if self._partitions == 0:
                    self.join()
            case Blow.STORM:
                self._storms -= 1
                if self._storms == 0:
                    self.post.weather = CALM
            case _:
                for node in struck:
                    node.fuse.disarm()
                    self.start(node)

    def split(self, alone: list[NodeId]) -> None:
        self._partitions += 1
        self.post.split(alone)
        for node in self.nodes:
            for peer in self.nodes:
                if node.driver is not None and not self.post.connected(node.name, peer.name):
                    node.driver.disconnected(peer.name)

    def join(self) -> None:
        self.post.join()
        for node in self.nodes:
            for peer in self.nodes:
                if node is not peer and node.up and peer.up:
                    self._connect(node, peer)

    def submit(self, work: Work) -> None:
        member = MEMBERS[work.member]
        self._number += 1
        bundle = bundle_of(self.plan.nodes, member, self._number, work.records, self.now_ms - 200)
        for number in work.nodes:
            self._hand_in(self.nodes[number], bundle)

    def _hand_in(self, node: SimulatedNode, bundle: Bundle) -> None:
        answer = self._step(node, lambda driver: driver.submit(bundle, self._clock(node)))
        self._say(node, f"TAKES {bundle.bundle_id.hex()[:8]}: {type(answer).__name__}")
        if isinstance(answer, Acknowledgement) and node in self.honest:
            self.acknowledged.extend(bundle.record_ids)

    # The end.

    def _heal(self) -> None:
        self._say(None, "HEALS")
        self.post.weather = CALM
        self._storms = self._partitions = 1 << 20
        for node in self.nodes:
            node.fuse.disarm()
        self.join()
        for node in self.nodes:
            self.start(node)
        last = next(node for node in self.honest if node.up)
        self._number += 1
        bundle = bundle_of(self.plan.nodes, "notary", self._number, 1, self.now_ms - 200)
        self._hand_in(last, bundle)

    def _settled(self) -> bool:
        """Everything acknowledged is on the ledger, and all honest heads are one, with cosignatures."""
        heads = set()
        for node in self.honest:
            if node.driver is None or node.chain is None:
                return False
            heads.add((node.chain.head.height, node.chain.cosigned_height))
        if len(heads) != 1 or len(set(heads.pop())) != 1:
            return False
        chain = self.honest[0].chain
        assert chain is not None
        return all(chain.blocks.record_bytes(each) is not None for each in self.acknowledged)

    def _where(self) -> str:
        return ", ".join(
            f"{node.name}: {node.driver.status.situation}" if node.driver else f"{node.name}: down"
            for node in self.nodes
        )

    def _check_end(self) -> Outcome:
        entered = check_chain(self.honest[0], self.acknowledged)
        for node in self.honest:
            check_receipts(node, entered[-2:] if node is not self.honest[0] else entered)
            assert node.driver is not None
            for fault in node.driver.faults:
                fault.verify(genesis_of(self.plan.nodes).committee)
                accused = {self.nodes[self.plan.liar].name} if self.plan.liar is not None else set()
                require(fault.node in accused, f"{fault!r}: an honest node is accused")
        head = self.honest[0].chain and self.honest[0].chain.head
        assert head
        self._say(None, f"HELD {head.height} blocks {head.header_hash.hex()}")
        return Outcome(head.height, head.view, len(entered), self.now_ms - START_MS)
