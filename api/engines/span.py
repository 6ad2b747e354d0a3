"""The part of the log that the times and heights of a query leave: the same for every engine."""

from api.engines.query import Query
from ledger.chain import Chain
from ledger.core.identifiers import Height


def span_of(chain: Chain, query: Query) -> range:
    """The indexes at which a record that fits may stand.

    Args:
        chain: the ledger as it is now.
        query: its times and heights are looked at, and nothing else.

    Returns:
        Indexes of records of blocks that `chain` keeps; the leaf of its newest block is not there.
    """
    blocks, head = chain.blocks, chain.head
    # What stands below a snapshot is with those who were there.
    low = blocks.header(blocks.base).log_size if blocks.base else 0
    # The last leaf of the log is its newest block's, and no record.
    high = max(0, head.log_size - 1)
    for height in (query.above, _last_before(chain, query.from_ms)):
        if height is not None and height >= head.height:
            return range(0)
        if height is not None and height > blocks.base:
            low = max(low, blocks.header(height).log_size)
    last = _last_before(chain, query.to_ms)
    if last is not None:
        high = min(high, blocks.header(last).log_size) if last > blocks.base else 0
    return range(low, high)


def reaches_below(chain: Chain, query: Query) -> bool:
    """Whether records of blocks that `chain` does not keep may fit a query."""
    base = chain.blocks.base
    least = (query.above, _last_before(chain, query.from_ms))
    return base > 0 and all(height is None or height < base for height in least)


def _last_before(chain: Chain, time_ms: int | None) -> Height | None:
    """The last block before a time; 0 where there is none, None without a time."""
    if time_ms is None:
        return None
    first = chain.blocks.height_at(time_ms)
    return chain.head.height if first is None else Height(first - 1)
