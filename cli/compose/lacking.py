"""How far a node is that lacks blocks or fetches a snapshot: told to log and people meanwhile.

A node that is one block behind for a moment lacks nothing worth a word.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog

from consensus.runner import Runner
from consensus.status import NodeStatus
from ledger.core.identifiers import Height

BLOCKS_LEAST: Final = 10
"""A node that lacks fewer blocks has them before anybody has read how many."""
_LOOKS_S: Final = 0.5
_LOGS_S: Final = 10.0
"""Between two lines of the log."""

log = structlog.get_logger("node")


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a node lacks, as far as certificates prove it."""

    base: Height | None
    """Of the snapshot whose chunks are counted; None where blocks are."""
    here: int
    total: int


Show = Callable[[Lacking | None], None]
"""Told again and again; None once nothing is lacking any more."""


def lacking(status: NodeStatus) -> Lacking | None:
    """What a node lacks now; None where it is in step, or nearly so."""
    snapshot, head = status.snapshot, status.head.height
    if snapshot is not None and snapshot.chunks_total and not snapshot.finished:
        return Lacking(snapshot.height, snapshot.chunks_count, snapshot.chunks_total)
    certified = status.situation.certified
    return Lacking(None, head, certified) if certified - head >= BLOCKS_LEAST else None


async def tell_lacking(runner: Runner, show: Show) -> None:
    """Tell until cancelled; the last word is None."""
    told: Lacking | None = None
    logged_s = 0.0
    try:
        while True:
            now = lacking(runner.status)
            if now is not None and (told is None or monotonic() - logged_s >= _LOGS_S):
                logged_s = monotonic()
                log.info("node.lacks", base=now.base, here=now.here, total=now.total)
            if now != told:
                show(now)
            if now is None and told is not None:
                log.info("node.in_step", height=runner.status.head.height)
            told = now
            await asyncio.sleep(_LOOKS_S)
    finally:
        show(None)
