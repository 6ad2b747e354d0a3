"""What came out of an opening is on the ledger: found, proven, counted once, and audited."""

from dataclasses import replace

import pytest

from contracts.genesis_rows import genesis_rows
from contracts.replay import Replay
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.core.checkpoint import Checkpoint, cosign, cosigner_name
from ledger.core.identifiers import LogIndex, MemberId, NodeId, RecordId, Subject
from ledger.core.record import decode_record
from ledger.core.sealed import Sealed
from ledger.errors import StoreError
from ledger.lookup import Lookup, Turn
from ledger.store.api import Store, Write
from ledger.store.index import Algorithm
from ledger.store.keys import Table
from ledger.store.memory import MemoryStore
from ledger.trust import trust_root
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_receipt
from tests.contracts.sealing import BIDDERS, SYSTEM, SealedTown
from tests.contracts.town import CATALOGUE, SECTION
from tests.vectors.small_network import SECOND, signer


class OpenedTown(SealedTown):
    """A town in which one bid is opened by the system, and one by its author."""

    def __init__(self, store: Store | None = None) -> None:
        super().__init__(store)
        self.bids = [self.seal(self.bid(bidder)) for bidder in BIDDERS[:2]]
        self.commitments = self.commit_sealed(*self.bids)
        self.seal_set(*self.commitments)
        self.start()
        self.openings = [
            self.open(self.bids[0], self.commitments[0]),
            self.open(self.bids[1], self.commitments[1], by=BIDDERS[1]),
        ]

    def cosign(self) -> None:
        """The whole committee cosigns the newest head."""
        header = self.chain.blocks.header(self.chain.head.height)
        checkpoint = Checkpoint(self.chain.origin, header.log_size, header.log_root)
        for node in self.genesis.committee:
            self.chain.add_cosignature(
                node, header.log_size, header.log_root, self._line(node, checkpoint, header.time_ms)
            )

    def _line(self, node: NodeId, checkpoint: Checkpoint, time_ms: int) -> str:
        name = cosigner_name(self.chain.origin, node)
        key = signer(f"node {node.removeprefix('node-')}")
        return cosign(key, name, checkpoint, time_ms // SECOND).line()

    def proven(self, record_id: RecordId) -> VerifiedRecord:
        """The verdict on the receipt that the chain gives of a record."""
        return verify_receipt(self.chain.receipt(record_id), trust_root(self.genesis))

    def place(self, record_id: RecordId) -> int:
        """Log index of a record's entry."""
        stored = self.chain.blocks.record(record_id)
        assert stored is not None
        return stored.place.index


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(scope="module")
def town(store: MemoryStore) -> OpenedTown:
    town = OpenedTown(store)
    town.cosign()
    return town


def test_an_opened_bid_proves_itself_from_where_it_was_committed(town: OpenedTown) -> None:
    for bid, commitment, opening, opener in zip(
        town.bids, town.commitments, town.openings, (SYSTEM, BIDDERS[1]), strict=True
    ):
        verdict = town.proven(bid.record_id)
        assert verdict.record.type == "tender.bid_submitted"
        assert verdict.index == town.place(commitment)
        assert verdict.opened is not None
        assert verdict.opened.opening_id == opening
        assert verdict.opened.index == town.place(opening)
        assert (verdict.opened.opened_by, verdict.opened.committed_by) == (opener, SYSTEM)


def test_it_is_found_at_its_opening_by_all_that_it_says(town: OpenedTown) -> None:
    lookup, bid = town.chain.lookup, town.bids[0]
    digest = town.bid(BIDDERS[0]).evidence[0].sha256
    places = {
        "subject": lookup.by_subject(Subject(SECTION), Turn()),
        "digest": lookup.by_digest(Algorithm.SHA256, digest, Turn()),
        "issuer": lookup.by_issuer(MemberId(BIDDERS[0]), Turn()),
        "type": lookup.by_type("tender.bid_submitted", Turn()),
    }
    for name, page in places.items():
        found = {each.record_id: each.index for each in page.items}
        assert found[bid.record_id] == town.place(town.openings[0]), name
    assert len(places["type"].items) == 2


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_never_part_an_opening_from_what_came_out_of_it(
    town: OpenedTown, newest_first: bool
) -> None:
    lookup: Lookup = town.chain.lookup
    author = MemberId(BIDDERS[1])
    whole = lookup.by_issuer(author, Turn(newest_first=newest_first)).items
    assert {town.openings[1], town.bids[1].record_id} <= {each.record_id for each in whole}
    pages: list[RecordId] = []
    after: LogIndex | None = None
    while True:
        page = lookup.by_issuer(author, Turn(1, after, newest_first))
        pages += [each.record_id for each in page.items]
        if page.cursor is None:
            break
        after = page.cursor
    assert pages == [each.record_id for each in whole]


def test_the_same_record_in_a_bundle_of_its_own_is_known(town: OpenedTown) -> None:
    again = decode_record(town.bids[0].record)
    assert town.why_not(again) == "bundle.known"
    # With a new record beside it, it is left out of the block, as what is known always is.
    fresh = town.record(BIDDERS[0], "evidence.deposited", "D-1")
    made = town.commit(town.bundle(again, fresh))
    assert made is not None
    assert [
        row.has_entered(0) for row in town.chain.blocks.bundle_rows(town.chain.head.height)
    ] == [False]
    assert town.chain.blocks.record(fresh.record_id) is not None


def test_what_was_opened_and_invalid_is_not_on_the_ledger() -> None:
    town = SealedTown()
    broken = town.seal(replace(town.bid("bidder"), evidence=()))
    (commitment,) = town.commit_sealed(broken)
    town.seal_set(commitment)
    town.start()
    opening = town.open(broken, commitment)
    assert town.chain.blocks.record(opening) is not None
    assert town.chain.blocks.record(broken.record_id) is None
    assert town.chain.lookup.by_type("tender.bid_submitted", Turn()).items == ()
    with pytest.raises(StoreError, match=r"record\.unknown"):
        town.chain.receipt(broken.record_id)


def findings(town: SealedTown, store: Store) -> list[Finding]:
    judge = Replay(town.genesis, CATALOGUE, MemoryStore())
    events = audit(store, town.genesis, genesis_rows(town.genesis), judge)
    return [event for event in events if isinstance(event, Finding)]


def changed(store: Store, *writes: Write) -> MemoryStore:
    copy = MemoryStore()
    copy.write(store.scan(b"", b"\xff"))
    copy.write(writes)
    return copy


def test_an_audit_computes_what_came_out_again(town: OpenedTown, store: MemoryStore) -> None:
    assert findings(town, store) == []
    for table in (Table.OPENED, Table.OPENED_ISSUER, Table.OPENED_TYPE):
        rows = list(store.scan(*table.range()))
        assert len(rows) == 2
        key, value = rows[0]
        flipped = bytes([value[0] ^ 1]) + value[1:]
        for write in ((key, None), (key, flipped), (key + b"\x00", value)):
            assert findings(town, changed(store, write)), (table, write)


def test_an_invalid_record_cannot_be_slipped_into_the_index() -> None:
    """Only judging again can tell it: the opening carries it, and every root holds."""
    store = MemoryStore()
    town = SealedTown(store)
    broken: Sealed = town.seal(replace(town.bid("bidder"), evidence=()))
    (commitment,) = town.commit_sealed(broken)
    town.seal_set(commitment)
    town.start()
    opening = town.open(broken, commitment)
    assert findings(town, store) == []
    assert findings(town, changed(store, (Table.OPENED.key(broken.record_id), opening)))
