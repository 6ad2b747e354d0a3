"""Whatever is said in the middle of a tender, openly or under a seal, alone or in one bundle with
more: a verdict, never an exception; and what one node assembles, another accepts to the byte.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from contracts.overlay import Overlay
from contracts.schema import Field, RecordType
from contracts.state import State
from ledger.core.block import decode_header_of_block
from ledger.core.bundle import Bundle
from ledger.core.canonical import INTEGER_MAX, Value
from ledger.core.identifiers import Height, RecordId
from ledger.core.record import Record
from ledger.core.sealed import Sealed
from ledger.errors import Rejected
from ledger.store.api import Store
from tests.contracts.addresses import ADDRESS, ADDRESS_ROLES, ELSEWHERE, LIST, AddressTown
from tests.contracts.seals import SEAL, SEAL_ROLES, SealTown
from tests.contracts.tendering import EXPERTS, TENDER_ROLES, TenderTown
from tests.contracts.test_strange_records import STRANGE, Stranger
from tests.contracts.town import CATALOGUE, DAY, HOUR, SECOND, certify

SEEDS = 4
STEPS = 120
EVERY = tuple(sorted(set(CATALOGUE.roles) - {"*", "committee", "network"}))
MANY = tuple(role for role in EVERY if not CATALOGUE.roles[role].single)
FAIR_ROLES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys({**TENDER_ROLES, **SEAL_ROLES, **ADDRESS_ROLES}, MANY),
    # Of these roles there is one holder at a time, from the genesis on.
    "maker": (*MANY, "seal_maker"),
    "publisher": (*MANY, "seal_publisher"),
}
SEALED = tuple(key for key, kind in CATALOGUE.types.items() if kind.is_sealed)
CODED = {
    "seal": (SEAL, "SEAL-620100-0002"),
    "address": (ADDRESS, ELSEWHERE),
    "list": (LIST, "LIST-620100"),
    "none": ("",),
}


class FairTown(TenderTown, SealTown, AddressTown):
    """A tender, a seal and an address in one town, where everybody may do everything."""

    def __init__(
        self, store: Store | None = None, roles: Mapping[str, tuple[str, ...]] = FAIR_ROLES
    ) -> None:
        super().__init__("open_tender", roles, store)

    def played(self, stage: int) -> None:
        """Up to the opening, the scores, the report or the result, with a seal and an address."""
        self.drew()
        for name in EXPERTS:
            self.enrol(name)
        self.opened()
        if stage >= 1:
            self.closed()
            self.panel()
            self.evaluation()
        if stage >= 2:
            self.reported()
        if stage >= 3:
            self.awarded()
        self.published()
        self.connected()
        self.authorised()
        _, matched = self.sources()
        self.confirmed(matched)
        self.publish_list()
        self.check(matched)


class StrangeTender(Stranger):
    """A stranger who comes when much is on the ledger already, and cites it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.town: FairTown = FairTown()
        self.town.played(seed % 4)
        self.sealed: list[tuple[Sealed, Record, Record]] = []
        self.learn()

    def learn(self) -> None:
        """Everything on the ledger can be cited."""
        state = State(Overlay(self.town.chain.state))
        for key, _ in self.town.chain.state.scan(b"record/"):
            record_id = RecordId(key.removeprefix(b"record/"))
            row = state.record(record_id)
            assert row is not None
            self.known[record_id] = row.type

    def bundles(self) -> list[Bundle]:
        """A few bundles: records of one issuer, a commitment, an opening."""
        made = []
        for _ in range(self.dice.randint(1, 4)):
            records = [self.record()]
            for _ in range(self.dice.choice([0, 0, 0, 3])):
                other = self.record()
                records += [other] if other.issuer == records[0].issuer else []
            made.append(self.town.bundle(*records))
        if self.dice.random() < 0.6:
            inner = self.of(CATALOGUE.types[self.dice.choice(SEALED)])
            sealed = self.town.seal(inner)
            commitment = self.town.commitment(sealed)
            self.sealed.append((sealed, commitment, inner))
            made.append(self.town.bundle(commitment))
        if self.sealed and self.dice.random() < 0.6:
            sealed, commitment, _ = self.sealed.pop(self.dice.randrange(len(self.sealed)))
            made.append(self.town.bundle(self.town.opening(sealed, commitment.record_id)))
        return made

    def of(self, kind: RecordType) -> Record:
        """A record of a type; what has an inner logic is filled in with some of it."""
        made = super().of(kind)
        fields: dict[str, Value] = {}
        if kind.key == "seal.used":
            fields = self.town.use()
        elif kind.key == "tender.evaluation_report" and self.town.given:
            fields = dict(self.town.report().fields)
        elif kind.key == "tender.expert_draw_requested":
            fields = dict(self.town.asked().fields)
        elif kind.key == "address.negative_list_checked":
            fields = self.town.of_check()
        if not fields or self.dice.random() < 0.2:
            return made
        return replace(made, fields={**made.fields, **fields})

    def value(self, field: Field) -> Value:
        if self.dice.random() < 0.03:
            return self.dice.choice(STRANGE)
        members = (*self.town.signers, "newcomer", "network")
        known = tuple(self.known)
        more: dict[str, tuple[Value, ...]] = {
            "integer": (1, 2, 5, self.town.chain.head.height + 3, INTEGER_MAX),
            "member": (self.dice.choice(members), "bidder", "builder"),
            "members": (EXPERTS, tuple(self.dice.sample(members, 2)), ()),
            "record": (self.dice.choice(known), self.dice.choice(known)),
            "records": (tuple(self.dice.sample(known, 3)), tuple(self.town.bids), ()),
            "time": (0, self.town.now_ms + HOUR, self.town.now_ms + 400 * DAY),
        }
        if field.allowed or field.kind not in more:
            return super().value(field)
        return self.dice.choice(more[field.kind])

    def subject(self, kind: RecordType, issuer: str) -> str:
        if kind.subject in CODED and self.dice.random() < 0.95:
            return self.dice.choice(CODED[kind.subject])
        return super().subject(kind, issuer)

    def issuer(self, kind: RecordType) -> str:
        if any(row.role == "expert" for row in kind.issuers):
            return self.dice.choice(EXPERTS)
        return super().issuer(kind)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_tender_full_of_strangers_goes_on_and_two_nodes_agree(seed: int) -> None:
    stranger, voter = StrangeTender(seed), FairTown()
    town, entered = stranger.town, set(stranger.known)
    for header_bytes, payload, _ in town.executor.serve(Height(1), 1 << 26):
        header = decode_header_of_block(header_bytes)
        voter.executor.commit(header, payload, certify(town.genesis, header))
    assert voter.chain.head == town.chain.head
    for _ in range(STEPS):
        town.now_ms += stranger.dice.choice([1, SECOND, SECOND, HOUR, DAY])
        bundles = stranger.bundles()
        for bundle in bundles:
            town.executor.judge(bundle, town.now_ms)
        made = town.block(*bundles, at=town.now_ms)
        if made is None:
            continue
        header, payload = made
        verdict = voter.executor.check(header, payload)
        assert not isinstance(verdict, Rejected), verdict
        certificate = certify(town.genesis, header)
        town.executor.commit(header, payload, certificate)
        voter.executor.commit(header, payload, certificate)
        assert town.chain.head == voter.chain.head
        stranger.learn()
    fresh = {stranger.known[each] for each in stranger.known.keys() - entered}
    assert len(fresh) >= 20, "the strangers should get about"
    assert list(town.chain.state.scan(b"")) == list(voter.chain.state.scan(b""))
