"""Try every mutant and print a table of who caught it: `python -m tests.mutants [word …]`.

With words, only the mutants whose names hold one of them. Ends with 1 where one of them lives.
"""

import sys
import time
from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant, Outdated, catchers_by_file, mutants
from tests.mutants.workshop import copy_of_the_packages, not_caught, run_tests


def main(words: list[str]) -> int:
    """Try the mutants whose names hold one of `words`; all of them where there are none."""
    tried = [m for m in mutants() if not words or any(word in m.name for word in words)]
    with copy_of_the_packages() as tree:
        for node_ids in catchers_by_file(tried).values():
            trial = run_tests(tree, node_ids)
            if trial.exit_code != pytest.ExitCode.OK:
                print(trial.output)
                print("With all rules in place these tests must pass: mend that first.")
                return 1
        problems = [problem for mutant in tried if (problem := _try(mutant, tree))]
    print(f"\n{len(tried) - len(problems)} of {len(tried)} mutants are caught.")
    for problem in problems:
        print(f"\n{problem}")
    return 1 if problems else 0


def _try(mutant: Mutant, tree: Path) -> str:
    """One row of the table; returns what is wrong with it."""
    began = time.monotonic()
    try:
        problem = not_caught(mutant, tree)
    except Outdated as outdated:
        problem = str(outdated)
    seconds = time.monotonic() - began
    print(f"{'LIVES ' if problem else 'caught'} {seconds:5.1f} s  {mutant.name}: {mutant.rule}")
    for each in mutant.catchers:
        print(f"                by {each.node_id}", flush=True)
    return problem


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
