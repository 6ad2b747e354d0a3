"""What was said in greetings, and what liars show of it: whatever somebody said in a node's name."""

from collections import defaultdict, deque
from dataclasses import replace

from consensus.presence import Presence
from consensus.wire import Hello
from ledger.core.identifiers import NodeId
from tests.simulation.dice import Dice

WORDS_KEPT = 32
"""Of each node."""


class Greetings:
    """Remembers every process's word; liars have it from here."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._said: dict[NodeId, deque[Presence]] = defaultdict(lambda: deque(maxlen=WORDS_KEPT))

    def said(self, hello: Hello) -> None:
        """A greeting was said."""
        self._said[hello.node_id].append(hello.presence)

    def twisted(self, hello: Hello, to: NodeId) -> Hello:
        """A liar's greeting: it shows any word at all of the node that it greets."""
        words = self._said[to]
        return replace(hello, other=self._dice.pick(words)) if words else hello
