"""The driver with all shipped parts around it, in lockstep: what holds however nodes come and go."""

import pytest

from consensus.build import codec_of
from consensus.core.messages import NewView, Phase, PrePrepare, ViewChange, Vote
from consensus.cosigning import decode_cosignature
from consensus.fates import Committed, Pending, Refused, Unknown
from consensus.pool_limits import PoolLimits
from consensus.status import Trouble
from consensus.wire import Kind, Said
from ledger.codes import Code
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.certificate import decode_certificate
from ledger.core.identifiers import HeaderHash, Height, MemberId, NodeId
from ledger.core.misconduct import FaultKind
from ledger.errors import Rejected
from tests.consensus.memory_file import Crash
from tests.consensus.speaking import signed_vote
from tests.consensus.table import Seat, Table
from tests.vectors.small_network import signer, small_record


@pytest.fixture
def table() -> Table:
    made = Table()
    made.start()
    made.rest(3_000)
    return made


def settled(table: Table, seat: Seat, bundle: Bundle) -> None:
    table.run(lambda: not isinstance(seat.up.fate(bundle.pool_key), Pending))


def names(seat: Seat) -> list[str]:
    return [event.name for event in seat.events]


def test_a_bundle_is_acknowledged_then_committed_then_cosigned_everywhere(table: Table) -> None:
    notary, bundle = table["notary"], table.bundle("a")
    answer = notary.up.submit(bundle, table.now_ms)
    assert isinstance(answer, Acknowledgement)
    answer.verify(notary.signer.public_key)
    assert notary.up.fate(bundle.pool_key) == Pending(answer.received_at_ms)
    settled(table, notary, bundle)
    assert notary.up.fate(bundle.pool_key) == Committed(notary.app.head.height)
    table.run(lambda: all(seat.up.progress[1] == 1 for seat in table.seats.values()))
    assert all(seat.up.status.troubles == () for seat in table.seats.values())


def test_a_second_commit_of_a_decided_height_is_evidence_also_for_the_next_process(
    table: Table,
) -> None:
    """Its own votes ended with the process; the certificate of the block has those of the others."""
    notary = table["notary"]
    table["centre"].up.submit(table.bundle("a"), table.now_ms)
    table.run(lambda: all(seat.height == 1 for seat in table.seats.values()))
    certificate = decode_certificate(notary.app.serve(Height(1), 0)[0][2])
    liar = next(node for node, _ in certificate.votes if node != notary.node_id)
    table.crash("notary")
    table.start("notary")
    said = signed_vote(
        table.seats[liar].signer, Phase.COMMIT, certificate.slot, HeaderHash(bytes(32)), liar
    )
    codec = codec_of(table.identity(notary))
    for _ in range(2):
        notary.up.received(liar, codec.encode(Said(said)), table.now_ms)
    (fault,) = notary.up.faults
    assert (fault.node, fault.kind) == (liar, FaultKind.TWO_COMMITS)


def test_the_same_bundle_again_gets_the_same_answer(table: Table) -> None:
    centre, bundle = table["centre"], table.bundle("a")
    first = centre.up.submit(bundle, table.now_ms)
    table.now_ms += 5
    assert centre.up.submit(bundle, table.now_ms) == first
    settled(table, centre, bundle)
    assert centre.up.submit(bundle, table.now_ms) == Committed(centre.app.head.height)
    assert centre.height == 1


def test_one_bundle_through_every_node_enters_once(table: Table) -> None:
    bundle = table.bundle("a")
    for seat in table.seats.values():
        assert isinstance(seat.up.submit(bundle, table.now_ms), Acknowledgement)
    settled(table, table["notary"], bundle)
    table.rest(20_000)
    assert table.one_head() and table["centre"].height == 1


def test_a_wrong_signature_is_refused_and_speaks_for_no_other(table: Table) -> None:
    good = table.bundle("a")
    bad = Bundle(good.header, good.header_bytes, bytes(64), good.records, good.record_ids)
    answer = table["centre"].up.submit(bad, table.now_ms)
    assert isinstance(answer, Rejected) and answer.code is Code.BUNDLE_SIGNATURE
    assert isinstance(table["centre"].up.submit(good, table.now_ms), Acknowledgement)
    settled(table, table["centre"], good)
    assert isinstance(table["centre"].up.fate(good.pool_key), Committed)


def test_what_a_node_refuses_it_does_not_relay(table: Table) -> None:
    """Pitfall 24: a client's forgery costs the node that it was sent to, and no other."""
    good = table.bundle("a")
    bad = Bundle(good.header, good.header_bytes, bytes(64), good.records, good.record_ids)
    relayed: list[NodeId] = []

    def watch(_sender: NodeId, receiver: NodeId, frame: bytes) -> bool:
        if frame[0] == Kind.BUNDLE:
            relayed.append(receiver)
        return False

    table.lost = watch
    table["centre"].up.submit(bad, table.now_ms)
    assert relayed == []
    table["centre"].up.submit(good, table.now_ms)
    assert sorted(relayed) == sorted(set(table.seats) - {NodeId("node-centre")})


def test_a_proposal_that_came_to_nothing_leaves_its_bundles_in_the_pool(table: Table) -> None:
    """Pitfall 4: every node in its turn proposes the bundle in vain; then it is committed."""
    proposed: set[NodeId] = set()

    def vanish(sender: NodeId, _receiver: NodeId, frame: bytes) -> bool:
        decoded = codec_of(table.identity(table.seats[sender])).decode(frame)
        vanishes = isinstance(decoded, Said) and isinstance(decoded.message, PrePrepare)
        if vanishes:
            proposed.add(sender)
        return vanishes

    table.lost = vanish
    bundle = table.bundle("a")
    table["notary"].up.submit(bundle, table.now_ms)
    table.run(lambda: proposed == set(table.seats))
    fates = [seat.up.fate(bundle.pool_key) for seat in table.seats.values()]
    assert all(isinstance(fate, Pending) for fate in fates), "proposed, not committed, and gone"
    table.lost = lambda _sender, _receiver, _frame: False
    settled(table, table["notary"], bundle)
    table.run(lambda: all(seat.height == 1 for seat in table.seats.values()))
    assert table.one_head()


def test_the_time_that_an_execution_takes_does_not_count_against_the_primary() -> None:
    table = Table(members=("centre",))
    table.start()
    seat, bundle = table["centre"], table.bundle("slow")
    seat.up.submit(bundle, table.now_ms)
    executions = 0
    while not seat.height:
        if seat.up.deadline_ms <= table.now_ms:
            # A step is left to do: the last one executed something, for ten seconds.
            executions += 1
            table.now_ms += 10_000
        table.step()
    assert executions >= 2
    assert seat.app.head.view == 0
    assert seat.up.status.situation.view == 0


def test_the_others_change_the_view_when_the_primary_is_gone(table: Table) -> None:
    table.crash("centre")
    bundle = table.bundle("a", "notary")
    table["notary"].up.submit(bundle, table.now_ms)
    settled(table, table["notary"], bundle)
    certificate = table["notary"].app.head.certificate
    assert certificate is not None and certificate.slot.view == 1
    assert table["notary"].up.status.missing == (NodeId("node-centre"),)
    table.start("centre")
    table.run(table.one_head)


def test_no_signature_leaves_a_node_before_its_promise_is_synced(table: Table) -> None:
    """Votes, view changes and new views (pitfall 14): what a frame says, the synced journal holds."""
    said: set[type] = set()

    def watch(sender: NodeId, _receiver: NodeId, frame: bytes) -> bool:
        seat = table.seats[sender]
        decoded = codec_of(table.identity(seat)).decode(frame)
        if isinstance(decoded, Said):
            message = decoded.message
            vote = message.prepare if isinstance(message, PrePrepare) else message
            if isinstance(vote, Vote | ViewChange | NewView) and vote.node == sender:
                assert vote.signature in seat.journal.durable, (
                    f"{vote!r} left before it was durable"
                )
                said.add(type(message))
        return False

    table.lost = watch
    bundle = table.bundle("a")
    table["notary"].up.submit(bundle, table.now_ms)
    settled(table, table["notary"], bundle)
    table.crash("centre")
    second = table.bundle("b")
    table["notary"].up.submit(second, table.now_ms)
    settled(table, table["notary"], second)
    assert said == {PrePrepare, Vote, ViewChange, NewView}


def test_what_was_acknowledged_survives_the_crash_of_everybody_at_once(table: Table) -> None:
    table.lost = lambda _sender, _receiver, frame: frame[0] == Kind.BUNDLE
    bundle = table.bundle("a", "notary")
    answer = table["notary"].up.submit(bundle, table.now_ms)
    assert isinstance(answer, Acknowledgement)
    for name in ("centre", "supervisor", "registry", "notary"):
        table.crash(name)
    table.lost = lambda _sender, _receiver, _frame: False
    table.start()
    assert table["notary"].up.submit(bundle, table.now_ms + 50) == answer
    settled(table, table["notary"], bundle)
    assert isinstance(table["notary"].up.fate(bundle.pool_key), Committed)


@pytest.mark.parametrize("call", range(1, 13))
@pytest.mark.parametrize("victim", ["centre", "registry"])
def test_a_kill_at_any_call_of_the_journal_forks_nothing_and_loses_nothing(
    call: int, victim: str
) -> None:
    table = Table()
    table.start()
    table.rest(3_000)
    seat = table[victim]
    seat.journal.dies_at = len(seat.journal.calls) + call
    for number in range(4):
        bundle = table.bundle(f"b{number}", "notary")
        assert isinstance(table["notary"].up.submit(bundle, table.now_ms), Acknowledgement)
        while isinstance(table["notary"].up.fate(bundle.pool_key), Pending):
            try:
                table.step()
            except Crash:
                table.crash(victim, kept_bytes=call * 7)
                table.rest(500)
                table.start(victim)
    table.run(table.one_head)
    assert table["notary"].height == 4
    assert seat.up.faults == () and all(not other.up.faults for other in table.seats.values())


def test_a_bundle_dropped_on_the_way_is_relayed_again(table: Table) -> None:
    table.lost = lambda _sender, _receiver, frame: frame[0] == Kind.BUNDLE
    bundle = table.bundle("a", "notary")
    table["notary"].up.submit(bundle, table.now_ms)
    table.rest(2_000)
    assert table["centre"].height == 0
    table.lost = lambda _sender, _receiver, _frame: False
    settled(table, table["notary"], bundle)


def test_a_bundle_that_expires_is_refused_with_a_signed_word(table: Table) -> None:
    table.lost = lambda _sender, _receiver, frame: frame[0] in (Kind.BUNDLE, Kind.MESSAGE)
    notary, bundle = table["notary"], table.bundle("a", "notary", life_ms=2_000)
    notary.up.submit(bundle, table.now_ms)
    table.rest(5_000)
    fate = notary.up.fate(bundle.pool_key)
    assert isinstance(fate, Refused)
    fate.signed.verify(notary.signer.public_key)
    table.now_ms += 24 * 3_600_000
    table.rest(2_000)
    assert notary.up.fate(bundle.pool_key) == Unknown()


def test_records_that_entered_by_another_bundle_settle_the_one_that_waits(table: Table) -> None:
    record = small_record("same").encode()
    two = [
        sign_bundle(
            signer("member centre"),
            table.network_id,
            MemberId("centre"),
            [record],
            table.now_ms - number,
            table.now_ms + 60_000,
            bytes(16),
        )
        for number in (1, 2)
    ]
    for bundle in two:
        assert isinstance(table["registry"].up.submit(bundle, table.now_ms), Acknowledgement)
    for bundle in two:
        settled(table, table["registry"], bundle)
        assert isinstance(table["registry"].up.fate(bundle.pool_key), Committed)


def test_a_node_that_was_away_catches_up_and_cosigns_the_newest_head_only(table: Table) -> None:
    table.crash("supervisor")
    for number in range(12):
        bundle = table.bundle(f"n{number}")
        table["centre"].up.submit(bundle, table.now_ms)
        settled(table, table["centre"], bundle)
    signed: list[int] = []

    def watch(sender: NodeId, _receiver: NodeId, frame: bytes) -> bool:
        if sender == "node-supervisor" and frame[0] == Kind.COSIGNATURE:
            signed.append(decode_cosignature(frame[1:]).size)
        return False

    table.lost = watch
    table.start("supervisor")
    table.run(table.one_head)
    table.rest(100)
    assert set(signed) == {table["centre"].app.head.log_size}


def test_a_lost_cosignature_is_asked_for(table: Table) -> None:
    table.lost = lambda _sender, receiver, frame: (
        frame[0] == Kind.COSIGNATURE and receiver == "node-notary"
    )
    bundle = table.bundle("a")
    table["notary"].up.submit(bundle, table.now_ms)
    settled(table, table["notary"], bundle)
    assert Trouble.COSIGNATURES in table["notary"].up.status.troubles
    table.lost = lambda _sender, _receiver, _frame: False
    table.run(lambda: table["notary"].up.progress[1] == 1, seconds=5)


def test_a_clock_that_steps_back_an_hour_puts_off_nothing_that_is_done_now_and_then(
    table: Table,
) -> None:
    """Lost frames are made good as before: the one of a bundle, and those of cosignatures."""
    table.now_ms += 2 * 3_600_000
    table.rest(2_000)
    table.now_ms -= 3_600_000
    notary, bundle = table["notary"], table.bundle("a")
    table.lost = lambda _sender, _receiver, frame: frame[0] in (Kind.BUNDLE, Kind.COSIGNATURE)
    # Whoever drives a node looks at the clock now and then, whatever deadline it was told.
    for seat in table.seats.values():
        seat.up.tick(table.now_ms)
    notary.up.submit(bundle, table.now_ms)
    table.rest(2_000)
    assert table["centre"].height == 0
    table.lost = lambda _sender, _receiver, frame: frame[0] == Kind.COSIGNATURE
    table.run(lambda: notary.height == 1, seconds=15)
    table.lost = lambda _sender, _receiver, _frame: False
    table.run(lambda: all(seat.up.progress[1] == 1 for seat in table.seats.values()), seconds=5)
    assert table.one_head()


def test_garbage_from_a_peer_is_a_line_in_the_log(table: Table) -> None:
    for garbage in (b"", b"\0", bytes((Kind.MESSAGE,)) + b"junk", bytes((Kind.HELLO,)) + b"\x90"):
        table["centre"].up.received(NodeId("node-notary"), garbage, table.now_ms)
    refused = [e for e in table["centre"].up.take_events() if e.name == "frame.refused"]
    assert len(refused) == 4
    assert {event.facts["peer"] for event in refused} == {"node-notary"}


def test_a_member_that_fills_its_share_is_told_and_others_are_not_touched() -> None:
    table = Table(PoolLimits(member_bundles_max=2))
    table.start()
    table.lost = lambda _sender, _receiver, frame: frame[0] in (Kind.BUNDLE, Kind.MESSAGE)
    centre = table["centre"]
    for number in range(2):
        answer = centre.up.submit(table.bundle(f"n{number}"), table.now_ms)
        assert isinstance(answer, Acknowledgement)
    full = centre.up.submit(table.bundle("one too many"), table.now_ms)
    assert isinstance(full, Rejected) and full.code is Code.POOL_FULL
    other = centre.up.submit(table.bundle("other", "notary"), table.now_ms)
    assert isinstance(other, Acknowledgement)


def test_a_repaired_journal_follows_without_a_vote_until_it_is_safe(table: Table) -> None:
    from consensus.journal import repair

    seat = table["registry"]
    table.crash("registry")
    repair(seat.journal, table.network_id, seat.node_id, seat.app.head.height)
    votes: list[bytes] = []

    def watch(sender: NodeId, _receiver: NodeId, frame: bytes) -> bool:
        if sender == "node-registry" and frame[0] == Kind.MESSAGE and b"prepare" in frame[:60]:
            votes.append(frame)
        return False

    table.lost = watch
    table.start("registry")
    assert Trouble.ABSTAINS in seat.up.status.troubles
    bundle = table.bundle("a")
    seat.up.submit(bundle, table.now_ms)
    table.run(lambda: seat.height == 1)
    assert votes == []
    bundle = table.bundle("b")
    seat.up.submit(bundle, table.now_ms)
    table.run(lambda: seat.height == 2)
    table.rest(1_000)
    assert votes != []
    assert Trouble.ABSTAINS not in seat.up.status.troubles
