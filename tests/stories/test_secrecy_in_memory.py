"""What the most curious operator finds: disk, memory and answers of the node that the streams feed.

Four real nodes, three projects, a bid system and a supervisor with a stream each, in processes of
their own. First nobody hands anything in, then there are bids, a withdrawal, the result of a
prequalification, a clue, and a supervisor who reads at its own node.
"""

import base64
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from api.client.writing import WrittenRecord, new_nonce
from cli.bidding import read_sealed, seal_record
from cli.commands.options import client_from
from cli.demo.processes import NodeProcess
from cli.desk import Desk
from cli.sealing_stream import FOLDER
from cli.supervising import Visit, read_apart
from contracts.catalogue import load_catalogue
from ledger.core.canonical import Value
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.record import Evidence, Record, Ref, decode_record
from ledger.core.sealed import COMMITMENT_TYPE
from ledger.core.sealed_file import SealedFile
from ledger.store.leveldb import LevelDBStore
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.network, pytest.mark.slow]

FIRMS = ("longyuan", "qilian", "weichuan", "taomin")
"""Of these the last one never bids."""
ROLES = {
    "bidding": "bid_system",
    "deposits": "deposit_system",
    "bank": "bank",
    "guarantor": "guarantor",
    "builder": "tenderer",
    **dict.fromkeys(FIRMS, "bidder"),
}
SECTIONS = ("GS-2026-101/1", "GS-2026-102/1", "GS-2026-103/1")
PLACES = {"bidding": 6, "supervisor": 2}
CATALOGUE = load_catalogue()
TICK_MS, BLOCKS = 500, 8
"""While nobody hands anything in, every block is of a tick, of one stream or of both."""
PURPOSE, WAIT_S, DAYS_20 = "核查保证金去向", 90, 20 * 86_400_000


def members() -> str:
    """Everybody without a node; and ticks that a test can wait for."""
    parts = [f"[parameters]\nsealing_tick_ms = {TICK_MS}\nclock_ahead_ms = 100"]
    parts += [
        f'[[members]]\nid = "{name}"\nname_zh = "{name}"\nname_en = "{name}"\nroles = ["{role}"]'
        for name, role in ROLES.items()
    ]
    return "\n".join(parts)


@dataclass
class Place:
    """The network, everybody's desk, and two inboxes."""

    network: RealNetwork
    held: ExitStack
    desks: dict[str, Desk] = field(default_factory=dict)
    kept: list[Path] = field(default_factory=list)
    """Sealed files in the inboxes."""

    def folder(self, who: str) -> Path:
        return self.network.folder / "network" / "members" / who

    def desk(self, who: str) -> Desk:
        if who not in self.desks:
            desk = Desk.open(client_from(self.folder(who), None))
            self.desks[who] = self.held.enter_context(desk)
        return self.desks[who]

    def inbox(self, system: str) -> Path:
        return self.network.folder / f"inbox of {system}"

    def say(self, who: str, *records: Record) -> list[RecordId]:
        kept = self.desk(who).submit([WrittenRecord(record, ()) for record in records])
        return [each.receipt.record_id for each in kept]

    def seal(self, record: Record, system: str = "bidding") -> Record:
        """The author seals; a whole copy appears in the inbox at once."""
        name = f"{len(self.kept):02}.sealed.json"
        own = self.folder(record.issuer) / "sealed" / name
        seal_record(self.desk(record.issuer), WrittenRecord(record, ()), MemberId(system), own)
        draft = self.inbox(system).with_suffix(".draft")
        draft.write_bytes(own.read_bytes())
        self.kept.append(draft.rename(self.inbox(system) / name))
        return record

    @contextmanager
    def stream(self, command: str, system: str) -> Iterator[None]:
        """`bid run` or `supervise run`, as its member."""
        self.inbox(system).mkdir()
        words = [command, "run", str(self.inbox(system)), "--json"]
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *words, "--places", str(PLACES[system])],
            env={"LANG": "en_US.UTF-8", "BIDWITNESS_AS": str(self.folder(system))},
            stdout=subprocess.DEVNULL,
        )
        try:
            yield
            process.terminate()
            assert process.wait(WAIT_S) == 0
        finally:
            process.kill()


def commitments_in(blocks: Sequence[bytes]) -> dict[tuple[str, int], list[int]]:
    """By system and tick, the sizes of the commitments that a node shows."""
    found: dict[tuple[str, int], list[int]] = {}
    for block in blocks:
        for each in json.loads(block)["records"]["items"]:
            if each["record"]["type"] == COMMITMENT_TYPE:
                key = each["record"]["issuer"], each["record"]["occurred_at_ms"]
                found.setdefault(key, []).append(len(json.dumps(each["record"])))
    return found


def record(who: str, type_key: str, about: str, *follows: Record, **fields: Value) -> Record:
    """What a member says; each document is one that nobody else has."""
    count = CATALOGUE.types[type_key].evidence_min
    documents = [Digest(os.urandom(32)) for _ in range(count)]
    return Record(
        type_key,
        MemberId(who),
        Subject(about),
        time.time_ns() // 1_000_000,
        tuple(Evidence("file", each, None, 7, "text/plain") for each in documents),
        fields,
        None,
        tuple(Ref("follows", each.record_id) for each in follows),
        new_nonce(),
    )


def announce(place: Place) -> RecordId:
    """Three projects up to their announcements; the third one prequalifies."""
    projects = [section.partition("/")[0] for section in SECTIONS]
    entered = [record("builder", "tender.entry_commitment", one) for one in projects]
    place.say("builder", *entered)
    accepted: dict[str, Value] = {"tenderer": "builder", "name": "水厂", "industry": "water"}
    ids = place.say(
        "centre",
        *(record("centre", "tender.project_accepted", one, **accepted) for one in projects),
    )
    deadline = time.time_ns() // 1_000_000 + DAYS_20
    for section in SECTIONS:
        first, then = ("tender", "announcement")
        if section == SECTIONS[2]:
            first = then = "prequalification"
        filed = record("builder", "tender.document_filed", section, kind=first)
        fields: dict[str, Value] = {"kind": then, "bid_deadline_ms": deadline}
        told = record("builder", "tender.announcement", section, **fields)
        place.say("builder", filed, told)
    return ids[0]


def bid(place: Place, firm: str, section: str, *, insured: bool) -> Record:
    """A firm obtains the documents, gives security, and bids."""
    obtained = place.seal(record(firm, "tender.documents_obtained", section))
    whose: dict[str, Value] = {"bidder": firm}
    if insured:
        given = record("guarantor", "tender.guarantee_issued", section, obtained, **whose)
        proof = record(
            "centre", "tender.guarantee_verified", section, given, outcome="genuine", **whose
        )
    else:
        key = "tender.deposit_account_allocated"
        given = record("deposits", key, section, obtained, **whose)
        proof = record("bank", "tender.deposit_paid", section, given, basic_account=True, **whose)
    place.seal(given)
    place.seal(proof)
    made = place.seal(record(firm, "tender.bid_submitted", section, obtained, proof))
    place.seal(record("bidding", "tender.bid_receipt", section, made))
    return made


def hand_everything_in(place: Place, looked_at: RecordId) -> None:
    """Bids in all three projects, one withdrawn; the supervisor looks, and has a clue."""
    bid(place, FIRMS[0], SECTIONS[0], insured=True)
    quit_ = bid(place, FIRMS[1], SECTIONS[0], insured=False)
    place.seal(record(FIRMS[1], "tender.bid_withdrawn", SECTIONS[0], quit_, kind="withdrawn"))
    bid(place, FIRMS[2], SECTIONS[1], insured=False)
    chosen: dict[str, Value] = {"method": "all_qualified", "qualified": FIRMS[:2]}
    place.seal(record("builder", "tender.prequalified", SECTIONS[2], **chosen))
    clue: dict[str, Value] = {"receipt": os.urandom(32), "anonymous": True}
    place.seal(record("supervisor", "tender.clue_filed", SECTIONS[0], **clue), "supervisor")
    place.seal(record(FIRMS[0], "tender.logged_in", FIRMS[0]), "supervisor")
    own = place.network.nodes[1].api
    with place.desk("supervisor").at(own) as desk:
        inbox, out = place.inbox("supervisor"), place.folder("supervisor") / "read"
        visit, _ = read_apart(desk, [looked_at], Visit(PURPOSE, SECTIONS[0]), inbox, out)
    place.kept.append(visit)


def height_of(node: NodeProcess) -> int:
    return int(httpx.get(f"{node.api}/v1/network", trust_env=False).json()["height"])


def wait_until(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < until, what
        time.sleep(0.2)


def blocks_of(node: NodeProcess) -> list[bytes]:
    with httpx.Client(base_url=node.api, trust_env=False) as http:
        numbers = range(1, height_of(node) + 1)
        return [http.get(f"/v1/blocks/{number}?limit=500").content for number in numbers]


def answers_of(node: NodeProcess) -> list[bytes]:
    """What the node says to whoever asks for a section, a firm, or a type."""
    words = [*SECTIONS, *FIRMS, "T10", "T19", "T21", "T58", "X08", COMMITMENT_TYPE]
    paths = [f"/v1/search?q={word}" for word in words]
    paths += [f"/v1/subjects?key={word}" for word in words]
    paths += [
        f"/v1/{what}?key={section}" for what in ("completeness", "coverage") for section in SECTIONS
    ]
    paths += ["/v1/alerts", "/v1/diagnose", "/metrics"]
    with httpx.Client(base_url=node.api, trust_env=False) as http:
        return [http.get(path).content for path in paths]


def on_disk(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def memory_of(process_id: int) -> list[bytes] | None:
    """Every writable page of a process; None where this machine does not let us look."""
    found: list[bytes] = []
    try:
        maps = Path(f"/proc/{process_id}/maps").read_text(encoding="utf-8").splitlines()
        with Path(f"/proc/{process_id}/mem").open("rb", buffering=0) as memory:
            for line in maps:
                span, rights, *_ = line.split()
                if not rights.startswith("rw"):
                    continue
                start, stop = (int(part, 16) for part in span.split("-"))
                try:
                    memory.seek(start)
                    found.append(memory.read(stop - start))
                except (OSError, ValueError):
                    # The pages went while we read; or they are the kernel's.
                    continue
    except PermissionError:
        return None
    return found


def secrets_of(held: SealedFile, *, spelled: bool) -> list[bytes]:
    """Whatever would give a sealed record away; as text too, where that is looked for."""
    inner, bundle = decode_record(held.sealed.record), held.sealed.bundle()
    raw = [held.sealed.salt, inner.nonce, inner.record_id, held.sealed.signature, bundle.bundle_id]
    raw += [each.sha256 for each in inner.evidence]
    texts = [text for each in raw for text in (each.hex(), base64.b64encode(each).decode())]
    return (
        raw + [text.encode() for text in texts]
        if spelled
        else [*raw, inner.record_id.hex().encode()]
    )


def found(needles: Sequence[bytes], pieces: Sequence[bytes]) -> list[bytes]:
    return [needle for needle in needles if any(needle in piece for piece in pieces)]


@pytest.mark.timeout(240)
def test_the_node_that_the_streams_feed_gives_nobody_away(tmp_path: Path) -> None:
    with ExitStack() as held:
        network = RealNetwork(tmp_path, members())
        held.callback(network.stop)
        network.start()
        place, fed = Place(network, held), network.nodes[0]
        looked_at = announce(place)
        with place.stream("bid", "bidding"), place.stream("supervise", "supervisor"):
            running = [place.inbox(system) / FOLDER for system in PLACES]
            wait_until(lambda: all(each.is_dir() for each in running), "streams")
            height = height_of(fed)
            wait_until(lambda: height_of(fed) >= height + BLOCKS, "quiet ticks")
            began = time.time_ns() // 1_000_000
            hand_everything_in(place, looked_at)
            wait_until(
                lambda: all(read_sealed(path).receipt is not None for path in place.kept), "busy"
            )
            memory = memory_of(fed.pid)
        sealed = [read_sealed(path) for path in place.kept]
        blocks = blocks_of(fed)
        ticks, answers = commitments_in(blocks), [*answers_of(fed), *blocks]
        network.stop()
        disk = on_disk(fed.folder)
        store = LevelDBStore(fed.folder / "db")
        rows = [part for row in store.scan(b"", b"\xff") for part in row]
        store.close()

    # As many commitments of one size at every tick, whether anybody handed anything in or not.
    busy = Counter(issuer for issuer, tick in ticks if tick >= began)
    quiet = Counter(issuer for issuer, tick in ticks if tick < began)
    assert all(min(busy[system], quiet[system]) >= 2 for system in PLACES), (busy, quiet)
    for (issuer, tick), sizes in ticks.items():
        assert tick % TICK_MS == 0 and len(sizes) == PLACES[issuer]
    for system in PLACES:
        assert (
            len(
                {size for (issuer, _), sizes in ticks.items() for size in sizes if issuer == system}
            )
            == 1
        )

    held_there = [*disk, *rows, *answers]
    for each in sealed:
        assert not found(secrets_of(each, spelled=True), held_there)
        # It would be found if it were there: its commitment is.
        assert found([each.digest], rows)
    for word in (PURPOSE.encode(), PURPOSE.encode("unicode-escape")):
        assert not found([word], held_there)
    # A firm that bids is named as often as one that does not.
    named = {firm: sum(row.count(firm.encode()) for row in rows) for firm in FIRMS}
    assert len(set(named.values())) == 1 and named[FIRMS[0]] > 0, named

    if memory is None:
        pytest.skip("this machine lets no process read another's memory; all else held")
    assert found([each.digest for each in sealed], memory), "memory was not read"
    for each in sealed:
        assert not found(secrets_of(each, spelled=False), memory)
    assert not found([PURPOSE.encode(), PURPOSE.encode("utf-16-le")], memory)
