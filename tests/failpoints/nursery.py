"""Where nodes are born fast: a process that has imported everything forks one for each life.

python -m tests.failpoints.nursery (with the shim preloaded). Each line in is a request, each line
out its answer, both JSON. A child is what `bidwitness node run FOLDER` is, by the same `main`.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.failpoints.plan import preloaded

_PR_SET_PDEATHSIG = 1


class Nursery:
    """The other end: asks for births, and for what became of them."""

    def __init__(self, enter: Sequence[str] = ()) -> None:
        """`enter` is a command that runs another one somewhere else; nowhere by itself."""
        self._process = subprocess.Popen(
            [*enter, sys.executable, "-m", "tests.failpoints.nursery"],
            env=preloaded(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, folder: Path, environment: Mapping[str, str], console: Path) -> int:
        """A node's process id."""
        asked = {"folder": str(folder), "environment": dict(environment), "console": str(console)}
        return int(self._ask({"do": "start", **asked}))

    def ended(self, pid: int) -> int | None:
        """The exit code of a node; None while it runs."""
        code = self._ask({"do": "ended", "pid": pid})
        return None if code is None else int(code)

    def close(self) -> None:
        """Let go; whoever was born here ends too."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, request: Mapping[str, object]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def serve() -> None:
    """Answer until the other end is closed."""
    import cli.compose.node  # noqa: F401 - so that no child has to
    from cli.main import main

    ended: dict[int, int] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "start":
            answer: int | None = _born(request, main)
        else:
            pid = request["pid"]
            if pid not in ended and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                ended[pid] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            answer = ended.get(pid)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _born(request: Mapping[str, Any], main: Callable[[], None]) -> int:
    """Fork; the child is the node, and ends here whatever happens."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        itself = ctypes.CDLL(None)
        itself.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.environ.update(request["environment"])
        for end, path, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, request["console"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        ):
            os.dup2(os.open(path, flags, 0o600), end)
        os.dup2(1, 2)
        itself.failpoints_begin()
        sys.argv = ["bidwitness", "node", "run", request["folder"]]
        main()
        code = 0
    except SystemExit as end_of_it:
        code = end_of_it.code if isinstance(end_of_it.code, int) else 0
    except BaseException:  # noqa: BLE001 - a trace is what the tests look for on the console
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
