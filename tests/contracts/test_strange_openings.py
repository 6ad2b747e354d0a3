"""Whatever is found inside a seal, every node says the same of it, and none stops."""

import random
from dataclasses import replace
from typing import TypeVar

import pytest

from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, NetworkId, RecordId
from ledger.core.record import Record, Ref
from ledger.core.sealed import COMMITMENT_TYPE, OPENING_TYPE, Sealed
from ledger.errors import Rejected
from tests.contracts.sealing import AFTER, BIDDERS, SYSTEM, SealedTown
from tests.contracts.town import DAY, HOUR, SECOND, SECTION, certify
from tests.vectors.small_network import seed as salt

T = TypeVar("T")
SEEDS, STEPS, SET_COUNT = 6, 12, 20
BID, WITHDRAWAL, RECEIPT = "tender.bid_submitted", "tender.bid_withdrawn", "tender.bid_receipt"
TYPES = (BID,) * 16 + (WITHDRAWAL,) * 4 + (RECEIPT,) * 2
OTHER_TYPES = (
    "tender.announcement",
    "tender.unheard_of",
    "ledger.amended",
    "ledger.voided",
    "ledger.confirmed",
    "ledger.alert",
    COMMITMENT_TYPE,
    OPENING_TYPE,
)
SUBJECTS = ("", "a/b/c", "LZ-2026-001/02", "network")
RELATIONS = ("follows", "amends", "voids", "confirms", "opens", "answers")
STRANGE_BYTES = (b"", b"\x90", b"\xc1", b"\xff" * 40)
ELSEWHERE = NetworkId(bytes(32))


class Smuggler:
    """Somebody who seals whatever comes to mind, and opens it as it comes, from one seed."""

    def __init__(self, number: int) -> None:
        self.dice = random.Random(number)
        self.town, self.voter = SealedTown(), SealedTown()
        self.known: list[RecordId] = []
        self.inner: list[Record] = []
        self.sealed: list[tuple[Sealed, RecordId]] = []

    def mostly(self, usual: T, *others: T) -> T:
        return usual if self.dice.random() < 0.93 else self.dice.choice(others)

    def record(self) -> Record:
        """What to seal; some of it was sealed before."""
        if self.inner and self.dice.random() < 0.15:
            return self.dice.choice(self.inner)
        issuer = self.dice.choice((*BIDDERS, *BIDDERS, SYSTEM, "builder"))
        key = self.dice.choice((*TYPES, *OTHER_TYPES))
        made = self.town.bid(issuer, key, subject=self.mostly(SECTION, *SUBJECTS))
        cited = self.dice.sample(self.known, min(len(self.known), self.mostly(0, 1, 2)))
        refs = [Ref(self.dice.choice(RELATIONS), each, self.mostly(None, ELSEWHERE))
                for each in cited]  # fmt: skip
        bids = [each for each in self.inner if each.type == BID]
        if key in {WITHDRAWAL, RECEIPT} and bids:
            refs.append(Ref("follows", self.dice.choice(bids).record_id))
        fields = {"kind": "withdrawn"} if key == WITHDRAWAL else made.fields
        claimed = MemberId(self.mostly(issuer, "network", "nobody", "bidder"))
        made = replace(made, refs=tuple(refs), fields=fields, issuer=claimed)
        self.inner.append(made)
        return made

    def seal(self) -> Sealed:
        """A record in a bundle that may be anybody's, of any time, of any network."""
        record = self.record()
        author = self.mostly(record.issuer, MemberId("network"), MemberId(BIDDERS[0]))
        covered = dict.fromkeys([record.encode(), *self.mostly([], [self.record().encode()])])
        created_ms = self.town.now_ms + self.mostly(0, DAY, -DAY)
        bundle = sign_bundle(
            self.town.signers.get(record.issuer, self.town.signers[BIDDERS[0]]),
            self.mostly(self.town.genesis.network_id, ELSEWHERE),
            author,
            list(covered),
            created_ms,
            created_ms + HOUR,
            bytes(16),
        )
        header = self.mostly(bundle.header_bytes, bundle.header_bytes[:-1], *STRANGE_BYTES)
        data = self.mostly(record.encode(), record.encode()[:-1], *STRANGE_BYTES)
        return Sealed(header, bundle.signature, data, salt(f"salt {self.dice.random()}"))

    def opened(self) -> Bundle:
        """Openings that mostly fit, beside something that was sealed, in one bundle."""
        records: list[Record] = []
        for _ in range(self.mostly(1, 2, 3)):
            sealed, commitment = self.dice.choice(self.sealed)
            commitment = self.mostly(commitment, self.dice.choice(self.sealed)[1])
            by = self.dice.choice((SYSTEM, SYSTEM, SYSTEM, *BIDDERS))
            records.append(self.town.opening(sealed, commitment, by))
        openly = self.dice.choice(self.inner)
        if openly.issuer in self.town.signers:
            records = self.mostly(records, [openly, *records], [*records, openly])
        return self.town.bundle(*[each for each in records if each.issuer == records[0].issuer])

    def block(self, *bundles: Bundle) -> None:
        """One node assembles the bundles that it finds fit; the other accepts the block."""
        made = self.town.block(*bundles, at=self.town.now_ms)
        if made is None:
            return
        header, payload = made
        verdict = self.voter.executor.check(header, payload)
        assert not isinstance(verdict, Rejected), verdict
        for each in (self.town, self.voter):
            each.executor.commit(header, payload, certify(each.genesis, header))
        assert self.town.chain.head == self.voter.chain.head

    def on_ledger(self, record_id: RecordId) -> bool:
        return self.town.chain.blocks.record(record_id) is not None


@pytest.mark.parametrize("number", range(SEEDS))
def test_every_node_says_the_same_of_what_was_inside(number: int) -> None:
    it = Smuggler(number)
    town = it.town
    for _ in range(STEPS):
        town.now_ms += SECOND
        sealed = [it.seal() for _ in range(4)]
        commitments = [town.commitment(each) for each in sealed]
        it.block(town.bundle(*commitments))
        it.sealed += zip(sealed, (each.record_id for each in commitments), strict=True)
        it.known.append(commitments[0].record_id)
    listed = sorted(each for _, each in it.dice.sample(it.sealed, SET_COUNT))
    town.now_ms = AFTER
    fields: dict[str, Value] = {
        "commitments": tuple(listed),
        "count": SET_COUNT,
        "part": 1,
        "parts": 1,
    }
    for said in (
        town.record(SYSTEM, "tender.bid_set_sealed", fields=fields),
        town.record("builder", "tender.opening_started"),
    ):
        town.now_ms += SECOND
        it.block(town.bundle(said))
        assert it.on_ledger(said.record_id)
    for _ in range(10 * STEPS):
        town.now_ms += it.dice.choice((SECOND, SECOND, HOUR, DAY))
        it.block(*[it.opened() for _ in range(it.dice.randint(1, 3))])
    came_out = [each for each, _ in it.sealed if it.on_ledger(each.record_id)]
    assert len(came_out) >= 3, "the smuggler should get some honest bids in"
    assert ("AL21", "opened_invalid") in town.alerts()
    assert list(town.chain.state.scan(b"")) == list(it.voter.chain.state.scan(b""))
