"""``committee.keys_destroyed``: an organisation states what became of its node's former keys."""

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.committee import CommitteeNode
from ledger.core.identifiers import Digest
from ledger.core.signing import key_id
from tests.contracts.changing import ChangingTown, member_node
from tests.contracts.town import SECOND

TYPE = "committee.keys_destroyed"


def keys(node: CommitteeNode) -> tuple[Digest, ...]:
    """All three of a node."""
    return (
        Digest(key_id(node.node_key)),
        Digest(key_id(node.log_key)),
        node.tls_key_digest,
    )


def told(
    town: ChangingTown, epoch: int, named: tuple[Digest, ...], **other: Value
) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "epoch": epoch,
        "node": "node-notary",
        "keys": named,
        "destroyed_at_ms": town.now_ms - SECOND,
        "manner": "node",
        "copies": "destroyed",
    }
    return fields | other


@pytest.fixture
def left() -> tuple[ChangingTown, CommitteeNode]:
    """A town in whose epoch 2 the notary's node is no more, and that node."""
    town = ChangingTown()
    town.admitted("builder")
    town.changed(town.with_node(member_node("builder")))
    node = next(each for each in town.committee.nodes if each.member_id == "notary")
    town.changed(town.without("notary"))
    return town, node


def refused(town: ChangingTown, fields: dict[str, Value], by: str = "notary") -> Code | None:
    return town.refused(by, TYPE, by, fields=fields)


def test_who_left_states_it_once_and_needs_no_seat_for_it(
    left: tuple[ChangingTown, CommitteeNode],
) -> None:
    town, node = left
    said = told(town, 2, keys(node))
    town.say("notary", TYPE, "notary", fields=said)
    assert town.alerts() == []
    again = said | {"manner": "hand", "copies": "none"}
    assert refused(town, again) is Code.COMMITTEE_KEYS_SAID


def test_keys_that_still_count_are_not_destroyed(left: tuple[ChangingTown, CommitteeNode]) -> None:
    town, node = left
    assert refused(town, told(town, 3, keys(node))) is Code.COMMITTEE_KEYS_COUNT
    # With epoch 1 a node came and none left; the centre's stands.
    assert refused(town, told(town, 1, keys(node))) is Code.COMMITTEE_KEYS_STAND
    centre = told(town, 2, keys(node), node="node-centre")
    assert refused(town, centre, by="centre") is Code.COMMITTEE_KEYS_STAND


def test_nobody_states_it_for_another(left: tuple[ChangingTown, CommitteeNode]) -> None:
    town, node = left
    said = told(town, 2, keys(node))
    assert refused(town, said, by="centre") is Code.COMMITTEE_KEYS_STAND
    assert town.refused("centre", TYPE, "notary", fields=said) is not None


def test_exactly_the_keys_that_left_are_named(left: tuple[ChangingTown, CommitteeNode]) -> None:
    town, node = left
    whole = keys(node)
    others = keys(town.committee.nodes[0])
    for wrong in (whole[:2], whole[::-1], others, (*whole[:2], others[2])):
        assert refused(town, told(town, 2, wrong)) is Code.COMMITTEE_KEYS_OTHER


def test_nothing_is_destroyed_after_it_was_said(left: tuple[ChangingTown, CommitteeNode]) -> None:
    town, node = left
    later = told(town, 2, keys(node), destroyed_at_ms=town.now_ms + 60 * SECOND)
    assert refused(town, later) is Code.RECORD_FIELD_VALUE


def test_of_a_renewal_only_the_keys_that_changed_are_named() -> None:
    town = ChangingTown()
    before = next(each for each in town.committee.nodes if each.member_id == "notary")
    renewed = member_node("notary", "notary renewed", before.node_id)
    after = CommitteeNode(
        before.node_id, before.member_id, renewed.node_key, before.log_key, before.tls_key_digest
    )
    town.changed(town.with_instead("notary", after))
    assert refused(town, told(town, 1, keys(before))) is Code.COMMITTEE_KEYS_OTHER
    town.say("notary", TYPE, "notary", fields=told(town, 1, keys(before)[:1]))
