"""A real PostgreSQL of Debian's packages: an unprivileged user's, in a folder, on a Unix socket."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

ABSENT = "PostgreSQL absent: apt-get install postgresql"
_NOBODY = 65534


def programs_found() -> Path | None:
    """The newest installed version's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _run(*command: str | Path) -> None:
    """As nobody where we are root: the server refuses to run as root."""
    drops = os.geteuid() == 0
    done = subprocess.run(
        [str(each) for each in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd="/",
        user=_NOBODY if drops else None,
        group=_NOBODY if drops else None,
        extra_groups=[] if drops else None,
    )
    assert done.returncode == 0, done.stdout


class Server:
    """A server that runs, and its databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0

    def url(self, database: str = "postgres") -> str:
        """For the user that made the cluster."""
        return f"postgresql://index@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of an empty one."""
        self._made += 1
        name = f"ledger_{self._made}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        """Begin to answer."""
        self._control("start", "-w", "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """Break every connection, at once."""
        self._control("stop", "-w", "-m", "immediate")

    @property
    def pid(self) -> int:
        """Of the process that all others of this server began in."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def _control(self, verb: str, *words: str) -> None:
        programs = programs_found()
        assert programs is not None
        _run(programs / "pg_ctl", "-D", self.folder / "data", "-s", verb, *words)


@contextmanager
def server(*, fsync: bool = False) -> Iterator[Server]:
    """A new one; the test is skipped where PostgreSQL is not installed.

    Args:
        fsync: whether commits wait for the disk, as those of a server that is measured must.
    """
    programs = programs_found()
    if programs is None:
        pytest.skip(ABSENT)
    # A socket's path is at most 107 bytes, which a test's own folder may exceed.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        _run(
            *(
                programs / "initdb",
                "-D",
                folder / "data",
                "-U",
                "index",
                "--no-sync",
                "-A",
                "trust",
            ),
            *("-E", "UTF8", "--locale=C"),
        )
        conf = folder / "data" / "postgresql.conf"
        with conf.open("a") as out:
            # What is kept for a few seconds needs no fsync, and nobody reaches it by TCP.
            out.write(f"unix_socket_directories = '{folder}'\nlisten_addresses = ''\n")
            out.write(f"fsync = {'on' if fsync else 'off'}\n")
        made = Server(folder)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder)
