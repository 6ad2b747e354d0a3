"""What a stranger says in a tenderer's place is kept with AL05, and stands in nobody's way."""

from collections.abc import Mapping

import pytest

from contracts.overlay import Overlay
from contracts.state import State
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from tests.contracts.sealing import BIDDERS, DEADLINE
from tests.contracts.tendering import EXPERTS, TENDER_ROLES, TenderTown
from tests.contracts.town import DAY, GRACE, HOUR, SECOND

STRANGER = "agency"
ROLES = {**TENDER_ROLES, STRANGER: ("tenderer", "agent")}
LOT: Mapping[str, Value] = {
    "direction": "up",
    "start_fen": 1_000,
    "step_fen": 100,
    "extension_ms": 0,
}


def town_of() -> TenderTown:
    return TenderTown(roles=ROLES)


def is_void(town: TenderTown, record_id: RecordId) -> bool:
    """Whether a record is on the ledger, and void at its own place."""
    row = State(Overlay(town.chain.state)).record(record_id)
    return row is not None and row.voided_index == row.entered.index


def bid_for(town: TenderTown) -> None:
    """Three bids, sealed and listed; the opening has not started."""
    commitments = town.commit_sealed(*(town.seal(town.bid(name)) for name in BIDDERS[:3]))
    town.seal_set(*commitments)


def test_a_stranger_who_opens_the_bids_opens_nothing_and_the_tenderer_still_does() -> None:
    town = town_of()
    bid_for(town)
    said = town.say(STRANGER, "tender.opening_started")
    assert town.alerts() == [("AL05", "not_party")] and is_void(town, said)
    # Nothing is awaited yet: no clock runs that the bid system could miss.
    assert town.executor.next_due_ms() is None
    assert not is_void(town, town.start())
    assert town.executor.next_due_ms() is not None
    assert town.refused("builder", "tender.opening_started") is Code.RECORD_FORBIDDEN


def test_a_stranger_who_opens_the_auction_fixes_no_terms() -> None:
    town = town_of()
    town.wait_until(DEADLINE + GRACE + SECOND)
    until_ms = town.now_ms + HOUR
    town.say(STRANGER, "tender.auction_opened", fields={**LOT, "until_ms": until_ms})
    assert town.alerts() == [("AL05", "not_party")]
    early = town.refused("bidder", "tender.price_bid", price_fen=1_000)
    assert early is Code.RECORD_MUST_FOLLOW
    own = {**LOT, "start_fen": 2_000, "until_ms": until_ms}
    town.say("builder", "tender.auction_opened", fields=own)
    assert town.refused("bidder", "tender.price_bid", price_fen=1_999) is Code.AUCTION_PRICE
    town.say("bidder", "tender.price_bid", price_fen=2_000)


@pytest.mark.parametrize("kind", ["termination", "extension"])
def test_a_stranger_neither_ends_a_tender_nor_moves_its_deadline(kind: str) -> None:
    town = town_of()
    fields: dict[str, Value] = {"kind": kind, "bid_deadline_ms": DEADLINE + DAY}
    town.say(STRANGER, "tender.change", fields=fields)
    town.say(STRANGER, "tender.announcement", kind="announcement", bid_deadline_ms=1)
    assert town.alerts() == [("AL05", "not_party")] * 2
    town.say("builder", "tender.document_filed", kind="tender")
    town.say("builder", "tender.clarification", at=DEADLINE + GRACE, kind="answer")
    assert len(town.alerts()) == 2
    town.say("builder", "tender.clarification", at=DEADLINE + GRACE + 1, kind="answer")
    assert town.alerts()[2:] == [("AL02", "before(tender.announcement.bid_deadline_ms)")]


def test_a_stranger_answers_nobodys_objection() -> None:
    town = town_of()
    objection = town.say("bidder", "tender.objection", matter="other")
    refs = [("answers", objection)]
    town.say(STRANGER, "tender.objection_answered", refs=refs, outcome="rejected")
    assert town.alerts() == [("AL05", "not_party")]
    town.wait_until(town.now_ms + 5 * DAY)
    assert ("AL17", "objection_answer") in town.alerts()


def test_a_stranger_forms_no_committee() -> None:
    town = town_of()
    town.drew()
    for name in EXPERTS:
        town.enrol(name)
    town.opened()
    town.closed()
    town.panel()
    fields: dict[str, Value] = {"members": EXPERTS[::-1], "chair": EXPERTS[1]}
    town.say(STRANGER, "tender.committee_formed", fields=fields)
    early = town.refused(EXPERTS[1], "tender.evaluation_started")
    assert early is Code.EVALUATION_COMMITTEE
    town.say(EXPERTS[0], "tender.evaluation_started")


def test_a_stranger_closes_no_opening_and_nobody_can_confirm_that_it_did() -> None:
    town = town_of()
    town.opened()
    said = town.say(STRANGER, "tender.opening_closed")
    assert town.alerts()[-1] == ("AL05", "not_party")
    refused = town.refused("centre", "ledger.confirmed", refs=[("confirms", said)])
    assert refused is Code.RECORD_CONFIRMATION
    town.say("mason", "tender.opening_objection")
    assert [code for code, _ in town.alerts()] == ["AL05"]


@pytest.mark.parametrize(
    ("delegated", "told"),
    [
        pytest.param(True, [], marks=pytest.mark.spares("AL05")),
        pytest.param(False, [("AL05", "not_delegated")], marks=pytest.mark.raises("AL05")),
    ],
)
def test_an_agent_opens_by_delegation_only(delegated: bool, told: list[tuple[str, str]]) -> None:
    town = town_of()
    bid_for(town)
    if delegated:
        town.say("builder", "ledger.delegated", "builder", delegate=STRANGER)
    said = town.say(STRANGER, "tender.opening_started", on_behalf_of="builder")
    assert town.alerts() == told
    assert is_void(town, said) is not delegated
    if not delegated:
        # The tenderer says that it may, and it says again what it said.
        town.say("builder", "ledger.delegated", "builder", delegate=STRANGER)
        again = town.say(STRANGER, "tender.opening_started", on_behalf_of="builder")
        assert not is_void(town, again)


def test_a_version_is_taken_from_no_strangers_record() -> None:
    town = town_of()
    town.say("builder", "tender.entry_commitment", "LZ-2026-002")
    before = list(town.chain.state.scan(b"version/"))
    town.say(STRANGER, "tender.document_filed", kind="tender")
    assert list(town.chain.state.scan(b"version/")) == before
