"""What a node does not keep because it began with a snapshot, though the ledger has it."""

from collections.abc import Sequence

from contracts import layout
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import Height, LogIndex, RecordId
from ledger.errors import LedgerError, StoreError


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


def require_origin_kept(chain: Chain, record_id: RecordId) -> None:
    """Require, of a record that came out of a seal, that its commitment is stored here as well.

    Raises:
        StoreError: `record.not_kept`, naming the commitment.
    """
    stored = chain.blocks.record(record_id) if chain.blocks.base else None
    origin = None if stored is None else stored.came_from
    if origin is not None and origin.commitment is None:
        require_kept(chain, origin.commitment_id)


def require_whole(chain: Chain) -> None:
    """Require that the whole log is here: what is asked for may stand anywhere in it.

    Raises:
        StoreError: `log.not_kept`.
    """
    if chain.blocks.base:
        raise log_not_kept(chain)


def nothing_found(chain: Chain, query: str, searched: str) -> LedgerError:
    """That nothing is there; or where part of the log is not here, that nobody can tell here.

    Args:
        chain: that was looked through.
        query: what was asked, as people are told it.
        searched: what was looked through, in both languages.
    """
    if chain.blocks.base:
        return log_not_kept(chain)
    return LedgerError(Code.API_NOT_FOUND, query=query, searched=searched)


def log_not_kept(chain: Chain) -> StoreError:
    """Where the log begins here, and who may have it whole."""
    first, nodes = first_height(chain), ", ".join(chain.committee)
    return StoreError(Code.LOG_NOT_KEPT, first=first, index=first_index(chain), nodes=nodes)


def first_height(chain: Chain) -> Height:
    """The first block that is kept here; of the snapshot's own there is no more than a header."""
    return Height(chain.blocks.base + 1)


def heights_kept(chain: Chain, below: int | None, limit: int) -> range:
    """A page of blocks, the newest first; none while nothing has come since the snapshot.

    Args:
        chain: whose blocks they are.
        below: only blocks below this height; None from the newest on.
        limit: blocks on the page.

    Raises:
        StoreError: `block.not_kept` where blocks below a height were asked, all with others.
    """
    head = chain.head.height
    top = head if below is None else min(head, below - 1)
    if below is not None and top:
        chain.blocks.require_kept(Height(top))
    return range(top, max(first_height(chain) - 1, top - limit), -1)


def next_below(chain: Chain, heights: range) -> Height | None:
    """Where the page after this one begins; None behind the first block of all."""
    last = Height(heights[-1]) if heights else first_height(chain)
    return last if last > 1 else None


def first_index(chain: Chain) -> LogIndex:
    """The first entry of the log that is kept here."""
    base = chain.blocks.base
    return LogIndex(chain.blocks.header(base).log_size if base else 0)
