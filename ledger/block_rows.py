"""The rows that one block adds to the store, computed from what the block does and nothing else.

Pure but for the tree rows, which continue rows that are stored. The chain writes exactly these, and
audit computes them again and compares. Record bytes stand once, under the record's id.
"""

from collections.abc import Iterator
from typing import Final

from ledger.core.canonical import encode
from ledger.core.certificate import CommitCertificate
from ledger.core.effects import BlockEffects
from ledger.core.entry import entry_hashes
from ledger.core.identifiers import Digest, LogIndex
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.snapshot_offer import link_value
from ledger.log_tree import edge_rows
from ledger.snapshot_trust import ProvenSnapshot
from ledger.store.api import Row
from ledger.store.index import index_rows, opened_rows
from ledger.store.keys import Table, number
from ledger.store.rows import (
    ENTRY_PART,
    NO_BUNDLE,
    BundleRow,
    Place,
    block_row,
    digest_parts,
    head_row,
    record_row,
)

_RECORD: Final = Table.RECORD.key()


def leaf_hashes(effects: BlockEffects) -> list[Digest]:
    """The hashes of the block's leaves: its entries, and last the block leaf."""
    header = effects.header
    places = ((each.bundle_id, each.record_id) for each in effects.records)
    hashes = entry_hashes(header.height, header.time_ms, places)
    hashes.append(leaf_hash(header.leaf()))
    return hashes


def block_rows(
    effects: BlockEffects, certificate: CommitCertificate, frontier: Frontier
) -> Iterator[Row]:
    """The rows of one block, without its tree nodes and its state.

    Args:
        effects: the block.
        certificate: of the block.
        frontier: of the log after the block.
    """
    header = effects.header
    height = number(header.height)
    yield Table.HEAD.key(), head_row(header.height, frontier)
    yield Table.BLOCK.key(height), block_row(header.encode(), certificate.encode())
    for ordinal, bundle in enumerate(effects.bundles):
        row = BundleRow(bundle.header_bytes, bundle.signature, bundle.entered, bundle.record_ids)
        yield Table.BUNDLE.key(height, number(ordinal)), row.encode()
    ids = [record.record_id for record in effects.records]
    for part, joined in digest_parts(ids, ENTRY_PART):
        yield Table.ENTRY.key(height, number(part)), joined
    for place, record in zip(places(effects), effects.records, strict=True):
        yield _RECORD + record.record_id, record_row(place, record.data)
    yield from index_rows(header, effects.records)
    yield from opened_rows(header, effects.records, effects.opened)


def base_rows(proven: ProvenSnapshot) -> Iterator[Row]:
    """The rows with which a chain goes on above a snapshot, beside the state and its chunks.

    Of the block itself only header and certificate: what was in it is with those who were there.
    """
    header, height = proven.header, number(proven.header.height)
    certificate = proven.certificate.encode()
    yield Table.HEAD.key(), head_row(header.height, proven.frontier)
    yield Table.BLOCK.key(height), block_row(header.encode(), certificate)
    yield Table.LOG_SIZE.key(number(header.log_size)), height
    yield Table.TIME.key(number(header.time_ms)), height
    yield from edge_rows(header.log_size, proven.edge)
    for epoch, link in enumerate(proven.links, 1):
        yield Table.LINK.key(number(epoch)), encode(link_value(link))


def places(effects: BlockEffects) -> Iterator[Place]:
    """The place of each record of the block, in the order of their entries."""
    header = effects.header
    index = header.log_size - header.entry_count - 1
    for ordinal, bundle in enumerate(effects.bundles):
        for position, record in enumerate(bundle.records):
            if record is not None:
                yield Place(LogIndex(index), header.height, ordinal, position)
                index += 1
    for position in range(header.log_size - 1 - index):
        yield Place(LogIndex(index + position), header.height, NO_BUNDLE, position)
