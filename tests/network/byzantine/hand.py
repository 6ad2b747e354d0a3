"""What a liar holds: the node's true keys, chain and line, and a tally of the lies it has told."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consensus.application import Application
from consensus.build import Identity
from consensus.core.messages import Message
from consensus.cosigning import CosignedChain
from consensus.driver import Driver
from consensus.transport import Transport
from consensus.wire import Codec, Said
from ledger.core.genesis import Genesis
from ledger.core.identifiers import NodeId
from tests.simulation.dice import Dice
from tests.simulation.forgery import Forger, Pen

TALLY = "lies.json"
_SAID_ONE_BY_ONE = 64
"""From so many lies of a sort on, the tally is written now and then only."""


@dataclass
class Hand:
    """One Byzantine node, from inside; what `Forger` needs of a node is here by shape."""

    identity: Identity
    committee: tuple[NodeId, ...]
    executor: Application
    chain: CosignedChain
    line: Transport
    """The true one: what is sent here is sent."""
    codec: Codec
    folder: Path
    genesis: Genesis
    driver: Driver | None = None
    """Once it is open."""
    tally: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = Dice(2026, str(self.name))
        self.pen = Pen(self)
        self.forger = Forger(self, self.pen, self.dice)

    @property
    def name(self) -> NodeId:
        """Of the node."""
        return self.identity.node_id

    @property
    def others(self) -> tuple[NodeId, ...]:
        """Whom it lies to, in the committee's order."""
        return tuple(each for each in self.committee if each != self.name)

    def said(self, *messages: Message) -> Sequence[bytes]:
        """Frames that say these."""
        return tuple(self.codec.encode(Said(each)) for each in messages)

    def lied(self, what: str) -> None:
        """Count a lie, where whoever plays the campaign finds it."""
        self.tally[what] += 1
        if self.tally[what] <= _SAID_ONE_BY_ONE or self.tally[what] % _SAID_ONE_BY_ONE == 0:
            fresh = self.folder / f"{TALLY}.new"
            fresh.write_text(json.dumps(self.tally), encoding="utf-8")
            fresh.replace(self.folder / TALLY)
