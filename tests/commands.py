"""Commands of `bidwitness` for tests: each in a process of its own, as an operator runs it.

Reading the libraries costs a command most of a second, and the tests run hundreds. So one process
reads them once, and forks for each command; what speaks is read by the child, in the environment and
the language that the test gave. What a fresh interpreter does is left to the tests that start
one: the demonstration, the documents' commands, the installed package.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_REQUEST_MAX = 1 << 17
_ENDS = ("reply", "stdin", "stdout", "stderr")


def bidwitness(
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end.

    Args:
        words: what stands behind `bidwitness`.
        env: its whole environment; ours where None.
        cwd: where it runs; here where None.
        timeout: seconds, after which it is killed.

    Raises:
        subprocess.TimeoutExpired: it had not ended.
    """
    line = [str(word) for word in words]
    request = {
        "words": line,
        "env": dict(os.environ if env is None else env),
        "cwd": str(cwd or Path.cwd()),
    }
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        Path(os.devnull).open() as nothing,
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
    ):
        sent = json.dumps(request).encode()
        given = [theirs.fileno(), nothing.fileno(), out.fileno(), err.fileno()]
        socket.send_fds(_nursery()[0], [sent], given)
        theirs.close()
        code = _code_of(ours, line, timeout)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(line, code, out.read(), err.read())


def _code_of(reply: socket.socket, line: list[str], timeout: float) -> int:
    """What a command ends with: its process id comes first, its exit code last."""
    told = reply.makefile("r")
    pid = int(told.readline())
    reply.settimeout(timeout)
    try:
        return int(told.readline())
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(line, timeout) from None


@cache
def _nursery() -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """The end by which the one that forks is asked, and itself: it ends when that is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        line = [sys.executable, "-m", "tests.commands"]
        return ours, subprocess.Popen(line, cwd=_ROOT, stdin=theirs.fileno())


def serve(asked: socket.socket) -> None:
    """Fork for every request, until the other end is closed."""
    import gc

    import typer.rich_utils  # noqa: F401

    import api.client  # noqa: F401 - so that no child has to
    import contracts.catalogue  # noqa: F401

    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        sent, ends, _, _ = socket.recv_fds(asked, _REQUEST_MAX, len(_ENDS))
        if not sent:
            return
        if os.fork() == 0:
            asked.close()
            _attend(json.loads(sent), dict(zip(_ENDS, ends, strict=True)))
        for end in ends:
            os.close(end)


def _attend(request: Mapping[str, Any], ends: Mapping[str, int]) -> None:
    """Start the command, tell its number, wait for its end, and tell that."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(ends["reply"])
        _become(request, ends)
    with socket.socket(fileno=ends["reply"]) as reply:
        reply.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        # Whoever killed it for its slowness does not listen any more.
        with suppress(BrokenPipeError):
            reply.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(request: Mapping[str, Any], ends: Mapping[str, int]) -> None:
    """Be the command, and end as an interpreter ends."""
    for number, name in enumerate(_ENDS[1:]):
        os.dup2(ends[name], number)
        os.close(ends[name])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["bidwitness", *request["words"]]
    sys.path[0] = str(_ROOT)
    runpy.run_module("cli.main", run_name="__main__", alter_sys=True)
    sys.exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=os.dup(0)))
