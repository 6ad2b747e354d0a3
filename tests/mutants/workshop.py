"""Where mutants are tried: a copy of the packages in a folder of its own, and pytest in it.

The tree itself is never touched. A copy brings its compiled files along, so that a trial costs
little more than the start of an interpreter and the one test.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.mutants.mutant import Catcher, Mutant

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ("ledger", "contracts", "consensus", "api", "cli", "bidwitness", "tests")
FILES = ("pyproject.toml",)

TRIAL_S = 280
"""A test that a mutant makes run for ever is ended by this; on a busy machine an honest one is slow."""

# A compiled file that another process is just writing may be gone before it is copied.
_IGNORED = shutil.ignore_patterns("*.pyc.*", ".mypy_cache", ".ruff_cache", ".pytest_cache")


@dataclass(frozen=True, slots=True)
class Trial:
    """What pytest made of some tests."""

    exit_code: int
    output: str

    @property
    def reasons(self) -> list[str]:
        """The lines in which failing tests say why: not the code around them, which says more."""
        return re.findall(r"^E +(\S.*)$", self.output, re.MULTILINE)


@contextmanager
def copy_of_the_packages() -> Iterator[Path]:
    """A folder with everything that a test needs, gone afterwards."""
    with TemporaryDirectory(prefix="mutant-") as folder:
        tree = Path(folder) / "tree"
        for name in SHIPPED:
            shutil.copytree(ROOT / name, tree / name, ignore=_IGNORED)
        for name in FILES:
            shutil.copy2(ROOT / name, tree / name)
        yield tree


def run_tests(tree: Path, node_ids: Sequence[str]) -> Trial:
    """Run these tests of a copy in a process of their own, up to the first that fails."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PY")}
    # Plugins cost a second each time; a test that is skipped catches nothing.
    own |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "REQUIRE_ALL": "1"}
    pytest_here = (sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--color=no")
    options = ("--tb=short", "-p", "no:cacheprovider", "-p", "pytest_timeout")
    done = subprocess.run(
        [*pytest_here, *options, f"--timeout={TRIAL_S - 20}", *node_ids],
        cwd=tree,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TRIAL_S,
        check=False,
    )
    return Trial(done.returncode, done.stdout)


def not_caught(mutant: Mutant, tree: Path) -> str:
    """Try a mutant; empty where its tests fail for the expected reasons, else what happened.

    Args:
        mutant: the rule to take away.
        tree: a copy of the packages, which is as before afterwards.

    Raises:
        Outdated: the patch does not apply.
    """
    with mutant.applied_to(tree):
        problems = [_not_missed_by(each, tree) for each in mutant.catchers]
    return "\n".join(f"{mutant.name}: {problem}" for problem in problems if problem)


def _not_missed_by(catcher: Catcher, tree: Path) -> str:
    test, trial = catcher.node_id, run_tests(tree, [catcher.node_id])
    if trial.exit_code == pytest.ExitCode.OK:
        return f"{test} passes without the rule"
    if trial.exit_code != pytest.ExitCode.TESTS_FAILED:
        return f"{test} did not run:\n{trial.output}"
    if not any(catcher.because.search(reason) for reason in trial.reasons):
        return f"{test} fails, but not with {catcher.because.pattern!r}:\n{trial.output}"
    return ""
