"""Nodes, post and members on one virtual clock; what befalls them is decided in `run` or a script.

Nothing here reads a clock or draws a number outside the seed's dice, and nothing is ordered by a
hash, so the same seed gives the same transcript on every machine.
"""

from collections.abc import Callable, Sequence

from consensus.core.messages import Message
from consensus.driver import Driver
from consensus.wire import Said
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.bundle import Bundle
from ledger.core.identifiers import NodeId, RecordId
from ledger.errors import InvariantBroken, LedgerError
from tests.simulation.agenda import Agenda
from tests.simulation.checkers import Agreement, Words
from tests.simulation.dice import Dice
from tests.simulation.disk import PowerCut
from tests.simulation.liar import Liar
from tests.simulation.node import SharedCodec, SimulatedNode
from tests.simulation.plan import Plan, Work
from tests.simulation.post import Line, Post
from tests.simulation.town import MEMBERS, START_MS, bundle_of, genesis_of

REBOOT_MS = 500


class Cluster:
    """A network, and everything that can be done to it."""

    def __init__(self, plan: Plan, tell: Callable[[str], None] | None = None) -> None:
        self.plan = plan
        self._tell = tell
        self.agenda = Agenda(START_MS)
        names = [NodeId(f"node-{member}") for member in MEMBERS[: plan.nodes + plan.spares]]
        self.post = Post(names, Dice(plan.seed, "post"))
        self.nodes = [
            SimulatedNode(plan, number, Line(name, names, self._sent))
            for number, name in enumerate(names)
        ]
        self._by_name = {node.name: node for node in self.nodes}
        self._codec = SharedCodec(self.nodes[0].config, genesis_of(plan.nodes).parameters)
        for node in self.nodes:
            node.codec = self._codec
        self._liars = {
            names[number]: Liar(
                self.nodes[number], lie, self._codec, Dice(plan.seed, f"liar {number}")
            )
            for number, lie in plan.liars
        }
        self.honest = [node for node in self.nodes if node.name not in self._liars]
        self.words = Words()
        self.agreement = Agreement()
        self.acknowledged: list[RecordId] = []
        self.passes: Callable[[NodeId, NodeId, bytes, Message | None], bool] = lambda *_: True
        """Whether a frame that was sent goes on its way: a script loses or holds what it names."""
        self.stopped: Callable[[SimulatedNode, InvariantBroken], None] | None = None
        """Told of a node that stops itself; otherwise that ends the run."""
        self._number = 0
        self.begun_anew: set[NodeId] = set()
        """Nodes that began with a snapshot."""

    @property
    def lies(self) -> tuple[str, ...]:
        """The lies that were told so far."""
        return tuple(
            lie.value
            for number, lie in self.plan.liars
            if self._liars[self.nodes[number].name].lied
        )

    @property
    def now_ms(self) -> int:
        """The true time."""
        return self.agenda.now_ms

    def play(self, end_ms: int, until: Callable[[], bool]) -> bool:
        """Let events happen up to a time, or until something holds."""
        return self.agenda.play(end_ms, until)

    def say(self, node: SimulatedNode | None, text: str) -> None:
        """One line of the transcript, where somebody reads it."""
        if self._tell is not None:
            name = "" if node is None else node.name
            self._tell(f"{self.now_ms - START_MS:>7} {name:<16} {text}")

    # Nodes.

    def _step(self, node: SimulatedNode, action: Callable[[Driver, int], object]) -> object:
        """One step of a node that is up; power may fail in the middle of it."""
        driver = node.driver
        if driver is None:
            return None
        node.fuse.spent_ms = 0
        try:
            result = action(driver, node.clock_ms(self.now_ms))
            if node.chain is not None:
                node.chain.snapshots.step()
        except PowerCut:
            self.say(node, "POWER CUT")
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
            self.say(node, f"HEAD {head.height} {head.header_hash.hex()[:8]} in view {head.view}")
        if driver.snapshots.finished:
            self.begin_anew(node)
            return None
        self._occupy(node, driver)
        self._schedule(node, driver)
        return result

    def begin_anew(self, node: SimulatedNode) -> None:
        """A snapshot is whole: the process begins again with it."""
        self.say(node, "BEGINS ANEW WITH A SNAPSHOT")
        self.begun_anew.add(node.name)
        self.crash(node)
        self.agenda.at(self.now_ms + REBOOT_MS, lambda: self.start(node))

    def _when_free(self, node: SimulatedNode, action: Callable[[Driver, int], object]) -> None:
        """A step as soon as the node's one thread is free."""
        if node.busy_until_ms > self.now_ms:
            self.agenda.at(node.busy_until_ms, lambda: self._when_free(node, action))
        elif node.up:
            self._step(node, action)

    def _occupy(self, node: SimulatedNode, driver: Driver) -> None:
        """What the disk and an execution that ended the step take."""
        took_ms, node.fuse.spent_ms = node.fuse.spent_ms, 0
        if driver.deadline_ms <= node.clock_ms(self.now_ms):
            took_ms += node.slow_execution_ms
        if took_ms:
            node.busy_until_ms = max(node.busy_until_ms, self.now_ms) + took_ms

    def _schedule(self, node: SimulatedNode, driver: Driver) -> None:
        """Have the node ticked at its deadline."""
        due_ms = max(node.when_ms(driver.deadline_ms, self.now_ms), node.busy_until_ms)
        if due_ms == node.tick_at_ms:
            return
        node.tick_at_ms = due_ms

        def tick() -> None:
            if node.tick_at_ms == due_ms and node.up:
                node.tick_at_ms = -1
                self._when_free(node, lambda driver, clock_ms: driver.tick(clock_ms))

        self.agenda.at(due_ms, tick)

    def start(self, node: SimulatedNode) -> None:
        """Start a node's process on what is on its disk."""
        if node.up:
            return
        try:
            node.open()
        except PowerCut:
            node.crash()
            self.agenda.at(self.now_ms + REBOOT_MS, lambda: self.start(node))
            return
        self.say(node, "STARTS")
        self._step(node, lambda driver, clock_ms: driver.start(clock_ms))
        for peer in self.nodes:
            if peer is not node and peer.up and self.post.connected(peer.name, node.name):
                self._connect(node, peer)
                self._connect(peer, node)

    def _connect(self, node: SimulatedNode, peer: SimulatedNode) -> None:
        self._when_free(node, lambda driver, clock_ms: driver.connected(peer.name, clock_ms))

    def crash(self, node: SimulatedNode) -> None:
        """End a node's process; what was not synced is gone."""
        if not node.up:
            return
        self.say(node, "CRASHES")
        node.crash()
        for peer in self.nodes:
            if peer.driver is not None:
                peer.driver.disconnected(node.name)

    def set_clock(self, node: SimulatedNode, off_ms: int) -> None:
        """Have a clock jump to where it is so far off the true time."""
        node.clock_off_ms = off_ms
        if node.driver is not None:
            self._schedule(node, node.driver)

    # Frames.

    def _sent(self, origin: NodeId, to: NodeId, frame: bytes) -> None:
        node = self._by_name[origin]
        message = self.message_of(frame)
        liar = self._liars.get(origin)
        if liar is None:
            if message is not None:
                self.words.sent(node, message)
            self.carry(node, to, frame, message)
            return
        for each in liar.sends(to, frame, message):
            self.carry(node, to, each, message if each == frame else self.message_of(each))

    def carry(self, node: SimulatedNode, to: NodeId, frame: bytes, message: Message | None) -> None:
        """Give a frame to the post as it is."""
        leaves_ms = max(self.now_ms, node.busy_until_ms) + node.fuse.spent_ms
        passes = self.passes(node.name, to, frame, message)
        times = self.post.arrivals(node.name, to, leaves_ms) if passes else []
        if self._tell is not None:
            said = repr(message) if message is not None else f"frame of {len(frame)} B"
            self.say(node, f"-> {to} {said}{'' if times else ' LOST'}")
        receiver = self._by_name[to]
        for time_ms in times:
            self.agenda.at(time_ms, lambda: self.deliver(receiver, node.name, frame))

    def deliver(self, node: SimulatedNode, origin: NodeId, frame: bytes) -> None:
        """Hand a frame over now, whoever has really made it."""
        if not node.up:
            return
        liar = self._liars.get(node.name)
        if liar is not None:
            liar.hears(frame, self.message_of(frame))
        self._when_free(node, lambda driver, clock_ms: driver.received(origin, frame, clock_ms))

    def message_of(self, frame: bytes) -> Message | None:
        """What a frame says, if it is one."""
        try:
            decoded = self._codec.decode(frame)
        except LedgerError:
            return None
        return decoded.message if isinstance(decoded, Said) else None

    # Lines and work.

    def split(self, alone: Sequence[NodeId]) -> None:
        """Cut these nodes off from the others."""
        self.post.split(alone)
        for node in self.nodes:
            for peer in self.nodes:
                if node.driver is not None and not self.post.connected(node.name, peer.name):
                    node.driver.disconnected(peer.name)

    def join(self) -> None:
        """Let everybody reach everybody."""
        self.post.join()
        for node in self.nodes:
            for peer in self.nodes:
                if node is not peer and node.up and peer.up:
                    self._connect(node, peer)

    def submit(self, work: Work) -> None:
        """A member hands in one bundle, at one node or at several."""
        member = MEMBERS[work.member]
        self._number += 1
        bundle = bundle_of(self.plan.nodes, member, self._number, work.records, self.now_ms - 200)
        for number in work.nodes:
            self._when_free(self.nodes[number], self._hands_in(self.nodes[number], bundle))

    def hand_in(self, node: SimulatedNode, bundle: Bundle) -> None:
        """A member hands in a bundle of its own at one node."""
        self._when_free(node, self._hands_in(node, bundle))

    def _hands_in(self, node: SimulatedNode, bundle: Bundle) -> Callable[[Driver, int], object]:
        def hand_in(driver: Driver, clock_ms: int) -> None:
            answer = driver.submit(bundle, clock_ms)
            self.say(node, f"TAKES {bundle.bundle_id.hex()[:8]}: {type(answer).__name__}")
            if isinstance(answer, Acknowledgement) and node in self.honest:
                self.acknowledged.extend(bundle.record_ids)

        return hand_in
