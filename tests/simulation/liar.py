"""A Byzantine node: as primary it proposes another block to half of the others, and votes for both.

Its driver is the shipped one; it lies on the way to the post, with its own key.
"""

from dataclasses import replace

from consensus.core.messages import Message, PrePrepare, Vote
from ledger.core.certificate import Slot, vote_body
from ledger.core.identifiers import HeaderHash
from ledger.core.signing import sign_tagged
from tests.simulation.node import SimulatedNode


class Liar:
    """Two stories per slot: the true one for some, another one for the rest."""

    def __init__(self, node: SimulatedNode) -> None:
        self._node = node
        self._others: dict[Slot, PrePrepare] = {}

    def other(self, message: Message) -> Message:
        """What is said instead of `message` to those who hear the other story."""
        if isinstance(message, PrePrepare):
            return self._other_block(message)
        if isinstance(message, Vote) and message.node == self._node.name:
            story = self._others.get(message.slot)
            return message if story is None else self._voted(message, story.prepare.header_hash)
        return message

    def _other_block(self, told: PrePrepare) -> PrePrepare:
        """Another block that is just as valid: one millisecond later."""
        known = self._others.get(told.slot)
        if known is not None:
            return known
        driver, executor = self._node.driver, self._node.executor
        if driver is None or executor is None or executor.head.height + 1 != told.slot.height:
            return told
        time_ms, proposer = told.header.time_ms + 1, told.header.proposer
        made = executor.assemble(driver._desk.pool.candidates(), time_ms, proposer)
        if made is None:
            return told
        header, payload = made
        vote = self._voted(told.prepare, header.hash())
        story = PrePrepare(vote, header, told.parent, payload)
        self._others[told.slot] = story
        return story

    def _voted(self, vote: Vote, header_hash: HeaderHash) -> Vote:
        body = vote_body(vote.slot, header_hash)
        signed = sign_tagged(self._node.identity.signer, vote.phase.tag, body)
        return replace(vote, header_hash=header_hash, signature=signed)
