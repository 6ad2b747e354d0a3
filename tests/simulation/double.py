"""A node whose folder was copied and started twice: which of the two processes is heard, and reached.

A peer listens to whoever of the two dialled last, and cuts off the other, who dials again; the line
that a peer dials leads to one of the two. Both may say what they like until they are silenced; what
one process says must hold together, and nothing new may leave it once it is silenced.
"""

from typing import TYPE_CHECKING

from consensus.core.message_encoding import encode_message
from consensus.core.messages import Message, NewView, PrePrepare, ViewChange, Vote
from consensus.cosigning import decode_cosignature
from consensus.wire import Kind
from ledger.core.checkpoint import cosigner_name
from ledger.core.identifiers import NodeId
from ledger.core.note import parse_line
from tests.simulation.checkers import Words, require
from tests.simulation.copies import Copy, restore
from tests.simulation.dice import Dice
from tests.simulation.node import SimulatedNode
from tests.simulation.plan import Fault
from tests.simulation.post import Line

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster

PAUSE_MS = 30
PAUSE_MS_MAX = 1_500
"""As `consensus.outbound`, in proportion to the shorter views here."""


class Double:
    """One node, two processes."""

    def __init__(
        self, cluster: "Cluster", true: SimulatedNode, fault: Fault, kept: Copy, words: Words
    ) -> None:
        """Have a second node ready on a copy of the disks of the first, its mark included."""
        self._cluster = cluster
        self._dice = Dice(cluster.plan.seed, f"double {true.name} {fault.at_ms}")
        self._astray_permille = fault.amount
        number = fault.nodes[0]
        line = Line(true.name, true.everybody, self._sent)
        self.true = true
        self.copy = SimulatedNode(cluster.plan, number, line, " (copy)")
        restore(self.copy, kept, with_mark=True)
        self.copy.codec = true.codec
        self.copy.clock_off_ms = true.clock_off_ms + self._dice.between(-120, 120)
        self.stopped = False
        self._heard: dict[NodeId, SimulatedNode] = {}
        self._reached: dict[NodeId, SimulatedNode] = {}
        self._pauses: dict[tuple[NodeId, NodeId], int] = {}
        self._words = words
        """What the copy said must hold together with what was said before its disks were copied."""
        self._silent: dict[NodeId, bytes] = {}
        """By process: the journal at the moment from which nothing new may be signed."""
        self._begun: dict[bytes, NodeId] = {}
        """NEW-VIEWs in this node's name, and which process said each first: that one signed it."""
        self.told: set[NodeId] = set()
        """Processes that were silenced, also those that have ended since."""
        self._dialling: set[tuple[NodeId, NodeId]] = set()

    @property
    def processes(self) -> tuple[SimulatedNode, SimulatedNode]:
        return self.true, self.copy

    @property
    def silenced(self) -> tuple[NodeId, ...]:
        """Of the two processes those that were shown the other."""
        return tuple(
            each.label
            for each in self.processes
            if each.driver is not None and each.driver._presences.cloned
        )

    def dial(self, process: SimulatedNode, peer: SimulatedNode) -> None:
        """One of the two dials a peer, which hangs up on the other."""
        if self.stopped:
            return
        if not (process.up and peer.up and self._cluster.post.whole(process.label, peer.label)):
            self._again(process, peer)
            return
        self._cluster.greet(process, peer, lambda: self._listened_to(process, peer))

    def dialled(self, peer: SimulatedNode) -> None:
        """A peer dials the node's address, and gets one of the two."""
        if self.stopped:
            return
        self._reached.pop(peer.name, None)
        process = self.copy if self._dice.chance(self._astray_permille) else self.true
        whole = self._cluster.post.whole(process.label, peer.label)
        if process.up and peer.up and whole:
            self._reached[peer.name] = process
            self._cluster.greet(peer, process)
        else:
            self._lost(peer)

    def begin(self) -> None:
        """The copy runs: it dials everybody, and of the lines to the node some lead to it now."""
        for peer in self._peers():
            if self._dice.chance(self._astray_permille) and peer.driver is not None:
                peer.driver.disconnected(self.true.name)
                self.dialled(peer)
            self.dial(self.copy, peer)

    def parted(self) -> None:
        """Lines were cut: who is cut off from a process cannot say anything to it."""
        post = self._cluster.post
        for peer in self._peers():
            for process in self.processes:
                if process.driver is not None and not post.connected(process.label, peer.label):
                    process.driver.disconnected(peer.name)
            if not post.connected(self.reached_by(peer.name).label, peer.label):
                self._lost(peer)

    def speaks(self, process: SimulatedNode, peer: NodeId) -> bool:
        """Whether a peer listens to this one of the two."""
        return self._heard.get(peer, self.true) is process

    def reached_by(self, peer: NodeId) -> SimulatedNode:
        """Which of the two hears what a peer says."""
        return self._reached.get(peer, self.true)

    def ended(self, process: SimulatedNode) -> None:
        """One of the two is down: whoever had reached it dials the address again."""
        self._silent.pop(process.label, None)
        for peer in self._peers():
            if self.reached_by(peer.name) is process:
                self._lost(peer)

    def look(self, process: SimulatedNode) -> None:
        """After a greeting: from now on one that was silenced may say old words only."""
        if process.label in self.silenced and process.label not in self._silent:
            self._silent[process.label] = process.journal.durable
            self._cluster.say(process, "IS SILENCED")
            self.told.add(process.label)

    def judge(self, process: SimulatedNode, message: Message | None, frame: bytes) -> None:
        """Judge what one of the two hands to its transport."""
        words = self._cluster.words if process is self.true else self._words
        if message is not None:
            words.sent(process, message)
        if isinstance(message, NewView) and message.node == process.name:
            first = self._begun.setdefault(encode_message(message), process.label)
            if first != process.label:
                # The other process signed it; whoever hears of it hands it on, as it came.
                return
        if process.label not in self._silent:
            return
        if isinstance(message, PrePrepare):
            message = message.prepare
        if isinstance(message, Vote | ViewChange | NewView) and message.node == process.name:
            old = encode_message(message) in self._silent[process.label]
            require(old, f"{process.label} was silenced and signs {message!r}")
        if frame[0] == Kind.COSIGNATURE:
            line = decode_cosignature(frame[1:]).line
            own = parse_line(line).name == cosigner_name(process.identity.origin, process.name)
            require(not own, f"{process.label} was silenced and cosigns a head")

    def _sent(self, _: NodeId, to: NodeId, frame: bytes) -> None:
        self._cluster.sent_by(self.copy, to, frame)

    def _listened_to(self, process: SimulatedNode, peer: SimulatedNode) -> None:
        before = self._heard.get(peer.name, self.true)
        self._heard[peer.name] = process
        if before is not process:
            if before.driver is not None:
                before.driver.disconnected(peer.name)
            self._again(before, peer)

    def _again(self, process: SimulatedNode, peer: SimulatedNode) -> None:
        """Dial once more after a pause that grows, as long as connections do not last."""
        key = (process.label, peer.name)
        if key in self._dialling:
            return
        self._dialling.add(key)
        pause_ms = self._pauses.get(key, PAUSE_MS)
        self._pauses[key] = min(2 * pause_ms, PAUSE_MS_MAX)

        def dial() -> None:
            self._dialling.discard(key)
            if process.up and not self.speaks(process, peer.name):
                self.dial(process, peer)

        after_ms = self._dice.between(pause_ms // 2, pause_ms * 3 // 2)
        self._cluster.agenda.at(self._cluster.now_ms + after_ms, dial)

    def _lost(self, peer: SimulatedNode) -> None:
        """A peer's connection to the node is gone."""
        self._reached.pop(peer.name, None)
        if peer.driver is not None:
            peer.driver.disconnected(self.true.name)
        key = (peer.name, self.true.name)
        if key in self._dialling:
            return
        self._dialling.add(key)

        def dial() -> None:
            self._dialling.discard(key)
            if peer.up and peer.name not in self._reached:
                self.dialled(peer)

        self._cluster.agenda.at(self._cluster.now_ms + PAUSE_MS_MAX, dial)

    def _peers(self) -> list[SimulatedNode]:
        return [peer for peer in self._cluster.nodes if peer is not self.true]
