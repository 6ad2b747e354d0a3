"""What a node without a process says: sentences of a script, signed with its key.

Whoever writes the script is the adversary: it knows every message that was ever sent, has the keys
of all puppets, and nobody else's. A signer of a certificate is written `3` (what it signed for that
slot; a puppet signs anew), `3@h1/v0` (what it signed for another slot, put here), or `3!` (a forged
signature in its name).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

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
    SignatureOf,
    Status,
    ViewChange,
    Vote,
)
from consensus.core.verification import choice
from ledger.core.block import Head
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.identifiers import HeaderHash, Height, NodeId
from ledger.core.signing import Signer
from ledger.errors import VerificationError
from tests.bits import flipped
from tests.consensus.speaking import signed, signed_change, signed_vote
from tests.scenarios.heard import Heard
from tests.scenarios.names import Names
from tests.scenarios.words import slot_of


class Puppets:
    """The Byzantine nodes of one script."""

    def __init__(self, signers: Mapping[NodeId, Signer], names: Names, heard: Heard) -> None:
        self._signers = signers
        self._names = names
        self._heard = heard
        self._sayings: tuple[tuple[str, Callable[..., Message]], ...] = (
            (r"proposes (\w+) in (\S+?)( broken)?", self._proposes),
            (r"(prepares|commits) (\w+) in (\S+?)(?: as (\d))?", self._votes),
            (r"asks for (\S+?)(?:, prepared (\w+) in (\S+) by (.+))?", self._asks),
            (r"starts (\S+) from (.+?)(?:, (?:(free)|with (\w+)))?", self._starts),
            (r"certifies (\w+) in (\S+) by (.+)", self._certifies),
            (r"serves (\w+) in (\S+) by (.+?)( broken)?", self._serves),
            (r"gives block (\w+)( broken)?", self._gives),
            (r"claims height (\d+)", self._claims),
            (r'hands on "(.+)"', self._hands_on),
        )

    def __contains__(self, node: NodeId) -> bool:
        return node in self._signers

    def says(self, node: NodeId, said: str, head: Head, now_ms: int) -> Message:
        """The message that a sentence stands for.

        Args:
            node: whose key signs.
            said: the sentence without its speaker and its receivers.
            head: of whoever hears it; a puppet knows where everybody stands.
            now_ms: the true time.
        """
        self._me, self._head, self._now_ms = node, head, now_ms
        for pattern, make in self._sayings:
            found = re.fullmatch(pattern, said)
            if found is not None:
                return make(*found.groups())
        raise ValueError(f"no such saying: {said}")

    def _proposes(self, name: str, at: str, broken: str | None) -> Message:
        block, slot = self._heard.block(name), self._slot(at)
        vote = self._vote(Phase.PREPARE, slot, block.header.hash(), self._me)
        payload = flipped(block.payload) if broken else block.payload
        return PrePrepare(vote, block.header, block.parent, payload)

    def _votes(self, verb: str, name: str, at: str, other: str | None) -> Message:
        phase = Phase.PREPARE if verb == "prepares" else Phase.COMMIT
        node = self._me if other is None else self._names.node(other)
        return self._vote(phase, self._slot(at), self._names.hash_of(name), node)

    def _asks(
        self, at: str, name: str | None, prepared_at: str | None, signers: str | None
    ) -> Message:
        proof = None
        if name is not None and prepared_at is not None and signers is not None:
            block, slot = self._heard.block(name), self._slot(prepared_at)
            hashed = block.header.hash()
            votes = tuple(self._signatures(Phase.PREPARE, slot, hashed, signers))
            proof = PreparedCertificate(slot, block.header, hashed, votes)
        return self._change(self._slot(at), self._me, proof)

    def _change(
        self, slot: Slot, node: NodeId, proof: PreparedCertificate | None = None
    ) -> ViewChange:
        return signed_change(self._signer(node), slot, self._head.header_hash, node, proof)

    def _starts(self, at: str, asking: str, free: str | None, name: str | None) -> Message:
        slot = self._slot(at)
        changes = [self._asking(slot, word) for word in asking.split()]
        try:
            view, chosen = choice(changes)
        except VerificationError:
            view, chosen = None, None
        proofs = {change.prepared_view: change.proof for change in changes}
        proof = proofs.get(view)
        if free or name is not None:
            chosen = None if name is None else self._names.hash_of(name)
            proof = next((p for p in proofs.values() if p and p.header_hash == chosen), None)
        bare = tuple(replace(change, proof=None) for change in changes)
        return signed(self._signer(), NewView(slot, chosen, bare, proof, self._me, b""))

    def _asking(self, slot: Slot, word: str) -> ViewChange:
        number, _, at = word.partition("@")
        node = self._names.node(number.removesuffix("!"))
        if word.endswith("!"):
            return self._change(slot, node)
        if at:
            old = self._heard.change(self._slot(at), node)
            return replace(old, slot=slot, parent=self._head.header_hash)
        try:
            return self._heard.change(slot, node)
        except ValueError:
            if node not in self._signers:
                raise
            return self._change(slot, node)

    def _certifies(self, name: str, at: str, signers: str) -> Message:
        block = self._heard.block(name)
        return Decided(block.header, self._certificate(name, at, signers))

    def _serves(self, name: str, at: str, signers: str, broken: str | None) -> Message:
        block = self._heard.block(name)
        payload = flipped(block.payload) if broken else block.payload
        served = CertifiedBlock(block.header, payload, self._certificate(name, at, signers))
        return Blocks((served,))

    def _certificate(self, name: str, at: str, signers: str) -> CommitCertificate:
        slot, hashed = self._slot(at), self._names.hash_of(name)
        votes = tuple(self._signatures(Phase.COMMIT, slot, hashed, signers))
        return CommitCertificate(slot, hashed, votes)

    def _gives(self, name: str, broken: str | None) -> Message:
        block = self._heard.block(name)
        payload = flipped(block.payload) if broken else block.payload
        return PayloadAnswer(block.header, block.header.hash(), payload)

    def _claims(self, height: str) -> Message:
        slot = replace(self._slot("h1/v0"), height=Height(int(height) + 1))
        return signed(
            self._signer(), Status(slot, self._head.header_hash, self._now_ms, self._me, b"")
        )

    def _hands_on(self, said: str) -> Message:
        return self._heard.message(said)

    def _vote(self, phase: Phase, slot: Slot, block: HeaderHash, node: NodeId) -> Vote:
        """A vote; in the name of an honest node it is forged."""
        return signed_vote(self._signer(node), phase, slot, block, node)

    def _signatures(
        self, phase: Phase, slot: Slot, block: HeaderHash, words: str
    ) -> Iterator[SignatureOf]:
        for word in words.split():
            number, _, at = word.partition("@")
            node = self._names.node(number.removesuffix("!"))
            if word.endswith("!") or (node in self._signers and not at):
                yield node, self._vote(phase, slot, block, node).signature
            else:
                cast_in = self._slot(at) if at else slot
                yield node, self._heard.vote(phase, cast_in, block, node)

    def _signer(self, node: NodeId | None = None) -> Signer:
        """The key of a puppet; the speaker's own where another's name is to be forged."""
        return self._signers.get(node or self._me) or self._signers[self._me]

    def _slot(self, word: str) -> Slot:
        return slot_of(word, self._head.network_id)
