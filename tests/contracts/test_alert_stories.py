"""Every alert in force has a story that raises it, and one that just does not."""

from pathlib import Path

import pytest

from tests.contracts.alert_stories import MARKS, broken_promises, told
from tests.contracts.town import CATALOGUE, DAY, START_MS, Town

IN_FORCE = sorted(code for code, alert in CATALOGUE.alerts.items() if not alert.planned)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("code", IN_FORCE)
def test_an_alert_in_force_has_a_story_that_raises_it_and_one_that_just_does_not(
    code: str, mark: str
) -> None:
    assert told()[mark].get(code), (
        f'no test under tests/contracts has @pytest.mark.{mark}("{code}")'
    )


def test_no_story_is_told_of_an_alert_that_is_not_in_force() -> None:
    marked = {code for mark in MARKS for code in told()[mark]}
    assert marked <= set(IN_FORCE)


def test_marks_are_read_from_tests_and_from_their_cases(tmp_path: Path) -> None:
    (tmp_path / "test_told.py").write_text(
        "import pytest\n"
        '@pytest.mark.raises("AL01")\n'
        '@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.spares("AL02"))])\n'
        "def test_both(n): ...\n"
        '@pytest.mark.raises("AL03")\n'
        "def helper(): ...\n",
        encoding="utf-8",
    )
    named = ["test_told.py::test_both"]
    assert told(tmp_path) == {"raises": {"AL01": named}, "spares": {"AL02": named}}


def test_a_mark_that_the_ledger_does_not_bear_out_fails_its_test() -> None:
    quiet, loud = Town(), Town()
    quiet.announced(START_MS + 20 * DAY)
    loud.announced(START_MS + 19 * DAY)
    assert broken_promises([loud], ["AL22"], []) == []
    assert broken_promises([quiet], [], ["AL22"]) == []
    assert "no town has it" in broken_promises([quiet], ["AL22"], [])[0]
    assert "a town has it" in broken_promises([quiet, loud], [], ["AL22"])[0]
    assert "no record" in broken_promises([quiet], [], ["AL30"])[0]
