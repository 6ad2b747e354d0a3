"""What one input makes a driver do: `Ready`, and the duties that come with each field.

The contract with the driver, whole:

1. Perform the fields of a Ready in the order in which they are declared. `persist` comes first:
   until its entries are durable (fsync returned) nothing else of this Ready may be seen outside.
2. Perform Readys in the order in which they were returned. Inputs may arrive in between, their
   Readys queue up behind.
3. Time is an argument: milliseconds since the epoch, from one clock, the same that the peers'
   statuses are compared with. It may stand still; the core tolerates that it steps back.
4. Call `tick` once the clock reaches `replica.deadline_ms`; read it again after every input.
5. A misbehaving peer never raises. `InvariantBroken` leaves every input: stop the node and say why.
6. At a start, read the chain, then the journal, and hand over *every* entry above the head in the
   order written. Entries at or below the head may be thrown away once the block is durable.

The door (`replica.Replica`); every method returns one Ready, `deadline_ms` is a property::

    Replica(config, signer, committee, head, newest: Header | None, journal: Sequence[JournalEntry])
    start(now_ms)                                   once, before anything else
    connected(peer, now_ms)                         a peer is reachable: it is told our status
    receive(peer, message, now_ms)                  as `decode_message` gave it
    recall(committee, certificate)                  before `start`, of each block decided lately
    silence()                                       sign nothing more; there is no Ready
    waiting(yes, now_ms, passed_over=False)         there is work: a fit bundle, or a due timer
    propose(slot, header | None, payload, now_ms)   the answer to `Ready.propose`
    validated(header_hash, ok, now_ms)              the answer to `Ready.validate`
    delivered(head, committee, now_ms)              the answer to `Ready.deliver`, batch durable
    tick(now_ms)                                    the clock reached `deadline_ms`
"""

from dataclasses import dataclass, field
from enum import StrEnum

from consensus.core.messages import CertifiedBlock, Message
from ledger.core.block import Header
from ledger.core.certificate import Slot
from ledger.core.identifiers import HeaderHash, Height, NodeId
from ledger.core.misconduct import Fault


class EntryKind(StrEnum):
    """What a journal entry holds."""

    BLOCK = "block"
    """Header and payload of a block, before the first Prepare for it; kept until decided."""
    PREPARE = "prepare"
    """The Prepare that this node signed for a slot."""
    COMMIT = "commit"
    """The Commit that this node signed, with the q Prepares that allowed it."""
    VIEW_CHANGE = "view-change"
    """The exact bytes of the VIEW-CHANGE that this node signed."""
    NEW_VIEW = "new-view"
    """The exact bytes of a NEW-VIEW that this node signed or followed."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One durable promise. The driver stores it whole and hands it back as it was."""

    kind: EntryKind
    height: Height
    """Once this height is decided the entry is of no more use."""
    body: bytes

    def __repr__(self) -> str:
        return f"{self.kind.value} h{self.height} ({len(self.body)} B)"


@dataclass(frozen=True, slots=True)
class Send:
    """One message for one peer, or for all of them."""

    to: NodeId | None
    """None: every other node of the committee."""
    message: Message

    def __repr__(self) -> str:
        return f"{self.message!r} -> {self.to or 'all'}"


@dataclass(frozen=True, slots=True)
class Validate:
    """A candidate to be judged on the present head."""

    header: Header
    header_hash: HeaderHash
    payload: bytes


@dataclass(frozen=True, slots=True)
class Propose:
    """A block to be assembled on the present head."""

    slot: Slot
    """Hand it back to `replica.propose`: an answer for a slot that was left is dropped."""
    time_ms: int
    """The block time: max(now, parent's time + 1)."""


@dataclass(frozen=True, slots=True)
class Serve:
    """A peer that lacks decided blocks."""

    to: NodeId
    from_height: Height
    bytes_max: int
    """Stop before the block that would exceed it; the first block is always sent."""
    count_max: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that follows from one input, in the order in which it must be done."""

    persist: tuple[JournalEntry, ...] = ()
    """Write and fsync before anything else in this Ready. All entries, in this order, one fsync."""
    send: tuple[Send, ...] = ()
    """Only after `persist` is durable. May be lost: the core says it again."""
    deliver: CertifiedBlock | None = None
    """`application.commit(header, payload, certificate)`: one durable batch, idempotent by height.
    Then `replica.delivered(head, committee)`, before the next block is delivered. The block may
    never have passed `validate` here (catch-up), so commit judges what check has not judged; a
    certified block that judges invalid is `InvariantBroken`."""
    validate: Validate | None = None
    """`application.check(header, payload)`, then `replica.validated(header_hash, ok)`. It may take
    long: the view's clock stands still until the verdict. The block's time was judged here."""
    propose: Propose | None = None
    """`application.assemble(…, time_ms, …)`, then `replica.propose(slot, header, payload)`; where
    there is nothing to do `replica.propose(slot, None, b"")`, and `waiting(False)` if that lasts.
    Nothing is marked as taken: pool and committed blocks together are all that was submitted."""
    serve: tuple[Serve, ...] = ()
    """Read blocks with certificates from the chain and send them as one `Blocks`; none: nothing."""
    faults: tuple[Fault, ...] = ()
    """Evidence to keep and to report: two signed statements of one key. Not an error here."""


@dataclass(slots=True)
class Outbox:
    """Collects what one input brings about; every part of the core writes into the same one."""

    persist: list[JournalEntry] = field(default_factory=list)
    send: list[Send] = field(default_factory=list)
    deliver: CertifiedBlock | None = None
    validate: Validate | None = None
    propose: Propose | None = None
    serve: list[Serve] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def to_all(self, message: Message) -> None:
        """Queue `message` for every other node."""
        self.send.append(Send(None, message))

    def to(self, peer: NodeId, message: Message) -> None:
        """Queue `message` for one peer."""
        self.send.append(Send(peer, message))

    def take(self) -> Ready:
        """Everything collected since the last call, as one Ready."""
        ready = Ready(
            tuple(self.persist),
            tuple(self.send),
            self.deliver,
            self.validate,
            self.propose,
            tuple(self.serve),
            tuple(self.faults),
        )
        self.persist, self.send, self.serve, self.faults = [], [], [], []
        self.deliver = self.validate = self.propose = None
        return ready
