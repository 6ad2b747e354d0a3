"""The other stories on real nodes, from the first record to the certificate, beside each other.

Each has a network of its own, and most of its time it waits for days to pass. An alert that a story
does not foresee, and one that it foresees and that does not come, are failures of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.demo.story_files import MAIN, load_story, stories

pytestmark = [pytest.mark.network, pytest.mark.slow]

PLAY_S = 420
ALERTS = {
    "chengdu": ["AL02"],
    "haidian": ["AL36", "AL32", "AL33", "AL30"],
    "hubei": ["AL29", "AL26", "AL27", "AL28"],
    "xiongan": ["AL07", "AL09"],
}
"""What the rules raise in each story, in its order, and nothing else."""


def play(name: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--story", name, "--folder", str(folder), "--json"],
        env=os.environ | {"LANG": "zh_CN.UTF-8", "LC_ALL": "", "ONCE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip


@pytest.mark.timeout(PLAY_S)
def test_each_story_holds_with_its_alerts_and_no_others(tmp_path: Path) -> None:
    playing = {name: play(name, tmp_path / name) for name in stories() if name != MAIN}
    assert playing.keys() == ALERTS.keys()
    try:
        said = {name: process.communicate(timeout=PLAY_S)[0] for name, process in playing.items()}
    finally:
        for process in playing.values():
            process.kill()
    for name, alerts in ALERTS.items():
        foreseen = [each.alert for each in load_story(name=name).scenes if each.alert]
        assert foreseen == alerts
        told = json.loads(said[name])
        assert "failed" in told, f"{name}: {said[name]}"
        assert (playing[name].returncode, told["failed"]) == (0, []), said[name]
        assert f"{len(alerts)} 条预警" in [each["outcome"] for each in told["scenes"]]
        receipts = {path.name for path in (tmp_path / name / "receipts").glob("*.receipt.json")}
        wanted = [each.id for each in load_story(name=name).scenes if each.do == "certificate"]
        assert {f"{each}.receipt.json" for each in wanted} <= receipts
