"""The draw of experts: two seeds, a block fixed in advance, and every way to steer it."""

from dataclasses import replace

import pytest

from ledger.core.canonical import Value
from ledger.core.identifiers import Height
from tests.contracts.tendering import SEEDERS, TenderTown
from tests.contracts.town import HOUR, MINUTE
from tests.vectors.small_network import seed


def test_two_seeds_and_a_block_draw_five_places() -> None:
    town = TenderTown()
    town.drew()
    town.wait_until(town.now_ms + 2 * HOUR)
    assert town.alerts() == []


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({}, ""),
        ({"seeders": ("supervisor",)}, "draw.invalid"),
        ({"seeders": ("supervisor", "supervisor")}, "draw.invalid"),
        ({"seeders": ("builder", "agency")}, "draw.invalid"),
        ({"seeders": ("builder", "nobody", "notary")}, "draw.invalid"),
        ({"seeders": ("builder", "notary")}, ""),
        ({"draw_count": 41}, "draw.invalid"),
        ({"draw_count": 100, "pool_count": 200}, "draw.invalid"),
        ({"pool_count": (1 << 20) + 1}, "draw.invalid"),
        ({"draw_height": 1}, "draw.invalid"),
        ({"reveal_until_ms": 1}, "draw.invalid"),
    ],
)
def test_what_may_be_asked_for(said: dict[str, Value], refused: str) -> None:
    town = TenderTown()
    assert town.why_not(town.asked(**said)) == refused


def test_the_block_leaves_room_for_the_seeds() -> None:
    town = TenderTown()
    own_height = town.chain.head.height + 1
    assert town.why_not(town.asked(draw_height=own_height)) == "draw.invalid"
    assert town.why_not(town.asked(draw_height=own_height + 1)) == "draw.invalid"
    assert town.why_not(town.asked(draw_height=own_height + 2)) == ""


def test_a_seed_is_committed_once_by_a_seeder_and_before_the_block() -> None:
    town = TenderTown()
    request = town.accepted(town.asked())
    assert town.why_not(town.promise(request, "builder")) == "draw.invalid"
    town.accepted(town.promise(request, "notary"))
    assert town.why_not(town.promise(request, "notary", "other")) == "draw.invalid"
    assert town.why_not(town.promise(request, "supervisor")) == ""
    town.say("notary", "evidence.deposited", "D-1")
    # The next block is the one that decides: a seed inside of it could be made for it.
    assert town.why_not(town.promise(request, "supervisor")) == "draw.invalid"


def test_a_seed_is_revealed_after_the_block_as_it_was_committed_and_once() -> None:
    town = TenderTown()
    request = town.accepted(town.asked())
    for seeder in SEEDERS:
        town.accepted(town.promise(request, seeder))
    assert town.why_not(town.reveal(request, "notary")) == "draw.invalid"
    town.say("notary", "evidence.deposited", "D-1")
    assert town.why_not(town.reveal(request, "notary", "other")) == "draw.invalid"
    assert town.why_not(town.reveal(request, "builder")) == "draw.invalid"
    stolen = replace(town.reveal(request, "notary"), issuer="supervisor")  # type: ignore[arg-type]
    assert town.why_not(stolen) == "draw.invalid"
    town.accepted(town.reveal(request, "notary"))
    assert town.why_not(town.reveal(request, "notary")) == "draw.invalid"


def test_the_result_names_exactly_the_places_that_were_drawn_and_once() -> None:
    town = TenderTown()
    request, height = town.seeded()
    assert town.why_not(town.result(request, height)) == "draw.invalid"
    for seeder in SEEDERS:
        town.accepted(town.reveal(request, seeder))
    right = town.result(request, height).fields["places"]
    assert isinstance(right, tuple)
    other = next(place for place in range(40) if place not in right)
    for places in (right[::-1], (*right[:4], other), right[:4], (*right, other), ()):
        assert town.why_not(town.result(request, height, places=places)) == "draw.invalid"
    assert town.why_not(town.result(request, height, header=seed("x"))) == "draw.invalid"
    assert town.why_not(town.result(request, height - 1)) == "draw.invalid"
    town.accepted(town.result(request, height))
    assert town.why_not(town.result(request, height)) == "draw.invalid"


@pytest.mark.parametrize("revealed", [(), ("notary",)])
def test_a_seed_that_is_not_revealed_voids_the_draw_with_an_alert(
    revealed: tuple[str, ...],
) -> None:
    town = TenderTown()
    request, height = town.seeded()
    for seeder in revealed:
        town.accepted(town.reveal(request, seeder))
    town.wait_until(town.now_ms + HOUR + MINUTE)
    assert town.alerts() == [("AL13", "draw_reveal")]
    assert town.why_not(town.reveal(request, "supervisor")) == "draw.invalid"
    assert town.why_not(town.result(request, height)) == "draw.invalid"
    town.drew()


def test_a_seed_that_was_never_committed_voids_the_draw_too() -> None:
    town = TenderTown()
    request = town.accepted(town.asked())
    town.accepted(town.promise(request, "notary"))
    for number in range(2):
        town.say("notary", "evidence.deposited", f"D-{number}")
    town.accepted(town.reveal(request, "notary"))
    assert town.why_not(town.reveal(request, "supervisor")) == "draw.invalid"
    town.wait_until(town.now_ms + HOUR + MINUTE)
    assert town.alerts() == [("AL13", "draw_reveal")]


def test_a_header_is_kept_only_where_a_draw_waits_for_it() -> None:
    town = TenderTown()
    _, height = town.seeded()
    town.say("notary", "evidence.deposited", "D-2")
    kept = list(town.chain.state.scan(b"header/"))
    settled = town.chain.blocks.header(Height(height))
    assert kept == [(b"header/" + height.to_bytes(8), settled.hash())]
    assert not list(town.chain.state.scan(b"awaited/"))
