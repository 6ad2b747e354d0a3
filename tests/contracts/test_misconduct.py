"""Evidence against a committee key enters the ledger by itself: it proves itself, or is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint
from ledger.core.identifiers import Epoch, NetworkId, NodeId
from ledger.core.misconduct import Fault, FaultKind, decode_fault
from ledger.core.misconduct_file import MisconductFile
from ledger.core.record import decode_record
from ledger.core.statements import Word
from ledger.culprit import verify_misconduct
from ledger.trust import trust_root
from tests.contracts.town import Town
from tests.vectors.generate.misconduct import (
    ONE,
    TWO,
    change,
    cosigned,
    fault,
    logged,
    slot,
    vote,
)
from tests.vectors.generate.misconduct import Leaves as Log

TYPE = "ledger.misconduct"


def prepares(town: Town, height: int = 7, view: int = 2) -> Fault:
    at = slot(height, view, network=town.genesis.network_id)
    first, second = (vote(Word.PREPARE, at, block) for block in (ONE, TWO))
    made = fault(FaultKind.TWO_PREPARES, first, second)
    return replace(made, network_id=town.genesis.network_id)


def hidden(town: Town) -> Fault:
    at, later = (slot(7, view, network=town.genesis.network_id) for view in (2, 5))
    made = fault(FaultKind.FORGOTTEN_COMMIT, vote(Word.COMMIT, at, ONE), change(later, None, None))
    return replace(made, network_id=town.genesis.network_id)


def heads(town: Town, small: int, large: int, *, by_log: bool = False) -> Fault:
    """A head of a log that never was, and one of the town's, as long as there are blocks."""
    town.accepted_project()
    origin, says = town.genesis.origin, logged if by_log else cosigned
    fork, ours = Log("fork", large), Log("ours", large)
    grown = None if small == large else ours.grown(small, large)
    made = fault(
        FaultKind.TWO_HEADS,
        says(Checkpoint(origin, small, fork.root(small))),
        says(Checkpoint(origin, large, ours.root(large))),
        grown,
    )
    return replace(made, network_id=town.genesis.network_id)


def told(proof: Fault, **changed: Value) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "node": proof.node,
        "fault": proof.kind.value,
        "epoch": proof.epoch,
        "proof": proof.encode(),
    }
    return fields | changed


FAULTS: dict[str, Callable[[Town], Fault]] = {
    "two prepares": prepares,
    "a commit that is hidden": hidden,
    "two heads of one size": lambda town: heads(town, 5, 5),
    "a head that grew from another": lambda town: heads(town, 3, 8),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_enters_and_raises_an_alert_that_names_the_department(what: str) -> None:
    town = Town()
    proof = FAULTS[what](town)
    said = town.say("centre", TYPE, "notary", fields=told(proof))
    assert town.alerts() == [("AL39", "misconduct")]
    (alert,) = town.raised()
    assert (alert.fields["member"], alert.subject) == ("notary", "notary")
    assert [ref.record_id for ref in alert.refs] == [said]
    stored = town.chain.blocks.record(said)
    assert stored is not None
    held = decode_record(stored.data).fields["proof"]
    assert isinstance(held, bytes)
    culprit = verify_misconduct(MisconductFile(decode_fault(held)), trust_root(town.genesis))
    assert (culprit.node_id, culprit.member_id) == ("node-notary", "notary")


def test_the_log_keys_misconduct_is_the_nodes_too() -> None:
    town = Town()
    town.say("builder", TYPE, "notary", fields=told(heads(town, 4, 9, by_log=True)))
    assert town.alerts() == [("AL39", "misconduct")]


def test_anybody_may_bring_it_the_accused_too_and_it_enters_once() -> None:
    town = Town()
    first, elsewhere = prepares(town), prepares(town, view=3)
    town.say("notary", TYPE, "notary", fields=told(first))
    for again in (first, replace(first, first=first.second, second=first.first)):
        assert town.refused("bidder", TYPE, "notary", fields=told(again)) is Code.FAULT_KNOWN
    town.say("bidder", TYPE, "notary", fields=told(elsewhere))
    assert len(town.alerts()) == 2


def test_what_proves_nothing_is_refused() -> None:
    town = Town()
    good = prepares(town)
    same = replace(good, second=good.first)
    other_view = replace(good, second=prepares(town, view=3).second)
    forged = replace(good, second=replace(good.second, signature=bytes(64)))
    for proof, code in (
        (same, Code.FAULT_NONE),
        (other_view, Code.FAULT_NONE),
        (forged, Code.SIGNATURE_INVALID),
        (replace(good, epoch=Epoch(1)), Code.FAULT_EPOCH),
        (replace(good, network_id=NetworkId(bytes(32))), Code.FAULT_NETWORK),
        (replace(good, node=NodeId("node-nobody")), Code.FAULT_NODE),
        (replace(good, node=NodeId("node-centre")), Code.SIGNATURE_INVALID),
        (replace(heads(town, 3, 8), grown=None), Code.FAULT_NONE),
    ):
        assert town.refused("centre", TYPE, "notary", fields=told(proof)) is code
    assert town.alerts() == []


def test_what_is_told_beside_the_proof_must_be_what_it_says() -> None:
    town = Town()
    good = prepares(town)
    for wrong in (
        {"node": "node-centre"},
        {"fault": "two-commits"},
        {"epoch": 1},
    ):
        fields = told(good, **wrong)
        assert town.refused("centre", TYPE, "notary", fields=fields) is Code.RECORD_FIELD_VALUE
    assert town.refused("centre", TYPE, "registry", fields=told(good)) is Code.RECORD_SUBJECT
    for proof, code in ((b"", Code.FORMAT_TRUNCATED), (good.encode()[:-1], Code.FORMAT_TRUNCATED)):
        assert town.refused("centre", TYPE, "notary", fields=told(good) | {"proof": proof}) is code
