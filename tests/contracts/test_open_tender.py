"""The shipped profile, open tender with post-qualification: its nodes, and a section up to T28."""

from contracts.completeness import completeness, node_name
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.core.identifiers import RecordId, Subject
from ledger.core.record import Record, decode_record
from ledger.core.sealed import Sealed
from tests.contracts.sealing import SEALED_ROLES, SealedTown
from tests.contracts.town import CATALOGUE, SECTION

PROFILE = CATALOGUE.profiles["open_tender"]
ROLES = {
    **SEALED_ROLES,
    "centre": (*SEALED_ROLES["centre"], "deposit_system"),
    "notary": ("notary", "bank"),
    "agency": ("agent", "guarantor"),
}
NODES = {
    "notice": "T06 T05 T08 T09",
    "committee": "T30 T31 T34 T35",
    "bids": "T13 T14|T16 T15|T17 T19 T20",
    "opening": "T22 T23 T24 T25 T28",
    "evaluation": "T36 T40 T43",
    "award": "T44 T46 T47",
    "contract": "T48 T49",
    "closing": "T51 T52 T61",
}


def listed(town: SealedTown, type_key: str) -> list[RecordId]:
    rows = town.chain.state.scan(f"by/{SECTION}\0{type_key}\0".encode())
    return [RecordId(value[:32]) for _, value in rows]


class OpenTender(SealedTown):
    """One bidder pays a deposit, the other brings a guarantee; `dropped` codes never happen."""

    def __init__(self, *dropped: str) -> None:
        super().__init__(procedure="open_tender", roles=ROLES)
        self.dropped = dropped
        self.sealed: list[Sealed] = []
        self.bids: list[RecordId] = []
        self.money: dict[str, RecordId] = {}

    def sealing(
        self, by: str, code: str, after: RecordId | None = None, bidder: str = ""
    ) -> Record:
        """Seal a record of the type with that code, unless it is dropped."""
        kind = CATALOGUE.type(code)
        assert kind is not None
        refs = [] if after is None else [("follows", after)]
        fields: dict[str, str | bool] = {"bidder": bidder} if bidder else {}
        fields |= {"basic_account": True} if code == "T15" else {}
        fields |= {"outcome": "genuine"} if code == "T17" else {}
        record = self.record(by, kind.key, SECTION, refs=refs, fields=fields)
        if code not in self.dropped:
            self.sealed.append(self.seal(record))
        return record

    def play_bidding(self) -> None:
        """What two bidders, the bank, the guarantor and the systems do under seal."""
        for bidder in ("mason", "roofer"):
            obtained = self.sealing(bidder, "T13").record_id
            if bidder == "mason":
                allocated = self.sealing("centre", "T14", obtained, bidder).record_id
                self.money[bidder] = self.sealing("notary", "T15", allocated, bidder).record_id
            else:
                self.money[bidder] = self.sealing("agency", "T16", obtained, bidder).record_id
                self.sealing("centre", "T17", self.money[bidder], bidder)
            bid = self.sealing(bidder, "T19", obtained)
            self.bids.append(bid.record_id)
            self.sealing("centre", "T20", bid.record_id)
        places = self.commit_sealed(*self.sealed)
        self.seal_set(
            *(
                place
                for each, place in zip(self.sealed, places, strict=True)
                if each.record_id in self.bids
            )
        )
        self.start()
        for each, place in zip(self.sealed, places, strict=True):
            self.open(each, place)

    def play_opening(self) -> None:
        """Decrypted, read out, closed before the centre."""
        for bid in self.bids:
            follows = [("follows", bid)]
            self.say("centre", "tender.bid_decrypted", refs=follows, outcome="success")
        read = [("follows", bid) for bid in self.bids]
        self.say("builder", "tender.bids_read", refs=read)
        closed = self.say("builder", "tender.opening_closed")
        self.say("centre", "ledger.confirmed", refs=[("confirms", closed)])

    def states(self) -> dict[str, str]:
        """How every mandatory node stands, by its codes."""
        head = self.chain.head
        as_of, state = Times(head.log_size, head.time_ms), State(Overlay(self.chain.state))
        found = completeness(Subject(SECTION), CATALOGUE, state, as_of)
        return {node_name(each.node, CATALOGUE): each.state.value for each in found.mandatory}

    def al01(self) -> list[str]:
        """What each AL01 named."""
        return [because for code, because in self.alerts() if code == "AL01"]


def named(group: str) -> list[str]:
    """The nodes of a group."""
    return NODES[group].split(" ")


def test_the_profile_lists_the_nodes_of_an_open_tender_in_their_groups() -> None:
    listed = {
        group.key: " ".join(node_name(node, CATALOGUE) for node in group.nodes)
        for group in PROFILE.groups
    }
    assert listed == NODES
    earlier = {group.key: group.earlier for group in PROFILE.groups}
    assert earlier["committee"] == {"notice"}
    assert earlier["evaluation"] == {"notice", "committee", "bids", "opening"}
    # A deposit goes back before the contract is signed, and that is no disorder.
    assert "contract" not in earlier["closing"] and "closing" not in earlier["contract"]


def test_a_tender_without_security_has_the_same_nodes_but_for_the_money() -> None:
    money = {"T14|T16", "T15|T17", "T51", "T52"}
    other = CATALOGUE.profiles["open_tender_unsecured"]
    listed = [(group.key, node) for group in PROFILE.groups for node in group.nodes]
    kept = [each for each in listed if node_name(each[1], CATALOGUE) not in money]
    assert [(group.key, node) for group in other.groups for node in group.nodes] == kept
    assert (other.optional, other.none_open) == (PROFILE.optional, PROFILE.none_open)


def test_a_section_shows_every_node_up_to_the_end_of_its_opening() -> None:
    town = OpenTender()
    town.play_bidding()
    town.play_opening()
    states = town.states()
    for name in (*named("notice"), *named("bids"), *named("opening")):
        assert states[name] == "present", name
    for name in (*named("committee"), "T36", "T43", *named("award"), *named("contract")):
        assert states[name] == "awaited", name
    # One deposit to give back, one guarantee to release; no score before an expert is there.
    assert (states["T51"], states["T52"], states["T40"]) == ("awaited", "awaited", "not_needed")
    assert town.al01() == []


def test_a_dropped_receipt_is_named_when_the_opening_closes() -> None:
    town = OpenTender("T20")
    town.play_bidding()
    assert town.states()["T20"] == "awaited"
    town.play_opening()
    assert town.al01() == ["T20"]
    assert town.states()["T20"] == "missing"


def test_an_unverified_guarantee_and_a_deposit_without_its_account_are_named() -> None:
    town = OpenTender("T17", "T14")
    town.play_bidding()
    town.play_opening()
    assert "T14|T16 T15|T17" in town.al01()


def test_a_tender_that_failed_shows_what_came_before_and_gives_back_what_was_paid() -> None:
    town = OpenTender()
    town.play_bidding()
    town.play_opening()
    town.say("builder", "tender.change", kind="termination")
    town.say("builder", "tender.file_set_submitted")
    # Nothing of evaluation and award is wanted any more; the deposits still are to go back.
    assert town.al01() == ["T51 T52"]
    assert not list(town.chain.state.scan(f"certified/{SECTION}".encode()))
    town.say("notary", "tender.deposits_pooled", count=1)
    paid, issued = listed(town, "tender.deposit_paid"), listed(town, "tender.guarantee_issued")
    for each in paid:
        town.say("notary", "tender.deposit_refunded", refs=[("follows", each)])
    for each in issued:
        cited = [("follows", each)]
        town.say("agency", "tender.guarantee_released", refs=cited, outcome="released")
    (certificate,) = listed(town, "tender.witness_certificate")
    stored = town.chain.blocks.record(certificate)
    assert stored is not None
    assert decode_record(stored.data).fields["outcome"] == "terminated"


def test_whoever_asks_for_the_certificate_too_early_is_told_everything_that_lacks() -> None:
    town = OpenTender("T13")
    town.play_bidding()
    town.play_opening()
    town.say("builder", "tender.change", kind="termination")
    town.say("builder", "tender.file_set_submitted")
    assert town.al01()[-1] == "T13 T51 T52"
