"""Whatever members submit, in whatever order: what one node assembles, every other node accepts."""

import random

import pytest

from ledger.core.block import decode_header_of_block
from ledger.core.canonical import Value
from ledger.core.identifiers import Height, RecordId
from ledger.core.record import Record
from ledger.errors import Rejected
from tests.contracts.town import DAY, HOUR, PROJECT, SECOND, SECTION, START_MS, Town, certify

SEEDS = 12
STEPS = 40
SUBJECTS = (PROJECT, SECTION, SECTION, f"{PROJECT}/02")
MEMBERS = ("centre", "supervisor", "registry", "notary", "builder", "agency", "bidder")
KINDS: dict[str, dict[str, tuple[Value, ...]]] = {
    "tender.entry_commitment": {},
    "tender.project_accepted": {
        "tenderer": ("builder", "notary"),
        "name": ("学校",),
        "industry": ("housing", "water"),
    },
    "tender.document_filed": {"kind": ("tender",), "on_behalf_of": ("builder",)},
    "tender.announcement": {
        "kind": ("announcement",),
        "bid_deadline_ms": (START_MS + DAY, START_MS + 30 * DAY),
    },
    "tender.clarification": {"kind": ("answer", "amendment")},
    "tender.change": {
        "kind": ("extension", "termination"),
        "bid_deadline_ms": (START_MS + 20 * DAY,),
    },
    "tender.objection": {"matter": ("document", "other")},
    "tender.objection_answered": {"outcome": ("rejected",)},
    "tender.complaint": {"matter": ("other", "opening"), "known_at_ms": (START_MS, START_MS - DAY)},
    "tender.complaint_intake": {"decision": ("accepted", "refused")},
    "ledger.process_suspended": {"reason": ("核查",)},
    "ledger.process_resumed": {"reason": ("完毕",)},
    "ledger.amended": {"reason": ("笔误",)},
    "ledger.voided": {"reason": ("错误",)},
    "ledger.confirmed": {},
    "ledger.role_changed": {"action": ("grant", "withdraw"), "role": ("tenderer", "supervisor")},
    "ledger.delegated": {"delegate": ("agency",), "project": (PROJECT,)},
    "ledger.alert_disposed": {"decision": ("founded",), "reason": ("属实",)},
    "evidence.deposited": {},
}
RELATIONS = {
    "tender.objection_answered": "answers",
    "tender.complaint_intake": "answers",
    "ledger.process_resumed": "follows",
    "ledger.amended": "amends",
    "ledger.voided": "voids",
    "ledger.confirmed": "confirms",
    "ledger.alert_disposed": "alert",
    "tender.clarification": "amends",
}
ISSUERS = {
    "tender.project_accepted": ("centre",),
    "ledger.role_changed": ("centre",),
    "ledger.confirmed": ("supervisor", "registry", "notary"),
    "tender.complaint_intake": ("supervisor", "notary"),
    "ledger.process_suspended": ("supervisor",),
    "ledger.process_resumed": ("supervisor",),
}


class Crowd:
    """Members who submit whatever comes to their minds, from one seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.town = Town()
        document, announcement = self.town.announced(START_MS + 10 * DAY)
        self.known: dict[str, list[RecordId]] = {
            "tender.document_filed": [document],
            "tender.announcement": [announcement],
        }

    def record(self) -> Record:
        """A record that may or may not be fit."""
        key = self.dice.choice(list(KINDS))
        issuer = self.dice.choice(ISSUERS.get(key, (*MEMBERS[4:], "builder", "builder")))
        subject = self.dice.choice(SUBJECTS)
        if key in {"ledger.role_changed", "ledger.delegated"}:
            subject = issuer if key == "ledger.delegated" else self.dice.choice(MEMBERS)
        fields = {
            name: self.dice.choice(values)
            for name, values in KINDS[key].items()
            if name != "on_behalf_of" or self.dice.random() < 0.3
        }
        refs = []
        if key in RELATIONS and self.dice.random() < 0.9 and self.known:
            wanted = RELATIONS[key]
            cited = [each for ids in self.known.values() for each in ids]
            if wanted == "answers":
                name = key.removesuffix("_answered").removesuffix("_intake")
                cited = self.known.get(name, cited)
            refs = [(wanted, self.dice.choice(cited))]
        files = {self.dice.choice(["招标文件", "附件"]): self.dice.choice([b"1", b"2"])}
        return self.town.record(issuer, key, subject, refs=refs, files=files, fields=fields)

    def keep(self, record: Record) -> None:
        self.known.setdefault(record.type, []).append(record.record_id)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_one_node_assembles_another_accepts_to_the_byte(seed: int) -> None:
    crowd, voter = Crowd(seed), Town()
    town, types = crowd.town, set[str]()
    for header_bytes, payload, _ in town.executor.serve(Height(1), 1 << 20):
        header = decode_header_of_block(header_bytes)
        voter.executor.commit(header, payload, certify(town.genesis, header))
    for _ in range(STEPS):
        town.now_ms += crowd.dice.choice([SECOND, HOUR, DAY])
        records = [crowd.record() for _ in range(crowd.dice.randint(1, 6))]
        bundles = [town.bundle(record) for record in records]
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
        for record in records:
            if town.chain.blocks.record(record.record_id) is not None:
                crowd.keep(record)
                types.add(record.type)
        for alert in town.raised():
            if alert.record_id not in crowd.known.setdefault(alert.type, []):
                crowd.keep(alert)
    assert len(types) >= 10, "the crowd should get most kinds of records in"
    assert len(town.alerts()) >= 5
    assert list(town.chain.state.scan(b"")) == list(voter.chain.state.scan(b""))
