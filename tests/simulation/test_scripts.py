"""The scripts give what they say; with UPDATE_SCRIPTS=1 they are written anew instead."""

import os
from pathlib import Path

import pytest

from tests.simulation.scripts import Script, play_script

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.txt"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    played = play_script(text)
    if os.environ.get("UPDATE_SCRIPTS") == "1":
        path.write_text(played, encoding="utf-8")
    assert played == text, "look at the difference, then write it anew with UPDATE_SCRIPTS=1"


def test_there_are_scripts_and_a_wrong_word_is_named() -> None:
    assert len(SCRIPTS) >= 6
    with pytest.raises(ValueError, match="no such command: dance"):
        Script().do("dance")
    with pytest.raises(ValueError, match="begins with"):
        Script().do("show")
