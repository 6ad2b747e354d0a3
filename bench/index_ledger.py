"""A ledger of many records for questions: real blocks and roots, and no rules that judge them.

The records say what those of a busy trading centre say: one project is a tenth of everything, a few
members issue most, some types are rare, some records amend others, alerts stand among them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from api.engines.query import ALERT_TYPE
from contracts.catalogue import load_catalogue
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.record import Evidence, Record, Ref
from ledger.store.api import Store
from tests.ledger.small_chain import SmallChain, make_bundle
from tests.vectors.small_network import START_MS

BLOCK_RECORDS = 1_000
ALERTS = ("AL02", "AL04", "AL16", "AL24")
MEMBERS = tuple(f"member-{number:02}" for number in range(60))
_BUSY = ("evidence.deposited", "tender.document_filed", "tender.notice_amended")


@dataclass
class Made:
    """Draws the same records for the same count, whenever it is asked."""

    count: int
    draw: random.Random = field(default_factory=lambda: random.Random(20261127))
    made: int = 0

    def __post_init__(self) -> None:
        catalogue = load_catalogue()
        public = sorted(k for k, t in catalogue.types.items() if t.visibility == "public")
        self.types = [each for each in public if each.startswith(("tender.", "evidence."))]
        self.hidden = "tender.complaint"
        self.projects = max(20, self.count // 500)
        self.before: list[RecordId] = []

    def subject(self) -> str:
        """A section; every tenth record is about one large project."""
        big = self.draw.random() < 0.1
        project = 0 if big else self.draw.randrange(1, self.projects)
        return f"兰州-2026-{project:05}/{self.draw.randrange(1, 4):02}"

    def document(self) -> Digest:
        """One of a quarter as many documents as there are records."""
        return sha256(b"document" + self.draw.randrange(self.count // 4 + 1).to_bytes(8))

    def record(self) -> Record:
        """The next record."""
        self.made += 1
        chance = self.draw.random()
        kind = self.draw.choice(_BUSY) if chance < 0.6 else self.draw.choice(self.types)
        refs: tuple[Ref, ...] = ()
        if chance > 0.98 and self.before:
            refs = (Ref(self.draw.choice(("amends", "voids")), self.draw.choice(self.before)),)
        elif chance > 0.95:
            kind = self.hidden
        return self._said(kind, MEMBERS[int(60 * self.draw.random() ** 3)], {}, refs)

    def alert(self) -> Record:
        """One that rules conclude."""
        self.made += 1
        code, severity = self.draw.choice(ALERTS), self.draw.choice(("notice", "serious"))
        fields = {"alert": code, "severity": severity, "about": self.draw.choice(_BUSY)}
        refs = tuple(Ref("follows", each) for each in self.before[:1])
        return self._said(ALERT_TYPE, "network", fields, refs)

    def _said(
        self, kind: str, issuer: str, fields: dict[str, str], refs: tuple[Ref, ...]
    ) -> Record:
        evidence = () if fields else (Evidence("f", self.document(), None, 1, "text/plain"),)
        nonce = self.made.to_bytes(16)
        member, subject = MemberId(issuer), Subject(self.subject())
        return Record(kind, member, subject, START_MS, evidence, fields, None, refs, nonce)


def filled(store: Store, count: int) -> Iterator[SmallChain]:
    """A chain that grows to so many records, block by block; a thousandth of them are alerts."""
    chain, made = SmallChain(store), Made(count)
    block = min(BLOCK_RECORDS, max(10, count // 10))
    while made.made < count:
        alerts = [made.alert() for _ in range(max(1, block // 100))]
        records = [made.record() for _ in range(block - len(alerts))]
        effects = chain.commit([make_bundle(records)], alerts)
        made.before = [each.record_id for each in effects.records[:50]]
        yield chain
