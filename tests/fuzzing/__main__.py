"""`make fuzz`: coverage-guided inputs for every decoder; ends with a table, and fails on a finding.

python -m tests.fuzzing --minutes 10 --only decode_receipt --seed 7 --jobs 2
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

try:
    import atheris
except ModuleNotFoundError:
    sys.exit("atheris is not installed: it has wheels for Linux on x86-64 only")

if TYPE_CHECKING:
    from tests.fuzzing.campaign import Campaign, Outcome
    from tests.fuzzing.targets import Target

INSTRUMENTED = ["ledger", "consensus", "api", "cli", "contracts"]
KEPT_BYTES_MAX = 4_000
"""Of the corpus of one target in the repository."""
HEAD = f"{'target':26}{'seconds':>8}{'runs':>10}{'per s':>8}{'edges':>7}{'new':>6}{'crashes':>9}"


def main() -> int:
    """The exit code: 1 where anything was found or ended before its time."""
    given = _arguments()
    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzzing.campaign import Campaign
        from tests.fuzzing.targets import TARGETS
    named = given.only or list(TARGETS)
    if strange := sorted(set(named) - set(TARGETS)):
        print(f"no such target: {' '.join(strange)}; there are: {' '.join(TARGETS)}")
        return 2
    folder = Path(given.folder or tempfile.mkdtemp(prefix="fuzzing-"))
    campaign = Campaign(folder, given.minutes * 60 * given.jobs, given.jobs, given.seed)
    targets = [TARGETS[each] for each in named]
    began = time.monotonic()
    outcomes = campaign.run(targets, lambda each: None if given.json else print(_line(each)))
    _save(campaign, outcomes)
    if given.keep:
        _keep(campaign, targets)
    if given.reach:
        _tell_reach(campaign, targets)
    _tell(outcomes, round(time.monotonic() - began), given)
    print(f"inputs, logs and traces: {folder}", file=sys.stderr)
    return int(any(each.findings or not each.ended for each in outcomes))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of the clock, for all targets")
    parser.add_argument("--only", nargs="*", help="names of targets")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--folder", help="where inputs grow; a new one where none is given")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    parser.add_argument(
        "--keep", action="store_true", help="keep what reached new steps in the tree"
    )
    parser.add_argument("--reach", action="store_true", help="name the lines that nothing reached")
    return parser.parse_args()


def _line(each: "Outcome") -> str:
    ended = "" if each.ended else "  died: see its log"
    return (
        f"{each.target:26}{each.seconds:8}{each.runs:10}{each.per_second:8}{each.edges:7}"
        f"{each.fresh:6}{len(each.findings):9}{ended}"
    )


def _tell(outcomes: "list[Outcome]", seconds: int, given: argparse.Namespace) -> None:
    if given.json:
        told = {"seed": given.seed, "seconds": seconds, "targets": [*map(asdict, outcomes)]}
        print(json.dumps(told, indent=1))
        return
    print("", HEAD, *map(_line, sorted(outcomes, key=lambda each: each.target)), sep="\n")
    runs, found = (
        sum(each.runs for each in outcomes),
        {(each.target, key): cause for each in outcomes for key, cause in each.findings.items()},
    )
    print(f"{len(outcomes)} targets, {runs} runs in {seconds} s, seed {given.seed}")
    for (target, key), cause in found.items():
        print(f"CRASH tests/fuzzing/crashes/{target}/{key}: {cause}")


def _save(campaign: "Campaign", outcomes: "list[Outcome]") -> None:
    """Put what crashed where the tests play it again."""
    from tests.fuzzing.corpus_files import CRASHES

    for each in outcomes:
        for key in each.findings:
            place = CRASHES / each.target
            place.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(campaign.found(each.target) / key, place / key)


def _keep(campaign: "Campaign", targets: "list[Target]") -> None:
    """Keep the shortest inputs that take steps which no seed takes."""
    from tests.fuzzing.corpus_files import keep, kept
    from tests.fuzzing.reach import chosen

    for target in targets:
        grown = [path.read_bytes() for path in campaign.corpus(target.name).iterdir()]
        found, size = list[bytes](), 0
        for each in chosen(target, target.seeds(), [*kept(target.name), *grown]):
            size += len(each)
            if size <= KEPT_BYTES_MAX:
                found.append(each)
        keep(target.name, found)


def _tell_reach(campaign: "Campaign", targets: "list[Target]") -> None:
    from tests.fuzzing.reach import unreached

    for target in targets:
        grown = [path.read_bytes() for path in campaign.corpus(target.name).iterdir()]
        for each in unreached(target, grown):
            print(f"not reached: {target.name}: {each}")


if __name__ == "__main__":
    raise SystemExit(main())
