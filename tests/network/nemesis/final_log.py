"""The log of stopped nodes: that all hold the same, and what the checker needs of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cli.demo.processes import NodeProcess
from cli.settings import node_settings
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.core.note import parse_note
from ledger.heads import check_cosigned
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot
from tests.network.nemesis.history import Entry, FinalLog


@contextmanager
def chain_of(node: NodeProcess, trust: TrustRoot) -> Iterator[Chain]:
    """The chain of a node that is stopped."""
    store = LevelDBStore(node_settings(node.folder).database_folder)
    try:
        yield Chain(store, trust.genesis, genesis_rows(trust.genesis))
    finally:
        store.close()


def final_log(chain: Chain) -> FinalLog:
    """What the checker needs; usable while the chain is open."""
    heights = range(1, chain.head.height + 1)
    entries = tuple(
        Entry(chain.blocks.first_index(Height(height)) + offset, record_id.hex(), height)
        for height in heights
        for offset, record_id in enumerate(chain.blocks.entry_ids(Height(height)))
    )
    headers = [chain.blocks.header(Height(height)) for height in heights]
    size = headers[-1].log_size
    times = tuple(header.time_ms for header in headers)
    return FinalLog(entries, times, size, chain.root_of(size).hex(), chain.consistency)


def heads_are_cosigned(chain: Chain, notes: Mapping[tuple[int, str], bytes]) -> None:
    """Every head that was shown had the signatures of a quorum of its own committee.

    Raises:
        VerificationError: it had not.
    """
    for (size, _), data in notes.items():
        check_cosigned(parse_note(data), chain.origin, chain.epochs.at_size(size))


def views_changed(chain: Chain) -> int:
    """How many views were given up, over all heights."""
    changed, epoch, view = 0, 0, 0
    for height in range(1, chain.head.height + 1):
        header = chain.blocks.header(Height(height))
        before = view if header.epoch == epoch else 0
        epoch, view = header.epoch, chain.blocks.certificate(Height(height)).slot.view
        changed += max(0, view - before)
    return changed


def snapshots_stated(chain: Chain) -> int:
    """How many blocks state the root of an earlier state."""
    heights = range(1, chain.head.height + 1)
    return sum(chain.blocks.header(Height(each)).snapshot is not None for each in heights)
