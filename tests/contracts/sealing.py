"""A town whose bids are sealed: bidders who sign, a bid system that commits, lists and opens."""

from collections.abc import Mapping
from dataclasses import replace

from contracts.tables import Catalogue
from ledger.core.bundle import Bundle
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.record import Record, Ref
from ledger.core.sealed import (
    COMMITMENT_TYPE,
    OPENING_TYPE,
    Sealed,
    commitment_digest,
    seal,
)
from ledger.errors import Rejected
from ledger.store.api import Store
from tests.contracts.town import CATALOGUE, DAY, HOUR, ROLES, SECTION, START_MS, Town
from tests.vectors.small_network import seed, signer

DEADLINE = START_MS + 21 * DAY
AFTER = DEADLINE + 60_000
BIDDERS = ("bidder", "mason", "roofer", "glazier")
SEALED_ROLES = {**ROLES, **dict.fromkeys(BIDDERS, ("bidder",))}
SYSTEM = "centre"


class SealedTown(Town):
    """A town with four bidders and one announced section."""

    def __init__(
        self,
        store: Store | None = None,
        catalogue: Catalogue = CATALOGUE,
        procedure: str = "",
        roles: Mapping[str, tuple[str, ...]] = SEALED_ROLES,
    ) -> None:
        super().__init__(store, catalogue, roles=roles)
        self.signers |= {name: signer(f"member {name}") for name in BIDDERS}
        self.announced(DEADLINE, fields={"procedure": procedure} if procedure else {})

    def bid(self, bidder: str, type_key: str = "tender.bid_submitted", **more: object) -> Record:
        """An inner record, a bid unless said otherwise."""
        files = {"bid": f"bid of {bidder}".encode()} if type_key.endswith("submitted") else {}
        subject = str(more.pop("subject", SECTION))
        record = self.record(bidder, type_key, subject, files=files)
        return replace(record, **more)  # type: ignore[arg-type]

    def seal(
        self, record: Record, name: str = "", by: str = "", expires_at_ms: int | None = None
    ) -> Sealed:
        """The record sealed by its author (or under the key of `by`)."""
        self._said += 1
        expires = self.now_ms + HOUR if expires_at_ms is None else expires_at_ms
        return seal(
            self.signers[by or record.issuer],
            self.genesis.network_id,
            record.issuer,
            record.encode(),
            self.now_ms,
            expires,
            seed(name or f"salt {self._said}"),
            bytes(16),
        )

    def commitment(self, sealed: Sealed | None, by: str = SYSTEM) -> Record:
        """The commitment to `sealed`; a cover where there is nothing to seal."""
        self._said += 1
        digest = seed(f"cover {self._said}")
        if sealed is not None:
            digest = commitment_digest(self.genesis.network_id, MemberId(by), sealed)
        return self.record(by, COMMITMENT_TYPE, "", commitment=digest)

    def commit_sealed(self, *sealed: Sealed, by: str = SYSTEM) -> list[RecordId]:
        """One commitment each, in one bundle and in this order; at a time that goes on."""
        records = [self.commitment(each, by) for each in sealed]
        assert self.commit(self.bundle(*records)) is not None
        return [record.record_id for record in records]

    def opening(self, sealed: Sealed, commitment: RecordId, by: str = SYSTEM) -> Record:
        """The opening of one commitment."""
        record = self.record(by, OPENING_TYPE, "", fields=dict(sealed.fields()))
        return replace(record, subject=Subject(""), refs=(Ref("opens", commitment),))

    def open(self, sealed: Sealed, commitment: RecordId, by: str = SYSTEM) -> RecordId:
        """Open one commitment; it must be accepted."""
        return self.accepted(self.opening(sealed, commitment, by))

    def accepted(self, record: Record) -> RecordId:
        """Submit a record that must be accepted, in a block of its own."""
        self.now_ms += 1_000
        verdict = self.executor.judge(self.bundle(record), self.now_ms)
        assert not isinstance(verdict, Rejected), verdict
        assert self.commit(self.bundle(record), at=self.now_ms) is not None
        return record.record_id

    def why_not(self, *records: Record, by: Bundle | None = None) -> str:
        """The code with which a record is refused; empty where it is not."""
        verdict = self.executor.judge(by or self.bundle(*records), self.now_ms + 1_000)
        return str(verdict.code) if isinstance(verdict, Rejected) else ""

    def seal_set(self, *commitments: RecordId) -> RecordId:
        """The whole bid set in one part, after the deadline."""
        return self.say(
            SYSTEM,
            "tender.bid_set_sealed",
            at=max(self.now_ms + 1_000, AFTER),
            commitments=tuple(sorted(commitments)),
            count=len(commitments),
            part=1,
            parts=1,
        )

    def start(self) -> RecordId:
        """The opening begins."""
        return self.say("builder", "tender.opening_started")
