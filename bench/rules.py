"""`python -m bench.rules`: what the rules cost on a plain record, family by family.

A plain record is one that no rule in Python is about. Each family of alert rules is asked about it
as the judge would ask, and the whole judge is, with its checks of shape, role and citations. A
figure stands beside SHA-256 over the record's bytes, taken in the same run.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from rich.console import Console
from rich.table import Table

from contracts import standing
from contracts.alerts import ALERT_RULES
from contracts.case import Case
from contracts.catalogue import load_catalogue
from contracts.judge import judge
from contracts.overlay import EmptyState, Overlay
from contracts.state import State
from contracts.verdict import Accepted, Facts, Times, World
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId, NetworkId, Subject
from ledger.core.limits import Parameters
from ledger.core.record import Evidence, Record

ROUNDS = 25
CALLS = 4_000
MEMBER = MemberId("centre")
ALLOWED_US = 4.0
"""What the rules of a plain record may cost together."""


def main() -> None:
    """Measure, and print a table, or with `--json` one JSON document."""
    parser = argparse.ArgumentParser(prog="bench.rules", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    case = plain_case()
    data = case.record.encode()
    peer_us = _us(lambda: hashlib.sha256(data).digest())
    families = {name: _us(partial(rule, case)) for name, rule in ALERT_RULES.items()}
    asked = {case.facts.world.catalogue.alerts[code].rule for code in case.kind.alerts}
    every = [each for each in case.facts.world.catalogue.alerts.values() if each.every_type]
    own_us = sum(families.get(name, 0.0) for name in asked | {each.rule for each in every})
    judge_us = _us(lambda: judge(case.record, case.facts, case.state, case.times))
    if args.json:
        told = {"sha256_us": peer_us, "rules_us": own_us, "judge_us": judge_us}
        print(json.dumps({**told, "families_us": families}, indent=2))
        return
    table = Table(title=f"rule work on a plain record ({case.record.type})")
    for column in ("family", "µs", "times SHA-256"):
        table.add_column(column, justify="left" if column == "family" else "right")
    for name, us in sorted(families.items(), key=lambda each: -each[1]):
        table.add_row(name, f"{us:.2f}", f"{us / peer_us:.1f}")
    table.add_section()
    table.add_row(
        f"asked of it (at most {ALLOWED_US:.0f})", f"{own_us:.2f}", f"{own_us / peer_us:.1f}"
    )
    table.add_row("the whole judge", f"{judge_us:.2f}", f"{judge_us / peer_us:.1f}")
    table.add_row("SHA-256 of its bytes", f"{peer_us:.2f}", "1.0")
    Console().print(table)


def plain_case() -> Case:
    """A deposited document before the judge, which accepts it.

    Raises:
        RuntimeError: where the judge refuses it: nothing would be measured.
    """
    catalogue = load_catalogue()
    world = World(NetworkId(bytes(32)), catalogue, Parameters(), 3, frozenset({MEMBER}))
    state, times = State(Overlay(EmptyState())), Times(100, 1_767_225_600_000)
    standing.put_member(state, MEMBER, standing.since(Times(0, 0)), {"kind": "organisation"})
    evidence = (Evidence("file", sha256(b"x"), None, 1, "text/plain"),)
    record = Record(
        "evidence.deposited",
        MEMBER,
        Subject("LZ-2026-001/01"),
        times.time_ms,
        evidence,
        {"description": "a document", "source_system": "bench"},
        None,
        (),
        bytes(16),
    )
    facts = Facts(record.record_id, None, world)
    if not isinstance(judge(record, facts, state, times), Accepted):
        raise RuntimeError("the plain record is not accepted")
    return Case(record, catalogue.types[record.type], facts, state, times)


def _us(work: Callable[[], object]) -> float:
    """Microseconds of one call: the median of many rounds."""
    return median(_round_us(work) for _ in range(ROUNDS))


def _round_us(work: Callable[[], object]) -> float:
    started = time.perf_counter_ns()
    for _ in range(CALLS):
        work()
    return (time.perf_counter_ns() - started) / CALLS / 1_000


if __name__ == "__main__":
    main()
