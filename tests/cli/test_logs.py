"""The log of a process: one line for each event, whatever was said by whom."""

import json
import subprocess
import sys
from pathlib import Path

SAYS = """
import sys
from pathlib import Path
import structlog
from cli.compose.logs import open_log
open_log(Path(sys.argv[1]), "info")
structlog.get_logger("follower").warning("follow.fault", member="\\ud800", said="a\\nb\\x1b[2J")
"""

REPEATS = """
import logging, sys
from pathlib import Path
from cli.compose.logs import open_log
open_log(Path(sys.argv[1]), "info")
for number in range(1_000):
    logging.getLogger("library").warning("nonsense of %s", number)
logging.getLogger("library").warning("something else")
"""


def test_what_strangers_make_a_library_say_does_not_fill_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "node.log"
    subprocess.run([sys.executable, "-c", REPEATS, str(path)], check=True)
    said = [json.loads(line)["event"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert "nonsense of 0" in said and "something else" in said
    assert len(said) < 200


def test_what_no_text_can_hold_is_logged_all_the_same(tmp_path: Path) -> None:
    """Half of a surrogate pair, as JSON from others may have it, must not end a process."""
    path = tmp_path / "node.log"
    done = subprocess.run(
        [sys.executable, "-c", SAYS, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (line,) = path.read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert (told["member"], told["said"]) == ("\ud800", "a\nb\x1b[2J")
