"""What a node does not keep because it began with a snapshot, though the ledger has it."""

from collections.abc import Sequence

from contracts import layout
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import StoreError


def require_kept(chain: Chain, record_id: RecordId) -> None:
    """Require that a record which is not stored here is not on the ledger either.

    Raises:
        StoreError: `record.not_kept`, with its place in the log.
    """
    base = chain.blocks.base
    row = chain.state.get(layout.RECORD + record_id) if base else None
    if row is not None:
        index = layout.record_row(row).entered.index
        raise StoreError(Code.RECORD_NOT_KEPT, record=record_id.hex(), index=index, base=int(base))


def require_all_kept(chain: Chain, record_ids: Sequence[RecordId]) -> None:
    """Require that every record that is on the ledger is stored here.

    Raises:
        StoreError: `record.not_kept`, naming the first that is not.
    """
    for record_id in record_ids:
        if chain.blocks.base and chain.blocks.record_bytes(record_id) is None:
            require_kept(chain, record_id)
