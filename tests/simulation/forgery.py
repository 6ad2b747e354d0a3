"""Blocks, votes and certificates that nobody honest would make, signed with one node's true key."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from consensus.application import Application
from consensus.build import Identity
from consensus.core.messages import (
    Blocks,
    CertifiedBlock,
    Decided,
    Message,
    NewView,
    PayloadAnswer,
    Phase,
    PreparedCertificate,
    PrePrepare,
    Status,
    ViewChange,
    Vote,
)
from consensus.cosigning import Cosignature, CosignedChain
from consensus.driver import Driver
from ledger.core.block import Header, decode_header_of_block
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, HeaderHash, Height, NodeId, View
from tests.consensus.speaking import Word, signed, signed_change, signed_vote
from tests.simulation.dice import Dice


class Body(Protocol):
    """The node in which a liar sits, simulated or real: its keys, its chain, and what it would say."""

    @property
    def name(self) -> NodeId: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def committee(self) -> tuple[NodeId, ...]: ...
    @property
    def chain(self) -> CosignedChain | None: ...
    @property
    def executor(self) -> Application | None: ...
    @property
    def driver(self) -> Driver | None: ...


class Pen:
    """Signs whatever it is given with the key of one node."""

    def __init__(self, node: Body) -> None:
        self._signer = node.identity.signer
        self._node = node

    @property
    def name(self) -> NodeId:
        return self._node.name

    def cosigns(self, size: int, root: Digest) -> bytes:
        """A cosignature of whatever head."""
        origin = self._node.identity.origin
        name = cosigner_name(origin, self.name)
        line = cosign(self._signer, name, Checkpoint(origin, size, root), 1_800_000_000).line()
        return Cosignature(size, root, line).encode()

    def vote(self, phase: Phase, slot: Slot, header_hash: HeaderHash) -> Vote:
        return signed_vote(self._signer, phase, slot, header_hash, self.name)

    def both_votes(self, slot: Slot, header_hash: HeaderHash) -> tuple[Vote, Vote]:
        return (
            self.vote(Phase.PREPARE, slot, header_hash),
            self.vote(Phase.COMMIT, slot, header_hash),
        )

    def asks(
        self, slot: Slot, parent: HeaderHash | None, proof: PreparedCertificate | None = None
    ) -> ViewChange:
        """A view change; without a proof it says that nothing was prepared."""
        head = self._node.chain and self._node.chain.head.header_hash
        stands_on = parent or head or HeaderHash(slot.network_id)
        return signed_change(self._signer, slot, stands_on, self.name, proof)

    def again(self, told: Word) -> Word:
        """A word that was changed, signed anew."""
        return signed(self._signer, told)

    def in_all_names(
        self, phase: Phase, slot: Slot, header_hash: HeaderHash
    ) -> tuple[tuple[NodeId, bytes], ...]:
        """Votes of a whole quorum, all with this one key."""
        signed = self.vote(phase, slot, header_hash).signature
        return tuple((name, signed) for name in self._node.committee)


class Forger:
    """What a liar says instead of what its shipped driver says."""

    def __init__(self, node: Body, pen: Pen, dice: Dice) -> None:
        self._node = node
        self._pen = pen
        self._dice = dice
        self._stories: dict[Slot, PrePrepare] = {}
        self._old: list[Message] = []

    def another_story(self, told: PrePrepare | Vote, *, bad: bool) -> Message:
        """Another block of the same slot, or a vote for it; the same one to everybody who asks."""
        if isinstance(told, Vote):
            story = self._stories.get(told.slot)
            hashed = story.prepare.header_hash if story else told.header_hash
            return self._pen.vote(told.phase, told.slot, hashed)
        if told.slot not in self._stories:
            made = self._bad_block(told) if bad else self._other_block(told)
            if made is None:
                return told
            header, payload = made
            vote = self._pen.vote(Phase.PREPARE, told.slot, header.hash())
            self._stories[told.slot] = PrePrepare(vote, header, told.parent, payload)
        return self._stories[told.slot]

    def forged(self, message: Message) -> Sequence[Message]:
        """Certificates that one key has signed for all."""
        match message:
            case PrePrepare(_, _, parent, _) if parent is not None:
                return (
                    replace(message, parent=self._certificate(parent.slot, parent.header_hash)),
                )
            case Decided(header, certificate):
                never = replace(header, height=Height(header.height + 1))
                slot = replace(certificate.slot, height=never.height)
                return (Decided(never, self._certificate(slot, never.hash())),)
            case Status(slot) if (made := self._made_up(slot)) is not None:
                header, payload = made
                certificate = self._certificate(slot, header.hash())
                block = CertifiedBlock(header, payload, certificate)
                return (message, Decided(header, certificate), Blocks((block,)))
            case ViewChange(slot, parent) if (made := self._made_up(slot)) is not None:
                return (self._pen.asks(slot, parent, self._prepared(slot, made[0])),)
            case NewView(slot) if (made := self._made_up(slot)) is not None:
                proof = self._prepared(slot, made[0])
                told = replace(message, chosen=proof.header_hash, proof=proof)
                return (self._pen.again(told),)
        return (message,)

    def stale(self, message: Message) -> Sequence[Message]:
        """What was true once, elsewhere."""
        if isinstance(message, PrePrepare | Decided | ViewChange | NewView | Vote):
            self._old = [*self._old[-31:], message]
        old = self._dice.pick(self._old) if self._old else message
        match message, old:
            case PrePrepare(), PrePrepare(_, _, parent, _):
                return (replace(message, parent=parent),)
            case ViewChange(slot), ViewChange(_, parent, _, _, _, _, proof):
                return (self._pen.asks(slot, parent, proof),)
            case NewView(slot), NewView():
                return (self._pen.again(replace(old, slot=slot)), message)
            case Decided(header), Decided(_, certificate):
                slot = replace(certificate.slot, height=header.height)
                return (Decided(header, CommitCertificate(slot, header.hash(), certificate.votes)),)
        return (old, message)

    def donated(self, message: Message) -> Message:
        """Blocks that somebody asked for, but others."""
        match message:
            case Blocks(blocks):
                first = blocks[0]
                changed = replace(first.header, time_ms=first.header.time_ms + 1)
                return self._dice.pick(
                    (
                        Blocks((replace(first, payload=first.payload + b"\x00"), *blocks[1:])),
                        Blocks((self._recertified(first, changed), *blocks[1:])),
                        Blocks(blocks[-1:]),
                        Blocks(blocks[:1]),
                        message,
                    )
                )
            case PayloadAnswer():
                return replace(message, payload=message.payload[::-1])
            case Status(slot):
                ahead = replace(slot, height=Height(slot.height + self._dice.between(1, 9)))
                return self._pen.again(replace(message, slot=ahead))
        return message

    def _other_block(self, told: PrePrepare) -> tuple[Header, bytes] | None:
        """A block that is just as valid: one millisecond later."""
        driver, executor = self._node.driver, self._node.executor
        if driver is None or executor is None or executor.head.height + 1 != told.slot.height:
            return None
        time_ms, proposer = told.header.time_ms + 1, told.header.proposer
        return executor.assemble(driver._desk.pool.candidates(), time_ms, proposer)

    def _bad_block(self, told: PrePrepare) -> tuple[Header, bytes]:
        """The same records, and a state that does not follow from them."""
        return replace(told.header, state_hash=sha256(told.header.state_hash)), told.payload

    def _made_up(self, slot: Slot) -> tuple[Header, bytes] | None:
        """A block of this height that nobody proposed: the newest one again, renumbered.

        None where there is no block yet, or a snapshot in the place of the newest.
        """
        executor = self._node.executor
        if executor is None or not executor.head.height:
            return None
        served = executor.serve(executor.head.height, 1 << 20)
        if not served:
            return None
        newest, payload, _ = served[0]
        header = decode_header_of_block(newest)
        return replace(header, height=slot.height, previous=executor.head.header_hash), payload

    def _prepared(self, slot: Slot, header: Header) -> PreparedCertificate:
        at = replace(slot, view=View(max(slot.view - 1, 0)))
        votes = self._pen.in_all_names(Phase.PREPARE, at, header.hash())
        return PreparedCertificate(at, header, header.hash(), votes)

    def _certificate(self, slot: Slot, header_hash: HeaderHash) -> CommitCertificate:
        votes = self._pen.in_all_names(Phase.COMMIT, slot, header_hash)
        return CommitCertificate(slot, header_hash, votes)

    def _recertified(self, block: CertifiedBlock, header: Header) -> CertifiedBlock:
        certificate = replace(block.certificate, header_hash=header.hash())
        return CertifiedBlock(header, block.payload, certificate)
