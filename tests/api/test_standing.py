"""What four real drivers say of themselves while things happen to them: facts, then sentences."""

from dataclasses import replace

import pytest

from api.diagnose import diagnose
from api.finding import Standing
from api.findings import findings
from api.node_facts import facts_form
from consensus.build import Identity, codec_of
from consensus.core.messages import Phase, Vote
from consensus.core.situation import Wait
from consensus.journal import repair
from consensus.wire import Codec, Kind, Said
from ledger.core.certificate import Slot, vote_body
from ledger.core.hashing import sha256
from ledger.core.identifiers import Epoch, HeaderHash, Height, NodeId, View
from ledger.core.signing import sign_tagged
from tests.consensus.table import Seat, Table
from tests.simulation.cluster import Cluster
from tests.simulation.plan import calm_plan


@pytest.fixture
def table() -> Table:
    made = Table()
    made.start()
    made.rest(3_000)
    return made


def codes(seat: Seat) -> list[str]:
    found = findings(Standing(seat.up.status))
    return [each.code.value.removeprefix("diagnose.") for each in found]


def english(seat: Seat) -> str:
    return " ".join(diagnose(Standing(seat.up.status), "en"))


def codec(table: Table, seat: Seat) -> Codec:
    genesis = table.genesis
    return codec_of(
        Identity(genesis.network_id, seat.node_id, genesis.origin, seat.signer, genesis.parameters)
    )


def forged(table: Table, seat: Seat, phase: Phase, what: bytes) -> Vote:
    """A vote of the open height under a node's key that the node has not made."""
    slot = Slot(table.network_id, Epoch(0), Height(seat.height + 1), View(0))
    hashed = HeaderHash(sha256(what))
    signed = sign_tagged(seat.signer, phase.tag, vote_body(slot, hashed))
    return Vote(phase, slot, hashed, seat.node_id, signed)


def test_at_rest_all_are_well_and_nothing_is_awaited(table: Table) -> None:
    for seat in table.seats.values():
        assert codes(seat) == ["fine"]
        assert seat.up.status.situation.awaited.what is Wait.WORK


def test_one_lost_commit_is_told_by_who_lacks_it_with_whose_it_is(table: Table) -> None:
    centre, notary = table["centre"], table["notary"]
    silent = {table["registry"].node_id, table["supervisor"].node_id}
    table.lost = lambda sender, receiver, frame: (
        sender in silent and receiver == centre.node_id and b"commit" in frame[:60]
        if frame[0] == Kind.MESSAGE
        else frame[0] == Kind.COSIGNATURE
    )
    notary.up.submit(table.bundle("a"), table.now_ms)
    table.run(lambda: notary.height == 1)
    at = centre.up.status.situation
    while not at.votes.committed:
        table.step()
        at = centre.up.status.situation
    assert set(at.votes.committed) == {centre.node_id, notary.node_id}
    assert (at.awaited.what, at.awaited.count) == (Wait.COMMITS, 1)
    assert set(at.awaited.of) == silent


def test_a_frozen_primary_is_waited_for_and_then_replaced(table: Table) -> None:
    primary, notary = table["centre"], table["notary"]
    table.lost = lambda sender, receiver, _frame: primary.node_id in (sender, receiver)
    notary.up.submit(table.bundle("a"), table.now_ms)
    table.rest(2_500)
    assert codes(notary) == ["waiting_proposal"]
    assert "waiting for node-centre (last heard" in english(notary)
    assert "Next view in 2 s" in english(notary)
    table.run(lambda: notary.height == 1)
    table.rest(6_000)
    at = notary.up.status.situation
    assert (at.view, at.primary, at.changed) == (1, "node-supervisor", 0)
    assert codes(notary) == ["silent"] and "node-centre" in english(notary)


def test_two_frozen_nodes_stop_the_height_and_both_are_named(table: Table) -> None:
    frozen = {table["registry"].node_id, table["notary"].node_id}
    centre = table["centre"]
    table.lost = lambda sender, receiver, _frame: sender in frozen or receiver in frozen
    centre.up.submit(table.bundle("a"), table.now_ms)
    table.rest(2_500)
    assert codes(centre) == ["waiting_prepares"]
    at = centre.up.status.situation
    assert (at.awaited.count, set(at.awaited.of)) == (1, frozen)
    assert set(at.votes.prepared) == {centre.node_id, table["supervisor"].node_id}
    table.rest(6_000)
    assert codes(centre)[0] == "no_quorum"
    assert "node-registry (last heard 9 s ago), node-notary (last heard 9 s ago)" in english(centre)
    supervisor = table["supervisor"]
    assert "view_change" in codes(supervisor)
    assert "more to ask for it" in english(supervisor)


def test_a_node_that_was_away_says_how_far_behind_it_is_and_who_helps(table: Table) -> None:
    centre, supervisor = table["centre"], table["supervisor"]
    for number in range(13):
        centre.up.submit(table.bundle(f"n{number}"), table.now_ms)
        table.run(lambda number=number: centre.height == number + 1)  # type: ignore[misc]
        if number == 0:
            table.run(table.one_head)
            table.crash("supervisor")
    table.start("supervisor")
    assert "listening" in codes(supervisor)
    told: list[str] = []
    while not table.one_head():
        table.step()
        if "catching_up" in codes(supervisor):
            told.append(english(supervisor))
    assert any("(blocks: 12) is being fetched, now from node-" in each for each in told)
    assert codes(supervisor)[0] != "catching_up"


def test_a_clock_that_is_off_is_told_by_its_owner_and_by_the_others() -> None:
    cluster = Cluster(replace(calm_plan(4), clocks_ms=(0, 0, 0, 60_000)))
    for node in cluster.nodes:
        cluster.start(node)
    cluster.play(cluster.now_ms + 3_000, lambda: False)
    *others, late = (node.driver for node in cluster.nodes)
    assert late is not None
    standing = Standing(late.status)
    assert [each.code.value for each in findings(standing)] == ["diagnose.clock"]
    (sentence,) = diagnose(standing, "en")
    assert sentence.count("ms") == 3 and "-60" in sentence
    for driver in others:
        assert driver is not None
        (found,) = findings(Standing(driver.status))
        assert found.code.value == "diagnose.peer_clock"
        assert found.facts["node"] == cluster.nodes[3].name


def test_a_node_that_hears_its_own_unknown_signature_is_muted_until_the_height_is_decided(
    table: Table,
) -> None:
    registry, notary = table["registry"], table["notary"]
    vote = forged(table, registry, Phase.PREPARE, b"the other one")
    frame = codec(table, registry).encode(Said(vote))
    registry.up.received(notary.node_id, frame, table.now_ms)
    assert codes(registry) == ["muted"]
    assert "before others have decided height 1" in english(registry)
    notary.up.submit(table.bundle("a"), table.now_ms)
    table.run(lambda: registry.height == 1)
    table.rest(2_000)
    assert codes(registry) == ["fine"]


def test_a_fault_is_told_with_the_key_and_the_kind(table: Table) -> None:
    liar, centre = table["registry"], table["centre"]
    frames = codec(table, liar)
    for what in (b"one", b"another"):
        vote = forged(table, liar, Phase.COMMIT, what)
        centre.up.received(liar.node_id, frames.encode(Said(vote)), table.now_ms)
    assert codes(centre) == ["fault"]
    assert "The key of node-registry" in english(centre) and "two-commits" in english(centre)
    assert facts_form(Standing(centre.up.status))["faults"] == [
        {"node": "node-registry", "kind": "two-commits"}
    ]


def test_a_repaired_journal_abstains_until_the_height_is_decided(table: Table) -> None:
    registry = table["registry"]
    table.crash("registry")
    repair(registry.journal, table.network_id, registry.node_id, Height(0))
    table.start("registry")
    assert "abstains" in codes(registry)
    assert "before others have decided height 1" in english(registry)
    registry.up.submit(table.bundle("a"), table.now_ms)
    table.run(lambda: registry.height == 1)
    table.rest(2_000)
    assert codes(registry) == ["fine"]


def test_missing_cosignatures_are_told_with_the_queue_that_waits(table: Table) -> None:
    notary = table["notary"]
    table.lost = lambda _sender, receiver, frame: (
        frame[0] == Kind.COSIGNATURE and receiver == notary.node_id
    )
    notary.up.submit(table.bundle("a"), table.now_ms)
    table.run(lambda: notary.height == 1)
    assert codes(notary) == ["cosignatures"]
    facts = facts_form(Standing(notary.up.status, unsigned=(NodeId("node-centre"),)))
    assert facts["head"]["unsigned"] == ["node-centre"]  # type: ignore[index, call-overload]


def test_the_pool_is_counted_by_who_took_it_in(table: Table) -> None:
    centre, notary = table["centre"], table["notary"]
    table.lost = lambda _sender, _receiver, frame: frame[0] == Kind.MESSAGE
    centre.up.submit(table.bundle("a"), table.now_ms)
    notary.up.submit(table.bundle("b", "notary"), table.now_ms)
    table.rest(100)
    pool = centre.up.status.pool
    assert (pool.bundles_count, pool.own_count, pool.held_count) == (2, 1, 1)
    assert notary.up.status.pool.own_count == 1
