"""The press: a process of its own that makes the same pages, is replaced, and ends with its node."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.documents import press
from api.documents.press import Press, PressBrokenError, pages_of
from ledger.errors import InvariantBroken
from tests.api.test_certificates import certificate

NODE = """
import sys, time
from api.documents.press import Press
from tests.api.test_certificates import certificate
pressing = Press()
pressing.pages(certificate())
print(pressing._running.process.pid, flush=True)
time.sleep(60)
"""
PATIENCE_S = 30


def pid_of(pressing: Press) -> int:
    assert pressing._running is not None
    return pressing._running.process.pid


def test_it_makes_the_same_pages_and_another_takes_the_place_of_one_that_was_killed() -> None:
    pressing, wanted = Press(), certificate()
    assert pressing.pages(wanted) == pages_of(wanted)
    first = pid_of(pressing)
    assert pressing.pages(wanted) == pages_of(wanted)
    assert pid_of(pressing) == first
    os.kill(first, signal.SIGKILL)
    with pytest.raises(PressBrokenError):
        pressing.pages(wanted)
    assert pressing.pages(wanted) == pages_of(wanted)
    assert pid_of(pressing) != first


def test_what_cannot_be_laid_out_is_our_mistake_and_the_next_one_is_made(
    capfd: pytest.CaptureFixture[str],
) -> None:
    pressing = Press()
    with pytest.raises(InvariantBroken):
        pressing.pages(certificate(title=None))
    assert "Traceback" in capfd.readouterr().err
    assert pressing.pages(certificate()) == pages_of(certificate())


def test_it_has_no_module_that_pages_do_not_need() -> None:
    """It is started while somebody waits: half a second of imports is ten of them on a busy machine."""
    looking = press.COMMAND.replace("press.work(int(sys.argv[1]))", "print(*sys.modules)")
    found = subprocess.run(
        [sys.executable, "-P", "-c", looking], capture_output=True, text=True, check=True
    )
    own = {each.partition(".")[0] for each in found.stdout.split()}
    assert "reportlab" in own
    assert not own & {"cli", "consensus", "contracts", "fastapi", "pydantic", "pyhanko", "asyncio"}


def test_it_ends_with_its_node_however_that_ends(tmp_path: Path) -> None:
    node = subprocess.Popen([sys.executable, "-c", NODE], stdout=subprocess.PIPE, text=True)
    assert node.stdout is not None
    own = int(node.stdout.readline())
    node.kill()
    node.wait()
    node.stdout.close()
    until = time.monotonic() + PATIENCE_S
    while is_there(own):
        assert time.monotonic() < until, "a press without a node goes on"
        time.sleep(0.05)


def is_there(process: int) -> bool:
    """Whether a process runs; one that has ended and was not fetched does not."""
    try:
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
