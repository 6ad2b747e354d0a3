"""A ledger of many records, each of them judged by the rules: what a busy trading centre has said.

It begins with one tender from the plan to the award, a seal and an address; then a few members
issue most records, one project is a tenth of everything, some records amend others, objections stay
without an answer, and rules raise alerts.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.genesis import Genesis
from ledger.core.record import Record, Ref
from ledger.errors import InvariantBroken
from ledger.store.api import Store
from tests.contracts.addresses import ADDRESS_ROLES
from tests.contracts.seals import SEAL_ROLES
from tests.contracts.tendering import TENDER_ROLES
from tests.contracts.test_strange_tenders import FairTown
from tests.contracts.town import DAY, MINUTE, town_genesis
from tests.vectors.small_network import signer

BLOCK_RECORDS: Final = 1_000
BLOCK_MS: Final = 15 * MINUTE
"""Between two blocks: a million records are ten days of them."""
ALERTS: Final = ("AL04", "AL17", "AL19", "AL39")
"""Those of which there are most."""
MEMBERS: Final = tuple(f"member-{number:02}" for number in range(60))
SECTIONS: Final = 3
"""Of each project; the first project is a tenth of everything."""
KEPT: Final = 200
PLAYED: Final = 3
"""The first tender goes as far as its result."""
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    **TENDER_ROLES,
    **SEAL_ROLES,
    **ADDRESS_ROLES,
    **dict.fromkeys(MEMBERS, ("tenderer", "trading_centre", "client_system")),
}


def genesis() -> Genesis:
    """Of every such ledger."""
    return town_genesis(roles=ROLES)


def reopened(store: Store) -> Chain:
    """The chain of a ledger that was made before."""
    founded = genesis()
    return Chain(store, founded, genesis_rows(founded))


@dataclass(frozen=True, slots=True)
class Made:
    """What one may ask about in a ledger of so many records."""

    count: int

    @property
    def projects(self) -> int:
        """How many there are, by numbers from 0."""
        return max(20, self.count // 500)

    @property
    def types(self) -> tuple[str, ...]:
        """Public types of which there are some."""
        return (
            *("evidence.deposited", "tender.document_filed", "tender.clarification"),
            *("tender.announcement", "tender.objection", "tender.objection_answered"),
            *("tender.project_accepted", "tender.venue_scheduled", "ledger.voided"),
        )

    def document(self, draw: random.Random) -> bytes:
        """One of a quarter as many documents as there are records."""
        return b"document" + draw.randrange(self.count // 4 + 1).to_bytes(8)


class BusyTown(FairTown):
    """Draws the same records for the same count, whenever it is asked."""

    def __init__(self, store: Store, count: int) -> None:
        super().__init__(store, ROLES)
        self.signers |= {name: signer(f"member {name}") for name in MEMBERS}
        self.size = Made(count)
        self.dice = random.Random(20261127)
        self.begun: dict[int, int] = {}
        """By the number of a project: above which block it began."""
        self.earlier: dict[str, list[Record]] = {}
        """Of each type the last records of blocks before."""

    @property
    def record_count(self) -> int:
        """Records on the ledger so far."""
        return self.chain.head.log_size - self.chain.head.height

    def next_block(self, count: int) -> None:
        """So many records or a few more, and what rules conclude of them."""
        said: dict[str, list[Record]] = {}
        while sum(map(len, said.values())) < count:
            for each in self._next():
                said.setdefault(each.issuer, []).append(each)
        before, every = self.record_count, [each for records in said.values() for each in records]
        bundles = [self.bundle(*records) for records in said.values()]
        self.commit(*bundles, at=self.now_ms + BLOCK_MS)
        if self.record_count - before < len(every):
            raise InvariantBroken("records of a ledger for measuring were refused")
        for each in every:
            if each.type == "evidence.deposited" and each.refs:
                # What amends another cannot be taken back.
                continue
            self.earlier[each.type] = [*self.earlier.get(each.type, ())[-KEPT:], each]

    def cosigned(self) -> None:
        """A quorum cosigns the head, so that there are receipts."""
        head, committee = self.chain.head, self.genesis.committee
        checkpoint = Checkpoint(self.genesis.origin, head.log_size, head.log_root)
        for node in tuple(committee)[: committee.q]:
            key = signer(f"node {node.removeprefix('node-')}")
            name = cosigner_name(self.genesis.origin, node)
            line = cosign(key, name, checkpoint, head.time_ms // 1000).line()
            self.chain.add_cosignature(node, head.log_size, head.log_root, line)

    def _next(self) -> Iterator[Record]:
        """What somebody says next; of a project that nobody spoke of, how it begins."""
        number = 0 if self.dice.random() < 0.1 else self.dice.randrange(1, self.size.projects)
        if number not in self.begun:
            self.begun[number] = self.chain.head.height
            yield from self._project(number)
            return
        section = f"{project(number)}/{self.dice.randrange(1, SECTIONS + 1):02}"
        member = MEMBERS[int(len(MEMBERS) * self.dice.random() ** 3)]
        chance = self.dice.random()
        # What is said together is said in any order.
        if self.begun[number] == self.chain.head.height or chance >= 0.34:
            yield self._paper(member, "evidence.deposited", section)
        elif chance < 0.02:
            yield from self._amending()
        elif chance < 0.05:
            yield from self._disputed(member, section)
        else:
            yield self._conducted(_tenderer(section), section)

    def _project(self, number: int) -> Iterator[Record]:
        tenderer, key = _tenderer(project(number)), project(number)
        yield self._paper(tenderer, "tender.entry_commitment", key)
        taken: dict[str, Value] = {"tenderer": tenderer, "name": "道路", "industry": "transport"}
        yield self.record(tenderer, "tender.project_accepted", key, fields=taken)
        until: dict[str, Value] = {"bid_deadline_ms": self.now_ms + 30 * DAY}
        until |= {"kind": "announcement", "procedure": "open_tender"}
        for each in range(1, SECTIONS + 1):
            section = f"{key}/{each:02}"
            yield self._paper(tenderer, "tender.document_filed", section, kind="tender")
            yield self._paper(tenderer, "tender.announcement", section, **until)

    def _conducted(self, tenderer: str, section: str) -> Record:
        """What a tenderer says in a tender."""
        chance = self.dice.random()
        if chance < 0.02:
            return self._paper(tenderer, "tender.document_filed", section, kind="tender")
        if chance < 0.6:
            return self._paper(tenderer, "tender.clarification", section, kind="answer")
        until = self.now_ms + 30 * DAY
        fields: dict[str, Value] = {"purpose": "opening", "venue": "一号厅"}
        fields |= {"from_ms": until, "until_ms": until + 60 * MINUTE}
        return self.record(tenderer, "tender.venue_scheduled", section, fields=fields)

    def _amending(self) -> Iterator[Record]:
        """Somebody says again, or takes back, what it deposited."""
        if deposits := self.earlier.get("evidence.deposited"):
            old = deposits.pop(self.dice.randrange(len(deposits)))
            if self.dice.random() < 0.7:
                again = self._paper(old.issuer, old.type, old.subject)
                yield replace(again, refs=(Ref("amends", old.record_id),))
            else:
                cites = [("voids", old.record_id)]
                yield self.record(
                    old.issuer, "ledger.voided", old.subject, refs=cites, reason="重复"
                )

    def _disputed(self, member: str, section: str) -> Iterator[Record]:
        """An objection, an answer to one, or a complaint where one was answered."""
        chance = self.dice.random()
        asked = self.earlier.get("tender.objection")
        answered = self.earlier.get("tender.objection_answered")
        if chance < 0.5:
            yield self.record(member, "tender.objection", section, matter="document")
        elif chance < 0.85 and asked:
            old = asked.pop(self.dice.randrange(len(asked)))
            cites = [("answers", old.record_id)]
            kind = "tender.objection_answered"
            tenderer = _tenderer(old.subject)
            yield self.record(tenderer, kind, old.subject, refs=cites, outcome="rejected")
        elif answered:
            known: dict[str, Value] = {"matter": "document", "known_at_ms": self.now_ms}
            subject = self.dice.choice(answered).subject
            yield self.record(member, "tender.complaint", subject, fields=known)

    def _paper(self, issuer: str, type_key: str, subject: str, **fields: Value) -> Record:
        """A record with one document; only a tender document takes the place of another."""
        label = "f" if type_key == "tender.document_filed" else f"f{self._said}"
        files = {label: self.size.document(self.dice)}
        return self.record(issuer, type_key, subject, files=files, fields=fields)


def project(number: int) -> str:
    """The name of a project by its number."""
    return f"兰州-2026-{number:05}"


def _tenderer(subject: str) -> str:
    """Who calls for tenders about it."""
    number = int(subject.partition("/")[0].rpartition("-")[2])
    return MEMBERS[number * 7 % len(MEMBERS)]


def filled(store: Store, count: int) -> Iterator[BusyTown]:
    """A town whose ledger grows to so many records, block by block; at its end it is cosigned."""
    town = BusyTown(store, count)
    town.played(PLAYED)
    block = min(BLOCK_RECORDS, max(10, count // 10))
    while town.record_count < count:
        town.next_block(block)
        yield town
    town.cosigned()
