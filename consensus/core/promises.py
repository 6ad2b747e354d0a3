"""What this node may not sign any more at one height: the only place that signs votes.

Each signature leaves together with the journal entries that must be durable before it is sent;
what is restored from those entries forbids exactly what was forbidden before. A signature that
would break a promise is `InvariantBroken`, whatever the caller believed. Spec:
``docs/spec/consensus.md``, the table of what is durable before what.
"""

from collections.abc import Iterable

from consensus.core.config import Config
from consensus.core.message_decoding import HEAD_BYTES_MAX, decode_message, decode_prepared
from consensus.core.message_encoding import encode_message, encode_prepared
from consensus.core.messages import (
    Message,
    NewView,
    PayloadAnswer,
    Phase,
    PreparedCertificate,
    ViewChange,
    Vote,
    set_hash,
)
from consensus.core.ready import EntryKind, JournalEntry
from ledger.codes import Code
from ledger.core.certificate import Slot, vote_body
from ledger.core.hashing import Tag
from ledger.core.identifiers import HeaderHash, NodeId, View
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.signing import Signer, sign_tagged
from ledger.core.statements import new_view_body, view_change_body
from ledger.errors import FormatError, InvariantBroken, StoreError


class Promises:
    """Everything this node has signed at one height, and what follows for the next signature."""

    __slots__ = (
        "_journaled",
        "_node",
        "_signer",
        "blocks",
        "change",
        "commits",
        "new_view",
        "prepared",
        "prepares",
    )

    def __init__(self, node: NodeId, signer: Signer) -> None:
        self._node = node
        self._signer = signer
        self._journaled: set[HeaderHash] = set()
        self.blocks: dict[HeaderHash, PayloadAnswer] = {}
        """Durable blocks of this height, held for whoever asks until the height is decided."""
        self.prepares: dict[View, Vote] = {}
        self.commits: dict[View, Vote] = {}
        self.change: ViewChange | None = None
        """The last VIEW-CHANGE signed."""
        self.prepared: PreparedCertificate | None = None
        """The highest prepared certificate that allowed a Commit."""
        self.new_view: NewView | None = None
        """The highest NEW-VIEW signed or followed."""

    @property
    def silent(self) -> bool:
        """Nothing is signed at this height yet."""
        return not self.prepares and not self.commits and self.change is None

    @property
    def view(self) -> View | None:
        """The highest view that this node has signed for or followed: no vote below it."""
        views = [*self.prepares, *self.commits]
        if self.change is not None:
            views.append(self.change.slot.view)
        if self.new_view is not None:
            views.append(self.new_view.slot.view)
        return max(views, default=None)

    def made(self, vote: Vote) -> bool:
        """Whether this node remembers having signed `vote`."""
        mine = self.prepares if vote.phase is Phase.PREPARE else self.commits
        known = mine.get(vote.slot.view)
        return known is not None and known.header_hash == vote.header_hash

    def prepare(self, slot: Slot, block: PayloadAnswer) -> tuple[Vote, tuple[JournalEntry, ...]]:
        """Sign the Prepare of `slot` for `block`; the block is durable before the vote leaves.

        Raises:
            InvariantBroken: another Prepare of this slot, or a later promise, forbids it.
        """
        self._may_vote(self.prepares, slot, block.header_hash)
        vote = self._vote(Phase.PREPARE, slot, block.header_hash)
        self.prepares[slot.view] = vote
        entries = [JournalEntry(EntryKind.PREPARE, slot.height, encode_message(vote))]
        if block.header_hash not in self._journaled:
            body = encode_message(block)
            entries.insert(0, JournalEntry(EntryKind.BLOCK, slot.height, body))
        self._keep(block)
        return vote, tuple(entries)

    def commit(self, proof: PreparedCertificate) -> tuple[Vote, tuple[JournalEntry, ...]]:
        """Sign the Commit that `proof` allows; the q Prepares are durable before it leaves.

        Raises:
            InvariantBroken: another Commit of this slot, or a later promise, forbids it.
        """
        slot = proof.slot
        self._may_vote(self.commits, slot, proof.header_hash)
        vote = self._vote(Phase.COMMIT, slot, proof.header_hash)
        self._committed(vote, proof)
        body = array_header(2) + byte_string(encode_message(vote))
        body += byte_string(encode_prepared(proof))
        return vote, (JournalEntry(EntryKind.COMMIT, slot.height, body),)

    def view_change(
        self, slot: Slot, parent: HeaderHash
    ) -> tuple[ViewChange, tuple[JournalEntry, ...]]:
        """Sign the VIEW-CHANGE that asks for `slot.view`.

        Raises:
            InvariantBroken: this node has already signed for that view or a later one.
        """
        if self.view is not None and slot.view <= self.view:
            raise InvariantBroken(f"asks for view {slot.view} after signing for {self.view}")
        proof = self.prepared
        view = None if proof is None else proof.slot.view
        hashed = None if proof is None else proof.header_hash
        body = view_change_body(slot, parent, view, hashed)
        signed = sign_tagged(self._signer, Tag.VIEW_CHANGE, body)
        self.change = ViewChange(slot, parent, view, hashed, self._node, signed, proof)
        return self.change, (_entry(EntryKind.VIEW_CHANGE, self.change),)

    def start_view(
        self,
        slot: Slot,
        changes: tuple[ViewChange, ...],
        chosen: HeaderHash | None,
        proof: PreparedCertificate | None,
    ) -> tuple[NewView, tuple[JournalEntry, ...]]:
        """Sign the NEW-VIEW of `slot`.

        Raises:
            InvariantBroken: this node has already started that view or a later one.
        """
        if self.new_view is not None and slot.view <= self.new_view.slot.view:
            raise InvariantBroken(f"starts view {slot.view} after {self.new_view.slot.view}")
        body = new_view_body(slot, set_hash(changes), chosen)
        signed = sign_tagged(self._signer, Tag.NEW_VIEW, body)
        new_view = NewView(slot, chosen, changes, proof, self._node, signed)
        return new_view, self.follow(new_view)

    def follow(self, new_view: NewView) -> tuple[JournalEntry, ...]:
        """Keep the NEW-VIEW by which this node entered its view."""
        self.new_view = new_view
        return (_entry(EntryKind.NEW_VIEW, new_view),)

    def restore(self, entries: Iterable[JournalEntry], config: Config) -> None:
        """Take back every promise that `entries`, in the order written, hold.

        Raises:
            StoreError: `store.damaged` where an entry does not say what its kind says, or two
                entries contradict each other: a journal is never believed in part.
        """
        for entry in entries:
            try:
                self._restore(entry, config)
            except FormatError as problem:
                raise StoreError(Code.STORE_DAMAGED, what=repr(entry)) from problem

    def _restore(self, entry: JournalEntry, config: Config) -> None:
        said, proof = _read(entry, config)
        match entry.kind, said:
            case EntryKind.BLOCK, PayloadAnswer() as block:
                self._keep(block)
            case EntryKind.PREPARE, Vote() as vote if self._mine(self.prepares, vote):
                self.prepares[vote.slot.view] = vote
            case EntryKind.COMMIT, Vote() as vote if proof and self._mine(self.commits, vote):
                self._committed(vote, proof)
            case EntryKind.VIEW_CHANGE, ViewChange() as change:
                self.change = change
            case EntryKind.NEW_VIEW, NewView() as new_view:
                self.new_view = new_view
            case _:
                raise FormatError(Code.FORMAT_SHAPE, what=entry.kind.value)

    def _keep(self, block: PayloadAnswer) -> None:
        self._journaled.add(block.header_hash)
        self.blocks[block.header_hash] = block

    def _committed(self, vote: Vote, proof: PreparedCertificate) -> None:
        self.commits[vote.slot.view] = vote
        if self.prepared is None or self.prepared.slot.view < proof.slot.view:
            self.prepared = proof

    def _vote(self, phase: Phase, slot: Slot, header_hash: HeaderHash) -> Vote:
        signed = sign_tagged(self._signer, phase.tag, vote_body(slot, header_hash))
        return Vote(phase, slot, header_hash, self._node, signed)

    def _may_vote(self, votes: dict[View, Vote], slot: Slot, header_hash: HeaderHash) -> None:
        if self.view is not None and slot.view < self.view:
            raise InvariantBroken(f"votes in view {slot.view} after reaching {self.view}")
        if slot.view in votes:
            raise InvariantBroken(f"votes twice in {slot}: {header_hash.hex()}")

    def _mine(self, votes: dict[View, Vote], vote: Vote) -> bool:
        """A journal holds one vote of this node per slot; the same one twice is still one."""
        known = votes.get(vote.slot.view, vote)
        return vote.node == self._node and known.header_hash == vote.header_hash


def _read(entry: JournalEntry, config: Config) -> tuple[Message, PreparedCertificate | None]:
    """The message that an entry holds, and the certificate beside a Commit."""
    if entry.kind is not EntryKind.COMMIT:
        return decode_message(entry.body, config), None
    reader = Reader(entry.body)
    if reader.array(2) != 2:
        raise FormatError(Code.FORMAT_SHAPE, what=entry.kind.value)
    said = decode_message(reader.bytes_(HEAD_BYTES_MAX), config)
    proof = decode_prepared(reader.bytes_(HEAD_BYTES_MAX))
    reader.end()
    return said, proof


def _entry(kind: EntryKind, message: ViewChange | NewView) -> JournalEntry:
    return JournalEntry(kind, message.slot.height, encode_message(message))
