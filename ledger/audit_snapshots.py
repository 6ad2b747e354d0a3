"""What an audit asks of snapshots: that each is the state whose root a certified header says."""

from collections.abc import Iterator

from ledger.audit_finding import Finding, of_error, of_row
from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core import merkle
from ledger.core.identifiers import DIGEST_BYTES, Height
from ledger.core.limits import Parameters
from ledger.core.snapshot_chunk import chunk_root, decode_state_chunk
from ledger.errors import LedgerError
from ledger.store.api import Reader
from ledger.store.keys import Table, last_number, number
from ledger.store.rows import snapshot_from


def snapshot_findings(
    store: Reader, blocks: BlockStore, limits: Parameters, head: Height
) -> Iterator[Finding]:
    """Snapshots that are made, with their chunks; one in the making is nothing yet."""
    for key, value in store.scan(*Table.SNAPSHOT.range()):
        if not value:
            continue
        height = Height(last_number(key))
        try:
            size, root, roots = snapshot_from(value)
            yield from _chunks(store, height, list(roots), limits)
            stating = Height(height + limits.snapshot_interval)
            said = blocks.header(stating).snapshot if stating <= head else None
        except LedgerError as problem:
            yield of_error(problem, height)
            continue
        stated = said is None or (said.height, said.size, said.root) == (height, size, root)
        if not stated or merkle.root(roots) != root:
            yield of_row(Code.AUDIT_ROW, Table.SNAPSHOT, key, height)


def _chunks(
    store: Reader, height: Height, roots: list[bytes], limits: Parameters
) -> Iterator[Finding]:
    """The chunks are those whose roots are kept; of one that is being swept some are gone."""
    for key, value in store.scan(*Table.CHUNK.range(number(height))):
        place = last_number(key)
        kept = value[:DIGEST_BYTES]
        try:
            found = chunk_root(decode_state_chunk(value[DIGEST_BYTES:], limits))
        except LedgerError:
            found = None
        if place >= len(roots) or not kept == found == roots[place]:
            yield of_row(Code.AUDIT_ROW, Table.CHUNK, key, height)
