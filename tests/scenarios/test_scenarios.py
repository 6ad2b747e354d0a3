"""Every scenario gives what it says; `make scenarios UPDATE=1` writes them anew."""

import re
from pathlib import Path

import pytest

from ledger.core.committee import Committee
from tests.scenarios.script import WrongScript, play

SCENARIOS = sorted(Path(__file__).parent.glob("*.txt"))
ROOT = Path(__file__).resolve().parents[2]
PITFALLS = 26


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert play(text) == text, "look at the difference; then `make scenarios UPDATE=1`"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_begins_with_a_story_and_ends_with_every_checker(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    commands = [line for line in lines if line and not line.startswith(("#", " ", "----"))]
    assert commands[-2:] == ["show", "agree"]


def test_without_the_rule_a_story_ends_in_a_fork_and_cannot_be_written_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`tests/mutants` takes away the other rules."""
    monkeypatch.setattr(Committee, "q", property(lambda committee: 2 * committee.f + 1))
    story = Path(__file__).with_name("22-five-nodes.txt").read_text(encoding="utf-8")
    with pytest.raises(WrongScript, match="two blocks at height 1"):
        play(story)


def test_the_table_names_every_scenario_and_nothing_else() -> None:
    page = (ROOT / "docs" / "spec" / "scenarios.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and ".txt" in line]
    told: dict[str, list[str]] = {}
    for row in rows:
        number, _, scenarios, _, where, *_ = (cell.strip() for cell in row.split("|")[1:])
        told[number] = re.findall(r"scenarios/(\S+)\.txt", scenarios)
        assert all((ROOT / path).is_file() for path in re.findall(r"`(\S+)`", where)), row
    assert list(told) == ["", *map(str, range(1, PITFALLS + 1))]
    assert sorted(name for names in told.values() for name in names) == [
        path.stem for path in SCENARIOS
    ]
    for number, names in told.items():
        assert all(name.startswith(f"{int(number or 0):02}-") for name in names)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("# a story\n\ndance", "line 3: dance: no such command"),
        ("show", "line 1: show: a script begins with `cluster`"),
        ("cluster 4\ncrash 5", "line 2: crash 5: there is no node 5"),
        ("cluster 4 puppets 1 2", "4 nodes bear 1 puppets"),
        ("cluster 4\n2 claims height 1 to 1", "2 is no puppet"),
        ("cluster 4 puppets 2\n2 sings to 1", "no such saying: sings"),
        ("cluster 4 puppets 2\n2 commits A in h1/v0 to 1", "no block A was seen"),
    ],
)
def test_a_wrong_command_is_named_with_its_line(script: str, problem: str) -> None:
    with pytest.raises(WrongScript, match=problem):
        play(script)
