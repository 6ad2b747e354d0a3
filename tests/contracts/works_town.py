"""A town that follows a small procedure of its own, with one node of every kind (``works/``)."""

from collections.abc import Iterable
from pathlib import Path

from contracts.catalogue import load_catalogue
from contracts.completeness import Completeness, completeness, node_name
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.block import decode_header_of_block
from ledger.core.certificate import decode_certificate
from ledger.core.identifiers import Height, RecordId, Subject
from ledger.core.record import Record, decode_record
from ledger.store.api import Store
from tests.contracts.sealing import SealedTown
from tests.contracts.town import SECTION, Town

FOLDER = Path(__file__).parent / "works"
CATALOGUE = load_catalogue([FOLDER])
WITNESS = ("tender.witness_certificate", "tender.witness_certificate_withdrawn")
BIDS = ("mason", "roofer")
EXPERTS = ("notary", "agency")


class WorksTown(SealedTown):
    """One section under the small procedure; a story leaves out or delays what it likes."""

    def __init__(self, store: Store | None = None, procedure: str = "works") -> None:
        super().__init__(store, CATALOGUE, procedure)
        self.said: dict[str, RecordId] = {}

    # The steps of the procedure.

    def bids(self, receipts: Iterable[str] = BIDS) -> None:
        """Two sealed bids with their receipts; the set, and the opening of all."""
        bids = [self.bid(bidder) for bidder in BIDS]
        sealed = [self.seal(bid) for bid in bids]
        sealed += [self.seal(self.receipt_of(bid)) for bid in bids if bid.issuer in tuple(receipts)]
        places = self.commit_sealed(*sealed)
        self.said |= {f"bid of {bid.issuer}": bid.record_id for bid in bids}
        self.say("builder", "tender.clarification", kind="answer")
        self.seal_set(*places[: len(BIDS)])
        self.start()
        for each, place in zip(sealed, places, strict=True):
            self.open(each, place)

    def receipt_of(self, bid: Record) -> Record:
        """The bid system's receipt of a bid."""
        refs = [("follows", bid.record_id)]
        return self.record("centre", "tender.bid_receipt", SECTION, refs=refs)

    def on(self, bidder: str, type_key: str, by: str = "builder") -> RecordId:
        """Somebody says something about a bid."""
        refs = [("follows", self.said[f"bid of {bidder}"])]
        self.said[f"{type_key} {by} {bidder}"] = self.say(by, type_key, refs=refs)
        return self.said[f"{type_key} {by} {bidder}"]

    def close_opening(self) -> None:
        """The host closes the opening, and the centre confirms it."""
        closed = self.say("builder", "tender.opening_closed")
        self.say("centre", "ledger.confirmed", refs=[("confirms", closed)])
        self.said["closed"] = closed

    def panel(self) -> None:
        """Two experts sign in."""
        for expert in EXPERTS:
            self.said[f"expert {expert}"] = self.say(expert, "works.signed_in")

    def evaluate(self, without: tuple[str, str] | None = None) -> None:
        """Every expert scores every bid, but for one pair."""
        self.said["begun"] = self.say("builder", "works.begun")
        for expert in EXPERTS:
            for bidder in BIDS:
                if (expert, bidder) != without:
                    self.on(bidder, "works.scored", by=expert)
        self.said["report"] = self.say("builder", "works.reported")

    def secure(self) -> None:
        """One bidder insures, the other pledges: either will do."""
        self.say("builder", "works.insured", bidder=BIDS[0])
        self.said["pledge"] = self.say("builder", "works.pledged", bidder=BIDS[1])

    def hand_in(self) -> RecordId:
        """The file set, by which the certificate is asked for."""
        self.said["file set"] = self.say("builder", "works.handed_in")
        return self.said["file set"]

    def up_to_the_report(self, without: tuple[str, str] | None = None) -> None:
        """Everything in order, up to the end of the evaluation."""
        self.bids()
        for bidder in BIDS:
            self.on(bidder, "works.read_out")
        self.close_opening()
        self.panel()
        self.evaluate(without)

    def all_of_it(self) -> None:
        """The whole procedure, in order."""
        self.up_to_the_report()
        self.secure()
        self.hand_in()

    # What is asked.

    def completeness(self, subject: str = SECTION) -> Completeness:
        """As any node answers it now."""
        head = self.chain.head
        as_of = Times(head.log_size, head.time_ms)
        return completeness(Subject(subject), CATALOGUE, State(Overlay(self.chain.state)), as_of)

    def states(self) -> dict[str, str]:
        """How every mandatory node stands, by its name."""
        return {
            node_name(each.node, CATALOGUE): each.state.value
            for each in self.completeness().mandatory
        }

    def entered_index(self, record_id: RecordId) -> int:
        """Where a record entered the log."""
        row = State(Overlay(self.chain.state)).record(record_id)
        assert row is not None
        return row.entered.index

    def witnessed(self) -> list[Record]:
        """Certificates and withdrawals, in the order of the log."""
        found = []
        for key in WITNESS:
            for row, value in self.chain.state.scan(f"by/{SECTION}\0{key}\0".encode()):
                stored = self.chain.blocks.record(RecordId(value[:32]))
                assert stored is not None
                found.append((row[-8:], decode_record(stored.data)))
        return [record for _, record in sorted(found, key=lambda each: each[0])]

    def told(self) -> list[str]:
        """`witnessed` in short: which issue, or why withdrawn."""
        return [
            str(each.fields.get("issue", each.fields.get("because"))) for each in self.witnessed()
        ]


def follow(voter: Town, town: Town) -> None:
    """Let another node judge and commit every block of `town`."""
    for header_bytes, payload, certificate in town.executor.serve(Height(1), 1 << 24):
        header = decode_header_of_block(header_bytes)
        assert voter.executor.check(header, payload) is None
        voter.executor.commit(header, payload, decode_certificate(certificate))
