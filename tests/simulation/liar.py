"""A Byzantine node: the shipped driver, whose words are changed on the way to half of its peers.

It has the node's key, so what it says is signed. Each liar has one habit, which the seed decides.
"""

from dataclasses import replace
from enum import StrEnum

from consensus.core.messages import (
    Message,
    PayloadAnswer,
    PrePrepare,
    Status,
    ViewChange,
    Vote,
)
from ledger.core.certificate import Slot, vote_body
from ledger.core.hashing import Tag
from ledger.core.identifiers import HeaderHash, Height, View
from ledger.core.signing import sign_tagged
from tests.simulation.node import SimulatedNode


class Lie(StrEnum):
    """The habits."""

    TWO_STORIES = "two stories"
    """As primary it proposes another block to half of the others, and votes for both."""
    BROKEN_COPIES = "broken copies"
    """Under a good header half of the others get a payload that does not rebuild it."""
    SHOUTS = "shouts"
    """It claims a height of 10⁹, and asks for view 2⁶² where it should commit."""
    SILENT_TO_SOME = "silent to some"
    """Half of the others hear nothing."""


class Liar:
    """What the other half hears."""

    def __init__(self, node: SimulatedNode, lie: Lie) -> None:
        self._node = node
        self._lie = lie
        self._stories: dict[Slot, PrePrepare] = {}

    def instead(self, message: Message) -> Message | None:
        """What is said instead of `message`; None for nothing."""
        match self._lie, message:
            case Lie.SILENT_TO_SOME, _:
                return None
            case Lie.TWO_STORIES, PrePrepare():
                return self._other_block(message)
            case Lie.TWO_STORIES, Vote() if message.slot in self._stories:
                return self._voted(message, self._stories[message.slot].prepare.header_hash)
            case Lie.BROKEN_COPIES, PrePrepare() | PayloadAnswer():
                return replace(message, payload=message.payload[:-1] + b"\x00")
            case Lie.SHOUTS, Status():
                far = replace(message.slot, height=Height(message.slot.height + 10**9))
                return self._signed(replace(message, slot=far), Tag.STATUS)
            case Lie.SHOUTS, Vote() if message.node == self._node.name:
                head = self._node.chain and self._node.chain.head.header_hash
                far = replace(message.slot, view=View(1 << 62))
                parent = head or message.header_hash
                change = ViewChange(far, parent, None, None, message.node, b"", None)
                return self._signed(change, Tag.VIEW_CHANGE)
        return message

    def _other_block(self, told: PrePrepare) -> PrePrepare:
        """Another block that is just as valid: one millisecond later."""
        known = self._stories.get(told.slot)
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
        self._stories[told.slot] = story
        return story

    def _voted(self, vote: Vote, header_hash: HeaderHash) -> Vote:
        body = vote_body(vote.slot, header_hash)
        signed = sign_tagged(self._node.identity.signer, vote.phase.tag, body)
        return replace(vote, header_hash=header_hash, signature=signed)

    def _signed(self, message: Status | ViewChange, tag: Tag) -> Status | ViewChange:
        signed = sign_tagged(self._node.identity.signer, tag, message.body)
        return replace(message, signature=signed)
