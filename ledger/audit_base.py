"""Where an audit begins in a store that began with a snapshot: at its block, by the genesis alone.

What was below is not there to be looked at, and the state with which the store began is gone: the
rules cannot be asked again, and the audit says so. Spec: ``docs/spec/store.md``.
"""

from collections import Counter

from ledger.audit_block import Known
from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.canonical import decode_stored
from ledger.core.epochs import Epochs
from ledger.core.genesis import Genesis
from ledger.core.merkle import Frontier
from ledger.core.snapshot_offer import edge_starts, link_from
from ledger.epoch_links import follow_links, opened_links
from ledger.errors import VerificationError
from ledger.log_tree import LogTree
from ledger.snapshot_trust import edge_peaks
from ledger.store.api import Reader
from ledger.store.keys import Table


def rows_of_base() -> Counter[Table]:
    """Rows that the snapshot's own block has, beside the log's."""
    one = (Table.META, Table.BLOCK, Table.LOG_SIZE, Table.TIME)
    return Counter(dict.fromkeys(one, 1))


def known_at_base(store: Reader, blocks: BlockStore, tree: LogTree, genesis: Genesis) -> Known:
    """What is known above the block with which a store began.

    Raises:
        LedgerError: that block is not certified, its log is not there, or a link does not hold.
    """
    rows = [value for _, value in store.scan(*Table.LINK.range())]
    links = opened_links([link_from(decode_stored(row)) for row in rows], genesis.parameters)
    epochs = follow_links(links, genesis.network_id, Epochs((genesis.committee,)))
    header, certificate = blocks.header(blocks.base), blocks.certificate(blocks.base)
    if certificate.header_hash != header.hash() or header.height != blocks.base:
        raise VerificationError(Code.CERTIFICATE_INVALID, what="header")
    certificate.verify(genesis.network_id, epochs.at_size(header.log_size))
    size = header.log_size
    edge = [tree.run(level, *place) for level, place in enumerate(edge_starts(size))]
    frontier = Frontier(size, tuple(edge_peaks(size, edge)))
    if frontier.root() != header.log_root:
        raise VerificationError(Code.SNAPSHOT_OFFER, what="log")
    return Known(header.hash(), header.time_ms, frontier, epochs)
