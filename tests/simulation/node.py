"""One simulated node: the shipped driver, executor and chain over disks that may lose power."""

from functools import lru_cache

from consensus.build import Identity, Storage, config_of, open_driver
from consensus.core.config import Config
from consensus.driver import Driver
from consensus.evidence import EvidenceInMemory
from consensus.snapshot_desk import SnapshotSide
from consensus.wire import Codec, Frame
from contracts.executor import BlockExecutor
from ledger.chain import Chain
from ledger.core.identifiers import NodeId
from ledger.core.limits import Parameters
from ledger.snapshot_taking import SnapshotTaking, began_at, own_rows
from ledger.store.keys import Table
from ledger.store.rows import head_from
from tests.simulation.clerk import NEXT
from tests.simulation.dice import Dice
from tests.simulation.disk import Fuse, SimulatedFile, SimulatedStore
from tests.simulation.plan import Plan
from tests.simulation.post import Line
from tests.simulation.town import CATALOGUE, MEMBERS, START_MS, genesis_of, rows_of, trust_of
from tests.vectors.small_network import signer

FRAMES_KEPT = 512
BEHIND = 1
"""Blocks that a node must lack before it takes a snapshot: a run is short."""
MILLION = 1_000_000
QUICK = {
    "view_timeout_ms": 1_200,
    "view_timeout_max_ms": 9_600,
    "request_ms": 700,
    "request_backoff_max_ms": 3_000,
    "listen_ms": 200,
}
"""Shorter than in production, so that a run has many views; the proportions are the same."""


class SharedCodec(Codec):
    """The shipped codec; what a broadcast says is read once for all who hear it."""

    def __init__(self, config: Config, limits: Parameters) -> None:
        super().__init__(config, limits)
        object.__setattr__(self, "_read", lru_cache(FRAMES_KEPT)(super().decode))

    def decode(self, data: bytes) -> Frame:
        return self._read(data)  # type: ignore[attr-defined, no-any-return]


def config_for(identity: Identity) -> Config:
    shipped = config_of(identity)
    return Config(
        shipped.network_id,
        shipped.node_id,
        shipped.rebuilds,
        clock_ahead_ms=shipped.clock_ahead_ms,
        clock_behind_ms=shipped.clock_behind_ms,
        payload_bytes_max=shipped.payload_bytes_max,
        **QUICK,
    )


class SimulatedNode:
    """What survives a crash is kept here; what does not is in `driver` and `chain`."""

    def __init__(self, plan: Plan, number: int, line: Line, label: str = "") -> None:
        seed, nodes = plan.seed, plan.nodes
        genesis = genesis_of(nodes)
        self.committee = tuple(genesis.committee)
        """At the start."""
        everybody = MEMBERS[: nodes + plan.spares]
        self.everybody = tuple(NodeId(f"node-{each}") for each in everybody)
        member = MEMBERS[number]
        node_id = NodeId(f"node-{member}")
        self.name = node_id
        self.label = NodeId(f"{node_id}{label}")
        """What tells its process from another under the same name."""
        dice = Dice(seed, f"disk {self.label}")
        self._numbers = Dice(seed, f"processes {self.label}")
        self.clock_off_ms = plan.clocks_ms[number]
        self._rate_ppm = plan.rates_ppm[number]
        self.nodes = nodes
        self.fuse = Fuse(dice)
        self.store = SimulatedStore(self.fuse)
        self.gathering = SimulatedStore(self.fuse)
        """The store beside it, in which a snapshot is gathered."""
        self.journal = SimulatedFile(f"{node_id}/journal", self.fuse, dice)
        self.intake = SimulatedFile(f"{node_id}/intake", self.fuse, dice)
        apart = Dice(seed, f"disk apart {self.label}")
        self.signed = SimulatedFile(f"{node_id}/signed", Fuse(apart), apart)
        """On a disk of its own, which loses power with the node and is never restored."""
        self.evidence = EvidenceInMemory()
        """As a folder, it outlives the process."""
        self.line = line
        self.identity = Identity(
            trust_of(nodes).network_id,
            node_id,
            trust_of(nodes).origin,
            signer(f"node {member}"),
            genesis.parameters,
            (signer(f"node {member}{NEXT}"),) if plan.steps else (),
        )
        self.config = config_for(self.identity)
        self.codec: Codec | None = None
        """Reads frames in place of the driver's own, where one is shared."""
        self.driver: Driver | None = None
        self.chain: Chain | None = None
        self.executor: BlockExecutor | None = None
        self.discarded = False
        """Nobody starts it any more."""
        self.tick_at_ms = -1
        self.busy_until_ms = 0
        """Until then its one thread waits for the disk or executes."""
        self.slow_execution_ms = 0

    def clock_ms(self, now_ms: int) -> int:
        """What the node's clock shows at a true time."""
        return now_ms + self.clock_off_ms + (now_ms - START_MS) * self._rate_ppm // MILLION

    def when_ms(self, clock_ms: int, now_ms: int) -> int:
        """The true time, not before now, at which the node's clock will have reached a time."""
        ahead = max(0, clock_ms - self.clock_ms(now_ms))
        return now_ms + -(-ahead * MILLION // (MILLION + self._rate_ppm))

    @property
    def up(self) -> bool:
        return self.driver is not None

    def open(self) -> None:
        """Start the process: open what is on disk. Say `start` to the driver afterwards."""
        self._take_over()
        self.chain = Chain(self.store, genesis_of(self.nodes), rows_of(self.nodes))
        self.executor = BlockExecutor(self.chain, CATALOGUE)
        storage = Storage(
            self.executor,
            self.chain,
            self.journal,
            self.intake,
            self.signed,
            self.evidence,
            self._snapshots(self.chain),
        )
        number = b"".join(self._numbers.next().to_bytes(8) for _ in range(2))
        self.driver = open_driver(
            self.identity, storage, self.line, self.config, incarnation=number
        )
        if self.codec is not None:
            self.driver._codec = self.codec

    def _snapshots(self, chain: Chain) -> SnapshotSide:
        genesis = genesis_of(self.nodes)
        if not genesis.parameters.snapshot_interval:
            return SnapshotSide()
        rows = rows_of(self.nodes)
        taking = SnapshotTaking(lambda: self.gathering, genesis, rows, resume=True)
        return SnapshotSide(chain.offers, taking, BEHIND)

    def _take_over(self) -> None:
        """A snapshot that is whole takes the store's place, as folders are renamed on a disk."""
        if base := began_at(self.gathering):
            row = self.store.get(Table.HEAD.key())
            if row is not None and head_from(row)[0] >= base:
                self.gathering = SimulatedStore(self.fuse)
                return
            self.gathering.write(own_rows(self.store))
            self.store, self.gathering = self.gathering, SimulatedStore(self.fuse)

    def lose_disk(self) -> None:
        """All is new and empty but what it acknowledged and how far it has signed: kept apart."""
        self.store, self.gathering = SimulatedStore(self.fuse), SimulatedStore(self.fuse)
        self.journal.durable = b""

    def crash(self) -> None:
        """The process is gone, and with it whatever was not synced."""
        self.fuse.disarm()
        self.journal.cut()
        self.intake.cut()
        self.signed.cut()
        self.driver = self.chain = self.executor = None
        self.tick_at_ms = -1
        self.busy_until_ms = 0
