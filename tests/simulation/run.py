"""One run of a plan: faults strike and end, everything heals, and progress is demanded."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace

from ledger.chain import Chain
from ledger.core.identifiers import NodeId
from ledger.core.misconduct import decode_fault
from ledger.core.misconduct_file import MisconductFile
from ledger.culprit import verify_misconduct
from tests.simulation.checkers import Words, check_chain, check_fault, check_receipts, require
from tests.simulation.clerk import LOOKS_EVERY_MS, Clerk
from tests.simulation.cluster import Cluster
from tests.simulation.copies import Copy, copy, restore
from tests.simulation.double import Double
from tests.simulation.node import SimulatedNode
from tests.simulation.plan import CHAOS_MS, CLONE_BLOWS, Blow, Fault, Plan, Work
from tests.simulation.post import CALM
from tests.simulation.town import MEMBERS, START_MS, trust_of

HEALING_MS = 90_000
"""After healing, progress must be there within so long."""


@dataclass(frozen=True)
class Outcome:
    """What a run that held came to."""

    heights: int
    views: int
    records: int
    ms: int
    faults: tuple[str, ...]
    """Kinds of evidence that honest nodes found against liars."""
    lies: tuple[str, ...]
    """Of the planned lies those that were told."""
    silenced: int = 0
    """Processes that were silenced because they had been started twice."""
    contradictions: tuple[str, ...] = ()
    """Kinds of evidence against a node of which two processes ran."""


class Run:
    """A cluster to which everything happens that a plan says."""

    def __init__(self, plan: Plan, tell: Callable[[str], None] | None = None) -> None:
        self._plan = plan
        self.cluster = Cluster(plan, tell)
        self._storms = 0
        self._partitions = 0
        self._healed = False
        self._copies: dict[Fault, Copy] = {}
        self._words: dict[Fault, Words] = {}
        """What had been said when each copy was taken."""
        self._told: set[NodeId] = set()
        self._kinds: set[str] = set()
        self._clone_kinds: set[str] = set()
        self._clerk = Clerk(plan.nodes, plan.steps)

    def play(self) -> Outcome:
        """Play the plan, heal, and demand progress.

        Raises:
            Broken: a checker does not hold.
        """
        cluster, agenda = self.cluster, self.cluster.agenda
        for line in self._plan.lines():
            cluster.say(None, line)
        for node in cluster.nodes:
            cluster.start(node)
        for fault in self._plan.faults:
            if fault.blow in CLONE_BLOWS:
                copied_ms = START_MS + max(0, fault.at_ms - fault.delay_ms)
                agenda.at(copied_ms, lambda fault=fault: self._copy(fault))  # type: ignore[misc]
            agenda.at(START_MS + fault.at_ms, lambda fault=fault: self._strike(fault))  # type: ignore[misc]
        for work in self._plan.works:
            agenda.at(START_MS + work.at_ms, lambda work=work: cluster.submit(work))  # type: ignore[misc]
        if self._plan.steps:
            self._see_through()
        agenda.play(START_MS + CHAOS_MS, lambda: False)
        self._heal()
        done = agenda.play(agenda.now_ms + HEALING_MS, self._settled)
        require(done, f"no progress within {HEALING_MS} ms after healing: {self._where()}")
        return self._check_end()

    def _see_through(self) -> None:
        """Submit what the next change of the committee lacks, now and again and again."""
        cluster = self.cluster
        chains = [
            node.chain
            for node in cluster.honest
            if node.chain is not None and not node.chain.blocks.base
        ]
        chain = max(chains, key=lambda each: each.head.height, default=None)
        if chain is not None:
            voting = [node for node in cluster.honest if node.name in chain.committee and node.up]
            for place, (_, bundle) in enumerate(self._clerk.next_bundles(chain, cluster.now_ms)):
                for node in (voting[place:] + voting[:place])[:2]:
                    cluster.hand_in(node, bundle)
        cluster.agenda.at(cluster.now_ms + LOOKS_EVERY_MS, self._see_through)

    def _strike(self, fault: Fault) -> None:
        cluster = self.cluster
        cluster.say(None, f"FAULT {fault}")
        struck = [cluster.nodes[number] for number in fault.nodes]
        match fault.blow:
            case Blow.CRASH | Blow.CRASH_ALL:
                for node in struck:
                    cluster.crash(node)
            case Blow.POWER_CUT:
                struck[0].fuse.arm(fault.amount)
            case Blow.PARTITION:
                self._partitions += 1
                cluster.split([node.name for node in struck])
            case Blow.ONE_WAY:
                for node in struck[1:]:
                    cluster.post.mute(struck[0].name, node.name)
            case Blow.STORM:
                self._storms += 1
                cluster.post.weather = fault.weather
            case Blow.CLOCK:
                cluster.set_clock(struck[0], fault.amount)
            case Blow.RESTORE:
                self._copy(fault)
            case Blow.CLONE | Blow.CLONE_STAYS:
                cluster.double(struck[0], fault, self._copies[fault], self._words[fault])
            case Blow.NEW_DISK:
                cluster.crash(struck[0])
                struck[0].lose_disk()
                cluster.agreement.forget(struck[0].name)
            case Blow.SLOW_DISK:
                struck[0].fuse.slow_ms = fault.amount
            case Blow.SLOW_EXECUTION:
                struck[0].slow_execution_ms = fault.amount
        cluster.agenda.at(cluster.now_ms + fault.lasts_ms, lambda: self._end(fault, struck))

    def _copy(self, fault: Fault) -> None:
        self._copies[fault] = copy(self.cluster.nodes[fault.nodes[0]])
        self._words[fault] = deepcopy(self.cluster.words)

    def _end(self, fault: Fault, struck: list[SimulatedNode]) -> None:
        if self._healed:
            return
        cluster = self.cluster
        cluster.say(None, f"ENDS {fault}")
        match fault.blow:
            case Blow.PARTITION:
                self._partitions -= 1
                if self._partitions == 0:
                    cluster.join()
            case Blow.ONE_WAY:
                for node in struck[1:]:
                    cluster.post.unmute(struck[0].name, node.name)
            case Blow.STORM:
                self._storms -= 1
                if self._storms == 0:
                    cluster.post.weather = CALM
            case Blow.CLOCK:
                self._set_right(fault.nodes[0])
            case Blow.RESTORE:
                self._restore(struck[0], self._copies[fault])
            case Blow.CLONE:
                self._stop_both(struck[0].name)
            case Blow.CLONE_STAYS:
                pass
            case Blow.SLOW_DISK:
                struck[0].fuse.slow_ms = 0
            case Blow.SLOW_EXECUTION:
                struck[0].slow_execution_ms = 0
            case _:
                for node in struck:
                    node.fuse.disarm()
                    cluster.start(node)

    def _stop_both(self, name: NodeId) -> None:
        """People have noticed: both processes are stopped, and the true one starts alone."""
        double = self.cluster.doubles[name]
        self._see_evidence(double.copy)
        self._told |= double.told
        self.cluster.single(name)

    def _restore(self, node: SimulatedNode, kept: Copy) -> None:
        """Put yesterday's copy back: all but what it acknowledged, and how far it has signed."""
        cluster = self.cluster
        cluster.crash(node)
        restore(node, replace(kept, intake=node.intake.durable))
        cluster.agreement.forget(node.name)
        cluster.start(node)

    def _heal(self) -> None:
        """End every fault; liars go on lying."""
        cluster = self.cluster
        cluster.say(None, "HEALS")
        self._healed = True
        cluster.post.heal()
        for fault in self._plan.faults:
            if (
                fault.blow is Blow.CLONE
                and self.cluster.nodes[fault.nodes[0]].name in cluster.doubles
            ):
                self._stop_both(self.cluster.nodes[fault.nodes[0]].name)
        for number, node in enumerate(cluster.nodes):
            node.fuse.disarm()
            node.fuse.slow_ms = node.slow_execution_ms = 0
            self._set_right(number)
        cluster.join()
        for node in cluster.nodes:
            cluster.start(node)
        taker = next(n for n, node in enumerate(cluster.nodes) if node in self._settling)
        cluster.submit(Work(CHAOS_MS, MEMBERS.index("notary"), (taker,), 1))

    def _set_right(self, number: int) -> None:
        """A clock is again as little off as at the start."""
        self.cluster.set_clock(self.cluster.nodes[number], self._plan.clocks_ms[number])

    def _settled(self) -> bool:
        """All acknowledged is on the ledger, and all honest heads are one, with cosignatures."""
        heads = set()
        for node in self._settling:
            if (
                node.driver is None
                or node.chain is None
                or node.busy_until_ms > self.cluster.now_ms
            ):
                return False
            heads.add((node.chain.head.height, node.chain.cosigned_height))
        if len(heads) != 1 or len(set(heads.pop())) != 1:
            return False
        chain = self._whole().chain
        assert chain is not None
        if not self._clerk.done(chain):
            return False
        if any(len(each.silenced) < 2 for each in self._doubles_under_one_key(chain)):
            return False
        acknowledged = self.cluster.acknowledged
        return all(chain.blocks.record_bytes(each) is not None for each in acknowledged)

    def _doubles_under_one_key(self, chain: Chain) -> list[Double]:
        """Those that stand in the committee under their first key.

        Where a key was renewed or a node left, a process that has not heard of it counts no more.
        """
        first, last = chain.genesis.committee, chain.committee
        return [
            double
            for name, double in self.cluster.doubles.items()
            if name in last and last.node(name).node_key == first.node(name).node_key
        ]

    @property
    def _settling(self) -> list[SimulatedNode]:
        """Honest nodes that are not two: all that must settle."""
        return [node for node in self.cluster.honest if node.name not in self.cluster.doubles]

    def _whole(self) -> SimulatedNode:
        """An honest node that has every block: at most f nodes begin with a snapshot."""
        whole = [
            node for node in self._settling if node.chain is not None and not node.chain.blocks.base
        ]
        require(bool(whole), "nobody has every block")
        return whole[0]

    def _where(self) -> str:
        return ", ".join(
            f"{node.name}: {node.driver.status.situation}" if node.driver else f"{node.name}: down"
            for node in self.cluster.nodes
        )

    def _check_end(self) -> Outcome:
        whole = self._whole()
        entered = check_chain(whole, self.cluster.acknowledged)
        for node in self._settling:
            check_receipts(node, entered[-2:] if node is not whole else entered)
        for node in self.cluster.honest:
            self._see_evidence(node)
        for double in self.cluster.doubles.values():
            self._see_evidence(double.copy)
            self._told |= double.told
        head = whole.chain and whole.chain.head
        assert head
        self.cluster.say(None, f"HELD {head.height} blocks {head.header_hash.hex()}")
        took_ms = self.cluster.now_ms - START_MS
        found, clones = tuple(sorted(self._kinds)), tuple(sorted(self._clone_kinds))
        told = len(self._told)
        lies = self.cluster.lies
        return Outcome(head.height, head.view, len(entered), took_ms, found, lies, told, clones)

    def _see_evidence(self, node: SimulatedNode) -> None:
        """What a process has found holds, and is against liars, or against who was two."""
        liars = {self.cluster.nodes[number].name for number, _ in self._plan.liars}
        if node.driver is None or node.chain is None:
            return
        for fault in node.driver.faults:
            check_fault(node, fault)
            # As a stranger reads the record of it.
            links = node.chain.links.up_to(fault.epoch)
            proof = MisconductFile(decode_fault(fault.encode()), links)
            culprit = verify_misconduct(proof, trust_of(self._plan.nodes))
            require(culprit.node_id == fault.node, "another culprit")
            kinds = self._kinds if fault.node in liars else self._clone_kinds
            guilty = fault.node in liars or fault.node in self.cluster.cloned
            require(guilty, f"{fault!r}: an honest node is accused")
            kinds.add(fault.kind.value)
