"""A town that tenders openly from the documents obtained to the project file, under the real judge.

Each step is a method that says who does it; what a test leaves out or says otherwise is its story.
"""

from collections.abc import Mapping, Sequence

from ledger.core.canonical import Value
from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.identifiers import Height, MemberId, RecordId
from ledger.core.openings import commit_fields
from ledger.core.record import Private, Record
from ledger.core.sealed import Sealed
from ledger.store.api import Store
from tests.contracts.sealing import BIDDERS, SEALED_ROLES, SYSTEM, SealedTown
from tests.contracts.town import CATALOGUE, DAY, HOUR, MINUTE, PROJECT, SECTION
from tests.vectors.small_network import seed, signer

EXPERTS = tuple(f"expert-{letter}" for letter in "abcde")
CHAIR = EXPERTS[0]
OFFICES = {
    "extraction": ("extraction_system",),
    "deposits": ("deposit_system",),
    "bank": ("bank",),
    "insurer": ("guarantor",),
}
TENDER_ROLES = {**SEALED_ROLES, **OFFICES}
SCORES = (9000, 9100, 8900, 9050, 8950)
POOL = 40
SEEDERS = ("notary", "supervisor")


class TenderTown(SealedTown):
    """A sealed town with banks, an extraction system, and experts under labels."""

    def __init__(
        self,
        procedure: str = "",
        roles: Mapping[str, tuple[str, ...]] = TENDER_ROLES,
        store: Store | None = None,
    ) -> None:
        super().__init__(store, CATALOGUE, procedure, roles=roles)
        self.signers |= {name: signer(f"member {name}") for name in (*OFFICES, *EXPERTS)}
        self.at: dict[str, Value] = {}
        """What experts say beside all that they say: the site."""
        self.bids: list[RecordId] = []
        self.deposits: list[RecordId] = []
        self.guarantees: list[RecordId] = []
        self.given: dict[tuple[str, RecordId], tuple[RecordId, int, bytes]] = {}

    # Labels and experts.

    def label(self, name: str, project: str = PROJECT, **said: Value) -> dict[str, Value]:
        """The fields by which a label is enrolled."""
        fields: dict[str, Value] = {"kind": "label", "roles": ("expert",), "project": project}
        return {**fields, **self.enrolment(name, self.signers[name]), **said}

    def enrol(self, name: str, project: str = PROJECT) -> RecordId:
        """Enrol a label for an expert."""
        private = commit(EXPERTS[0], {"identity": name})[0]
        return self.say(
            "extraction",
            "tender.subject_registered",
            name,
            private=private,
            fields=self.label(name, project),
        )

    def panel(self, *experts: str) -> RecordId:
        """The experts sign in, and the tenderer forms the committee; the first one is its chair."""
        names = experts or EXPERTS
        for name in names:
            self.say(name, "tender.expert_signed_in", fields=self.at)
        fields: dict[str, Value] = {"members": names, "chair": names[0]}
        return self.say("builder", "tender.committee_formed", fields=fields)

    # The draw.

    def asked(self, **said: Value) -> Record:
        """A draw of five places: two blocks for the seeds, then the one whose header decides."""
        fields: dict[str, Value] = {
            "pool_root": seed("pool"),
            "pool_count": POOL,
            "draw_count": 5,
            "draw_height": self.chain.head.height + 4,
            "seeders": SEEDERS,
            "reveal_until_ms": self.now_ms + HOUR,
        }
        return self.record("builder", "tender.expert_draw_requested", fields={**fields, **said})

    def promise(self, request: RecordId, seeder: str, word: str = "") -> Record:
        """The commitment of a seed."""
        digest = seed_commitment(
            self.genesis.network_id, request, MemberId(seeder), seed(word or seeder)
        )
        cited = [("follows", request)]
        return self.record(seeder, "draw.seed_committed", refs=cited, commitment=digest)

    def reveal(self, request: RecordId, seeder: str, word: str = "") -> Record:
        """The seed itself."""
        cited = [("follows", request)]
        return self.record(seeder, "draw.seed_revealed", refs=cited, seed=seed(word or seeder))

    def result(self, request: RecordId, height: int, **said: Value) -> Record:
        """The draw as seeds and header say, unless said otherwise."""
        header = self.chain.blocks.header(Height(height)).hash()
        seeds: dict[MemberId, bytes] = {MemberId(each): seed(each) for each in SEEDERS}
        value = draw_value(self.genesis.network_id, request, seeds, header)
        fields: dict[str, Value] = {"places": drawn(value, POOL, 5), "header": header}
        cited = [("follows", request)]
        return self.record(
            "extraction", "tender.experts_drawn", refs=cited, fields={**fields, **said}
        )

    def seeded(self) -> tuple[RecordId, int]:
        """A draw whose block is settled, with both seeds committed before and none revealed."""
        request = self.accepted(self.asked())
        height = self.chain.head.height + 3
        for seeder in SEEDERS:
            self.accepted(self.promise(request, seeder))
        self.say("notary", "evidence.deposited", "D-1")
        assert self.chain.head.height == height
        return request, height

    def drew(self) -> RecordId:
        """Five experts are drawn."""
        request, height = self.seeded()
        for seeder in SEEDERS:
            self.accepted(self.reveal(request, seeder))
        return self.accepted(self.result(request, height))

    # Bids.

    def dossier(self, bidder: str, security: str = "deposit") -> list[Sealed]:
        """All that a bid rests on, and the bid, in the order in which it is sealed."""
        obtained = self.inner(bidder, "tender.documents_obtained")
        named: dict[str, Value] = {"bidder": bidder}
        if security == "deposit":
            account = self.inner(
                "deposits", "tender.deposit_account_allocated", obtained, fields=named
            )
            paid = self.inner(
                "bank", "tender.deposit_paid", account, fields={**named, "basic_account": True}
            )
            behind = [obtained, account, paid]
        else:
            issued = self.inner("insurer", "tender.guarantee_issued", obtained, fields=named)
            genuine = {**named, "outcome": "genuine"}
            checked = self.inner("centre", "tender.guarantee_verified", issued, fields=genuine)
            behind = [obtained, issued, checked]
        bid = self.inner(
            bidder,
            "tender.bid_submitted",
            obtained,
            behind[-1],
            fields={"security": security},
            files={"bid": f"bid of {bidder}".encode()},
        )
        receipt = self.inner(SYSTEM, "tender.bid_receipt", bid)
        return [self.seal(each) for each in (*behind, bid, receipt)]

    def inner(
        self,
        issuer: str,
        type_key: str,
        *cited: Record,
        fields: Mapping[str, Value] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Record:
        """A record to be sealed that follows others."""
        refs = [("follows", each.record_id) for each in cited]
        return self.record(issuer, type_key, refs=refs, files=files, fields=fields)

    def opened(self, securities: Sequence[str] = ("deposit", "guarantee", "deposit")) -> None:
        """One bid for each security, sealed, listed, opened, decrypted, read out, confirmed."""
        dossiers = [self.dossier(b, s) for b, s in zip(BIDDERS, securities, strict=False)]
        sealed = [each for dossier in dossiers for each in dossier]
        commitments = self.commit_sealed(*sealed)
        at = dict(zip((each.record_id for each in sealed), commitments, strict=True))
        self.bids = [dossier[-2].record_id for dossier in dossiers]
        self.seal_set(*(at[each] for each in self.bids))
        self.start()
        for each, commitment in zip(sealed, commitments, strict=True):
            self.open(each, commitment)
        for bid in self.bids:
            self.say(SYSTEM, "tender.bid_decrypted", refs=[("follows", bid)], outcome="success")
        read = self.say("builder", "tender.bids_read", refs=[("follows", bid) for bid in self.bids])
        for bidder, _ in zip(BIDDERS, self.bids, strict=False):
            self.say(
                bidder, "tender.opening_confirmed", refs=[("follows", read)], outcome="confirmed"
            )
        self.deposits = self.listed("tender.deposit_paid")
        self.guarantees = self.listed("tender.guarantee_issued")

    def listed(self, type_key: str, subject: str = SECTION) -> list[RecordId]:
        """The records of a type about the section, in order."""
        rows = self.chain.state.scan(f"by/{subject}\0{type_key}\0".encode())
        return [RecordId(value[:32]) for _, value in rows]

    def closed(self) -> RecordId:
        """The opening is closed, with the centre as its witness."""
        closed = self.say("builder", "tender.opening_closed")
        self.confirm(closed, "centre")
        return closed

    def confirm(self, record_id: RecordId, *members: str) -> None:
        """Further signers sign."""
        for member in members:
            self.say(member, "ledger.confirmed", refs=[("confirms", record_id)])

    # Evaluation.

    def evaluation(
        self, scores: Mapping[tuple[int, int], int] | None = None, wait_ms: int = 20 * MINUTE
    ) -> None:
        """Evaluation starts, and each expert scores each bid; some as said: (expert, bid)."""
        self.say(CHAIR, "tender.evaluation_started")
        self.wait_until(self.now_ms + wait_ms)
        for number, expert in enumerate(EXPERTS):
            for place, bid in enumerate(self.bids):
                value = (scores or {}).get((number, place), SCORES[number] - 100 * place)
                self.score(expert, bid, value)

    def score(self, expert: str, bid: RecordId, value: int) -> RecordId:
        """An expert scores a bid."""
        private, salt = commit(expert, {"score": value})
        cited = [("follows", bid)]
        made = self.say(
            expert, "tender.score_submitted", refs=cited, private=private, fields=self.at
        )
        self.given[expert, bid] = (made, value, salt["score"])
        return made

    def revise(self, expert: str, bid: RecordId, value: int, by: str = "") -> Record:
        """The revision of a score, not yet submitted; what is kept is the new one."""
        private, salt = commit(by or expert, {"score": value})
        amended = self.given[expert, bid][0]
        record = self.record(
            by or expert,
            "tender.score_revised",
            refs=[("amends", amended)],
            private=private,
            reason="误记",
        )
        self.given[expert, bid] = (record.record_id, value, salt["score"])
        return record

    def report(self, given: Sequence[tuple[RecordId, int, bytes]] | None = None) -> Record:
        """The report by the chair that opens these scores, or those in force."""
        opened = list(self.given.values()) if given is None else given
        fields: dict[str, Value] = {
            "scores": tuple(record_id for record_id, _, _ in opened),
            "values": tuple(value for _, value, _ in opened),
            "salts": b"".join(salt for _, _, salt in opened),
        }
        return self.record(CHAIR, "tender.evaluation_report", fields=fields)

    def reported(self) -> RecordId:
        """The report is in force: every other expert has confirmed it."""
        report = self.accepted(self.report())
        self.confirm(report, *EXPERTS[1:])
        return report

    def scored(self, scores: Mapping[tuple[int, int], int] | None = None) -> None:
        """Every expert has scored every bid, some as said; nobody was drawn."""
        for name in EXPERTS:
            self.enrol(name)
        self.opened()
        self.closed()
        self.panel()
        self.evaluation(scores)

    def evaluated(self) -> None:
        """Everything up to the report, without a blemish."""
        self.drew()
        self.scored()
        self.reported()

    # Award.

    def awarded(self) -> RecordId:
        """Candidates, publicity of three days, decision and result."""
        self.say("builder", "tender.candidates_published", candidates=BIDDERS[:3])
        self.wait_until(self.now_ms + 4 * DAY)
        self.say("builder", "tender.award_decided", winner="bidder")
        return self.say("builder", "tender.result_published", winner="bidder", price_fen=100)


def commit(issuer: str, fields: Mapping[str, Value]) -> tuple[Private, dict[str, bytes]]:
    """A commitment to private fields, and their salts."""
    salts = {name: seed(f"salt {issuer} {name} {value!r}")[:16] for name, value in fields.items()}
    return commit_fields(MemberId(issuer), fields, salts)[0], salts
