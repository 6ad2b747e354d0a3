"""A small world for directed scenarios: real replicas, codecs and keys; a toy ledger; no clock.

Every message crosses the wire as bytes. A node that is `silent` has no replica: the test speaks with
its key and makes it lie. What the application must promise (durable, idempotent, deterministic) the
toy keeps in memory: a payload is valid unless it says "bad".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from consensus.core.config import Config
from consensus.core.message_decoding import decode_message
from consensus.core.message_encoding import encode_message
from consensus.core.messages import (
    Blocks,
    CertifiedBlock,
    Message,
    NewView,
    Phase,
    PreparedCertificate,
    PrePrepare,
    ViewChange,
    Vote,
)
from consensus.core.ready import JournalEntry, Ready
from consensus.core.replica import Replica
from ledger.codes import Code
from ledger.core.block import Head, Header
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.hashing import sha256
from ledger.core.identifiers import (
    Epoch,
    HeaderHash,
    Height,
    MemberId,
    NetworkId,
    NodeId,
    View,
)
from ledger.core.misconduct import Fault
from ledger.core.signing import Ed25519Signer
from ledger.errors import FormatError
from tests.consensus.speaking import signed, signed_change, signed_vote

NETWORK = NetworkId(sha256(b"a network of departments"))
START_MS = 1_700_000_000_000
NAMES = "abcdefghijklmnopqrstuvwxyz234567"


CHANGE = b"change"
"""What the payload of a block that closes the first epoch begins with."""


def signer_of(name: str) -> Ed25519Signer:
    """The node key of that name: the same in every test."""
    return Ed25519Signer(sha256(b"node key " + name.encode()))


def committee_of(n: int, epoch: int = 0) -> Committee:
    """Nodes a, b, c, … of one epoch."""
    return Committee(
        Epoch(epoch),
        tuple(
            CommitteeNode(
                NodeId(name),
                MemberId(f"member-{name}"),
                signer_of(name).public_key,
                Ed25519Signer(sha256(b"log key " + name.encode())).public_key,
                sha256(b"tls " + name.encode()),
            )
            for name in NAMES[:n]
        ),
    )


def genesis_head() -> Head:
    return Head(
        NETWORK,
        Height(0),
        HeaderHash(NETWORK),
        START_MS - 1,
        Epoch(0),
        View(0),
        None,
        sha256(b"state"),
        0,
        sha256(b""),
        0,
        sha256(b""),
    )


def header_on(head: Head, payload: bytes, time_ms: int, proposer: str) -> Header:
    """The toy's block: everything that it commits to is the payload's digest."""
    return Header(
        network_id=head.network_id,
        height=Height(head.height + 1),
        previous=head.header_hash,
        time_ms=time_ms,
        proposer=NodeId(proposer),
        epoch=head.epoch,
        bundle_count=1,
        bundles_root=sha256(payload),
        entry_count=1,
        state_hash=sha256(head.state_hash + payload),
        status_size=0,
        status_root=sha256(b""),
        snapshot=None,
        log_size=head.log_size + 2,
        log_root=sha256(head.log_root + payload),
    )


def head_after(block: CertifiedBlock, epoch: int | None = None) -> Head:
    header = block.header
    return Head(
        header.network_id,
        header.height,
        header.hash(),
        header.time_ms,
        header.epoch if epoch is None else Epoch(epoch),
        block.certificate.slot.view,
        block.certificate,
        header.state_hash,
        0,
        header.status_root,
        header.log_size,
        header.log_root,
    )


def closes(block: CertifiedBlock) -> bool:
    """Whether a block ends the first epoch: the toy knows no other change than this one."""
    return block.header.epoch == 0 and block.payload.startswith(CHANGE)


def rebuilds(header: Header, payload: bytes) -> None:
    if header.bundles_root != sha256(payload):
        raise FormatError(Code.BLOCK_NOT_REBUILT, height=header.height)


@dataclass
class Mail:
    """One message on its way."""

    origin: str
    to: str
    message: Message

    def __repr__(self) -> str:
        return f"{self.origin}>{self.to} {self.message!r}"


@dataclass
class Actor:
    """One honest node: what of it survives a crash, and its replica while it runs."""

    name: str
    config: Config
    journal: list[JournalEntry] = field(default_factory=list)
    chain: list[CertifiedBlock] = field(default_factory=list)
    judged: list[HeaderHash] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    replica: Replica | None = None
    clock_off_ms: int = 0

    @property
    def node(self) -> NodeId:
        """Whose key it signs with; two actors may share one (`tests.twins`)."""
        return self.config.node_id

    @property
    def head(self) -> Head:
        if not self.chain:
            return genesis_head()
        block = self.chain[-1]
        return head_after(block, block.header.epoch + closes(block))

    @property
    def live(self) -> Replica:
        assert self.replica is not None, f"{self.name} is down"
        return self.replica


class World:
    """n nodes, the mail between them, and one true time."""

    def __init__(
        self, n: int = 4, *, silent: str = "", later: Committee | None = None, **settings: int
    ) -> None:
        """Nodes a, b, c, … but those that are silent.

        Args:
            n: how many are of the committee.
            silent: names of nodes that have a key and no process.
            later: the committee above a block that closes; of the same nodes.
            settings: of the replicas.
        """
        self.committee = committee_of(n)
        self.later = later
        self.now_ms = START_MS
        self.mail: list[Mail] = []
        self.said: list[Mail] = []
        self.drop: Callable[[Mail], bool] = lambda mail: False
        self.work: dict[str, bytes] = {}
        self.passed_over = ""
        self.actors: dict[str, Actor] = {}
        for name in NAMES[:n]:
            if name not in silent:
                config = Config(NETWORK, NodeId(name), rebuilds, **settings)
                self.actors[name] = Actor(name, config)
        for name in self.actors:
            self.start(name)
        self.connect_all()

    # Running.

    def start(self, name: str) -> None:
        """A node starts on what survived: its chain and its journal."""
        actor = self.actors[name]
        newest = actor.chain[-1].header if actor.chain else None
        journal = [entry for entry in actor.journal if entry.height > actor.head.height]
        actor.replica = Replica(
            *(actor.config, signer_of(actor.node), self.committee_above(actor)),
            *(actor.head, newest, journal),
        )
        self.perform(actor, actor.replica.start(self.clock(actor)))

    def committee_above(self, actor: Actor) -> Committee:
        """Who certifies the next height of a node."""
        return self.committee_in(actor.head.epoch)

    def committee_in(self, epoch: int) -> Committee:
        if epoch == 0:
            return self.committee
        assert self.later is not None, "nothing was to close an epoch here"
        return self.later

    def crash(self, name: str) -> None:
        self.actors[name].replica = None
        self.mail = [mail for mail in self.mail if mail.to != name]

    def connect_all(self) -> None:
        for actor in self.up():
            for peer in self.committee:
                if peer != actor.node:
                    self.perform(actor, actor.live.connected(peer, self.clock(actor)))

    def up(self) -> list[Actor]:
        return [actor for actor in self.actors.values() if actor.replica is not None]

    def clock(self, actor: Actor) -> int:
        return self.now_ms + actor.clock_off_ms

    def perform(self, actor: Actor, ready: Ready) -> None:
        """The driver's duties, in the order of the fields of Ready."""
        actor.journal.extend(ready.persist)
        for send in ready.send:
            peers = self.committee if send.to is None else (send.to,)
            for peer in peers:
                if peer != actor.node:
                    self.post(actor.name, peer, send.message)
        actor.faults.extend(ready.faults)
        for serve in ready.serve:
            blocks = tuple(actor.chain[serve.from_height - 1 :][: serve.count_max])
            if blocks:
                self.post(actor.name, serve.to, Blocks(blocks))
        if ready.deliver is not None:
            block = ready.deliver
            assert block.header.height == len(actor.chain) + 1
            actor.chain.append(block)
            self.perform(
                actor,
                actor.live.delivered(actor.head, self.committee_above(actor), self.clock(actor)),
            )
            left = self.work.get(actor.name) not in {None, *self.payloads(actor.name)}
            self.tell_waiting(actor, left)
        if ready.validate is not None:
            ask = ready.validate
            actor.judged.append(ask.header_hash)
            ok = b"bad" not in ask.payload
            self.perform(actor, actor.live.validated(ask.header_hash, ok, self.clock(actor)))
        if ready.propose is not None:
            self.propose(actor, ready)

    def propose(self, actor: Actor, ready: Ready) -> None:
        ask = ready.propose
        assert ask is not None
        payload = self.work.get(actor.name)
        done = {block.payload for block in actor.chain}
        now_ms = self.clock(actor)
        if payload is None or payload in done:
            self.perform(actor, actor.live.propose(ask.slot, None, b"", now_ms))
        else:
            header = header_on(actor.head, payload, ask.time_ms, actor.node)
            self.perform(actor, actor.live.propose(ask.slot, header, payload, now_ms))

    def post(self, origin: str, to: str, message: Message) -> None:
        mail = Mail(origin, to, message)
        self.said.append(mail)
        if not self.drop(mail):
            self.mail.append(mail)

    def hand(self, origin: str, to: str, message: Message) -> None:
        """Hand one message over now, as bytes."""
        actor = self.actors[to]
        decoded = decode_message(encode_message(message), actor.config)
        assert decoded == message
        ready = actor.live.receive(NodeId(origin), decoded, self.clock(actor))
        self.perform(actor, ready)

    def settle(self) -> None:
        """Deliver all mail, and what it brings about, without time passing."""
        for _ in range(100_000):
            if not self.mail:
                return
            mail = self.mail.pop(0)
            if mail.to in self.actors and self.actors[mail.to].replica is not None:
                self.hand(mail.origin, mail.to, mail.message)
        raise AssertionError("the mail never ends")

    def run(self, ms: int, until: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, from deadline to deadline."""
        end = self.now_ms + ms
        self.settle()
        while self.now_ms < end and not until():
            due = min((a.live.deadline_ms - a.clock_off_ms for a in self.up()), default=end)
            self.now_ms = min(max(due, self.now_ms), end)
            for actor in self.up():
                if actor.live.deadline_ms <= self.clock(actor):
                    self.perform(actor, actor.live.tick(self.clock(actor)))
                    assert actor.live.deadline_ms > self.clock(actor), "time stands still"
            self.settle()

    def wait(self, payload: bytes, names: Iterable[str] | None = None) -> None:
        """Work waits at these nodes (all by default)."""
        for name in self.actors if names is None else names:
            self.work[name] = payload
            actor = self.actors[name]
            if actor.replica is not None:
                self.tell_waiting(actor, True)

    def tell_waiting(self, actor: Actor, yes: bool) -> None:
        passed_over = actor.name in self.passed_over
        ready = actor.live.waiting(yes or passed_over, self.clock(actor), passed_over=passed_over)
        self.perform(actor, ready)

    # What came of it.

    def heights(self) -> dict[str, int]:
        return {name: len(actor.chain) for name, actor in self.actors.items()}

    def payloads(self, name: str) -> list[bytes]:
        return [block.payload for block in self.actors[name].chain]

    def faults(self) -> set[tuple[str, str]]:
        """(kind, accused) of every fault that anybody reports; each must be provable."""
        found = set()
        for actor in self.actors.values():
            for fault in actor.faults:
                fault.verify(NETWORK, self.committee_in(fault.epoch))
                found.add((fault.kind.value, str(fault.node)))
        return found

    def check_epochs(self) -> None:
        """Each block is certified by the committee of its height, and by no other."""
        for actor in self.actors.values():
            epoch = 0
            for block in actor.chain:
                assert block.header.epoch == block.certificate.slot.epoch == epoch
                block.certificate.verify(NETWORK, self.committee_in(epoch))
                epoch += closes(block)

    def check_agreement(self) -> None:
        chains = [actor.chain for actor in self.actors.values()]
        for height in range(max(len(chain) for chain in chains)):
            hashes = {c[height].header.hash() for c in chains if len(c) > height}
            assert len(hashes) == 1, f"two blocks at height {height + 1}"


# Speaking with a key: what an honest node would not say is said with these.


def slot(height: int, view: int, epoch: int = 0) -> Slot:
    return Slot(NETWORK, Epoch(epoch), Height(height), View(view))


def vote(phase: Phase, at: Slot, header_hash: HeaderHash, name: str) -> Vote:
    return signed_vote(signer_of(name), phase, at, header_hash, NodeId(name))


def prepare(at: Slot, header_hash: HeaderHash, name: str) -> Vote:
    return vote(Phase.PREPARE, at, header_hash, name)


def commit(at: Slot, header_hash: HeaderHash, name: str) -> Vote:
    return vote(Phase.COMMIT, at, header_hash, name)


def pre_prepare(at: Slot, head: Head, payload: bytes, time_ms: int, name: str) -> PrePrepare:
    header = header_on(head, payload, time_ms, name)
    return PrePrepare(prepare(at, header.hash(), name), header, head.certificate, payload)


def prepared(at: Slot, header: Header, names: str) -> PreparedCertificate:
    hashed = header.hash()
    votes = tuple((NodeId(name), prepare(at, hashed, name).signature) for name in names)
    return PreparedCertificate(at, header, hashed, votes)


def view_change(
    at: Slot, head: Head, name: str, proof: PreparedCertificate | None = None
) -> ViewChange:
    return signed_change(signer_of(name), at, head.header_hash, NodeId(name), proof)


def new_view(
    at: Slot,
    changes: Iterable[ViewChange],
    name: str,
    proof: PreparedCertificate | None = None,
) -> NewView:
    bare = tuple(replace(change, proof=None) for change in changes)
    chosen = None if proof is None else proof.header_hash
    return signed(signer_of(name), NewView(at, chosen, bare, proof, NodeId(name), b""))


def certificate(at: Slot, header_hash: HeaderHash, names: str) -> CommitCertificate:
    votes = tuple((NodeId(name), commit(at, header_hash, name).signature) for name in names)
    return CommitCertificate(at, header_hash, votes)


def decided_block(head: Head, payload: bytes, time_ms: int, names: str) -> CertifiedBlock:
    """A block on `head` that the nodes `names` committed in view 0."""
    header = header_on(head, payload, time_ms, names[0])
    at = slot(head.height + 1, 0)
    return CertifiedBlock(header, payload, certificate(at, header.hash(), names))
