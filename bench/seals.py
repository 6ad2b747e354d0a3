"""`python -m bench.seals`: a million documents under one seal, and how long each step takes.

A listing names the documents, as `bidwitness seal batch --listing` takes it; the record over all of
them is made, and proofs are drawn out of the tree and verified, each by itself. Nothing is sent.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.stamping import Listed, Terms, batch_use, documents_in
from ledger.core import merkle
from ledger.core.batch import document_leaf, document_tree
from ledger.core.canonical import Value, encode
from ledger.core.identifiers import MemberId
from ledger.errors import InvariantBroken

COUNT = 1_000_000
TOLD_EVERY = 10_000
Made = TypeVar("Made")


def main() -> None:
    """Measure, and print a table, or with `--json` one JSON document."""
    parser = argparse.ArgumentParser(prog="bench.seals", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="documents of the batch")
    parser.add_argument("--proved", type=int, default=0, help="proofs to verify; all where 0")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(*columns, TimeElapsedColumn(), console=console) as bars,
    ):
        found = measure(Path(folder), args.count, args.proved or args.count, bars)
    if args.json:
        print(json.dumps(found, indent=2))
        return
    table = Table(title=f"one record over {args.count:,} documents")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for name, value in found.items():
        table.add_row(name, f"{value:,.2f}")
    Console().print(table)


def measure(folder: Path, count: int, proved: int, bars: Progress) -> dict[str, float]:
    """Seconds of each step, and bytes of what is kept."""
    listing = folder / "listing.txt"
    took: dict[str, float] = {}
    took["listing written"], _ = _timed(lambda: _write(listing, count, bars))
    took["listing read"], documents = _timed(lambda: documents_in([listing], bars, listing=True))
    answer: dict[str, Value] = {"status": "valid", "status_height": 1, "status_time_ms": 1}
    terms = Terms("SEAL-620000-0001", "00" * 32, "2025", "provsystem", answer)
    took["record made"], written = _timed(
        lambda: batch_use(MemberId("provsystem"), terms, documents, 1)
    )
    took["tree made"], tree = _timed(
        lambda: document_tree((each.sha256, each.size_bytes) for each in documents)
    )
    if written.record.fields["root"] != tree.root:
        raise InvariantBroken("the record says another root than the tree")
    took["proved and verified"], size = _timed(lambda: _prove(documents, tree, proved, bars))
    took["bytes of the record"] = float(len(written.record.encode()))
    took["bytes of a path"] = float(size)
    return took


def _write(listing: Path, count: int, bars: Progress) -> None:
    bar = bars.add_task("documents named", total=count)
    with listing.open("w", encoding="utf-8") as lines:
        for number in range(count):
            lines.write(f"{hashlib.sha256(b'%d' % number).hexdigest()} {number} {number:07}.pdf\n")
            if number % TOLD_EVERY == 0:
                bars.update(bar, completed=number)
    bars.update(bar, completed=count)


def _prove(documents: Sequence[Listed], tree: merkle.Tree, proved: int, bars: Progress) -> int:
    """Draw proofs evenly from the batch and verify each by itself; bytes of the longest."""
    bar = bars.add_task("proofs verified", total=proved)
    count, size = len(documents), 0
    for number in range(proved):
        index = number * count // proved
        path, each = tree.path(index), documents[index]
        leaf = merkle.leaf_hash(document_leaf(each.sha256, each.size_bytes))
        merkle.verify_inclusion(leaf, index, count, path, tree.root)
        size = max(size, len(encode(path)))
        if number % TOLD_EVERY == 0:
            bars.update(bar, completed=number)
    bars.update(bar, completed=proved)
    return size


def _timed(step: Callable[[], Made]) -> tuple[float, Made]:
    began = time.perf_counter()
    made = step()
    return time.perf_counter() - began, made


if __name__ == "__main__":
    main()
