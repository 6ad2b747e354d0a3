"""Whoever would change a committee by what is past: each attempt has its own refusal."""

import pytest

from contracts import committee_rows
from contracts.rules import committee_change
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import RecordId
from ledger.core.record import Record
from ledger.errors import Rejected
from tests.contracts.changing import ChangingTown, member_node

NEW, OTHER = "builder", "agency"
Refs = list[tuple[str, RecordId]]


def town_with_operators() -> ChangingTown:
    """Two members that run no node yet, and may."""
    town = ChangingTown()
    town.admitted(NEW)
    town.admitted(OTHER)
    return town


def change_of(town: ChangingTown, subject: str, refs: Refs, after: Committee) -> Record:
    return town.record("centre", "committee.change", subject, refs=refs, fields=town.change(after))


def verdict(town: ChangingTown, record: Record) -> Code | None:
    found = town.executor.judge(town.bundle(record), town.now_ms)
    return found.code if isinstance(found, Rejected) else None


def test_an_old_change_does_not_come_back_in_a_later_epoch() -> None:
    town = town_with_operators()
    first = town.with_node(member_node(NEW))
    subject, refs = town.approved(first)
    fields = town.change(first)
    made = town.record("centre", "committee.change", subject, refs=refs, fields=fields)
    town.commit(town.bundle(made))
    town.changed(town.without(NEW))
    # To the byte it is on the ledger already; said anew it is for an epoch that has begun.
    assert verdict(town, made) is Code.BUNDLE_KNOWN
    said = town.refused("centre", "committee.change", subject, refs=refs, fields=fields)
    assert said is Code.COMMITTEE_EPOCH
    # With the next epoch written over it, it is nothing that anybody has approved.
    renamed = {**fields, "epoch": town.committee.epoch + 1}
    said = town.refused("centre", "committee.change", subject, refs=refs, fields=renamed)
    assert said in {Code.COMMITTEE_KEY, Code.COMMITTEE_APPROVAL}


def test_approvals_of_an_epoch_that_is_past_approve_nothing() -> None:
    town = town_with_operators()
    late = town.with_node(member_node(OTHER))
    proposal = town.proposed(late)
    town.approve(proposal, OTHER, ["supervisor"])
    town.changed(town.with_node(member_node(NEW)))
    refs: Refs = [("confirms", proposal)]
    for epoch, code in ((1, Code.COMMITTEE_EPOCH), (2, Code.RECORD_CONFIRMATION)):
        said = town.refused("registry", "ledger.confirmed", OTHER, refs=refs, epoch=epoch)
        assert said is code


def test_the_same_step_needs_new_approvals_in_the_next_epoch() -> None:
    town = town_with_operators()
    before = town.with_node(member_node(OTHER))
    _, refs = town.approved(before)
    town.changed(town.with_node(member_node(NEW)))
    again = town.with_node(member_node(OTHER))
    assert verdict(town, change_of(town, OTHER, refs, again)) is Code.COMMITTEE_APPROVAL


def test_an_approver_whose_node_left_meanwhile_stands_for_nothing() -> None:
    town = town_with_operators()
    town.changed(town.with_node(member_node(NEW)))
    after = town.with_node(member_node(OTHER))
    refs: Refs = [("follows", town.proposed(after))]
    refs += [("follows", each) for each in town.approve(refs[0][1], OTHER, ["notary"])]
    town.changed(town.without("notary"))
    again = town.with_node(member_node(OTHER))
    proposal = town.proposed(again)
    # Neither what it said of the epoch before nor what it says now is a quorum's.
    said = town.refused(
        "notary", "ledger.confirmed", OTHER, refs=[("confirms", proposal)], epoch=again.epoch
    )
    assert said is Code.RECORD_CONFIRMATION
    refs += [
        ("follows", each) for each in town.approve(proposal, OTHER, ["supervisor", "registry"])
    ]
    for cited in (refs, [("follows", proposal), *refs[1:]]):
        made = change_of(town, OTHER, cited, again)
        assert verdict(town, made) is Code.COMMITTEE_APPROVAL


def test_a_member_that_may_run_no_node_any_more_does_not_join() -> None:
    town = town_with_operators()
    after = town.with_node(member_node(NEW))
    subject, refs = town.approved(after)
    assert verdict(town, change_of(town, subject, refs, after)) is None
    town.decided(NEW, "remove")
    assert verdict(town, change_of(town, subject, refs, after)) is Code.COMMITTEE_NODE


def test_a_ready_statement_goes_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand heights, here eight: the oldest block that counts, and the one before it."""
    for module in (committee_change, committee_rows):
        monkeypatch.setattr(module, "READY_WITHIN", 8)
    for waited, code in ((7, None), (8, Code.COMMITTEE_READY)):
        town = town_with_operators()
        after = town.with_node(member_node(NEW))
        subject, refs = town.approved(after)
        town.say("centre", "evidence.deposited", "A")
        fields = town.change(after)
        for number in range(waited):
            town.say("centre", "evidence.deposited", f"B{number}")
        made = town.record("centre", "committee.change", subject, refs=refs, fields=fields)
        assert verdict(town, made) is code


def test_two_proposals_do_not_share_their_approvals() -> None:
    """Two approve the one and two the other: together a quorum, and of neither."""
    town = town_with_operators()
    first, second = town.with_node(member_node(NEW)), town.with_node(member_node(OTHER))
    one, two = town.proposed(first), town.proposed(second, "registry")
    refs: Refs = [("follows", one)]
    refs += [("follows", each) for each in town.approve(one, NEW, ["supervisor"])]
    refs += [("follows", each) for each in town.approve(two, OTHER, ["notary"])]
    said = verdict(town, change_of(town, NEW, refs, first))
    assert said in {Code.RECORD_MUST_FOLLOW, Code.COMMITTEE_APPROVAL}
