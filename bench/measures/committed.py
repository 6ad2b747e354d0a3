"""Measure a: plain records in bundles of 1,000, committed per second by four nodes."""

from rich.progress import Progress

from bench.measures.flow import flow
from bench.measures.result import Bar, Result, Terms
from bench.network import running_network

BAR = Bar(15_000, at_least=True, words="≥ 15,000 (aim 20,000)")


def measure(terms: Terms, bars: Progress) -> list[Result]:
    """Four nodes, and as much as they take."""
    with running_network(terms.folder / "committed") as network:
        seen = flow(network, terms, bars, "a")
    name = "bundles of 1,000, committed"
    return [Result("a", name, "records/s", seen.rate, BAR, seen.figures, seen.per_second)]
