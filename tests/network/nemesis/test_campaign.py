"""A short campaign: one node killed, one cut off, all four killed at once; nothing lost, one log."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

FAULTS = ("kill", "partition", "kill all")


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_four_nodes_keep_their_word_while_one_is_killed_one_is_cut_off_and_all_are_killed(
    tmp_path: Path,
) -> None:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "tests.network.nemesis", "--minutes", "0", "--no-changes"),
            *("--seed", "2026", "--longest", "3", "--pause", "1.5", "--within", "30"),
            *("--folder", tmp_path / "network", "--picture", tmp_path / "timeline.svg"),
            *("--faults", *FAULTS),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for fault in FAULTS:
        assert re.search(rf"fault: {fault} +│ 1 ", ended.stdout), ended.stdout
    assert found(r"bundles, records acknowledged +│ (\d+)", ended.stdout) > 3
    assert found(r"receipts verified +│ (\d+)", ended.stdout) > 3
    ET.parse(tmp_path / "timeline.svg")
    assert left_behind(str(tmp_path)) == []


def found(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    assert match is not None, text
    return int(match[1])


def left_behind(folder: str) -> list[str]:
    """Commands of processes that still run and name the folder."""
    commands = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in command and place.parent.name != str(os.getpid()):
            commands.append(command)
    return commands
