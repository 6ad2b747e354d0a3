"""A town that tenders: a network of four departments and three market subjects, and its clock.

Nothing below is faked: the shipped catalogue, executor and chain on a memory store, real keys and
real certificates. A story says who submits what and when, and asks what was refused or alerted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from contracts.catalogue import load_catalogue
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from contracts.tables import Catalogue
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import Header
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.canonical import Value
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.genesis import Founder, Genesis, Role
from ledger.core.hashing import Tag, sha256
from ledger.core.identifiers import MemberId, RecordId, Subject, View
from ledger.core.limits import Parameters
from ledger.core.possession import prove_possession
from ledger.core.record import Evidence, Private, Record, Ref, decode_record
from ledger.core.signing import Ed25519Signer, sign_tagged
from ledger.errors import Rejected
from ledger.store.api import Store
from ledger.store.memory import MemoryStore
from tests.vectors.small_network import nonce, signer, small_committee

START_MS = 1_767_225_600_000
"""2026-01-01 08:00:00 in UTC+8, a Thursday."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
GRACE = Parameters().deadline_grace_ms

DEPARTMENTS = ("centre", "supervisor", "registry", "notary")
ROLES: Mapping[str, tuple[str, ...]] = {
    "centre": ("trading_centre", "role_authority", "client_system", "bid_system"),
    "supervisor": ("supervisor",),
    "registry": ("registrar", "rule_authority", "standards_body"),
    "notary": ("notary",),
    "builder": ("tenderer",),
    "agency": ("agent",),
    "bidder": ("bidder",),
}
PROJECT, SECTION = "LZ-2026-001", "LZ-2026-001/01"
CATALOGUE = load_catalogue()


def town_genesis(
    catalogue: Catalogue = CATALOGUE,
    parameters: Parameters | None = None,
    roles: Mapping[str, tuple[str, ...]] = ROLES,
) -> Genesis:
    """The town's constitution."""
    return Genesis(
        name="town",
        domain="town.example",
        created_at_ms=START_MS - 1,
        committee=small_committee(DEPARTMENTS),
        members=tuple(
            Founder(
                MemberId(name),
                "organisation",
                name,
                name,
                "",
                tuple(Role(role, "") for role in held),
                (signer(f"member {name}").public_key,),
            )
            for name, held in roles.items()
        ),
        catalogue_hash=catalogue.hash,
        parameters=parameters or Parameters(),
    )


class Town:
    """The ledger of the town, and whoever submits to it."""

    founded: ClassVar["list[Town] | None"] = None
    """Where each new town puts itself, while somebody wants to know."""

    def __init__(
        self,
        store: Store | None = None,
        catalogue: Catalogue = CATALOGUE,
        parameters: Parameters | None = None,
        roles: Mapping[str, tuple[str, ...]] = ROLES,
    ) -> None:
        self.genesis = town_genesis(catalogue, parameters, roles)
        self.chain = Chain(store or MemoryStore(), self.genesis, genesis_rows(self.genesis))
        self.executor = BlockExecutor(self.chain, catalogue)
        self.now_ms = START_MS
        self.signers = {name: signer(f"member {name}") for name in ROLES}
        self._said = 0
        if Town.founded is not None:
            Town.founded.append(self)

    def record(
        self,
        issuer: str,
        type_key: str,
        subject: str = SECTION,
        *,
        refs: Sequence[tuple[str, RecordId]] = (),
        files: Mapping[str, bytes] | None = None,
        private: Private | None = None,
        fields: Mapping[str, Value] | None = None,
        **more: Value,
    ) -> Record:
        """What a member says; documents by their label and content, fields by name."""
        self._said += 1
        kind = CATALOGUE.types.get(type_key)
        if files is None:
            files = {"file": b"content"} if kind is not None and kind.evidence_min else {}
        return Record(
            type_key,
            MemberId(issuer),
            Subject(subject),
            self.now_ms,
            tuple(
                Evidence(label, sha256(data), None, len(data), "text/plain")
                for label, data in files.items()
            ),
            {**(fields or {}), **more},
            private,
            tuple(Ref(relation, cited) for relation, cited in refs),
            nonce(f"town {self._said}"),
        )

    def bundle(self, *records: Record, by: str = "") -> Bundle:
        """The records under their issuer's signature (or under the key named `by`)."""
        issuer = records[0].issuer
        return sign_bundle(
            self.signers[by or issuer],
            self.genesis.network_id,
            issuer,
            [record.encode() for record in records],
            self.now_ms,
            self.now_ms + HOUR,
            bytes(16),
        )

    def block(self, *bundles: Bundle, at: int | None = None) -> tuple[Header, bytes] | None:
        """Assemble the next block, at a time or one second later; nothing is committed."""
        self.now_ms = self.now_ms + SECOND if at is None else at
        return self.executor.assemble(bundles, self.now_ms, self.genesis.committee.primary(View(0)))

    def commit(self, *bundles: Bundle, at: int | None = None) -> Header | None:
        """Assemble, check and commit the next block; None where there was nothing to do."""
        made = self.block(*bundles, at=at)
        if made is None:
            return None
        header, payload = made
        assert self.executor.check(header, payload) is None
        self.executor.commit(header, payload, certify(self.genesis, header))
        return header

    def say(
        self,
        issuer: str,
        type_key: str,
        subject: str = SECTION,
        at: int | None = None,
        *,
        refs: Sequence[tuple[str, RecordId]] = (),
        files: Mapping[str, bytes] | None = None,
        private: Private | None = None,
        fields: Mapping[str, Value] | None = None,
        **more: Value,
    ) -> RecordId:
        """Submit one record in its own block; it must be accepted. Returns its id."""
        self.now_ms = self.now_ms + SECOND if at is None else at
        said = {**(fields or {}), **more}
        record = self.record(
            issuer, type_key, subject, refs=refs, files=files, private=private, fields=said
        )
        bundle = self.bundle(record)
        verdict = self.executor.judge(bundle, self.now_ms)
        assert not isinstance(verdict, Rejected), verdict
        self.commit(bundle, at=self.now_ms)
        return record.record_id

    def refused(
        self,
        issuer: str,
        type_key: str,
        subject: str = SECTION,
        at: int | None = None,
        *,
        refs: Sequence[tuple[str, RecordId]] = (),
        files: Mapping[str, bytes] | None = None,
        private: Private | None = None,
        fields: Mapping[str, Value] | None = None,
        **more: Value,
    ) -> Code:
        """Submit one record that must be refused, and leave no trace. Returns the code."""
        self.now_ms = self.now_ms + SECOND if at is None else at
        said = {**(fields or {}), **more}
        record = self.record(
            issuer, type_key, subject, refs=refs, files=files, private=private, fields=said
        )
        verdict = self.executor.judge(self.bundle(record), self.now_ms)
        assert isinstance(verdict, Rejected), f"{type_key} was accepted"
        height = self.chain.head.height
        assert not self.executor.timer_due(self.now_ms)
        assert self.commit(self.bundle(record), at=self.now_ms) is None
        assert self.chain.head.height == height
        return verdict.code

    def wait_until(self, time_ms: int) -> None:
        """Let time pass, and let each due timer fire in an otherwise empty block."""
        self.now_ms = time_ms
        while self.executor.timer_due(self.now_ms):
            self.commit(at=self.now_ms)
            self.now_ms += 1

    def alerts(self) -> list[tuple[str, str]]:
        """Every alert so far as (code, because), in the order of the log."""
        return [(str(each.fields["alert"]), str(each.fields["because"])) for each in self.raised()]

    def raised(self) -> list[Record]:
        """Every alert record so far, in the order of the log."""
        found = []
        for key, _ in self.chain.state.scan(b"alert/"):
            if b"\0*\0" in key:
                record_id = self.chain.state.get(key)
                assert record_id is not None
                stored = self.chain.blocks.record(RecordId(record_id))
                assert stored is not None
                found.append((key[-8:], decode_record(stored.data)))
        return [record for _, record in sorted(found, key=lambda each: each[0])]

    # What most stories begin with.

    def accepted_project(self, project: str = PROJECT, industry: str = "housing") -> RecordId:
        """Entry commitment and intake."""
        self.say("builder", "tender.entry_commitment", project)
        return self.say(
            "centre",
            "tender.project_accepted",
            project,
            tenderer="builder",
            name="学校改扩建",
            industry=industry,
        )

    def announced(
        self,
        bid_deadline_ms: int,
        section: str = SECTION,
        fields: Mapping[str, Value] | None = None,
    ) -> tuple[RecordId, RecordId]:
        """An accepted project, its tender document and its announcement."""
        self.accepted_project(section.partition("/")[0])
        document = self.say("builder", "tender.document_filed", section, kind="tender")
        announcement = self.say(
            "builder",
            "tender.announcement",
            section,
            kind="announcement",
            fields=fields,
            bid_deadline_ms=bid_deadline_ms,
        )
        return document, announcement

    def enrolment(self, member: str, key: Ed25519Signer) -> dict[str, Value]:
        """The fields by which a key is enrolled for a member."""
        network, name = self.genesis.network_id, MemberId(member)
        return {
            "public_key": key.public_key,
            "possession": prove_possession(key, network, name),
        }


def certify(genesis: Genesis, header: Header, view: int = 0) -> CommitCertificate:
    """The commit certificate of the first q nodes."""
    slot = Slot(header.network_id, header.epoch, header.height, View(view))
    body = vote_body(slot, header.hash())
    nodes = tuple(genesis.committee)[: genesis.committee.q]
    votes = tuple(
        (node, sign_tagged(signer(f"node {node.removeprefix('node-')}"), Tag.COMMIT, body))
        for node in nodes
    )
    return CommitCertificate(slot, header.hash(), votes)


def short_days(day_ms: int = 4_800) -> Parameters:
    """Parameters of a demonstration: the real rules, with a short day."""
    return replace(
        Parameters(),
        day_ms=day_ms,
        sealing_tick_ms=500,
        clock_ahead_ms=100,
        deadline_grace_ms=1_000,
    )
