"""A Byzantine node: the shipped driver, whose words are changed on their way out.

It has the node's key, so what it says is signed. What each habit is stands in `lies`; those that
make up whole blocks and certificates are in `forgery`.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from consensus.core.messages import Message, PayloadAnswer, PrePrepare, Status, ViewChange, Vote
from consensus.cosigning import decode_cosignature
from consensus.wire import Codec, Cosigned, Kind, Said
from ledger.core.hashing import sha256
from ledger.core.identifiers import HeaderHash, Height, NodeId, View
from tests.bits import flipped
from tests.simulation.dice import Dice
from tests.simulation.forgery import Forger, Pen
from tests.simulation.lies import Lie
from tests.simulation.node import SimulatedNode

MEMORY = 128
"""Frames that a replaying node keeps."""
ASIDES_MAX = 4
"""Words that ride beside one that the shipped driver sends."""


class Liar:
    """What the others get from one Byzantine node."""

    def __init__(self, node: SimulatedNode, lie: Lie, codec: Codec, dice: Dice) -> None:
        others = [name for name in node.everybody if name != node.name]
        self._lie = lie
        self.lied = False
        """Whether anybody was told anything else than the shipped driver says."""
        self._codec = codec
        self._dice = dice
        self._pen = Pen(node)
        self._forger = Forger(node, self._pen, dice)
        self._victims = frozenset(
            dice.sample(others, 1 if lie is Lie.SILENT_TO_ONE else (len(others) + 1) // 2)
        )
        self._asides: dict[NodeId, deque[Vote]] = {name: deque(maxlen=16) for name in others}
        self._heard: deque[bytes] = deque(maxlen=MEMORY)

    def hears(self, frame: bytes, message: Message | None) -> None:
        """A frame has come in; some habits remember it."""
        if self._lie is Lie.REPLAYS:
            self._heard.append(frame)
        elif self._lie is Lie.CONFLICTING_VOTES and isinstance(message, Vote | PrePrepare):
            vote = message.prepare if isinstance(message, PrePrepare) else message
            unheard_of = HeaderHash(sha256(vote.header_hash))
            for name, asides in self._asides.items():
                other = unheard_of if name in self._victims else vote.header_hash
                asides.extend(self._pen.both_votes(vote.slot, other))

    def sends(self, to: NodeId, frame: bytes, message: Message | None) -> Sequence[bytes]:
        """The frames that go to `to` where the shipped driver sends `frame`."""
        frames = self._frames(to, frame, message)
        self.lied |= tuple(frames) != (frame,)
        return frames

    def _frames(self, to: NodeId, frame: bytes, message: Message | None) -> Sequence[bytes]:
        victim = to in self._victims
        match self._lie:
            case Lie.SILENT_TO_ONE | Lie.SILENT_TO_SOME:
                return () if victim else (frame,)
            case Lie.REPLAYS:
                return self._replayed(frame)
            case Lie.FORKED_HEADS:
                return (self._forked(frame) if victim else frame,)
            case Lie.MALFORMED:
                return (self._malformed(frame) if victim else frame,)
            case Lie.CONFLICTING_VOTES:
                asides = self._asides[to]
                votes = [asides.popleft() for _ in range(min(len(asides), ASIDES_MAX))]
                return (frame, *(self._codec.encode(Said(vote)) for vote in votes))
        if self._lie is Lie.LYING_DONOR and victim and frame[0] == Kind.SNAPSHOT:
            return (flipped(frame),)
        if message is None or not (victim or self._lie is Lie.BAD_BLOCKS):
            return (frame,)
        return [self._codec.encode(Said(each)) for each in self._instead(message)]

    def _instead(self, message: Message) -> Sequence[Message]:
        """What a victim is told instead of `message`."""
        match self._lie, message:
            case Lie.TWO_STORIES | Lie.BAD_BLOCKS, PrePrepare() | Vote():
                return (self._forger.another_story(message, bad=self._lie is Lie.BAD_BLOCKS),)
            case Lie.BROKEN_COPIES, PrePrepare() | PayloadAnswer():
                return (replace(message, payload=flipped(message.payload)),)
            case Lie.HIDES_ITS_VOTES, ViewChange():
                return (self._pen.asks(message.slot, message.parent),)
            case Lie.HUGE_VIEWS, Status():
                far = replace(message.slot, height=Height(message.slot.height + 10**9))
                return (self._pen.again(replace(message, slot=far)),)
            case Lie.HUGE_VIEWS, Vote():
                return (self._pen.asks(replace(message.slot, view=View(1 << 62)), None),)
            case Lie.FORGED_CERTIFICATES, _:
                return self._forger.forged(message)
            case Lie.STALE_CERTIFICATES, _:
                return self._forger.stale(message)
            case Lie.LYING_DONOR, _:
                return (self._forger.donated(message),)
        return (message,)

    def _replayed(self, frame: bytes) -> Sequence[bytes]:
        """The frame, and beside it what somebody said before."""
        old = [self._dice.pick(self._heard) for _ in range(self._dice.between(0, 2)) if self._heard]
        self._heard.append(frame)
        return (frame, *old)

    def _forked(self, frame: bytes) -> bytes:
        """A cosignature of the same size and another root; anything else as it is."""
        said = self._codec.decode(frame)
        if not isinstance(said, Cosigned):
            return frame
        head = decode_cosignature(said.data)
        return self._codec.encode(Cosigned(self._pen.cosigns(head.size, sha256(head.root))))

    def _malformed(self, frame: bytes) -> bytes:
        """A frame that may no longer be one."""
        at = self._dice.between(0, len(frame) - 1)
        match self._dice.between(0, 5):
            case 0:
                return frame[:at]
            case 1:
                return frame + frame[:at]
            case 2:
                return bytes(self._dice.between(0, 255) for _ in range(min(at, 64)))
            case 3 | 4:
                flipped = frame[at] ^ (1 << self._dice.between(0, 7))
                return frame[:at] + bytes((flipped,)) + frame[at + 1 :]
        return frame
