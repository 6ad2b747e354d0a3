"""`python -m bench.work`: what one node does for a record, step by step, in CPU time.

Two nodes' executors over stores on a disk, in one process: one judges bundles for its pool and
assembles blocks, the other checks and commits them as a backup does. No network, no votes. Each
figure is the least of all blocks, because other work on the machine only adds; beside it stand
times of SHA-256 over a leaf, taken in the same run.
"""

import argparse
import gc
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.records import smallest_record
from ledger.core.bundle import decode_bundle
from ledger.core.identifiers import MemberId
from ledger.store.leveldb import LevelDBStore
from tests.contracts.town import MINUTE, Town, certify

LEAF_BYTES = 65
MEMBER = MemberId("centre")
HASHES = 20_000
Given = TypeVar("Given")


class Clock:
    """CPU microseconds per record of each step, the least of all blocks."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.least_us: dict[str, float] = {}

    def __call__(self, step: str, work: Callable[[], Given]) -> Given:
        began = time.process_time()
        given = work()
        us = (time.process_time() - began) * 1e6 / self.records
        self.least_us[step] = min(us, self.least_us.get(step, us))
        return given


def main() -> None:
    """Measure, and print a table, or with `--json` one JSON document."""
    parser = argparse.ArgumentParser(prog="bench.work", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000, help="of each bundle, one a block")
    parser.add_argument("--blocks", type=int, default=25)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    clock = Clock(args.records)
    shown = Console(file=sys.stderr)
    blocks = track(range(args.blocks), "blocks", console=shown, transient=True)
    with tempfile.TemporaryDirectory(prefix="bidwitness-work-") as folder:
        measure(Path(folder), blocks, clock)
    hash_us = _hash_us()
    if args.json:
        told = {"sha256_us": hash_us, "steps_us": clock.least_us, "records": args.records}
        print(json.dumps(told, indent=2))
        return
    table = Table(title=f"CPU time for a plain record, in bundles of {args.records:,}")
    for column in ("step", "µs", "times SHA-256"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for step, us in clock.least_us.items():
        table.add_row(step, f"{us:.1f}", f"{us / hash_us:.0f}")
    table.add_section()
    table.add_row(f"SHA-256 of {LEAF_BYTES} bytes", f"{hash_us:.2f}", "1")
    Console().print(table)


def measure(folder: Path, blocks: Iterable[int], clock: Clock) -> None:
    """Play the blocks; a block that one node makes and the other refuses ends the run.

    Raises:
        RuntimeError: with the verdict.
    """
    primary, backup = (Town(LevelDBStore(folder / name)) for name in ("primary", "backup"))
    proposer = primary.genesis.committee.nodes[0].node_id
    limits = primary.genesis.parameters
    gc.freeze()
    for _ in blocks:
        primary.now_ms += MINUTE
        now_ms = primary.now_ms
        data = primary.bundle(
            *(smallest_record(MEMBER, now_ms) for _ in range(clock.records))
        ).encode()
        bundle = clock("read a bundle", partial(decode_bundle, data, limits))
        clock("judge it for the pool", partial(primary.executor.judge, bundle, now_ms))
        assemble = partial(primary.executor.assemble, [bundle], now_ms, proposer)
        made = clock("assemble the block", assemble)
        if made is None:
            raise RuntimeError("nothing was fit")
        header, payload = made
        check = partial(backup.executor.check, header, payload)
        verdict = clock("check it, not judged before", check)
        if verdict is not None:
            raise RuntimeError(str(verdict))
        certificate = certify(primary.genesis, header)
        clock("commit it", partial(backup.executor.commit, header, payload, certificate))
        primary.executor.commit(header, payload, certificate)


def _hash_us() -> float:
    leaf, least = bytes(LEAF_BYTES), float("inf")
    for _ in range(10):
        began = time.process_time()
        for _ in range(HASHES):
            hashlib.sha256(leaf).digest()
        least = min(least, (time.process_time() - began) * 1e6 / HASHES)
    return least


if __name__ == "__main__":
    main()
