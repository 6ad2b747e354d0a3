"""Holds everything that was said under load to the log as it is at the end."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from cli.demo.processes import NodeProcess
from cli.settings import node_settings
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.core.record import decode_record
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot
from tests.network.load.book import Book, Page, Stream


@dataclass(frozen=True, slots=True)
class Log:
    """The log of a stopped node."""

    entries: tuple[tuple[int, str], ...]
    """(index, record id), ascending."""
    by_member: dict[str, tuple[tuple[int, str], ...]]
    heights: dict[str, int]
    leaves: tuple[tuple[int, str], ...]
    """(index, hash) of the blocks, ascending."""
    sizes: tuple[int, ...]
    """Leaves of the log after each height, from 0 on."""

    def of(self, member: str | None) -> tuple[tuple[int, str], ...]:
        """The records of a member, or all."""
        return self.entries if member is None else self.by_member.get(member, ())


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was held to the log."""

    height: int
    records: int
    bundles: int
    places: int
    blocks: int
    heads: int
    pages: int
    events: int
    connections: int


def checked(book: Book, trust: TrustRoot, nodes: Sequence[NodeProcess]) -> Checked:
    """Every node has the same log, and everything that was said is so in it.

    Raises:
        AssertionError: it is not.
    """
    logs = []
    for node in nodes:
        store = LevelDBStore(node_settings(node.folder).database_folder)
        try:
            chain = Chain(store, trust.genesis, genesis_rows(trust.genesis))
            logs.append(_log(chain))
            for size, root in book.heads.items():
                assert chain.root_of(size).hex() == root, f"another log of {size} leaves"
        finally:
            store.close()
    for node, log in zip(nodes, logs, strict=True):
        assert log.leaves == logs[0].leaves, f"{node.node_id} holds another chain"
    return _held(book, logs[0])


def _log(chain: Chain) -> Log:
    entries, leaves, sizes = [], [], [0]
    by_member: dict[str, list[tuple[int, str]]] = {}
    heights: dict[str, int] = {}
    for height in range(1, chain.head.height + 1):
        header, first = (
            chain.blocks.header(Height(height)),
            chain.blocks.first_index(Height(height)),
        )
        for offset, record_id in enumerate(chain.blocks.entry_ids(Height(height))):
            kept = chain.blocks.record_bytes(record_id)
            assert kept is not None
            name = record_id.hex()
            assert name not in heights, f"{name} is there twice"
            heights[name] = height
            entries.append((first + offset, name))
            member = decode_record(kept[1], chain.genesis.parameters).issuer
            by_member.setdefault(member, []).append(entries[-1])
        leaves.append((header.log_size - 1, header.hash().hex()))
        sizes.append(header.log_size)
    members = {name: tuple(found) for name, found in by_member.items()}
    return Log(tuple(entries), members, heights, tuple(leaves), tuple(sizes))


def _held(book: Book, log: Log) -> Checked:
    at = dict(log.entries)
    for bundle in book.bundles.values():
        lost = [each.hex() for each in bundle.record_ids if each.hex() not in log.heights]
        assert not lost, f"acknowledged and lost: {lost}"
    for record_id, (index, height) in book.places.items():
        assert (at.get(index), log.heights.get(record_id)) == (record_id, height), record_id
    for height, header_hash in book.blocks.items():
        assert log.leaves[height - 1][1] == header_hash, f"another block at height {height}"
    for page in book.pages:
        hold_page(page, log)
    for stream in book.streams:
        hold_stream(stream, log)
    return Checked(
        height=len(log.leaves),
        records=sum(len(each.record_ids) for each in book.bundles.values()),
        bundles=len(book.bundles),
        places=len(book.places),
        blocks=len(book.blocks),
        heads=len(book.heads),
        pages=len(book.pages),
        events=sum(len(each.told) for each in book.streams),
        connections=sum(each.connections for each in book.streams),
    )


def hold_page(page: Page, log: Log) -> int:
    """A page has every record from behind the page before to its own last, and no other.

    One that ends the list has also every record up to the head that it was given at.

    Returns:
        How many records it has.

    Raises:
        AssertionError: it is not so.
    """
    every = log.of(page.member)
    known = [each for each in every if each[0] < log.sizes[page.height]]
    if page.newest_first:
        below = None if page.behind is None else bisect_left(every, (page.behind, ""))
        if below is None:
            # The first page may begin above the head that it names, never under it.
            below = bisect_right(every, page.items[0]) if page.items else 0
            assert below >= len(known), f"a list leaves out its newest: {page}"
        expected = every[max(0, below - len(page.items)) : below][::-1]
        assert expected == page.items, f"not the newest: {page}"
        assert not page.ends or below == len(page.items), f"does not end: {page}"
        return len(page.items)
    start = 0 if page.behind is None else bisect_left(every, (page.behind + 1, ""))
    end = start + len(page.items)
    assert every[start:end] == page.items, f"not what follows: {page}"
    assert not page.ends or end >= len(known), f"does not end there: {page}"
    return len(page.items)


def hold_stream(stream: Stream, log: Log) -> int:
    """What a follower was told is what the log has behind the place where it began, each once.

    Returns:
        How many events it was told.

    Raises:
        AssertionError: it is not so.
    """
    every = sorted((*log.entries, *log.leaves))
    start = bisect_left(every, (stream.behind + 1, ""))
    told = [(each.index, each.key) for each in stream.told]
    expected = every[start : start + len(told)]
    assert len(expected) == len(told), f"told more than there is: {told[-1]}"
    for said, there in zip(told, expected, strict=True):
        assert said == there, f"told {said} in the place of {there}"
    return len(told)
