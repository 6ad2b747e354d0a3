"""Auctions in the open: lots of land, prices in the order of the ledger, and orders of the e-mall."""

from collections.abc import Mapping

import pytest

from contracts.tables import CERTIFICATE
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.sealed import Sealed
from tests.contracts.sealing import BIDDERS, DEADLINE
from tests.contracts.tendering import TENDER_ROLES, TenderTown
from tests.contracts.town import DAY, GRACE, HOUR, MINUTE, SECOND

OTHER = BIDDERS[1]
UP: Mapping[str, Value] = {
    "direction": "up",
    "start_fen": 1_000,
    "step_fen": 100,
    "extension_ms": 5 * MINUTE,
}
DOWN: Mapping[str, Value] = {**UP, "direction": "down"}


def auction(terms: Mapping[str, Value] = UP) -> TenderTown:
    """A lot whose auction runs for an hour from the end of the registration on."""
    town = TenderTown(roles={**TENDER_ROLES, "bank": ("bank", "analysis_system")})
    town.wait_until(DEADLINE + GRACE + SECOND)
    until_ms = town.now_ms + HOUR
    town.say("builder", "tender.auction_opened", fields={**terms, "until_ms": until_ms})
    return town


def price(town: TenderTown, bidder: str, price_fen: int, **said: Value) -> RecordId:
    fields: dict[str, Value] = {"price_fen": price_fen, **said}
    return town.say(bidder, "tender.price_bid", fields=fields)


def sold(town: TenderTown, to: str, price_fen: int, cited: RecordId) -> RecordId:
    said = town.say(
        "builder", "tender.lot_sold", refs=[("follows", cited)], winner=to, price_fen=price_fen
    )
    town.confirm(said, to)
    return said


def test_the_highest_price_wins_the_lot_and_its_bidder_signs_the_deal() -> None:
    town = auction()
    price(town, "bidder", 1_000)
    best = price(town, OTHER, 1_100)
    town.wait_until(town.now_ms + 2 * HOUR)
    sold(town, OTHER, 1_100, best)
    town.say("builder", "tender.result_published", winner=OTHER, price_fen=1_100)
    contract = town.say("builder", "tender.contract_signed", contractor=OTHER, price_fen=1_100)
    town.confirm(contract, OTHER)
    assert town.alerts() == []


def test_in_a_reverse_auction_prices_fall() -> None:
    town = auction(DOWN)
    price(town, "bidder", 1_000)
    assert town.refused(OTHER, "tender.price_bid", price_fen=901) is Code.AUCTION_PRICE
    price(town, OTHER, 900)


@pytest.mark.parametrize(("said", "heard"), [(999, False), (1_000, True)])
def test_the_first_price_is_at_least_the_starting_price(said: int, heard: bool) -> None:
    town = auction()
    if heard:
        price(town, "bidder", said)
    else:
        assert town.refused("bidder", "tender.price_bid", price_fen=said) is Code.AUCTION_PRICE


@pytest.mark.parametrize(("said", "heard"), [(1_099, False), (1_100, True)])
def test_a_price_is_a_step_better_than_the_last(said: int, heard: bool) -> None:
    town = auction()
    price(town, "bidder", 1_000)
    if heard:
        price(town, OTHER, said)
    else:
        assert town.refused(OTHER, "tender.price_bid", price_fen=said) is Code.AUCTION_PRICE


def test_a_price_near_the_end_moves_the_end() -> None:
    town = auction()
    end = town.now_ms + HOUR
    town.wait_until(end - MINUTE)
    price(town, "bidder", 1_000)
    town.wait_until(end + 3 * MINUTE)
    price(town, OTHER, 1_100)
    assert town.alerts() == []
    town.wait_until(end + 9 * MINUTE)
    price(town, "bidder", 1_200)
    assert town.alerts() == [("AL02", "late_price")]


def test_a_late_price_is_kept_and_told_and_does_not_count() -> None:
    town = auction()
    best = price(town, "bidder", 1_000)
    town.wait_until(town.now_ms + 2 * HOUR)
    price(town, OTHER, 5_000)
    sold(town, "bidder", 1_000, best)
    assert town.alerts() == [("AL02", "late_price")]


def test_a_lot_sold_before_the_end_is_told() -> None:
    town = auction()
    best = price(town, "bidder", 1_000)
    sold(town, "bidder", 1_000, best)
    assert town.alerts() == [("AL02", "closed_early")]


@pytest.mark.parametrize(("to", "at"), [("bidder", 1_000), (OTHER, 1_050)])
def test_a_lot_that_does_not_go_to_the_best_price_is_told(to: str, at: int) -> None:
    town = auction()
    first = price(town, "bidder", 1_000)
    best = price(town, OTHER, 1_100)
    town.wait_until(town.now_ms + 2 * HOUR)
    sold(town, to, at, first if to == "bidder" else best)
    assert town.alerts() == [("AL23", "not_best")]


def test_two_prices_from_one_machine_are_told_and_one_bidders_own_are_not() -> None:
    town = auction()
    price(town, "bidder", 1_000, feature=bytes(32))
    price(town, "bidder", 1_100, feature=bytes(32))
    assert town.alerts() == []
    price(town, OTHER, 1_200, feature=bytes(32))
    assert town.alerts() == [("AL07", "same_machine")]


def test_an_auction_is_opened_once_and_not_in_the_past() -> None:
    town = auction()
    fields = {**UP, "until_ms": town.now_ms + HOUR}
    again = town.refused("builder", "tender.auction_opened", fields=fields)
    assert again is Code.RECORD_FORBIDDEN
    other = TenderTown()
    other.wait_until(DEADLINE + GRACE + SECOND)
    late = other.refused("builder", "tender.auction_opened", fields={**UP, "until_ms": 0})
    assert late is Code.RECORD_FIELD_VALUE


def test_whoever_opens_anothers_auction_is_named() -> None:
    town = TenderTown(roles={**TENDER_ROLES, "agency": ("tenderer", "agent")})
    town.wait_until(DEADLINE + GRACE + SECOND)
    fields = {**UP, "until_ms": town.now_ms + HOUR}
    town.say("agency", "tender.auction_opened", fields=fields)
    assert town.alerts() == [("AL05", "not_party")]


def test_an_auction_before_the_registration_ends_is_told() -> None:
    town = TenderTown()
    town.say("builder", "tender.auction_opened", fields={**UP, "until_ms": DEADLINE})
    assert [code for code, _ in town.alerts()] == ["AL02"]


def test_what_is_under_seal_in_a_listing_is_opened_when_the_auction_is() -> None:
    town = TenderTown()
    sealed = town.seal(town.inner("bidder", "tender.documents_obtained"))
    (commitment,) = town.commit_sealed(sealed)
    assert town.why_not(town.opening(sealed, commitment)) == Code.SEALED_EVENT
    town.wait_until(DEADLINE + GRACE + SECOND)
    until_ms = town.now_ms + HOUR
    town.say("builder", "tender.auction_opened", fields={**UP, "until_ms": until_ms})
    town.open(sealed, commitment)
    assert town.listed("tender.documents_obtained") == [sealed.record_id]


def registered(town: TenderTown, bidder: str) -> list[Sealed]:
    """Registration, account and deposit of one who wants to say prices, under seal."""
    obtained = town.inner(bidder, "tender.documents_obtained")
    named: dict[str, Value] = {"bidder": bidder}
    account = town.inner("deposits", "tender.deposit_account_allocated", obtained, fields=named)
    from_basic: dict[str, Value] = {**named, "basic_account": True}
    paid = town.inner("bank", "tender.deposit_paid", account, fields=from_basic)
    return [town.seal(each) for each in (obtained, account, paid)]


def listed(*, pooled: bool = True) -> TenderTown:
    """A whole listing by its profile, from the registrations to the file set."""
    town, deposits = bought(pooled=pooled)
    for deposit in deposits.values():
        town.say("bank", "tender.deposit_refunded", refs=[("follows", deposit)])
    contract = town.say("builder", "tender.contract_signed", contractor=OTHER, price_fen=1_100)
    town.confirm(contract, OTHER)
    town.say("builder", "tender.file_set_submitted")
    return town


def test_a_whole_listing_pools_and_returns_its_deposits_and_is_certified() -> None:
    town = listed()
    assert town.alerts() == []
    assert len(town.listed(CERTIFICATE)) == 1


def bought(*, pooled: bool = True) -> tuple[TenderTown, dict[str, RecordId]]:
    """A listing whose result is published; and the deposits by bidder, none returned."""
    town = TenderTown("listing")
    sealed = [each for bidder in BIDDERS[:2] for each in registered(town, bidder)]
    commitments = town.commit_sealed(*sealed)
    town.wait_until(DEADLINE + GRACE + SECOND)
    town.say("builder", "tender.auction_opened", fields={**UP, "until_ms": town.now_ms + HOUR})
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    price(town, "bidder", 1_000)
    best = price(town, OTHER, 1_100)
    town.wait_until(town.now_ms + 2 * HOUR)
    sold(town, OTHER, 1_100, best)
    if pooled:
        town.say("bank", "tender.deposits_pooled", count=2)
    town.say("builder", "tender.result_published", winner=OTHER, price_fen=1_100)
    return town, dict(zip(BIDDERS, town.listed("tender.deposit_paid"), strict=False))


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        pytest.param(OTHER, [], marks=pytest.mark.spares("AL16")),
        pytest.param(BIDDERS[0], ["deposit_refund_local"], marks=pytest.mark.raises("AL16")),
    ],
)
def test_the_buyers_deposit_stays_until_the_contract_and_no_others(
    kept: str, told: list[str]
) -> None:
    town, deposits = bought()
    for bidder, deposit in deposits.items():
        if bidder != kept:
            town.say("bank", "tender.deposit_refunded", refs=[("follows", deposit)])
    town.wait_until(town.now_ms + 3 * DAY)
    assert [because for code, because in town.alerts() if code == "AL16"] == told


@pytest.mark.parametrize(
    ("converted", "told"),
    [
        pytest.param(True, [], marks=pytest.mark.spares("AL16")),
        pytest.param(False, ["deposit_refund"], marks=pytest.mark.raises("AL16")),
    ],
)
def test_the_buyers_deposit_goes_back_after_the_contract_or_into_the_price(
    converted: bool, told: list[str]
) -> None:
    town, deposits = bought()
    town.say("bank", "tender.deposit_refunded", refs=[("follows", deposits[BIDDERS[0]])])
    contract = town.say("builder", "tender.contract_signed", contractor=OTHER, price_fen=1_100)
    town.confirm(contract, OTHER)
    if converted:
        cited = [("follows", deposits[OTHER])]
        town.say("bank", "tender.deposit_refunded", refs=cited, outcome="converted")
    town.wait_until(town.now_ms + 7 * DAY)
    assert [because for code, because in town.alerts() if code == "AL16"] == told


def test_no_deposit_becomes_part_of_a_price_that_its_bidder_does_not_pay() -> None:
    town, deposits = bought()
    cited = [("follows", deposits[BIDDERS[0]])]
    refused = town.refused("bank", "tender.deposit_refunded", refs=cited, outcome="converted")
    assert refused is Code.RECORD_FIELD_VALUE
    tender = TenderTown()
    tender.evaluated()
    tender.awarded()
    cited = [("follows", tender.deposits[0])]
    refused = tender.refused("bank", "tender.deposit_refunded", refs=cited, outcome="converted")
    assert refused is Code.RECORD_FIELD_VALUE


def test_a_deposit_that_was_never_pooled_cannot_come_back_from_the_lead_bank() -> None:
    assert set(listed(pooled=False).alerts()) == {("AL01", "tender.deposits_pooled")}


def test_deposits_that_are_pooled_before_the_auction_opens_are_told() -> None:
    town = TenderTown("listing")
    town.say("bank", "tender.deposits_pooled", count=2)
    assert [code for code, _ in town.alerts()] == ["AL02"]


def test_an_order_of_the_mall_is_signed_by_both_and_becomes_a_contract() -> None:
    town = TenderTown()
    lot = "MALL-2026-7"
    order: dict[str, Value] = {"kind": "direct", "supplier": "bidder", "price_fen": 500}
    said = town.say("builder", "tender.mall_order", lot, fields=order)
    early = town.refused("builder", "tender.contract_signed", lot, contractor="bidder")
    assert early is Code.RECORD_MUST_FOLLOW
    town.say("bidder", "ledger.confirmed", lot, refs=[("confirms", said)])
    town.say("builder", "tender.contract_signed", lot, contractor="bidder", price_fen=500)
    assert town.alerts() == []
    town.say("builder", "tender.contract_signed", lot, contractor="bidder", price_fen=501)
    town.say("builder", "tender.contract_signed", lot, contractor=OTHER, price_fen=500)
    assert town.alerts() == [("AL24", "other_price"), ("AL24", "other_contractor")]


def test_an_order_from_a_stranger_is_refused() -> None:
    order: dict[str, Value] = {"kind": "direct", "supplier": "nobody", "price_fen": 500}
    refused = TenderTown().refused("builder", "tender.mall_order", "MALL-1", fields=order)
    assert refused is Code.RECORD_MUST_FOLLOW
