"""What must hold at every step and at the end, whatever the faults were.

Agreement; every decided block judges valid on a chain of its own; nothing acknowledged is lost, and
nothing enters twice; every receipt verifies offline; what a node says never contradicts what it said
before, and nothing is said before it is durable; no honest node is accused.
"""

from collections.abc import Iterable

from consensus.core.message_encoding import encode_message
from consensus.core.messages import Message, NewView, Phase, PrePrepare, ViewChange, Vote
from contracts.executor import BlockExecutor
from ledger.chain import Chain
from ledger.core.block import decode_header_of_block
from ledger.core.certificate import decode_certificate
from ledger.core.identifiers import HeaderHash, Height, NodeId, RecordId, View
from ledger.core.misconduct import Fault
from ledger.core.payload import rebuild
from ledger.errors import LedgerError
from ledger.store.memory import MemoryStore
from ledger.verify import verify_receipt
from tests.simulation.node import SimulatedNode
from tests.simulation.town import CATALOGUE, genesis_of, rows_of, trust_of


class Broken(AssertionError):
    """A checker does not hold."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


class Words:
    """Everything that honest nodes have signed and sent."""

    def __init__(self) -> None:
        self._votes: dict[tuple[NodeId, Phase, Height, View], HeaderHash] = {}
        self._asked: dict[tuple[NodeId, Height], View] = {}
        self._committed: dict[tuple[NodeId, Height], View] = {}
        self._new_views: dict[tuple[NodeId, Height, View], bytes] = {}

    def sent(self, node: SimulatedNode, message: Message) -> None:
        """Judge one message that an honest node hands to its transport."""
        if isinstance(message, PrePrepare):
            message = message.prepare
        if not isinstance(message, Vote | ViewChange | NewView) or message.node != node.name:
            return
        require(
            encode_message(message) in node.journal.durable,
            f"{message!r} left before it was durable",
        )
        self.said(message)

    def said(self, message: Message) -> None:
        """Judge one signed message, however it was heard."""
        match message:
            case Vote():
                self._vote(message)
            case ViewChange():
                self._view_change(message)
            case NewView():
                key = (message.node, message.slot.height, message.slot.view)
                said = self._new_views.setdefault(key, message.body)
                require(said == message.body, f"{message!r} differs from an earlier one")

    def _vote(self, vote: Vote) -> None:
        at = (vote.node, vote.slot.height)
        key = (vote.node, vote.phase, *at[1:], vote.slot.view)
        new = key not in self._votes
        said = self._votes.setdefault(key, vote.header_hash)
        require(said == vote.header_hash, f"{vote!r} contradicts an earlier vote")
        if new:
            asked = self._asked.get(at, View(0))
            require(vote.slot.view >= asked, f"{vote!r} after asking for view {asked}")
        if vote.phase is Phase.COMMIT:
            self._committed[at] = max(vote.slot.view, self._committed.get(at, View(0)))

    def _view_change(self, change: ViewChange) -> None:
        at = (change.node, change.slot.height)
        self._asked[at] = max(change.slot.view, self._asked.get(at, View(0)))
        committed = self._committed.get(at)
        if committed is not None and committed < change.slot.view:
            reported = -1 if change.prepared_view is None else change.prepared_view
            require(reported >= committed, f"{change!r} hides a Commit of view {committed}")


class Agreement:
    """One header per height, over all nodes and restarts."""

    def __init__(self) -> None:
        self._decided: dict[Height, HeaderHash] = {}
        self._seen: dict[NodeId, Height] = {}

    def look(self, node: SimulatedNode) -> bool:
        """Compare a node's head with what others decided; True where it moved."""
        assert node.chain is not None
        head = node.chain.head
        before = self._seen.get(node.label, Height(0))
        require(head.height >= before, f"{node.label} went back from {before} to {head.height}")
        decided = self._decided.setdefault(head.height, head.header_hash)
        require(decided == head.header_hash, f"two blocks at height {head.height}")
        self._seen[node.label] = head.height
        return head.height > before

    def forget(self, node: NodeId) -> None:
        """A node is restored from a copy: it goes back, and what was decided stays decided."""
        self._seen.pop(node, None)

    @property
    def height(self) -> Height:
        return max(self._decided, default=Height(0))


def check_chain(node: SimulatedNode, acknowledged: Iterable[RecordId]) -> list[RecordId]:
    """Judge a node's whole chain anew on a chain of its own; returns the records in their order."""
    assert node.executor is not None
    genesis = genesis_of(node.nodes)
    chain = Chain(MemoryStore(), genesis, rows_of(node.nodes))
    fresh = BlockExecutor(chain, CATALOGUE)
    entered: list[RecordId] = []
    while fresh.head.height < node.executor.head.height:
        served = node.executor.serve(Height(fresh.head.height + 1), 1 << 24)
        for header_bytes, payload, certificate_bytes in served:
            header = decode_header_of_block(header_bytes)
            certificate = decode_certificate(certificate_bytes)
            certificate.verify(genesis.network_id, fresh.committee)
            verdict = fresh.check(header, payload)
            require(verdict is None, f"block {header.height} judges invalid: {verdict}")
            fresh.commit(header, payload, certificate)
            for bundle in rebuild(header, payload):
                records = zip(bundle.record_ids, bundle.records, strict=True)
                entered.extend(each for each, data in records if data is not None)
    require(fresh.head.header_hash == node.executor.head.header_hash, "another chain")
    require(len(set(entered)) == len(entered), "a record entered twice")
    lost = set(acknowledged) - set(entered)
    require(not lost, f"{len(lost)} acknowledged records are lost")
    return entered


def check_receipts(node: SimulatedNode, records: Iterable[RecordId]) -> None:
    """Every receipt verifies with the trust root alone; of records from below a snapshot none is."""
    assert node.chain is not None
    trust = trust_of(node.nodes)
    blocks = node.chain.blocks
    for record in records:
        if blocks.base and blocks.record_bytes(record) is None:
            continue
        verified = verify_receipt(node.chain.receipt(record), trust)
        require(verified.record_id == record, "a receipt of another record")


def check_fault(node: SimulatedNode, fault: Fault) -> None:
    """Evidence holds under a key that the accused has had in some epoch."""
    assert node.chain is not None
    for committee in node.chain.epochs.committees:
        try:
            fault.verify(node.chain.genesis.network_id, committee)
        except LedgerError:
            continue
        return
    raise Broken(f"{fault!r} does not hold in any epoch")
