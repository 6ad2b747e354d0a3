"""Nodes, post and members on one virtual clock; what befalls them is decided in `run` or a script.

Nothing here reads a clock or draws a number outside the seed's dice, and nothing is ordered by a
hash, so the same seed gives the same transcript on every machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from consensus.core.messages import Message
from consensus.driver import Driver
from consensus.wire import Hello, Said
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.bundle import Bundle
from ledger.core.identifiers import NodeId, RecordId
from ledger.errors import InvariantBroken, LedgerError
from tests.simulation.agenda import Agenda
from tests.simulation.checkers import Agreement, Words, require
from tests.simulation.copies import Copy
from tests.simulation.dice import Dice
from tests.simulation.disk import PowerCut
from tests.simulation.double import Double
from tests.simulation.greetings import Greetings
from tests.simulation.liar import Liar
from tests.simulation.node import SharedCodec, SimulatedNode
from tests.simulation.plan import CLONE_BLOWS, Fault, Plan, Work
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
        self.doubles: dict[NodeId, Double] = {}
        """Nodes of which two processes run."""
        self.cloned = {names[fault.nodes[0]] for fault in plan.faults if fault.blow in CLONE_BLOWS}
        """Nodes that are started twice at some time."""
        self._greets = plan.greets or bool(self.cloned)
        self._greetings = Greetings(Dice(plan.seed, "greetings"))
        self.words = Words()
        self.agreement = Agreement()
        self.acknowledged: list[RecordId] = []
        self.passes: Callable[[NodeId, NodeId, bytes, Message | None], bool] = lambda *_: True
        """Whether a frame that was sent goes on its way: a script loses or holds what it names."""
        self.stopped: Callable[[SimulatedNode, InvariantBroken], None] | None = None
        """Told of a node that stops itself; otherwise that ends the run."""
        self._number = 0
        self._lying = [node for node in self.nodes if node.name in self._liars]
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
            name = "" if node is None else node.label
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
        if node not in self._lying and self.agreement.look(node):
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
        if node.up or node.discarded:
            return
        try:
            node.open()
        except PowerCut:
            node.crash()
            self.agenda.at(self.now_ms + REBOOT_MS, lambda: self.start(node))
            return
        self.say(node, "STARTS")
        self._step(node, lambda driver, clock_ms: driver.start(clock_ms))
        for peer in self._processes():
            near = self.post.connected(peer.label, node.label)
            if peer.name != node.name and peer.up and near:
                self._connect(node, peer)
                self._connect(peer, node)

    def _connect(self, node: SimulatedNode, peer: SimulatedNode) -> None:
        if (double := self.doubles.get(node.name)) is not None:
            double.dial(node, peer)
        elif (double := self.doubles.get(peer.name)) is not None:
            if peer is double.true or not double.true.up:
                double.dialled(node)
        elif self._greets:
            self.greet(node, peer)
        else:
            self._when_free(node, lambda driver, clock_ms: driver.connected(peer.name, clock_ms))

    def greet(
        self, node: SimulatedNode, peer: SimulatedNode, made: Callable[[], None] = lambda: None
    ) -> None:
        """`node` dials `peer`: a greeting, the answer to it, and what is sent then may arrive.

        Args:
            node: who dials.
            peer: who is dialled.
            made: is called once the connection stands.
        """
        dialling, listening = node.driver, peer.driver
        if dialling is None or listening is None:
            return
        hello = self._hello(node, dialling, peer.name)

        def hears(driver: Driver, clock_ms: int) -> None:
            if driver is listening:
                driver.greeted(node.name, hello, clock_ms)
                self._greeted(peer, driver, clock_ms)
                answer = self._hello(peer, driver, node.name)
                answers = lambda driver, ms: answered(driver, answer, ms)  # noqa: E731
                self.agenda.at(self.now_ms, lambda: self._when_free(node, answers))

        def answered(driver: Driver, answer: Hello, clock_ms: int) -> None:
            if driver is dialling and listening is peer.driver:
                driver.greeted(peer.name, answer, clock_ms)
                self._greeted(node, driver, clock_ms)
                made()
                driver.connected(peer.name, clock_ms)

        self._when_free(peer, hears)

    def _hello(self, node: SimulatedNode, driver: Driver, to: NodeId) -> Hello:
        """What a node says at the beginning, as it is read at the other end."""
        # The shared codec speaks in the name of the first node.
        hello = replace(driver.hello(to), node_id=node.name)
        if node in self._lying:
            hello = self._greetings.twisted(hello, to)
        self._greetings.said(hello)
        return self._codec.check_hello(node.name, self._codec.encode(hello))

    def _greeted(self, node: SimulatedNode, driver: Driver, clock_ms: int) -> None:
        """Only who was cloned is ever taken for two, by itself or by others."""
        seen = set(driver._presences.doubled(clock_ms))
        if driver._presences.cloned:
            seen.add(node.name)
        if node in self._lying:
            seen -= {node.name}
        require(seen <= self.cloned, f"{node.label} takes {sorted(seen)} for cloned")
        if node.name in self.doubles:
            self.doubles[node.name].look(node)

    def crash(self, node: SimulatedNode) -> None:
        """End a node's process; what was not synced is gone."""
        if not node.up:
            return
        self.say(node, "CRASHES")
        node.crash()
        if node.name in self.doubles:
            self.doubles[node.name].ended(node)
            return
        for peer in self._processes():
            if peer.driver is not None:
                peer.driver.disconnected(node.name)

    def double(self, node: SimulatedNode, fault: Fault, kept: Copy, words: Words) -> None:
        """Start a second process beside a node, on a copy of its disks.

        Args:
            node: the true one.
            fault: the plan's.
            kept: its disks when they were copied.
            words: what everybody had said by then.
        """
        double = Double(self, node, fault, kept, words)
        self.doubles[node.name] = double
        self.post.add(double.copy.label)
        self.start(double.copy)
        double.begin()

    def single(self, name: NodeId) -> Double:
        """Stop both processes of a node, put the copy away, and start the true one alone."""
        double = self.doubles[name]
        for process in double.processes:
            self.crash(process)
        double.stopped = double.copy.discarded = True
        del self.doubles[name]
        self.start(double.true)
        return double

    def _processes(self) -> list[SimulatedNode]:
        """Everything that runs under some name."""
        return [*self.nodes, *(double.copy for double in self.doubles.values())]

    def set_clock(self, node: SimulatedNode, off_ms: int) -> None:
        """Have a clock jump to where it is so far off the true time."""
        node.clock_off_ms = off_ms
        if node.driver is not None:
            self._schedule(node, node.driver)

    # Frames.

    def _sent(self, origin: NodeId, to: NodeId, frame: bytes) -> None:
        self.sent_by(self._by_name[origin], to, frame)

    def sent_by(self, node: SimulatedNode, to: NodeId, frame: bytes) -> None:
        """Take what a process hands to its transport, and give it to the post."""
        message = self.message_of(frame)
        liar = self._liars.get(node.name)
        double = self.doubles.get(node.name)
        if double is not None:
            double.judge(node, message, frame)
        elif liar is None and message is not None:
            self.words.sent(node, message)
        if liar is None:
            self.carry(node, to, frame, message)
            return
        for each in liar.sends(to, frame, message):
            self.carry(node, to, each, message if each == frame else self.message_of(each))

    def carry(self, node: SimulatedNode, to: NodeId, frame: bytes, message: Message | None) -> None:
        """Give a frame to the post as it is."""
        leaves_ms = max(self.now_ms, node.busy_until_ms) + node.fuse.spent_ms
        receiver = self._by_name[to]
        if to in self.doubles:
            receiver = self.doubles[to].reached_by(node.name)
        passes = self.passes(node.name, to, frame, message)
        if node.name in self.doubles:
            passes = passes and self.doubles[node.name].speaks(node, to)
        times = self.post.arrivals(node.label, receiver.label, leaves_ms) if passes else []
        if self._tell is not None:
            said = repr(message) if message is not None else f"frame of {len(frame)} B"
            self.say(node, f"-> {to} {said}{'' if times else ' LOST'}")
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
                if {node.name, peer.name} & self.doubles.keys():
                    continue
                if node.driver is not None and not self.post.connected(node.name, peer.name):
                    node.driver.disconnected(peer.name)
        for double in self.doubles.values():
            double.parted()

    def join(self) -> None:
        """Let everybody reach everybody."""
        self.post.join()
        for node in self._processes():
            for peer in self._processes():
                if node.name != peer.name and node.up and peer.up:
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
