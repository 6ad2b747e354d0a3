"""All that was ever said on any line: what puppets may use, and what `said` tells.

A puppet knows the votes of everybody, also those that were lost on the way: a Byzantine node that
owns the network is the strongest that the rules must bear.
"""

from dataclasses import dataclass

from consensus.core.messages import Message, PayloadAnswer, Phase, PrePrepare, ViewChange, Vote
from ledger.core.block import Header
from ledger.core.certificate import CommitCertificate, Slot
from ledger.core.identifiers import HeaderHash, NodeId
from tests.scenarios.names import Names
from tests.scenarios.words import author_of, kind_of, sentence


@dataclass(frozen=True)
class KnownBlock:
    """A block that was seen, with the certificate of its parent."""

    header: Header
    payload: bytes
    parent: CommitCertificate | None


class Heard:
    """Everything said so far."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._votes: dict[tuple[Phase, Slot, HeaderHash, NodeId], bytes] = {}
        self._changes: dict[tuple[Slot, NodeId], ViewChange] = {}
        self._sentences: dict[str, Message] = {}
        self._untold: dict[str, str] = {}
        self._told: set[str] = set()
        self.blocks: dict[HeaderHash, KnownBlock] = {}

    def take(self, origin: NodeId, to: NodeId, message: Message) -> None:
        """Remember one message, and that it was said."""
        self.learn(origin, message)
        self._untold.setdefault(sentence(origin, to, message, self._names), kind_of(message))

    def learn(self, origin: NodeId, message: Message) -> None:
        """Remember one message: a script that made it has told it already."""
        author = author_of(origin, message)
        self._sentences.setdefault(sentence(author, None, message, self._names), message)
        match message:
            case Vote():
                key = (message.phase, message.slot, message.header_hash, message.node)
                self._votes.setdefault(key, message.signature)
            case PrePrepare():
                hashed = message.prepare.header_hash
                block = KnownBlock(message.header, message.payload, message.parent)
                self.blocks.setdefault(hashed, block)
                self.learn(origin, message.prepare)
            case PayloadAnswer():
                known = KnownBlock(message.header, message.payload, None)
                self.blocks.setdefault(message.header_hash, known)
            case ViewChange():
                self._changes.setdefault((message.slot, message.node), message)

    def tell(self, kinds: list[str], *, again: bool) -> list[str]:
        """What was said since the last time, each sentence once, in the order first said.

        Args:
            kinds: all but statuses where none is named.
            again: tell also what was told, or passed over, before.
        """
        told = [
            line
            for line, kind in self._untold.items()
            if (kind in kinds if kinds else kind != "Status") and (again or line not in self._told)
        ]
        self.pass_over()
        return told

    def pass_over(self) -> None:
        """What was said so far is not told any more."""
        self._told |= set(self._untold)
        self._untold.clear()

    def vote(self, phase: Phase, slot: Slot, block: HeaderHash, node: NodeId) -> bytes:
        """The signature of a vote that was cast."""
        found = self._votes.get((phase, slot, block, node))
        if found is None:
            name, number = self._names.block(block), self._names.number(node)
            raise ValueError(f"{number} never said {phase} {name} in {slot}")
        return found

    def change(self, slot: Slot, node: NodeId) -> ViewChange:
        """A view change that was asked for."""
        found = self._changes.get((slot, node))
        if found is None:
            raise ValueError(f"{self._names.number(node)} never asked for {slot}")
        return found

    def message(self, said: str) -> Message:
        """The message of that sentence."""
        if said not in self._sentences:
            raise ValueError(f"nobody ever said: {said}")
        return self._sentences[said]

    def block(self, name: str) -> KnownBlock:
        """A block by its name."""
        found = self.blocks.get(self._names.hash_of(name))
        if found is None:
            raise ValueError(f"nobody ever showed the block {name}")
        return found
