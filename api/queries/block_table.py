"""Blocks as a table for spreadsheets, the newest first. Spec: ``docs/spec/queries.md``."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from api.kept import first_height
from api.queries import table
from api.service import LedgerService
from ledger.core.identifiers import Height
from ledger.words.moments import beijing_clock

COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "height": ("区块高度", "block height"),
    "time": ("区块时间", "block time"),
    "hash": ("区块哈希", "block hash"),
    "previous": ("前一区块哈希", "hash of the block before"),
    "proposer": ("提出节点", "proposed by node"),
    "view": ("视图", "view"),
    "epoch": ("届", "epoch"),
    "bundles": ("批次数", "bundles"),
    "entries": ("条目数", "entries"),
    "signatures": ("提交签名数", "commit signatures"),
    "cosigned": ("已联署", "cosigned"),
    "log_size": ("日志条目总数", "log size"),
}
"""By column: its heading in Chinese and in English."""
_AT_ONCE: Final = 200
_YES: Final[Mapping[str, tuple[str, str]]] = {"zh": ("否", "是"), "en": ("no", "yes")}


@dataclass(frozen=True, slots=True)
class WantedBlocks:
    """One export of blocks."""

    below: int | None
    """From the block before this height on; None for the head."""
    limit: int
    """Blocks, at most `api.queries.exporting.EXPORT_MAX`."""
    language: str
    """Of the headings, ``zh`` or ``en``."""


async def blocks_as_table(service: LedgerService, wanted: WantedBlocks) -> AsyncIterator[bytes]:
    """A row each, after the headings; a last row says that there is more, here or with others."""
    yield table.heading(wanted.language, COLUMNS).encode()
    head = service.chain.head.height
    top = head if wanted.below is None else min(head, wanted.below - 1)
    last = max(0, top - wanted.limit)
    # The lowest is asked anew for each batch: it may rise while a slow reader reads.
    while top > last and top >= first_height(service.chain):
        end = max(last, first_height(service.chain) - 1, top - _AT_ONCE)
        rows = [_row(service, Height(each), wanted.language) for each in range(top, end, -1)]
        yield "".join(rows).encode()
        top = end
    if top:
        yield table.more_row(str(top + 1), COLUMNS).encode()


def _row(service: LedgerService, height: Height, language: str) -> str:
    store = service.chain.blocks
    header, certificate = store.header(height), store.certificate(height)
    said = {
        "height": str(height),
        "time": beijing_clock(header.time_ms),
        "hash": header.hash().hex(),
        "previous": header.previous.hex(),
        "proposer": header.proposer,
        "view": str(certificate.slot.view),
        "epoch": str(header.epoch),
        "bundles": str(header.bundle_count),
        "entries": str(header.entry_count),
        "signatures": str(len(certificate.votes)),
        "cosigned": _YES[language][height <= service.chain.cosigned_height],
        "log_size": str(header.log_size),
    }
    return table.line_of(said[name] for name in COLUMNS)
