"""Four drivers at one table: shipped parts over a memory transport, and a clock that the test moves.

Frames are delivered in the order sent, unless the test cuts a line or takes a node away.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from consensus.build import Identity, Storage, open_driver
from consensus.driver import Driver
from consensus.events import Event
from consensus.pool_limits import PoolLimits
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.genesis import Genesis
from ledger.core.identifiers import MemberId, NodeId
from ledger.core.signing import Ed25519Signer
from ledger.store.memory import MemoryStore
from tests.consensus.memory_file import MemoryFile
from tests.network.ledger_application import LedgerApplication
from tests.vectors.small_network import NAMES, START_MS, signer, small_genesis, small_record

HOUR_MS = 3_600_000


@dataclass
class Seat:
    """One node: its disk, and what runs on it."""

    node_id: NodeId
    signer: Ed25519Signer
    store: MemoryStore = field(default_factory=MemoryStore)
    journal: MemoryFile = field(default_factory=lambda: MemoryFile("promises"))
    signed: MemoryFile = field(default_factory=lambda: MemoryFile("signed"))
    intake: MemoryFile = field(default_factory=lambda: MemoryFile("intake"))
    driver: Driver | None = None
    application: LedgerApplication | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def up(self) -> Driver:
        assert self.driver is not None
        return self.driver

    @property
    def app(self) -> LedgerApplication:
        assert self.application is not None
        return self.application

    @property
    def height(self) -> int:
        return self.app.head.height


@dataclass
class Line:
    """The transport of one seat."""

    table: "Table"
    own: NodeId

    def send(self, peer: NodeId, frame: bytes) -> None:
        self.table.post(self.own, peer, frame)

    def broadcast(self, frame: bytes) -> None:
        for peer in self.table.seats:
            if peer != self.own:
                self.table.post(self.own, peer, frame)


class Table:
    """The small network of four departments, or of some of them."""

    def __init__(
        self, limits: PoolLimits | None = None, members: Sequence[str] = tuple(NAMES)
    ) -> None:
        self.genesis: Genesis = small_genesis(members)
        self.network_id = self.genesis.network_id
        self.now_ms = START_MS + 1_000
        self.limits = limits
        self.lost: Callable[[NodeId, NodeId, bytes], bool] = lambda _a, _b, _frame: False
        """Whether a frame from one to another is lost."""
        self._frames: deque[tuple[NodeId, NodeId, bytes]] = deque()
        names = [(node, node.removeprefix("node-")) for node in self.genesis.committee]
        self.seats = {node: Seat(node, signer(f"node {name}")) for node, name in names}

    def __getitem__(self, name: str) -> Seat:
        return self.seats[NodeId(f"node-{name}")]

    def start(self, *names: str) -> None:
        """Bring nodes up on what they have on disk; everybody reaches everybody."""
        seats = [self[name] for name in names] or list(self.seats.values())
        for seat in seats:
            self._open(seat)
        for seat in seats:
            seat.up.start(self.now_ms)
        for seat in seats:
            for other in self.seats.values():
                if other is not seat and other.driver is not None:
                    seat.up.connected(other.node_id, self.now_ms)
                    if other not in seats:
                        other.up.connected(seat.node_id, self.now_ms)

    def crash(self, name: str, kept_bytes: int = 0) -> None:
        """Take a node away; of what its files did not sync only `kept_bytes` stay."""
        seat = self[name]
        seat.journal = seat.journal.after_crash(kept_bytes)
        seat.intake = seat.intake.after_crash(kept_bytes)
        seat.driver = None
        for other in self.seats.values():
            if other.driver is not None:
                other.driver.disconnected(seat.node_id)

    def post(self, sender: NodeId, receiver: NodeId, frame: bytes) -> None:
        if self.seats[receiver].driver is not None and not self.lost(sender, receiver, frame):
            self._frames.append((sender, receiver, frame))

    def run(self, until: Callable[[], bool], seconds: int = 120) -> None:
        """Let time and frames go on until something holds; fail where it never does."""
        end_ms = self.now_ms + 1000 * seconds
        while not until():
            assert self.now_ms < end_ms, f"waited {seconds} s in vain"
            self.step()

    def rest(self, ms: int) -> None:
        """Let `ms` pass."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            self.step(end_ms)

    def step(self, end_ms: int | None = None) -> None:
        """Deliver one frame, or move the clock to the next deadline."""
        due = [s for s in self._up() if s.up.deadline_ms <= self.now_ms]
        if due:
            for seat in due:
                seat.up.tick(self.now_ms)
                seat.events += seat.up.take_events()
        elif self._frames:
            sender, receiver, frame = self._frames.popleft()
            seat = self.seats[receiver]
            if seat.driver is not None:
                seat.driver.received(sender, frame, self.now_ms)
                seat.events += seat.driver.take_events()
        else:
            nearest = min(seat.up.deadline_ms for seat in self._up())
            self.now_ms = max(self.now_ms + 1, min(nearest, end_ms or nearest))

    def bundle(self, name: str, issuer: str = "centre", life_ms: int = HOUR_MS) -> Bundle:
        """A bundle of one fresh record."""
        return sign_bundle(
            signer(f"member {issuer}"),
            self.network_id,
            MemberId(issuer),
            [small_record(name, issuer=issuer).encode()],
            self.now_ms - 1,
            self.now_ms + life_ms,
            bytes(16),
        )

    def identity(self, seat: Seat) -> Identity:
        """Which node of which network that seat is."""
        genesis = self.genesis
        return Identity(
            genesis.network_id, seat.node_id, genesis.origin, seat.signer, genesis.parameters
        )

    def one_head(self) -> bool:
        """Whether all nodes that are up stand on the same block."""
        return len({seat.app.head.header_hash for seat in self._up()}) == 1

    def _up(self) -> Iterable[Seat]:
        return [seat for seat in self.seats.values() if seat.driver is not None]

    def _open(self, seat: Seat) -> None:
        seat.application = LedgerApplication(seat.store, self.genesis)
        storage = Storage(
            seat.application, seat.application.chain, seat.journal, seat.intake, seat.signed
        )
        line = Line(self, seat.node_id)
        seat.driver = open_driver(self.identity(seat), storage, line, pool_limits=self.limits)
