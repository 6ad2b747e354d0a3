"""`python -m bench`: what is promised of speed, measured in one run beside its targets."""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from os import cpu_count, getloadavg
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench import yardstick
from bench.measures import alone, batch, committed, killed, singles, waited
from bench.measures.curve import drawn
from bench.measures.result import Measure, Result, Terms

MEASURES: Mapping[str, Measure] = {
    "a": committed.measure,
    "b": singles.measure,
    "c": waited.measure,
    "d": batch.measure,
    "e": alone.receipts,
    "g": alone.audited,
    "i": killed.measure,
}
PACKAGES = ("bidwitness", "cryptography", "msgpack", "plyvel", "pynacl", "uvicorn")


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep JSON and pictures where that is asked."""
    args = _parser().parse_args(words)
    chosen = args.only.split(",") if args.only else list(MEASURES)
    if strange := sorted(set(chosen) - set(MEASURES)):
        raise SystemExit(f"no such measure: {', '.join(strange)}; there are {', '.join(MEASURES)}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = Console(file=sys.stderr)
    found = list[Result]()
    with tempfile.TemporaryDirectory(prefix="bidwitness-bench-", dir=args.folder) as folder:
        terms = Terms(Path(folder), 1.0 if args.quick else args.seconds, args.quick)
        machine = _machine(Path(folder), terms)
        with Progress(*columns, TimeElapsedColumn(), console=shown) as bars:
            for key in chosen:
                found.extend(MEASURES[key](terms, bars))
    if args.json is not None:
        told = {"machine": machine, "results": [each.as_json() for each in found]}
        args.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if args.plots is not None:
        args.plots.mkdir(parents=True, exist_ok=True)
        for number, each in enumerate(found):
            if each.curve:
                name, title = f"{each.key}-{number}.svg", f"{each.measure}, {each.unit}"
                (args.plots / name).write_text(drawn(title, each.curve, each.bar), "utf-8")
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(_table(found, judged=not args.quick))
    for each in found:
        for name, value in each.figures.items():
            console.print(f"{each.key}: {name}: {_number(value)}", markup=False)
    console.print(", ".join(f"{name} {_number(value)}" for name, value in machine.items()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default="", help="measures by letter, with commas: a,b")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each load")
    parser.add_argument("--quick", action="store_true", help="everything small, and not judged")
    parser.add_argument("--folder", type=Path, help="on which disk; a temporary one by default")
    parser.add_argument("--json", type=Path, help="a file for everything that was measured")
    parser.add_argument("--plots", type=Path, help="a folder for pictures")
    return parser


def _machine(folder: Path, terms: Terms) -> dict[str, float | str]:
    """What was measured on, with the yardsticks of the same run."""
    told: dict[str, float | str] = {
        "cores": cpu_count() or 0,
        "load": getloadavg()[0],
        "kernel": platform.release(),
        "Python": platform.python_version(),
    }
    told |= {name: version(name) for name in PACKAGES}
    for each in yardstick.measure(folder, 0.1 if terms.quick else 2.0):
        told[f"{each.name}/s"] = each.per_second
    return told


def _table(found: Sequence[Result], judged: bool) -> Table:
    table = Table(title="Measured beside what is promised")
    for heading in ("", "measure", "target", "measured", "holds?"):
        table.add_column(heading, justify="right" if heading == "measured" else "left")
    for each in found:
        verdict = "" if each.holds is None or not judged else "yes" if each.holds else "no"
        target = "reported" if each.bar is None else each.bar.words
        figure = f"{_number(each.measured)} {each.unit}"
        table.add_row(each.key, each.measure, target, figure, verdict)
    return table


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"


if __name__ == "__main__":
    main()
