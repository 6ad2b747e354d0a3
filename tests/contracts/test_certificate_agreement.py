"""Whatever befalls a certified section: every node agrees, and the certificate is always right."""

import random
from typing import TypeAlias

import pytest

from contracts.node_count import NodeRecord
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.record import Record
from ledger.errors import Rejected
from tests.contracts.sealing import SEALED_ROLES
from tests.contracts.town import HOUR, PROJECT, SECOND, SECTION, Town, certify
from tests.contracts.works_town import CATALOGUE, WorksTown, follow

SEEDS = 8
STEPS = 40
STATUS = "tender.certificate_status_changed"
Way: TypeAlias = tuple[str, list[tuple[str, RecordId]], dict[str, Value]]
SETTLED_BY: dict[str, tuple[str, str, str, dict[str, Value]]] = {
    "tender.objection": (
        "tender.objection_answered",
        "builder",
        "answers",
        {"outcome": "rejected"},
    ),
    "tender.complaint": (
        "tender.complaint_intake",
        "supervisor",
        "answers",
        {"decision": "refused"},
    ),
    "ledger.process_suspended": (
        "ledger.process_resumed",
        "supervisor",
        "follows",
        {"reason": "完毕"},
    ),
    STATUS: (STATUS, "centre", "follows", {"status": "reissued"}),
}


class Errands(WorksTown):
    """A section under the shortest procedure, done twice over, and whoever meddles with it."""

    def __init__(self, seed: int) -> None:
        super().__init__(procedure="errand")
        self.dice = random.Random(seed)
        self.known: dict[str, list[RecordId]] = {}
        for type_key in ("works.signed_in", "works.begun", "works.pledged", "works.handed_in"):
            for _ in range(2):
                fields = {"bidder": "builder"} if type_key == "works.pledged" else {}
                said = self.say("builder", type_key, fields=fields)
                self.known.setdefault(type_key, []).append(said)

    def any_of(self, *types: str) -> RecordId:
        """A record of one of the types, if there is any; else of whatever there is."""
        found = [each for name in types for each in self.known.get(name, ())]
        return self.dice.choice(found or [each for ids in self.known.values() for each in ids])

    def meddling(self) -> Record:
        """A record that may or may not be fit: half of the time it settles what is open."""
        ways = self.ways()
        opened = self.completeness().open
        if opened and self.dice.random() < 0.5:
            return self.settling(self.dice.choice(opened))
        kind = self.dice.choice(list(ways))
        issuer, refs, fields = ways[kind]
        subject = PROJECT if kind == "tender.entry_commitment" else SECTION
        return self.record(issuer, kind, subject, refs=refs, fields=fields)

    def settling(self, opened: NodeRecord) -> Record:
        """What closes an open matter."""
        kind, issuer, relation, fields = SETTLED_BY[opened.type]
        cited = opened.record_id
        if opened.type == STATUS:
            cited = self.any_of("tender.witness_certificate")
        return self.record(issuer, kind, refs=[(relation, cited)], fields=fields)

    def ways(self) -> dict[str, Way]:
        """What anyone may come to do."""
        works = tuple(name for name in self.known if name.startswith("works."))
        certificate = self.any_of("tender.witness_certificate")
        status = self.dice.choice(["voided", "reissued"])
        return {
            "works.signed_in": ("builder", [], {}),
            "works.begun": ("builder", [], {}),
            "works.pledged": ("builder", [], {"bidder": "builder"}),
            "works.handed_in": ("builder", [], {}),
            "tender.entry_commitment": ("builder", [], {}),
            "tender.objection": ("bidder", [], {"matter": "other"}),
            "tender.complaint": ("bidder", [], {"matter": "other", "known_at_ms": self.now_ms}),
            "ledger.process_suspended": ("supervisor", [], {"reason": "核查"}),
            "ledger.voided": ("builder", [("voids", self.any_of(*works))], {"reason": "误报"}),
            "ledger.confirmed": (
                "supervisor",
                [("confirms", self.any_of("ledger.voided"))],
                {},
            ),
            STATUS: ("centre", [("follows", certificate)], {"status": status}),
        }


@pytest.mark.parametrize("seed", range(SEEDS))
def test_two_nodes_agree_and_the_certificate_is_in_force_exactly_when_it_may_be(seed: int) -> None:
    town, voter = Errands(seed), Town(catalogue=CATALOGUE, roles=SEALED_ROLES)
    follow(voter, town)
    for _ in range(STEPS):
        town.now_ms += town.dice.choice([SECOND, HOUR])
        records = [town.meddling() for _ in range(town.dice.randint(1, 4))]
        made = town.block(*(town.bundle(record) for record in records), at=town.now_ms)
        if made is None:
            continue
        header, payload = made
        verdict = voter.executor.check(header, payload)
        assert not isinstance(verdict, Rejected), verdict
        certificate = certify(town.genesis, header)
        town.executor.commit(header, payload, certificate)
        voter.executor.commit(header, payload, certificate)
        for record in (*records, *town.witnessed()):
            if town.chain.blocks.record(record.record_id) is not None:
                known = town.known.setdefault(record.type, [])
                known += [] if record.record_id in known else [record.record_id]
        found = town.completeness()
        assert found.certifiable == (found.certificate is not None)
    assert list(town.chain.state.scan(b"")) == list(voter.chain.state.scan(b""))
    assert len(town.told()) >= 4, "certificates should come and go"
