"""What happens to a node's disk: power that fails at a chosen write, torn tails, flipped bits, copies."""

from consensus.journal import repair
from ledger.chain import Chain
from ledger.core.identifiers import Digest
from ledger.core.merkle import Frontier
from ledger.store.keys import Table
from tests.bits import flipped
from tests.simulation.dice import Dice
from tests.simulation.node import SimulatedNode
from tests.simulation.town import genesis_of, rows_of

_HEADER_BYTES = 14
"""Of a record of the journal; see ``docs/spec/journal.md``."""


class _Certain(Dice):
    """Dice that fall as the script says."""

    __slots__ = ("_falls",)

    def __init__(self, falls: bool) -> None:
        super().__init__(0, "certain")
        self._falls = falls

    def chance(self, permille: int) -> bool:
        return self._falls


def power_fails(node: SimulatedNode, *, before: bool, operation: int) -> None:
    """Cut a node's power at its n-th durable operation from now, just before it or just after."""
    node.fuse._dice = _Certain(before)
    node.fuse.arm(operation)


def tear(node: SimulatedNode, count: int) -> None:
    """The last bytes of the journal never reached the disk."""
    _down(node)
    node.journal.durable = node.journal.durable[:-count]


def flip(node: SimulatedNode, record: int) -> None:
    """Flip one bit in the body of the n-th record of the journal."""
    _down(node)
    data, at = bytearray(node.journal.durable), 0
    for _ in range(record - 1):
        at += _HEADER_BYTES + int.from_bytes(data[at + 2 : at + 6])
    if at + _HEADER_BYTES >= len(data):
        raise ValueError(f"the journal has no record {record}")
    data[at + _HEADER_BYTES] ^= 1
    node.journal.durable = bytes(data)


def spoil(node: SimulatedNode) -> None:
    """Flip one bit that a node remembers: in the edge of its log where it runs, else on its disk."""
    if node.chain is not None:
        size, (peak, *rest) = node.chain.frontier.size, node.chain.frontier.peaks
        node.chain._frontier = Frontier(size, (Digest(flipped(peak)), *rest))
    else:
        start, stop = Table.STATE.range(b"status/member/bidder")
        key, value = next(node.store.scan(start, stop))
        node.store.write([(key, flipped(value))])


def repair_journal(node: SimulatedNode) -> None:
    """Start a damaged journal anew, as the command of that name does."""
    _down(node)
    chain = Chain(node.store, genesis_of(node.nodes), rows_of(node.nodes))
    repair(node.journal, node.identity.network_id, node.name, chain.head.height)


def _down(node: SimulatedNode) -> None:
    if node.up:
        raise ValueError("its process runs")
