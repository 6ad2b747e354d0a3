"""The committee changes by its own quorum: what is proposed, approved and made, and what never is."""

from dataclasses import replace

import pytest

from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.canonical import encode
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.committee_change import committee_bytes
from ledger.core.epochs import committee_row, committee_row_key
from ledger.core.identifiers import Digest, Epoch, PublicKey
from ledger.core.receipt import decode_receipt
from ledger.errors import Rejected, VerificationError
from ledger.store.memory import MemoryStore
from ledger.trust import trust_root
from ledger.verify import verify_receipt
from tests.contracts.changing import ChangingTown, certified, member_node
from tests.contracts.town import SECTION

NEW = "builder"


def town_with_operator() -> ChangingTown:
    """A town in which the builder was admitted to run a node."""
    town = ChangingTown()
    town.admitted(NEW)
    return town


def test_a_node_is_added_and_the_block_closes_with_the_change() -> None:
    town = town_with_operator()
    before = town.committee
    after = town.with_node(member_node(NEW))
    town.changed(after)
    closing = town.chain.blocks.header(town.chain.head.height)
    assert closing.epoch == before.epoch
    assert (town.chain.head.epoch, town.committee) == (after.epoch, after)
    town.say("centre", "evidence.deposited", "D")
    assert town.chain.blocks.header(town.chain.head.height).epoch == after.epoch
    rows = [
        committee_row(town.chain.status.get(committee_row_key(Epoch(each))) or b"", Epoch(each))
        for each in (0, 1)
    ]
    last_leaf = closing.log_size - 1
    assert [row.interval.from_index for row in rows] == [None, last_leaf]
    assert [row.interval.until_index for row in rows] == [last_leaf, None]


def test_from_four_to_seven_to_four_with_every_founder_replaced() -> None:
    town = ChangingTown()
    first = town.say("centre", "evidence.deposited", "D")
    others = ("builder", "agency", "bidder")
    for member in others:
        town.admitted(member)
        town.changed(town.with_node(member_node(member)))
    assert (town.committee.n, town.committee.q) == (7, 5)
    for member in ("centre", "supervisor", "registry"):
        town.changed(town.without(member))
    town.changed(town.with_instead("notary", member_node("agency", "another", "node-agency-2")))
    assert {node.member_id for node in town.committee.nodes} == set(others)
    last = town.say("agency", "evidence.deposited", "E")
    trust = trust_root(town.genesis)
    for record_id in (first, last):
        receipt = decode_receipt(town.chain.receipt(record_id).encode())
        verified = verify_receipt(receipt, trust)
        assert verified.nodes_count == 4
    assert len(town.chain.receipt(last).epochs) == 7
    assert town.chain.receipt(first).epochs == ()


def test_a_chain_that_is_opened_again_knows_the_epoch_it_is_in() -> None:
    store = MemoryStore()
    town = ChangingTown(store)
    town.admitted(NEW)
    town.changed(town.with_node(member_node(NEW)))
    again = Chain(store, town.genesis, genesis_rows(town.genesis))
    assert (again.committee, again.head) == (town.committee, town.chain.head)
    assert BlockExecutor(again, town.executor.catalogue).world.quorum_count == town.committee.q


@pytest.mark.parametrize("keys", ["node", "log", "tls"])
def test_each_key_of_a_node_is_rotated_by_itself(keys: str) -> None:
    town = ChangingTown()
    old, fresh = town.committee.nodes[0], member_node("centre", "centre again")
    renewed = {
        "node": CommitteeNode(
            old.node_id, old.member_id, fresh.node_key, old.log_key, old.tls_key_digest
        ),
        "log": CommitteeNode(
            old.node_id, old.member_id, old.node_key, fresh.log_key, old.tls_key_digest
        ),
        "tls": CommitteeNode(
            old.node_id, old.member_id, old.node_key, old.log_key, fresh.tls_key_digest
        ),
    }[keys]
    town.changed(town.with_instead("centre", renewed))
    assert town.committee.nodes[0] == renewed
    town.say("centre", "evidence.deposited", "D")
    # The key that was replaced never comes back, in whatever place.
    subject, fields = town.proposal(town.with_instead("centre", old))
    refused = town.refused("centre", "committee.proposed", subject, fields=fields)
    assert refused is Code.COMMITTEE_KEY


def test_nothing_enters_the_block_after_a_change() -> None:
    town = town_with_operator()
    after = town.with_node(member_node(NEW))
    subject, refs = town.approved(after)
    fields = town.change(after)
    change = town.record("centre", "committee.change", subject, refs=refs, fields=fields)
    early = town.bundle(town.record("registry", "evidence.deposited", "early"))
    late = town.bundle(town.record("notary", "evidence.deposited", "late"))
    header = town.commit(early, town.bundle(change), late)
    assert header is not None and header.entry_count == 2
    header = town.commit(late)
    assert header is not None and (header.entry_count, header.epoch) == (1, after.epoch)


def test_a_block_that_goes_on_after_its_change_is_refused() -> None:
    town = town_with_operator()
    after = town.with_node(member_node(NEW))
    subject, refs = town.approved(after)
    fields = town.change(after)
    change = town.record("centre", "committee.change", subject, refs=refs, fields=fields)
    another = town.record("centre", "evidence.deposited", "more")
    verdict = town.executor.judge(town.bundle(change, another), town.now_ms)
    assert isinstance(verdict, Rejected) and verdict.code is Code.COMMITTEE_LAST
    assert not isinstance(town.executor.judge(town.bundle(another, change), town.now_ms), Rejected)


def test_a_change_without_a_quorum_of_approvals_is_refused() -> None:
    town = town_with_operator()
    after = town.with_node(member_node(NEW))
    proposal = town.proposed(after)
    confirmed = town.approve(proposal, NEW, ["supervisor"])
    refs = [("follows", each) for each in (proposal, *confirmed)]
    fields = town.change(after)
    assert town.refused("centre", "committee.change", NEW, refs=refs, fields=fields) is (
        Code.RECORD_MUST_FOLLOW
    )
    confirmed += town.approve(proposal, NEW, ["registry"])
    # Approved, and yet the change must say by whom.
    fields = town.change(after)
    assert town.refused("centre", "committee.change", NEW, refs=refs, fields=fields) is (
        Code.COMMITTEE_APPROVAL
    )


def test_confirmations_of_something_else_approve_nothing() -> None:
    town = town_with_operator()
    after = town.with_node(member_node(NEW))
    _, refs = town.approved(after)
    other = town.say("centre", "ledger.node_admitted", "agency", action="admit")
    for by in ("supervisor", "registry"):
        refs[1:] = [
            *refs[1:],
            ("follows", town.say(by, "ledger.confirmed", "agency", refs=[("confirms", other)])),
        ]
    fields = town.change(after)
    assert town.refused("centre", "committee.change", NEW, refs=refs, fields=fields) is (
        Code.COMMITTEE_APPROVAL
    )


def test_a_confirmation_names_the_epoch_that_it_approves() -> None:
    town = town_with_operator()
    proposal = town.proposed(town.with_node(member_node(NEW)))
    refs = [("confirms", proposal)]
    for named in ({}, {"epoch": 2}):
        said = town.refused("supervisor", "ledger.confirmed", NEW, refs=refs, fields=named)
        assert said is Code.RECORD_CONFIRMATION


def test_of_two_approved_changes_one_is_made() -> None:
    town = town_with_operator()
    town.admitted("agency")
    first, second = town.with_node(member_node(NEW)), town.with_node(member_node("agency"))
    subject, refs = town.approved(first)
    other, other_refs = town.approved(second)
    stale = town.change(second)
    town.say("centre", "committee.change", subject, refs=refs, fields=town.change(first))
    said = town.refused("centre", "committee.change", other, refs=other_refs, fields=stale)
    assert said is Code.COMMITTEE_EPOCH
    assert town.refused("centre", "ledger.confirmed", other, refs=[("confirms", refs[0][1])]) is (
        Code.RECORD_CONFIRMATION
    )


def test_another_committee_than_the_approved_one_is_refused() -> None:
    town = town_with_operator()
    subject, refs = town.approved(town.with_node(member_node(NEW)))
    other = town.change(town.with_node(member_node(NEW, "builder with other keys")))
    said = town.refused("centre", "committee.change", subject, refs=refs, fields=other)
    assert said is Code.COMMITTEE_APPROVAL


def test_a_new_node_that_is_not_in_step_is_refused() -> None:
    town = town_with_operator()
    after = town.with_node(member_node(NEW))
    subject, refs = town.approved(after)
    good = town.change(after)
    forged = dict(town.ready(after.epoch, member_node("agency")))
    for wrong in (
        {"ready_header": Digest(bytes(32))},
        {"ready_height": 1},
        {"ready_height": town.chain.head.height + 9},
        {"ready": forged["ready"]},
    ):
        fields = {**good, **wrong}
        said = town.refused("centre", "committee.change", subject, refs=refs, fields=fields)
        assert said is Code.COMMITTEE_READY
    fields = {name: value for name, value in good.items() if name != "ready"}
    said = town.refused("centre", "committee.change", subject, refs=refs, fields=fields)
    assert said is Code.RECORD_FIELD_MISSING
    assert town.say("centre", "committee.change", subject, refs=refs, fields=good)


def test_whose_keys_are_not_shown_to_be_held_is_refused() -> None:
    town = town_with_operator()
    node = member_node(NEW)
    subject, fields = town.proposal(town.with_node(node))
    other = town.possession(Epoch(2), node)
    for name in ("node_possession", "log_possession"):
        wrong = {**fields, name: other[name]}
        said = town.refused("centre", "committee.proposed", subject, fields=wrong)
        assert said is Code.COMMITTEE_POSSESSION
        lacking = {key: value for key, value in fields.items() if key != name}
        said = town.refused("centre", "committee.proposed", subject, fields=lacking)
        assert said is Code.RECORD_FIELD_MISSING


def refused_proposal(town: ChangingTown, committee: Committee) -> Code:
    """What is said of a proposal of `committee`."""
    subject, fields = town.proposal(committee)
    return town.refused("centre", "committee.proposed", subject, fields=fields)


def test_a_key_that_was_ever_used_is_refused() -> None:
    town = town_with_operator()
    fresh, centre = member_node(NEW), town.committee.nodes[0]

    def node(node_key: bytes, log_key: bytes, pin: Digest) -> CommitteeNode:
        return CommitteeNode(fresh.node_id, fresh.member_id, node_key, log_key, pin)  # type: ignore[arg-type]

    pin = fresh.tls_key_digest
    member_key = town.signers[NEW].public_key
    town.changed(town.with_node(fresh))
    town.changed(town.without("centre"))
    for again in (
        node(fresh.log_key, fresh.node_key, pin),
        node(fresh.node_key, member_key, pin),
        node(centre.node_key, fresh.log_key, pin),
        node(fresh.node_key, fresh.log_key, centre.tls_key_digest),
    ):
        subject, fields = town.proposal(
            town.with_instead(NEW, again), node_possession=bytes(64), log_possession=bytes(64)
        )
        said = town.refused("supervisor", "committee.proposed", subject, fields=fields)
        assert said is Code.COMMITTEE_KEY


def test_a_removed_node_does_not_come_back_under_its_keys_or_as_anothers() -> None:
    town = town_with_operator()
    town.changed(town.with_node(member_node(NEW)))
    town.changed(town.without(NEW))
    assert refused_proposal(town, town.with_node(member_node(NEW))) is Code.COMMITTEE_KEY
    town.admitted("agency")
    posing = member_node("agency", node_id=f"node-{NEW}")
    assert refused_proposal(town, town.with_node(posing)) is Code.COMMITTEE_NODE
    town.changed(town.with_node(member_node(NEW, "builder with fresh keys")))


def test_only_a_member_that_was_admitted_runs_a_node() -> None:
    town = ChangingTown()
    assert refused_proposal(town, town.with_node(member_node(NEW))) is Code.RECORD_MUST_FOLLOW
    town.admitted(NEW)
    town.decided(NEW, "remove")
    assert refused_proposal(town, town.with_node(member_node(NEW))) is Code.COMMITTEE_NODE


def test_one_change_is_one_node() -> None:
    town = town_with_operator()
    nodes = town.committee.nodes
    _, fields = town.proposal(town.with_node(member_node(NEW)))
    for wrong in (
        town.following(*nodes),
        town.following(*nodes[::-1]),
        town.following(member_node(NEW), *nodes),
        town.following(*nodes, member_node(NEW), member_node("agency")),
        town.following(*nodes[1:], member_node(NEW)),
    ):
        said = town.refused(
            "centre",
            "committee.proposed",
            NEW,
            fields={**fields, "committee": committee_bytes(wrong)},
        )
        assert said is Code.COMMITTEE_STEP
    for wrong_word in ({"action": "replace"}, {"node": "node-centre"}):
        said = town.refused("centre", "committee.proposed", NEW, fields={**fields, **wrong_word})
        assert said is Code.COMMITTEE_STEP


def test_a_committee_of_four_does_not_shrink() -> None:
    town = ChangingTown()
    assert refused_proposal(town, town.without("notary")) is Code.COMMITTEE_SIZE


def test_a_committee_that_could_not_approve_anything_is_refused() -> None:
    town = town_with_operator()
    town.changed(town.with_node(member_node(NEW)))
    second = member_node("centre", "centre two", "node-centre-2")
    town.changed(town.with_node(second))
    third = member_node("centre", "centre three", "node-centre-3")
    fourth = member_node("supervisor", "supervisor two", "node-supervisor-2")
    town.changed(town.with_node(third))
    assert town.committee.n == 7
    assert refused_proposal(town, town.with_node(fourth)) is Code.COMMITTEE_MEMBERS


def test_duplicates_and_weak_keys_are_refused() -> None:
    town = town_with_operator()
    _, fields = town.proposal(town.with_node(member_node(NEW)))
    fresh = member_node(NEW)
    rows = [node.value() for node in town.committee.nodes]
    twice = replace(fresh, node_id=town.committee.nodes[0].node_id).value()
    weak = replace(fresh, node_key=PublicKey(bytes(32))).value()
    for wrong, code in ((twice, Code.COMMITTEE_INVALID), (weak, Code.KEY_WEAK)):
        data = encode((*rows, wrong))
        said = town.refused(
            "centre", "committee.proposed", NEW, fields={**fields, "committee": data}
        )
        assert said is code


def test_a_change_needs_no_confirmation_and_nobody_else_may_make_it() -> None:
    town = town_with_operator()
    after = town.with_node(member_node(NEW))
    subject, refs = town.approved(after)
    said = town.refused("agency", "committee.change", subject, refs=refs, fields=town.change(after))
    assert said is Code.RECORD_ISSUER_ROLE
    town.say("notary", "committee.change", subject, refs=refs, fields=town.change(after))
    assert town.committee == after


def test_receipts_of_every_epoch_verify_from_the_genesis() -> None:
    town = town_with_operator()
    trust = trust_root(town.genesis)
    told = [town.say("centre", "evidence.deposited", "D0")]
    for number, member in enumerate((NEW, "agency"), 1):
        if member != NEW:
            town.admitted(member)
        told.append(town.changed(town.with_node(member_node(member))))
        told.append(town.say("centre", "evidence.deposited", f"D{number}"))
    epochs = []
    for record_id in told:
        receipt = decode_receipt(town.chain.receipt(record_id).encode())
        verified = verify_receipt(receipt, trust)
        epochs.append((len(receipt.epochs), verified.nodes_count))
    # The closing head is cosigned by the committee that it retires.
    assert epochs == [(0, 4), (0, 4), (1, 5), (1, 5), (2, 6)]
    receipt = town.chain.receipt(told[-1])
    for links in ((), receipt.epochs[:1], receipt.epochs[1:], receipt.epochs[::-1]):
        with pytest.raises(VerificationError) as raised:
            verify_receipt(replace(receipt, epochs=links), trust)
        assert raised.value.step == 7


def test_the_new_committee_does_not_certify_its_own_coming() -> None:
    town = town_with_operator()
    after = town.with_node(member_node(NEW))
    town.changed(after)
    height = town.chain.head.height
    closing = town.chain.blocks.header(height)
    town.say("centre", "evidence.deposited", SECTION)
    receipt = town.chain.receipt(town.chain.blocks.entry_ids(town.chain.head.height)[0])
    (link,) = receipt.epochs
    theirs = certified(after, closing).encode()
    with pytest.raises(VerificationError) as raised:
        wrong = replace(link, certificate=theirs)
        verify_receipt(replace(receipt, epochs=(wrong,)), trust_root(town.genesis))
    assert (raised.value.step, raised.value.code) == (7, Code.RECEIPT_EPOCH_LINK)
