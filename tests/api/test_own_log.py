"""An observer that cosigns: only heads of its own chain, and none before it judged their blocks."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from api.tlog_witness import own_log
from api.tlog_witness.app import create_witness_app
from api.tlog_witness.own_log import OwnLog
from api.tlog_witness.service import Witness, WitnessedLog
from ledger.chain import Chain
from ledger.core.add_checkpoint import AddCheckpoint
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.identifiers import Digest, Height, NodeId
from ledger.core.note import Kind, Note, NoteKey, parse_line, parse_note, verify_signature
from ledger.trust import trust_root
from tests.consensus.memory_file import MemoryFile
from tests.contracts.town import Town
from tests.vectors.small_network import signer

NAME = "court.example/observer"
KEY = signer("court observer")
NODES = ("centre", "supervisor", "registry")


class Court:
    """An observer's chain with a witness over it; `grow` is what following brings."""

    failure = None

    def __init__(self, height: int) -> None:
        self.town = Town()
        self.town.accepted_project()
        self.disk = MemoryFile("cosigned", b"")
        log = WitnessedLog(trust_root(self.town.genesis), self.disk, KEY, NAME)
        own = OwnLog(self, self, trust_root(self.town.genesis))  # type: ignore[arg-type]
        self.app = create_witness_app(Witness([log], lambda: 1_800_000_000), own.look)
        self.height = Height(height)
        self.waited = 0

    # What `OwnLog` reads of a chain, up to the height that is here.

    @property
    def head(self) -> object:
        size = self.town.chain.blocks.header(self.height).log_size if self.height else 0
        return replace(self.town.chain.head, log_size=size)

    @property
    def epochs(self) -> object:
        return self.town.chain.epochs

    @property
    def blocks(self) -> object:
        return self.town.chain.blocks

    @property
    def heads(self) -> object:
        return self.town.chain.heads

    async def moved(self, timeout_s: float) -> None:
        """A block comes when one is waited for."""
        self.waited += 1
        self.height = Height(min(self.height + 1, self.town.chain.head.height))
        await asyncio.sleep(0)

    def note(self, head: Checkpoint, nodes: tuple[str, ...] = NODES) -> Note:
        lines = tuple(
            cosign(
                signer(f"node {node}"),
                cosigner_name(head.origin, NodeId(f"node-{node}")),
                head,
                1_800_000_000,
            )
            for node in nodes
        )
        return Note(head.text(), lines)

    def at(self, height: int) -> Checkpoint:
        header = self.town.chain.blocks.header(Height(height))
        return Checkpoint(self.chain.origin, header.log_size, header.log_root)

    @property
    def chain(self) -> Chain:
        return self.town.chain

    def shown(self, note: Note, old: int = 0, path: tuple[Digest, ...] = ()) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://court") as client:
                body = AddCheckpoint(old, path, note).format()
                return await client.post("/add-checkpoint", content=body)

        return asyncio.run(ask())


def test_it_cosigns_a_head_of_its_own_chain_and_what_follows_it() -> None:
    court = Court(2)
    first, second = court.at(1), court.at(2)
    answer = court.shown(court.note(first))
    assert answer.status_code == 200
    line = parse_line(answer.text.rstrip("\n"))
    verify_signature(first.text(), line, NoteKey(NAME, Kind.COSIGNATURE, KEY.public_key))
    path = court.chain.consistency(first.size, second.size)
    assert court.shown(court.note(second), first.size, path).status_code == 200
    assert parse_note(court.disk.read()).text == second.text()


def test_it_waits_for_the_blocks_of_a_head_that_came_before_them() -> None:
    court = Court(0)
    assert court.shown(court.note(court.at(2))).status_code == 200
    assert court.waited == 2


def test_it_cosigns_no_head_whose_blocks_do_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_log, "WAIT_MS", 0)
    court = Court(1)
    later = court.shown(court.note(court.at(2)))
    assert (later.status_code, later.json()["code"]) == (503, "witness.ahead")
    assert later.headers["retry-after"] == "1"
    assert court.disk.read() == b""


def test_only_so_many_may_wait_for_blocks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a head may show it as often as it likes; each time is answered at once."""
    monkeypatch.setattr(own_log, "WAITING_MAX", 0)
    court = Court(0)
    assert court.shown(court.note(court.at(2))).status_code == 503
    assert court.waited == 0


@pytest.mark.parametrize("what", ["root", "size"])
def test_it_cosigns_no_other_log_of_a_quorum(what: str) -> None:
    """A plain witness would: it has nothing to hold the first head against."""
    court = Court(2)
    ours = court.at(2)
    false = replace(ours, root=Digest(bytes(32))) if what == "root" else replace(ours, size=1)
    refused = court.shown(court.note(false))
    assert (refused.status_code, refused.json()["code"]) == (422, "checkpoint.conflict")
    assert court.disk.read() == b""


def test_whoever_cosigned_this_log_and_shows_another_has_given_evidence() -> None:
    court = Court(2)
    ours = court.at(2)
    for line in court.note(ours).signatures:
        node = NodeId(line.name.rpartition("/")[2])
        court.chain.add_cosignature(node, ours.size, ours.root, line.line())
    court.shown(court.note(replace(ours, root=Digest(bytes(32)))))
    found = court.chain.heads.take_faults()
    assert {fault.node for fault in found} == {f"node-{node}" for node in NODES}
    for fault in found:
        fault.verify(court.chain.genesis.network_id, court.chain.committee)


def test_too_few_or_strange_signatures_make_nobody_wait() -> None:
    court = Court(0)
    few = court.shown(court.note(court.at(2), NODES[:2]))
    assert (few.status_code, court.waited) == (403, 0)
    elsewhere = Checkpoint("other.example/log", 5, Digest(bytes(32)))
    assert court.shown(court.note(elsewhere)).status_code == 404
