"""AL29: a record that names a function point at which its type does not stand."""

import pytest

from tests.contracts.sealing import SealedTown
from tests.contracts.town import CATALOGUE, PROJECT, SECTION, Town

STRAY = ("AL29", "function_point_of_another")


@pytest.mark.spares("AL29")
def test_a_point_of_the_type_raises_nothing() -> None:
    town = Town()
    town.say("builder", "tender.entry_commitment", PROJECT, function_point="03.2")
    town.say("bidder", "evidence.deposited", function_point="25.1")
    town.say("bidder", "evidence.deposited")
    assert town.alerts() == []


@pytest.mark.parametrize("point", ["03.1", "15.3", "99.9", "03.2 ", ""])
@pytest.mark.raises("AL29")
def test_a_point_of_another_type_is_accepted_and_raises_al29(point: str) -> None:
    town = Town()
    said = town.say("builder", "tender.entry_commitment", PROJECT, function_point=point)
    assert town.alerts() == [STRAY]
    (alert,) = town.raised()
    assert (alert.fields["about"], alert.fields["member"]) == ("tender.entry_commitment", "builder")
    assert (alert.subject, alert.refs[0].record_id) == (PROJECT, said)
    assert town.chain.blocks.record(said) is not None


def test_a_type_at_no_point_and_without_alerts_of_its_own_raises_it_too() -> None:
    assert not CATALOGUE.types["ledger.calendar"].function_points
    assert "AL29" not in CATALOGUE.types["ledger.calendar"].alerts
    town = Town()
    town.say(
        "registry",
        "ledger.calendar",
        "2026",
        year=2026,
        first_day=20454,
        last_day=20818,
        holidays=(),
        make_up_days=(),
        function_point="24.4",
    )
    assert town.alerts() == [STRAY]


def test_it_does_not_hide_what_the_record_raises_besides() -> None:
    town = Town()
    town.announced(town.now_ms + 10**10)
    town.say("agency", "tender.clarification", kind="answer", function_point="04.4")
    assert ("AL05", "not_party") in town.alerts()
    assert STRAY in town.alerts()


def test_under_seal_nothing_is_seen_of_it_before_the_opening() -> None:
    town = SealedTown()
    bids = [
        town.seal(town.bid(bidder, fields={"function_point": point}))
        for bidder, point in (("mason", "06.3"), ("roofer", "09.2"), ("glazier", "06.2"))
    ]
    commitments = town.commit_sealed(*bids)
    town.seal_set(*commitments)
    town.start()
    assert STRAY not in town.alerts()
    for sealed, commitment in zip(bids, commitments, strict=True):
        town.open(sealed, commitment)
    assert town.alerts().count(STRAY) == 1
    stray = next(each for each in town.raised() if each.fields["alert"] == "AL29")
    assert (stray.subject, stray.fields["member"]) == (SECTION, "roofer")
    assert (stray.fields["about"], stray.refs[0].record_id) == (
        "tender.bid_submitted",
        bids[1].record_id,
    )
