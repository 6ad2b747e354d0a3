"""Measures e and g, which need one process and no network: verifying receipts, and a full audit.

The ledger is one of plain records in bundles of 1,000. It is in memory, so that what is timed is
the computing: hashes, signatures, rules.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.progress import Progress

from bench.measures.result import Bar, Result, Terms
from bench.records import smallest_record
from cli.compose.rejudging import Rejudging
from contracts.genesis_rows import genesis_rows
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.receipt import decode_receipt
from ledger.store.memory import MemoryStore
from ledger.trust import trust_root
from ledger.verify import verify_receipt
from tests.contracts.town import MINUTE, Town
from tests.vectors.small_network import signer

MEMBER = MemberId("centre")
RECEIPTS = Bar(3_000, at_least=True, words="≥ 3,000")
AUDITED = Bar(50_000, at_least=True, words="≥ 50,000")


@dataclass(frozen=True, slots=True)
class Small:
    """A ledger in memory, and what was said on it."""

    town: Town
    store: MemoryStore
    records: tuple[RecordId, ...]


def receipts(terms: Terms, bars: Progress) -> list[Result]:
    """Receipts of different records, each decoded and verified by itself."""
    blocks, records = (2, 20) if terms.quick else (10, 1_000)
    made = _made(blocks, records, bars)
    town = made.town
    trust = trust_root(town.genesis)
    kept = [town.chain.receipt(each).encode() for each in made.records[:: max(1, blocks // 2)]]
    bar = bars.add_task("e: receipts verified", total=len(kept))
    began = time.process_time()
    for each in kept:
        verify_receipt(decode_receipt(each), trust)
        bars.advance(bar)
    rate = len(kept) / (time.process_time() - began)
    figures: dict[str, float | str] = {
        "receipts": len(kept),
        "bytes of a receipt": len(kept[0]),
        "load of the machine": os.getloadavg()[0],
    }
    return [Result("e", "receipts verified, one core", "receipts/s", rate, RECEIPTS, figures)]


def audited(terms: Terms, bars: Progress) -> list[Result]:
    """Every row of the store, and every block judged again."""
    blocks, records = (2, 20) if terms.quick else (30, 1_000)
    made = _made(blocks, records, bars)
    genesis = made.town.genesis
    bar = bars.add_task("g: blocks audited", total=blocks)
    rates = {
        name: blocks * records / _timed(made, judge, lambda: bars.advance(bar, 0.5))
        for name, judge in (("full", Rejudging.over(genesis)), ("unjudged", None))
    }
    figures: dict[str, float | str] = {
        "records": blocks * records,
        "records/s where blocks are not judged again": rates["unjudged"],
        "load of the machine": os.getloadavg()[0],
    }
    name = "full audit, bundles of 1,000, per core"
    return [Result("g", name, "records/s", rates["full"], AUDITED, figures)]


def _timed(made: Small, judge: Rejudging | None, advance: Callable[[], None]) -> float:
    genesis = made.town.genesis
    began = time.process_time()
    for event in audit(made.store, genesis, genesis_rows(genesis), judge):
        if isinstance(event, Finding):
            raise RuntimeError(f"an audit found a fault in a sound ledger: {event}")
        advance()
    return time.process_time() - began


def _made(blocks: int, count: int, bars: Progress) -> Small:
    store, said = MemoryStore(), list[RecordId]()
    town = Town(store)
    bar = bars.add_task("a ledger made", total=blocks)
    for _ in range(blocks):
        at = town.now_ms + MINUTE
        bundle = town.bundle(*(smallest_record(MEMBER, at) for _ in range(count)))
        town.commit(bundle, at=at)
        said.extend(bundle.record_ids)
        bars.advance(bar)
    head, committee = town.chain.head, town.genesis.committee
    checkpoint = Checkpoint(town.genesis.origin, head.log_size, head.log_root)
    for node in tuple(committee)[: committee.q]:
        key = signer(f"node {node.removeprefix('node-')}")
        name = cosigner_name(town.genesis.origin, node)
        line = cosign(key, name, checkpoint, head.time_ms // 1000).line()
        town.chain.add_cosignature(node, head.log_size, head.log_root, line)
    return Small(town, store, tuple(said))
