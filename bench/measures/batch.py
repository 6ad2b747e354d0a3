"""Measure d: a million digests, one record over them, and a proof of each that is checked."""

from rich.progress import Progress

from bench import seals
from bench.measures.result import Bar, Result, Terms

COUNT = 1_000_000
BAR = Bar(10, at_least=False, words="≤ 10 s")


def measure(terms: Terms, bars: Progress) -> list[Result]:
    """In one process, as `bidwitness seal batch` does it."""
    folder = terms.folder / "batch"
    folder.mkdir()
    count = 2_000 if terms.quick else COUNT
    took = seals.measure(folder, count, count, bars)
    steps = ("listing read", "record made", "tree made", "proved and verified")
    seconds = sum(took[each] for each in steps)
    name = f"{count:,} digests → one record → a proof of each, checked"
    return [Result("d", name, "s", seconds, BAR, dict(took))]
