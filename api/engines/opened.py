"""What an opening let out onto the ledger: it stands at the opening's place, behind it."""

from ledger.block_store import StoredRecord
from ledger.chain import Chain
from ledger.core.identifiers import RecordId
from ledger.core.record import decode_record
from ledger.core.sealed import OPENING_TYPE
from ledger.stored_parts import sealed_in


def let_out(chain: Chain, record_id: RecordId, data: bytes) -> StoredRecord | None:
    """The record that came out of one; None of what is no opening, or let nothing out.

    Args:
        chain: on which both stand.
        record_id: of a record.
        data: its bytes.

    Raises:
        StoreError: `store.damaged`.
    """
    if OPENING_TYPE.encode() not in data:
        return None
    if decode_record(data, chain.genesis.parameters).type != OPENING_TYPE:
        return None
    stored = chain.blocks.record(RecordId(sealed_in(data, record_id).record_id))
    # One that entered otherwise, or out of another opening, has its place there.
    origin = None if stored is None else stored.came_from
    return stored if origin is not None and origin.opening.record_id == record_id else None
