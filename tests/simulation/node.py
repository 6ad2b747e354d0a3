"""One simulated node: the shipped driver, executor and chain over disks that may lose power."""

from consensus.build import Identity, Storage, config_of, open_driver
from consensus.core.config import Config
from consensus.driver import Driver
from contracts.executor import BlockExecutor
from ledger.chain import Chain
from ledger.core.identifiers import NodeId
from tests.simulation.dice import Dice
from tests.simulation.disk import Fuse, SimulatedFile, SimulatedStore
from tests.simulation.post import Line
from tests.simulation.town import CATALOGUE, genesis_of, rows_of
from tests.vectors.small_network import signer

QUICK = {
    "view_timeout_ms": 1_200,
    "view_timeout_max_ms": 9_600,
    "request_ms": 700,
    "request_backoff_max_ms": 3_000,
    "listen_ms": 200,
}
"""Shorter than in production, so that a run has many views; the proportions are the same."""


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

    def __init__(self, seed: int, nodes: int, node_id: NodeId, clock_ms: int, line: Line) -> None:
        genesis = genesis_of(nodes)
        member = node_id.removeprefix("node-")
        dice = Dice(seed, f"disk {node_id}")
        self.name = node_id
        self.clock_off_ms = clock_ms
        self.nodes = nodes
        self.fuse = Fuse(dice)
        self.store = SimulatedStore(self.fuse)
        self.journal = SimulatedFile(f"{node_id}/journal", self.fuse, dice)
        self.intake = SimulatedFile(f"{node_id}/intake", self.fuse, dice)
        self.line = line
        self.identity = Identity(
            genesis.network_id,
            node_id,
            genesis.origin,
            signer(f"node {member}"),
            genesis.parameters,
        )
        self.config = config_for(self.identity)
        self.driver: Driver | None = None
        self.chain: Chain | None = None
        self.executor: BlockExecutor | None = None
        self.tick_at_ms = -1

    @property
    def up(self) -> bool:
        return self.driver is not None

    def open(self) -> None:
        """Start the process: open what is on disk. Say `start` to the driver afterwards."""
        self.chain = Chain(self.store, genesis_of(self.nodes), rows_of(self.nodes))
        self.executor = BlockExecutor(self.chain, CATALOGUE)
        storage = Storage(self.executor, self.chain, self.journal, self.intake)
        self.driver = open_driver(self.identity, storage, self.line, self.config)

    def crash(self) -> None:
        """The process is gone, and with it whatever was not synced."""
        self.fuse.disarm()
        self.journal.cut()
        self.intake.cut()
        self.driver = self.chain = self.executor = None
        self.tick_at_ms = -1
