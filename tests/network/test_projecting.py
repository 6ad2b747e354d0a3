"""A projector over four real nodes and a real PostgreSQL: whoever is killed, the index is the log.

One story, told in order: records flow without pause while the node that the projector follows is
killed, then the projector itself between two tables of one transaction, then another node. What the
index holds at the end is compared row by row with the root of the log, and a node that asks it
answers to the byte as one that reads its own rows.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import psycopg
import pytest

from cli.demo.processes import NodeProcess
from ledger.core.bundle import Bundle
from ledger.errors import LedgerError
from tests import postgres
from tests.network.observing import ObservedNetwork, ObserverProcess, command

READER = "supervisor"
"""Its node answers from the index; those of the others read their own rows."""
LISTS = (
    "/v1/records?limit=5",
    "/v1/records?limit=5&newest_first=true",
    "/v1/records?limit=5&subject=P-1&within=true",
    "/v1/records?limit=5&member=centre&newest_first=true",
    "/v1/records?limit=5&type=evidence.deposited&subject=P-2",
)


@dataclass
class Flow:
    """Members who deposit without pause, whoever is killed meanwhile."""

    network: ObservedNetwork
    committed: int = 0

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Until the block ends, and the last bundle is committed."""
        stop = Event()

        def deposit() -> None:
            for number in count():
                if stop.is_set():
                    return
                member, subject = ("notary", "centre")[number % 2], f"P-{number % 3}"
                self.commit(self.network.bundle(member, subject=subject))

        with ThreadPoolExecutor(1) as pool:
            depositing = pool.submit(deposit)
            try:
                yield
            finally:
                stop.set()
                depositing.result()

    def commit(self, bundle: Bundle) -> None:
        """Again and again: the node that was asked may be the one that is killed."""

        def is_committed() -> bool:
            try:
                self.network.submit(bundle)
            except LedgerError:
                return False
            return True

        self.network.until(is_committed, "a bundle is committed")
        self.committed += 1

    def go_on(self, more: int = 3) -> None:
        """Wait for further records."""
        wanted = self.committed + more
        self.network.until(lambda: self.committed >= wanted, "records flow")


@dataclass
class Index:
    """The database, as the projector left it."""

    url: str

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    @property
    def height(self) -> int:
        """Where it says that it stands; 0 before there is one."""
        if self.rows("SELECT to_regclass('bidwitness.position') IS NULL") == [(True,)]:
            return 0
        return int(self.rows("SELECT height FROM bidwitness.position")[0][0])

    @property
    def content(self) -> tuple[int, int, int]:
        """The last block with a row in each table."""
        record, block = (
            self.rows(f"SELECT coalesce(max(height), 0) FROM bidwitness.{table}")[0][0]
            for table in ("record", "block")
        )
        return self.height, record, block


@pytest.mark.network
@pytest.mark.slow
def test_whoever_is_killed_the_index_is_the_log(tmp_path: Path) -> None:
    with postgres.server() as server:
        network, index = ObservedNetwork(tmp_path), Index(server.new_database())
        try:
            asks(network.home / "nodes" / READER / "node.toml", index)
            network.start()
            flow, projector = Flow(network), admitted_and_run(network, index)
            with flow.flowing():
                it_writes_while_records_come(network, flow, index, projector)
                followed = its_node_is_killed_and_it_follows_another(network, flow, projector)
                killed_between_two_tables_it_has_written_nothing(network, index, projector)
                it_goes_on_where_it_was(network, flow, index, projector)
                killed = another_node_is_killed(network, flow, index, projector, followed)
            network.nodes[killed].start()
            at_the_end_the_index_is_the_log(network, index, projector)
            whoever_asks_it_answers_as_who_reads_its_own_rows(network)
        finally:
            network.stop()


def asks(settings: Path, index: Index) -> None:
    """Write the index into the settings of a process."""
    text = settings.read_text(encoding="utf-8")
    assert 'index_url = ""\n' in text
    named = f'index_url = "{index.url}"\n'
    settings.write_text(text.replace('index_url = ""\n', named), encoding="utf-8")


def admitted_and_run(network: ObservedNetwork, index: Index) -> ObserverProcess:
    network.decide("grant", "court")
    projector = network.observer("court", "index", "court.example/index", kind="projector")
    asks(projector.folder / "observer.toml", index)
    projector.start()
    return projector


def it_writes_while_records_come(
    network: ObservedNetwork, flow: Flow, index: Index, projector: ObserverProcess
) -> None:
    reaches(network, index, projector, 1)
    begun = index.height
    flow.go_on()
    reaches(network, index, projector, begun + 2)


def its_node_is_killed_and_it_follows_another(
    network: ObservedNetwork, flow: Flow, projector: ObserverProcess
) -> str:
    followed = follows(network, projector)
    assert followed is not None
    network.nodes[followed].kill()
    network.until(lambda: follows(network, projector) not in {None, followed}, "it changes over")
    flow.go_on()
    network.nodes[followed].start()
    network.until(lambda: network.ready(network.nodes[followed]), f"{followed} is back")
    return followed


def killed_between_two_tables_it_has_written_nothing(
    network: ObservedNetwork, index: Index, projector: ObserverProcess
) -> None:
    waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(index.url) as connection:
        connection.execute("LOCK TABLE bidwitness.document IN SHARE MODE")
        network.until(lambda: len(index.rows(waits)) == 1, "it waits for the second table")
        before = index.content
        projector.kill()
        # The server notices once it may go on.
        connection.rollback()
    network.until(lambda: not index.rows(waits), "its transaction has ended")
    assert index.content == before == (before[0],) * 3, "rows and position are not of one block"


def it_goes_on_where_it_was(
    network: ObservedNetwork, flow: Flow, index: Index, projector: ObserverProcess
) -> None:
    stood = index.height
    flow.go_on()
    projector.start()
    reaches(network, index, projector, stood + 3)


def another_node_is_killed(
    network: ObservedNetwork,
    flow: Flow,
    index: Index,
    projector: ObserverProcess,
    spared: str,
) -> str:
    """The one that it follows now, where that may be: not the first one, and not the reader."""
    followed = follows(network, projector)
    free = [name for name in network.nodes if name not in {spared, READER}]
    killed = followed if followed in free else free[-1]
    assert killed is not None
    network.nodes[killed].kill()
    stood = index.height
    flow.go_on()
    reaches(network, index, projector, stood + 3)
    return killed


def at_the_end_the_index_is_the_log(
    network: ObservedNetwork, index: Index, projector: ObserverProcess
) -> None:
    network.until(lambda: len(heads(network)) == 1, "all nodes stand at one head")
    (head,) = heads(network)
    reaches(network, index, projector, head)
    assert index.height == head
    projector.ask_to_stop()
    projector.wait_stopped()
    checked = command("projector", "check", str(projector.folder), "--json")
    assert checked.returncode == 0, checked
    assert json.loads(checked.stdout) == {"height": head}
    assert index.rows("SELECT is_built, fault FROM bidwitness.position") == [(True, None)]


def whoever_asks_it_answers_as_who_reads_its_own_rows(network: ObservedNetwork) -> None:
    reader, plain = network.nodes[READER], network.nodes["notary"]
    for path in LISTS:
        answered, pages = asked_of_index(network, reader), list(lists(network, reader, path))
        assert pages == list(lists(network, plain, path)), path
        assert asked_of_index(network, reader) > answered, "the index did not answer"
        assert len(pages) > 1, "the list is too short to be looked at in pages"


def lists(network: ObservedNetwork, node: NodeProcess, path: str) -> Iterator[bytes]:
    """Every page of a list."""
    cursor = ""
    while True:
        page = network.get(node, f"{path}&cursor={cursor}" if cursor else path)
        yield page
        cursor = json.loads(page)["cursor"]
        if not cursor:
            return


def asked_of_index(network: ObservedNetwork, node: NodeProcess) -> float:
    """How many questions a node has answered from the index."""
    name = 'bidwitness_index_questions_total{answered_by="index"} '
    lines = network.get(node, "/metrics").decode().splitlines()
    return float(next(line.removeprefix(name) for line in lines if line.startswith(name)))


def reaches(
    network: ObservedNetwork, index: Index, projector: ObserverProcess, height: int
) -> None:
    """Wait until the index has come to a height, or its projector has ended by itself."""

    def has_come() -> bool:
        assert projector.running, projector.last_words()
        return index.height >= height

    network.until(has_come, f"the index has come to height {height}")


def follows(network: ObservedNetwork, projector: ObserverProcess) -> str | None:
    """Which node a projector follows; None while it says that of none."""
    try:
        found: str | None = network.told(projector)["observer"]["follows"]
    except httpx.TransportError:
        assert projector.running, projector.last_words()
        return None
    return found


def heads(network: ObservedNetwork) -> set[int]:
    """Of all nodes; 0 of one that does not answer yet."""
    return {
        int(network.told(node)["height"]) if network.ready(node) else 0
        for node in network.nodes.values()
    }
