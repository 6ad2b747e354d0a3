"""A court's witness in this process: the shipped one, on a disk in memory, and what befalls it."""

import asyncio
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI

from api.outbound.answer import Answer
from api.outbound.attempts import Attempts, RetryRule
from api.outbound.post import Unanswered
from api.outbound.witness import OutsideWitness
from api.published import Published
from api.tlog_witness.app import create_witness_app
from api.tlog_witness.service import Witness, WitnessedLog
from ledger.core.identifiers import Height
from ledger.core.note import Kind, NoteKey
from ledger.core.record import Record
from ledger.trust import trust_root
from tests.consensus.memory_file import MemoryFile
from tests.ledger.small_chain import GENESIS, SmallChain, make_bundle
from tests.vectors.small_network import START_MS, signer, small_record

TRUST = trust_root(GENESIS)


class Court:
    """A witness of the small network. As a `Post` it is the way to itself."""

    def __init__(self, name: str = "court.example/w1", key: str = "court") -> None:
        self.name = name
        self.signs_with = key
        self.away = False
        self.says: Answer | None = None
        """What it answers whatever it is asked; None for an honest answer."""
        self.asked_count = 0
        self.now_s = START_MS // 1_000
        self.hold = asyncio.Event()
        """Answers wait for it."""
        self.hold.set()
        self.forget()

    @property
    def key(self) -> NoteKey:
        """The key that it was made known by."""
        return NoteKey(self.name, Kind.COSIGNATURE, signer("court").public_key)

    def forget(self) -> None:
        """Lose the last word, as no witness may."""
        log = WitnessedLog(TRUST, MemoryFile("head"), signer(self.signs_with), self.name)
        self.app: FastAPI = create_witness_app(Witness([log], lambda: self.now_s))

    async def send(self, body: bytes) -> Answer:
        self.asked_count += 1
        if self.away:
            raise Unanswered("nobody there")
        await self.hold.wait()
        if self.says is not None:
            return self.says
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://court") as client:
            answer = await client.post("/add-checkpoint", content=body)
        return Answer(answer.status_code, answer.content)

    async def close(self) -> None:
        pass


@dataclass
class Node:
    """One node's chain, and its line to a witness; the clock is set by the test."""

    small: SmallChain
    court: Court
    mark: str = ""
    now_ms: int = START_MS
    made_count: int = field(default=0)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Forget everything that is in memory only."""
        self.small.reopen()
        self.published = Published(self.small.chain, signer("log centre"), [self.court.key])
        self.line = OutsideWitness(
            self.court.key,
            self.court,
            self.small.chain,
            self.published,
            Attempts(RetryRule(), lambda most: 0),
            lambda: self.now_ms,
        )

    def grow(self, count: int = 1) -> Height:
        """So many more cosigned blocks, each with one record; the height of the last."""
        height = self.small.chain.head.height
        for _ in range(count):
            self.made_count += 1
            bundle = make_bundle([self.record(self.made_count)])
            height = self.small.commit([bundle]).header.height
            self.small.cosign(height)
        return height

    def record(self, number: int) -> Record:
        """The record of that block."""
        return small_record(f"{self.mark}{number}")

    def size(self, height: int) -> int:
        return self.small.chain.blocks.header(Height(height)).log_size
