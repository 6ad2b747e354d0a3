"""Commands that the tests fork are what an operator starts: language, exit code, folder, end."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.commands import bidwitness

LANGUAGES = {"zh_CN.UTF-8": "无法读取", "en_US.UTF-8": "cannot be read"}


@pytest.mark.parametrize(("locale", "said"), LANGUAGES.items())
def test_a_forked_command_speaks_as_a_started_one(locale: str, said: str, tmp_path: Path) -> None:
    words = ("verify", "nothing.json")
    forked = bidwitness(*words, env={"LANG": locale, "COLUMNS": "200"}, cwd=tmp_path)
    started = subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        env={"LANG": locale, "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in forked.stderr
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        *(started.returncode, started.stdout, started.stderr),
    )


def test_the_software_says_its_version_without_a_command() -> None:
    told = bidwitness("--version")
    assert (told.returncode, told.stdout) == (0, f"bidwitness {version('bidwitness')}\n")


def test_a_command_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    words = ("watch", tmp_path / "archive", "--map", tmp_path / "none.json", "--every", "1s")
    with pytest.raises(subprocess.TimeoutExpired):
        bidwitness(*words, timeout=0.01)
