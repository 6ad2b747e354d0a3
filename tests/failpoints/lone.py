"""A committee of one on a real disk: the cheap place where every single step can be the last.

Whatever it does passes through the same journal, intake and store as in a large committee; what it
lacks are peers, and those are in `quartet.py`.
"""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from shutil import copytree, rmtree

from cli.keyfiles import open_key
from contracts.genesis_rows import genesis_rows
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import Digest, MemberId, NodeId, RecordId, Subject
from ledger.core.record import Evidence, Record
from ledger.reliance import read_trust
from ledger.store.leveldb import LevelDBStore
from tests.cheap_keys import cheap_keys
from tests.cli.one_node import new_network
from tests.failpoints.disk import Step, cut_power, new_boot, steps_of
from tests.failpoints.life import Ended, Node
from tests.failpoints.nursery import Nursery
from tests.failpoints.plan import KILLED, Crash, Plan, When
from tests.failpoints.promises import Written
from tests.simulation.checkers import Words

HOUR_MS = 3_600_000
_KEPT = ("db", "journal", "signed")


class After(StrEnum):
    """What becomes of the page cache when a node has died."""

    KILL = "kill"
    """The kernel keeps it: a process was killed."""
    CUT = "cut"
    """Gone: the power was cut."""
    TORN = "torn"
    """The power was cut, and half of what was not durable came through."""
    TWICE = "twice"
    """A kill; the node starts again, and the power is cut as soon as it is ready."""


class Lone:
    """The node, its client, and the two stories that are played at every fail point."""

    def __init__(self, folder: Path, enter: Sequence[str] = ()) -> None:
        with cheap_keys():
            made = new_network(folder)
        self.nursery = Nursery(enter)
        self.trust = read_trust(made.trust)
        self.node = Node(self.nursery, made.node.folder, made.node.api, self.trust)
        key = made.network.member_folder("centre") / "member.key"
        self.signer = open_key(key, b"correct horse")
        self.templates = folder / "templates"
        self.made_count = 0
        self.words = Words()

    def close(self) -> None:
        """End every process."""
        self.node.http.close()
        self.nursery.close()

    def bundle(self) -> Bundle:
        """A bundle of one fresh record."""
        self.made_count += 1
        now_ms = time.time_ns() // 1_000_000
        record = small_record("centre", self.made_count, now_ms)
        return sign_bundle(
            self.signer,
            self.trust.network_id,
            MemberId("centre"),
            [record.encode()],
            now_ms,
            now_ms + HOUR_MS,
            bytes(16),
        )

    # The stories. Each is one life: it starts the node, has it work, and stops it.

    def live(
        self,
        bundles: Sequence[Bundle],
        plan: Plan | None = None,
        once_ready: Callable[[], None] = lambda: None,
    ) -> int:
        """Start, take in every bundle, stop; the exit code, by whatever end."""
        self.node.start(plan)
        try:
            self.node.wait_ready()
            self.check_all_there()
            once_ready()
            for bundle in bundles:
                self.node.submit(bundle)
        except Ended:
            return self.node.wait_ended()
        return self.node.stop()

    def keep(self, name: str) -> None:
        """Keep what is on the disk now, to come back to it."""
        rmtree(self.templates / name, ignore_errors=True)
        for part in _KEPT:
            if (self.node.folder / part).exists():
                copytree(self.node.folder / part, self.templates / name / part)

    def come_back(self, name: str, promised: dict[RecordId, bytes]) -> None:
        """Put the disk back to what was kept, with what had been promised then."""
        for part in _KEPT:
            rmtree(self.node.folder / part, ignore_errors=True)
            if (self.templates / name / part).exists():
                copytree(self.templates / name / part, self.node.folder / part)
        self.node.promised = dict(promised)
        self.words = Words()
        new_boot(self.node.places)

    def die(
        self, bundles: Sequence[Bundle], step: int, when: When, after: After
    ) -> tuple[Step, ...]:
        """One life up to its fail point, and what becomes of the disk; the steps it took."""
        code = self.live(bundles, Plan(Crash(step, when)))
        taken = steps_of(self.node.places.log)
        if taken[-1].op == "crash":
            assert code == KILLED, self.node.said()
        if after is After.TWICE:
            self.listen()
            self.node.start()
            self.node.wait_ready()
            self.check_all_there()
            self.node.kill()
            self.listen()
        if after is not After.KILL:
            cut_power(self.node.places, torn=after is After.TORN)
        self.listen()
        return taken

    def check_goes_on(self, bundles: Sequence[Bundle]) -> None:
        """It starts, keeps every promise, works, stops cleanly, and an audit finds nothing."""
        self.listen()
        code = self.live([*bundles, self.bundle()])
        assert code == 0, self.node.said()
        assert self.node.said() == ""
        self.listen()
        self.check_promises()

    def check_promises(self) -> None:
        """The stopped node's database is whole, and holds all that was acknowledged."""
        store = LevelDBStore(self.node.folder / "db")
        try:
            genesis = self.trust.genesis
            events = list(audit(store, genesis, genesis_rows(genesis), None))
        finally:
            store.close()
        assert [event for event in events if isinstance(event, Finding)] == []
        assert all(self.node.promised.values()), "acknowledged, and no receipt"

    def check_all_there(self) -> None:
        """Ask the running node for every record that was ever acknowledged."""
        for record in self.node.promised:
            self.node.require(record)

    def listen(self) -> None:
        """Whatever a new life will find in the journal does not contradict what any life found."""
        place = self.node.folder / "journal" / "promises"
        written = Written(place, self.trust.network_id, NodeId("centre"))
        for message in written.messages():
            self.words.said(message)


def small_record(issuer: str, number: int, now_ms: int) -> Record:
    """One file's digest, deposited as evidence."""
    return Record(
        type="evidence.deposited",
        issuer=MemberId(issuer),
        subject=Subject(f"failpoint-{number}"),
        occurred_at_ms=now_ms,
        evidence=(Evidence("file", Digest(bytes(32)), None, 1, "application/pdf"),),
        fields={},
        private=None,
        refs=(),
        nonce=number.to_bytes(16),
    )
