"""A projector as a real process over a real PostgreSQL: killed, resumed, lied to, built anew.

Its observer follows nobody here: what it writes is what its own store has.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.compose.ports import free_addresses
from cli.index_urls import index_url
from cli.keyfiles import Cost, new_key
from ledger.store.leveldb import LevelDBStore
from ledger.trust import trust_root
from tests import postgres
from tests.api.query_suite import ELSEWHERE
from tests.api.test_queries_postgres import project
from tests.contracts.sealing import SealedTown

PATIENCE_S = 120
SETTINGS = """
observer_id = "indexer"
member_id = "notary"
api_listen = "{listen}"
passphrase_file = "passphrase"
log_file = "log"
index_url = "{url}"

[upstreams.node-centre]
url = "http://127.0.0.1:1"
"""


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def told(town: SealedTown, *numbers: int) -> None:
    """A block of five records for each number."""
    for number in numbers:
        papers = [{"f": bytes([number, each])} for each in range(5)]
        said = [town.record("centre", "evidence.deposited", ELSEWHERE, files=f) for f in papers]
        town.commit(town.bundle(*said))


@dataclass
class Projecting:
    """The folder of a projector, and its database."""

    folder: Path
    url: str
    head: int

    def run(self, *options: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "cli.main", "projector", "run", str(self.folder), *options]
        return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def check(self) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "cli.main", "projector", "check", str(self.folder)]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    @property
    def height(self) -> int:
        found: int = self.rows("SELECT height FROM bidwitness.position")[0][0]
        return found

    @property
    def content(self) -> list[list[Any]]:
        """Everything that stands in the index."""
        return [
            self.rows(f"SELECT * FROM bidwitness.{table} ORDER BY 1, 2, 3")
            for table in ("record", "document", "block", "position")
        ]


@pytest.fixture
def projecting(tmp_path: Path) -> Iterator[Projecting]:
    """Its ledger has twelve more blocks than the index."""
    with postgres.server() as server:
        url, behind = server.new_database(), SealedTown()
        told(behind, *range(8))
        project(url, behind)
        with closing(LevelDBStore(tmp_path / "db")) as store:
            town = SealedTown(store)
            told(town, *range(20))
            (tmp_path / "trust.json").write_bytes(trust_root(town.genesis).encode())
        (tmp_path / "passphrase").write_text("correct horse")
        (tmp_path / "passphrase").chmod(0o600)
        new_key(tmp_path / "member.key", "member", b"correct horse", Cost.INTERACTIVE)
        listen = free_addresses(1)[0]
        (tmp_path / "observer.toml").write_text(SETTINGS.format(listen=listen, url=url))
        yield Projecting(tmp_path, url, town.chain.head.height)


@pytest.mark.network
def test_a_projector_is_killed_goes_on_finds_a_row_that_lies_and_builds_anew(
    projecting: Projecting,
) -> None:
    begun, count = projecting.height, len(projecting.rows("SELECT FROM bidwitness.record"))
    killed_between_two_tables_it_has_written_nothing(projecting)
    assert projecting.height == begun
    assert len(projecting.rows("SELECT FROM bidwitness.record")) == count
    process = projecting.run()
    try:
        until(lambda: projecting.height == projecting.head, "it has gone on to the end")
        resumed = projecting.content
        somebody_takes_a_record_out_of_a_project(projecting)
        assert process.wait(PATIENCE_S) == 1
    finally:
        process.kill()
    assert projecting.rows("SELECT fault FROM bidwitness.position") != [(None,)]
    log = (projecting.folder / "log").read_text()
    assert "projector.disagrees" in log and "index.disagrees" in log
    built_anew_it_is_what_it_was(projecting, resumed)
    agreed = projecting.check()
    assert agreed.returncode == 0 and str(projecting.head) in agreed.stdout, agreed


def killed_between_two_tables_it_has_written_nothing(projecting: Projecting) -> None:
    with psycopg.connect(projecting.url) as connection:
        connection.execute("LOCK TABLE bidwitness.document IN SHARE MODE")
        process = projecting.run()
        waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        until(lambda: len(projecting.rows(waits)) == 1, "it waits for the second table")
        process.kill()
        process.wait()
        # The server notices once it may go on.
        connection.rollback()
    until(lambda: not projecting.rows(waits), "its transaction has ended")


def somebody_takes_a_record_out_of_a_project(projecting: Projecting) -> None:
    with psycopg.connect(projecting.url, autocommit=True) as connection:
        connection.execute(
            "UPDATE bidwitness.record SET subject = 'elsewhere', project = 'elsewhere'"
            " WHERE log_index = (SELECT max(log_index) / 2 FROM bidwitness.record)"
        )


def built_anew_it_is_what_it_was(projecting: Projecting, before: list[list[Any]]) -> None:
    process = projecting.run("--rebuild")
    try:
        until(lambda: "observer.started" in last_run(projecting), "it runs again")
        until(lambda: projecting.content == before, "it is what it was")
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def last_run(projecting: Projecting) -> str:
    return (projecting.folder / "log").read_text().rpartition("observer.failed")[2]


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("", True),
        ("postgresql:///ledger", True),
        ("postgresql://reader@/ledger?host=/var/run/postgresql", True),
        ("postgresql://reader@127.0.0.1:5433/ledger", True),
        ("postgresql://reader@[::1]/ledger", True),
        ("postgresql://reader@db.example/ledger?sslmode=verify-full", True),
        ("postgresql://reader@db.example/ledger?sslmode=require", False),
        ("postgresql://reader@localhost,db.example/ledger", False),
        ("postgresql:///ledger?host=db.example", False),
        ("postgresql:///ledger?hostaddr=10.0.0.1", False),
        ("postgresql://reader:secret@localhost/ledger", False),
        ("postgresql://reader@localhost/ledger?password=secret", False),
        ("mysql://localhost/ledger", False),
        ("ledger", False),
    ],
)
def test_an_index_is_asked_on_this_machine_or_over_a_checked_line(url: str, fits: bool) -> None:
    if fits:
        assert index_url(url) == url
        return
    with pytest.raises(ValueError):
        index_url(url)
