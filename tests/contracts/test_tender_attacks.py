"""Ways around the rules of a tender that were tried: what each of them is answered with."""

from dataclasses import replace

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.draw import seed_commitment
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.record import Ref
from tests.contracts.sealing import BIDDERS, SYSTEM
from tests.contracts.tendering import CHAIR, EXPERTS, SEEDERS, TENDER_ROLES, TenderTown
from tests.contracts.town import DAY, HOUR
from tests.vectors.small_network import signer

NOT_CONCERNED = ("AL05", "not_concerned")
CROWD = {**TENDER_ROLES, "otherbank": ("bank",), "otherinsurer": ("guarantor",)}


class CrowdedTown(TenderTown):
    """A tender town with a second bank and a second guarantor, who have nothing to do with it."""

    def __init__(self) -> None:
        super().__init__(roles=CROWD)
        self.signers |= {name: signer(f"member {name}") for name in ("otherbank", "otherinsurer")}


# Refunds.


def test_a_result_published_again_moves_no_deadline_of_a_refund() -> None:
    """Else a tenderer keeps every deposit for ever by saying the same again every day."""
    town = TenderTown()
    town.evaluated()
    town.awarded()
    for _ in range(3):
        town.wait_until(town.now_ms + DAY // 2)
        town.say("builder", "tender.result_published", winner="bidder", price_fen=100)
    town.wait_until(town.now_ms + 3 * DAY)
    found = [each for each in town.raised() if each.fields["alert"] == "AL16"]
    assert len(found) == len(town.deposits) + len(town.guarantees)


def test_a_contract_signed_again_moves_no_deadline_of_a_refund() -> None:
    town = TenderTown()
    town.evaluated()
    town.awarded()
    town.say("builder", "tender.award_notice", winner="bidder")
    for _ in range(3):
        contract = town.say("builder", "tender.contract_signed", contractor="bidder")
        town.confirm(contract, "bidder")
        town.wait_until(town.now_ms + 3 * DAY)
    assert town.alerts().count(("AL16", "deposit_refund")) == 3


def test_a_bank_that_never_held_a_deposit_refunds_it_and_is_named() -> None:
    town = CrowdedTown()
    town.evaluated()
    town.say("bank", "tender.deposits_pooled", count=2)
    town.awarded()
    for bank, alerts in (("bank", []), ("otherbank", [NOT_CONCERNED])):
        town.say(bank, "tender.deposit_refunded", refs=[("follows", town.deposits[0])])
        assert town.alerts() == alerts


def test_the_lead_bank_refunds_what_another_bank_took() -> None:
    town = CrowdedTown()
    town.evaluated()
    town.say("otherbank", "tender.deposits_pooled", count=2)
    town.awarded()
    town.say("otherbank", "tender.deposit_refunded", refs=[("follows", town.deposits[0])])
    assert town.alerts() == []


def test_a_guarantee_is_released_by_its_guarantor_or_the_tenderer_and_nobody_else() -> None:
    town = CrowdedTown()
    town.evaluated()
    town.awarded()
    (guarantee,) = town.guarantees
    for member, alerts in (("insurer", 0), ("builder", 0), ("otherinsurer", 1)):
        cited = [("follows", guarantee)]
        town.say(member, "tender.guarantee_released", refs=cited, outcome="released")
        assert town.alerts().count(NOT_CONCERNED) == alerts


# Bids.


def test_a_bidder_that_says_how_anothers_bid_was_decrypted_is_named() -> None:
    town = TenderTown()
    town.opened()
    bid = town.bids[0]
    cited = [("follows", bid)]
    town.say(BIDDERS[0], "tender.bid_decrypted", refs=cited, outcome="success")
    town.say(SYSTEM, "tender.bid_decrypted", refs=cited, outcome="success")
    assert town.alerts() == []
    town.say(BIDDERS[1], "tender.bid_decrypted", refs=cited, outcome="success")
    assert town.alerts() == [NOT_CONCERNED]


def test_a_bid_that_rests_on_the_deposit_of_another_is_opened_with_an_alert() -> None:
    town = TenderTown()
    paid = town.dossier("bidder")[:3]
    stranger = town.inner("mason", "tender.documents_obtained")
    bid = town.record(
        "mason",
        "tender.bid_submitted",
        refs=[("follows", stranger.record_id), ("follows", paid[-1].record_id)],
        fields={"security": "deposit"},
    )
    sealed = [*paid, town.seal(stranger), town.seal(bid)]
    commitments = town.commit_sealed(*sealed)
    town.seal_set(commitments[-1])
    town.start()
    for each, commitment in zip(sealed, commitments, strict=True):
        town.open(each, commitment)
    assert ("AL15", "security_of_another") in town.alerts()


# The draw.


def test_a_seed_has_32_bytes_and_no_other_number() -> None:
    """One of no bytes would count as not revealed, and a short one can be guessed."""
    town = TenderTown()
    request = town.accepted(town.asked())
    cited = [("follows", request)]
    for seeder, word in zip(SEEDERS, (b"", b"\x07"), strict=True):
        digest = seed_commitment(town.genesis.network_id, request, MemberId(seeder), word)
        town.say(seeder, "draw.seed_committed", refs=cited, commitment=digest)
    town.say("notary", "evidence.deposited", "D-1")
    for seeder, word in zip(SEEDERS, (b"", b"\x07"), strict=True):
        assert town.refused(seeder, "draw.seed_revealed", refs=cited, seed=word)


def test_a_seed_serves_the_request_of_this_ledger_that_it_cites() -> None:
    """A citation into another ledger may carry any id, that of another draw among them."""
    town = TenderTown()
    height = town.chain.head.height + 9
    first = town.accepted(town.asked(draw_height=height))
    second = town.accepted(town.asked(draw_height=height))
    promise = town.promise(second, "notary")
    elsewhere = Ref("follows", first, NetworkId(bytes(32)))
    town.accepted(replace(promise, refs=(elsewhere, *promise.refs)))
    assert town.why_not(town.promise(first, "notary")) == ""
    assert town.why_not(town.promise(second, "notary")) == str(Code.DRAW_INVALID)


@pytest.mark.parametrize("stage", ["asked", "seeded", "drawn"])
def test_a_draw_beside_one_that_is_not_void_is_named(stage: str) -> None:
    """Else a tenderer draws until the experts suit it."""
    town = TenderTown()
    if stage == "asked":
        town.accepted(town.asked())
    elif stage == "seeded":
        # All seeds are out, so that everybody knows the result, and nobody publishes it.
        request, _ = town.seeded()
        for seeder in SEEDERS:
            town.accepted(town.reveal(request, seeder))
        town.wait_until(town.now_ms + 2 * HOUR)
    else:
        town.drew()
    assert town.alerts() == []
    town.accepted(town.asked())
    assert town.alerts() == [("AL13", "draw_repeated")]


@pytest.mark.parametrize(("count", "told"), [(1, []), (2, [("AL13", "draw_repeated")])])
def test_an_expert_who_is_recused_is_drawn_for_again_and_nobody_else(
    count: int, told: list[tuple[str, str]]
) -> None:
    town = TenderTown()
    draw = town.drew()
    recused = town.say(
        "extraction",
        "tender.expert_replaced",
        refs=[("follows", draw)],
        place=2,
        reason="conflict",
    )
    again = town.asked(draw_count=count)
    town.accepted(replace(again, refs=(Ref("follows", recused),)))
    assert town.alerts() == told


def test_a_recusal_is_drawn_for_once() -> None:
    town = TenderTown()
    draw = town.drew()
    reason: dict[str, Value] = {"place": 2, "reason": "conflict"}
    recused = town.say(
        "extraction", "tender.expert_replaced", refs=[("follows", draw)], fields=reason
    )
    for _ in range(2):
        town.accepted(replace(town.asked(draw_count=1), refs=(Ref("follows", recused),)))
    assert town.alerts() == [("AL13", "draw_repeated")]


@pytest.mark.parametrize(
    ("excluded", "told"),
    [
        pytest.param(10, [], marks=pytest.mark.spares("AL13")),
        pytest.param(11, [("AL13", "pool_cut")], marks=pytest.mark.raises("AL13")),
    ],
)
def test_a_pool_that_is_cut_to_size_is_named(excluded: int, told: list[tuple[str, str]]) -> None:
    """Of fifty experts a tenderer may exclude ten."""
    town = TenderTown()
    town.accepted(town.asked(excluded_count=excluded))
    assert town.alerts() == told


def test_a_void_draw_is_asked_for_again_without_a_blemish_of_its_own() -> None:
    town = TenderTown()
    town.seeded()
    town.wait_until(town.now_ms + 2 * HOUR)
    town.accepted(town.asked())
    assert town.alerts() == [("AL13", "draw_reveal")]


# The committee.


def test_a_committee_that_is_replaced_once_it_has_begun_is_named() -> None:
    """Else whoever scores against the tenderer's wish is simply left out of the next committee."""
    town = TenderTown()
    town.drew()
    for name in EXPERTS:
        town.enrol(name)
    town.opened()
    town.closed()
    town.panel()
    town.panel(*EXPERTS[::-1])
    assert town.alerts() == []
    town.say(EXPERTS[-1], "tender.evaluation_started")
    town.panel()
    assert town.alerts() == [("AL12", "panel_replaced")]


def test_confirmations_of_a_former_committee_make_no_majority() -> None:
    town = TenderTown()
    town.drew()
    others = ("expert-f", "expert-g", "expert-h", "expert-i")
    town.signers |= {name: signer(f"member {name}") for name in others}
    for name in (*EXPERTS, *others):
        town.enrol(name)
    town.opened()
    town.closed()
    town.panel()
    town.say(CHAIR, "tender.evaluation_started")
    bid = town.bids[0]
    rejected = town.say(CHAIR, "tender.bid_rejected", refs=[("follows", bid)], reason="未响应")
    town.confirm(rejected, EXPERTS[1])
    town.panel(CHAIR, *others)
    town.confirm(rejected, others[0])
    assert town.listed("tender.bid_rejected") == []
    town.confirm(rejected, others[1])
    assert town.listed("tender.bid_rejected") == [rejected]


def test_a_score_is_named_once_however_often_the_chair_reports_it() -> None:
    """Else one member fills block after block with hundreds of alerts for each of its records."""
    town = TenderTown()
    town.drew()
    for name in EXPERTS:
        town.enrol(name)
    town.opened()
    town.closed()
    town.panel()
    town.evaluation({(1, 0): 5000})
    for _ in range(3):
        town.accepted(town.report())
    town.accepted(town.revise(EXPERTS[2], town.bids[1], 4000))
    town.accepted(town.report())
    found = [each.fields["member"] for each in town.raised() if each.fields["alert"] == "AL09"]
    assert found == [EXPERTS[1], EXPERTS[2]]
