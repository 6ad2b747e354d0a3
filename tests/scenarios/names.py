"""Names for people: a node is a number, a bundle a word of the script, a block a letter.

Hashes change with every byte, so no transcript shows one. A block is called A, B, … in the order in
which it was first seen on a line; a script calls the blocks that a puppet makes X, Y, Z itself.
"""

from collections.abc import Iterable, Sequence
from string import ascii_uppercase

from ledger.core.identifiers import HeaderHash, NodeId


class Names:
    """Who is who in one script."""

    def __init__(self, nodes: Iterable[NodeId]) -> None:
        self._nodes: Sequence[NodeId] = tuple(nodes)
        self._blocks: dict[HeaderHash, str] = {}

    def node(self, word: str) -> NodeId:
        """The node of a number; nodes are counted from 1."""
        if not word.isdecimal() or not 1 <= int(word) <= len(self._nodes):
            raise ValueError(f"there is no node {word}")
        return self._nodes[int(word) - 1]

    def nodes(self, words: Iterable[str]) -> list[NodeId]:
        return [self.node(word) for word in words]

    def number(self, node: NodeId) -> str:
        return str(self._nodes.index(node) + 1)

    def numbers(self, nodes: Iterable[NodeId]) -> str:
        return " ".join(self.number(node) for node in nodes)

    def text(self, text: str) -> str:
        """A sentence of the program, with numbers for the nodes that it names."""
        for node in sorted(self._nodes, key=len, reverse=True):
            text = text.replace(node, self.number(node))
        return text

    def call(self, name: str, block: HeaderHash) -> None:
        """Name a block that the script has had made."""
        if name in self._blocks.values():
            raise ValueError(f"there is a block {name} already")
        self._blocks[block] = name

    def block(self, block: HeaderHash) -> str:
        """The name of a block, from now on."""
        if block not in self._blocks:
            taken = set(self._blocks.values())
            letters = (f"{letter}{'' if turn == 0 else turn}" for turn in range(99)
                       for letter in ascii_uppercase if letter < "U")  # fmt: skip
            self._blocks[block] = next(name for name in letters if name not in taken)
        return self._blocks[block]

    def blocks(self) -> Iterable[tuple[HeaderHash, str]]:
        """Every block that has a name."""
        return self._blocks.items()

    def hash_of(self, name: str) -> HeaderHash:
        for block, known in self._blocks.items():
            if known == name:
                return block
        raise ValueError(f"no block {name} was seen")
