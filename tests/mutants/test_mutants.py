"""Take a rule away, and a test of the suite fails for it: the proof that the tests see.

Each patch beside this file is applied to a copy of the packages, and each test that it names must
fail there for the reason that it names. `README.md` tells which rules, and which have none.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants.mutant import PATCHES, Mutant, Outdated, catchers_by_file, mutants, read_mutant
from tests.mutants.workshop import copy_of_the_packages, not_caught, run_tests

MUTANTS = mutants()
CATCHERS = catchers_by_file(MUTANTS)
EVERY = 8
"""Of so many mutants the suite tries one, and sees that all still apply."""
TRIED = catchers_by_file(MUTANTS[::EVERY])


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    """A copy of the packages; each mutant leaves it as it was."""
    with copy_of_the_packages() as copied:
        yield copied


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, marks=pytest.mark.campaign if at % EVERY else [])
        for at, mutant in enumerate(MUTANTS)
    ],
    ids=[mutant.name for mutant in MUTANTS],
)
def test_a_rule_that_is_taken_away_is_missed(mutant: Mutant, tree: Path) -> None:
    assert not_caught(mutant, tree) == ""


def test_every_patch_takes_away_a_rule_that_is_there(tree: Path) -> None:
    applied = []
    for mutant in MUTANTS:
        with mutant.applied_to(tree):
            applied.append(mutant.name)
    assert applied == [mutant.name for mutant in MUTANTS]


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=[] if file in TRIED else pytest.mark.campaign) for file in CATCHERS],
)
def test_the_tests_that_catch_pass_in_an_unmutated_copy(file: str, tree: Path) -> None:
    """Or a mistake in the copying would count as a catch."""
    trial = run_tests(tree, CATCHERS[file])
    assert trial.exit_code == pytest.ExitCode.OK, trial.output


def test_no_mutant_is_caught_by_the_tests_of_mutants() -> None:
    own = PATCHES.relative_to(PATCHES.parent.parent).as_posix()
    assert [file for file in CATCHERS if file.startswith(own)] == []


def test_the_readme_names_every_mutant_and_every_pitfall() -> None:
    said = (PATCHES / "README.md").read_text(encoding="utf-8")
    rows = {row.split("|")[1].strip(): row for row in said.splitlines() if row.startswith("|")}
    assert {str(number) for number in range(1, 27)} <= set(rows)
    for mutant in MUTANTS:
        assert f"`{mutant.name}`" in said, mutant.name
        for number in mutant.pitfalls:
            assert f"`{mutant.name}`" in rows[number], (mutant.name, number)


def test_a_mutant_that_nobody_misses_is_named(tmp_path: Path, tree: Path) -> None:
    """Words in a docstring are no rule."""
    harmless = written(tmp_path, HARMLESS)
    (catcher,) = harmless.catchers
    said = not_caught(harmless, tree)
    assert said == f"99-harmless: {catcher.node_id} passes without the rule"


def test_a_patch_that_no_longer_applies_says_how_to_make_it_anew(
    tmp_path: Path, tree: Path
) -> None:
    for gone in ("Counts votes of one", "It knows no rounds", "votes.py"):
        assert gone in HARMLESS
        outdated = written(tmp_path, HARMLESS.replace(gone, gone.replace("o", "0")))
        with pytest.raises(Outdated, match=r"put what `git diff consensus/core/"):
            not_caught(outdated, tree)


def test_a_tree_is_as_before_after_a_trial(tmp_path: Path, tree: Path) -> None:
    votes = tree / "consensus" / "core" / "votes.py"
    before = votes.read_text(encoding="utf-8")
    with written(tmp_path, HARMLESS).applied_to(tree):
        assert votes.read_text(encoding="utf-8") == before.replace("votes of", "the votes of", 1)
    assert votes.read_text(encoding="utf-8") == before


def test_a_patch_that_fits_in_two_places_is_not_applied(tmp_path: Path, tree: Path) -> None:
    twice = HARMLESS.split("@@", maxsplit=1)[0] + "@@ -1 +1 @@\n-\n+# Somewhere.\n"
    with pytest.raises(Outdated, match="not once"):
        not_caught(written(tmp_path, twice), tree)


@pytest.mark.parametrize(
    ("whole", "broken", "why"),
    [
        ("Because: nothing\n", "", "no line `Because:`"),
        ("Because: nothing\n", "Because: this\nBecause: that\n", "as many lines `Because:`"),
        ("-1,3 +1,3", "-1,9 +1,9", "as many lines as it says"),
        ("@@ -1", "-1", "changes nothing"),
    ],
)
def test_a_file_that_is_no_mutant_is_refused(
    tmp_path: Path, whole: str, broken: str, why: str
) -> None:
    assert whole in HARMLESS
    with pytest.raises(ValueError, match=why):
        written(tmp_path, HARMLESS.replace(whole, broken))


# A line of the file that is empty is one space in a diff; some editors take it away.
HARMLESS = '''\
Rule: none; the first line of a docstring says it otherwise.
Pitfall: -
Caught-by: tests/consensus/core/test_quorum.py::test_votes_for_two_blocks_of_a_slot_do_not_add_up
Because: nothing

--- a/consensus/core/votes.py
+++ b/consensus/core/votes.py
@@ -1,3 +1,3 @@
-"""Counts votes of one height, and can only count.
+"""Counts the votes of one height, and can only count.

 It knows no rounds, timers or roles: who voted, in which phase and view, for what. It never judges a
'''


def written(folder: Path, text: str) -> Mutant:
    file = folder / "99-harmless.patch"
    file.write_text(text, encoding="utf-8")
    return read_mutant(file)
