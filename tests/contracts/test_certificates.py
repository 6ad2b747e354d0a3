"""The witness certificate (交易见证书): issued by the rules alone, and withdrawn by them."""

from dataclasses import replace

from contracts.certificates import listed_digest
from contracts.genesis_rows import genesis_rows
from contracts.replay import Replay
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.codes import Code
from ledger.core.derived import recomputed_nonce
from ledger.errors import Rejected
from ledger.store.api import Store
from ledger.store.memory import MemoryStore
from tests.contracts.sealing import SEALED_ROLES
from tests.contracts.town import PROJECT, Town
from tests.contracts.works_town import BIDS, CATALOGUE, EXPERTS, WorksTown, follow


def test_the_certificate_comes_in_the_block_of_the_last_condition_without_being_asked() -> None:
    town = WorksTown()
    town.up_to_the_report()
    town.secure()
    assert town.told() == []
    town.hand_in()
    (certificate,) = town.witnessed()
    stored = town.chain.blocks.record(certificate.record_id)
    assert stored is not None and stored.entry.height == town.chain.head.height
    found = town.completeness()
    assert found.certificate == certificate.record_id
    assert certificate.issuer == "network"
    assert certificate.nonce == recomputed_nonce(certificate)
    assert certificate.occurred_at_ms == town.chain.head.time_ms
    assert certificate.refs[0].record_id == town.said["file set"]
    assert dict(certificate.fields) == {
        "profile": "works",
        "profile_version": 1,
        "issue": 1,
        "nodes": listed_digest(found),
        "node_count": 13,
        "record_count": 21,
        "late_count": 0,
        "out_of_order_count": 0,
        "rule": "witness_certificate",
        "rule_version": 1,
    }


def test_it_is_issued_once_whatever_else_happens() -> None:
    town = WorksTown()
    town.all_of_it()
    town.hand_in()
    town.say("builder", "works.reported")
    assert town.told() == ["1"]


def test_a_dropped_node_refuses_it_by_absence_and_its_coming_later_brings_it() -> None:
    town = WorksTown()
    town.up_to_the_report(without=(EXPERTS[0], BIDS[1]))
    town.secure()
    town.hand_in()
    assert ("AL01", "works.scored") in town.alerts()
    assert town.told() == []
    town.on(BIDS[1], "works.scored", by=EXPERTS[0])
    (certificate,) = town.witnessed()
    assert certificate.fields["issue"] == 1


def test_it_tells_how_many_nodes_were_out_of_order() -> None:
    town = WorksTown()
    town.bids()
    for bidder in BIDS:
        town.on(bidder, "works.read_out")
    town.close_opening()
    town.say("builder", "works.begun")
    town.panel()
    town.evaluate()
    town.secure()
    town.hand_in()
    (certificate,) = town.witnessed()
    assert certificate.fields["out_of_order_count"] == 1


# Objection, complaint, suspension.


def test_an_open_objection_holds_it_until_it_is_answered() -> None:
    town = WorksTown()
    town.up_to_the_report()
    objection = town.say("bidder", "tender.objection", matter="other")
    town.secure()
    town.hand_in()
    assert town.told() == []
    answers = [("answers", objection)]
    town.say("builder", "tender.objection_answered", refs=answers, outcome="rejected")
    assert town.told() == ["1"]


def test_an_objection_afterwards_withdraws_it_and_its_answer_brings_the_next() -> None:
    town = WorksTown()
    town.all_of_it()
    objection = town.say("bidder", "tender.objection", matter="other")
    assert town.told() == ["1", "open_matter"]
    certificate, withdrawn = town.witnessed()
    cited = [ref.record_id for ref in withdrawn.refs]
    assert cited == [certificate.record_id, objection]
    assert town.completeness().certificate is None
    answers = [("answers", objection)]
    town.say("builder", "tender.objection_answered", refs=answers, outcome="rejected")
    assert town.told() == ["1", "open_matter", "2"]


def test_a_complaint_withdraws_it_and_is_not_named_because_it_is_not_public() -> None:
    town = WorksTown()
    town.all_of_it()
    town.say("bidder", "tender.complaint", matter="other", known_at_ms=town.now_ms)
    certificate, withdrawn = town.witnessed()
    assert [ref.record_id for ref in withdrawn.refs] == [certificate.record_id]
    assert "tender.complaint" not in str(withdrawn.fields)


def test_a_suspension_withdraws_it_and_resuming_brings_it_back() -> None:
    town = WorksTown()
    town.all_of_it()
    objection = town.say("bidder", "tender.objection", matter="other")
    suspended = town.say("supervisor", "ledger.process_suspended", reason="核查")
    answers = [("answers", objection)]
    town.say("builder", "tender.objection_answered", refs=answers, outcome="rejected")
    assert town.told() == ["1", "open_matter"]
    town.say("supervisor", "ledger.process_resumed", refs=[("follows", suspended)], reason="完毕")
    assert town.told() == ["1", "open_matter", "2"]


def test_what_is_opened_and_closed_in_one_block_disturbs_nothing() -> None:
    town = WorksTown()
    town.all_of_it()
    objection = town.record("bidder", "tender.objection", matter="other")
    answers = [("answers", objection.record_id)]
    answer = town.record(
        "builder", "tender.objection_answered", refs=answers, fields={"outcome": "rejected"}
    )
    town.commit(town.bundle(objection), town.bundle(answer))
    assert town.told() == ["1"]


# Voiding.


def void(town: WorksTown, said: str, by: str = "builder") -> None:
    """The author voids, and a supervisor confirms."""
    voided = town.say(by, "ledger.voided", refs=[("voids", town.said[said])], reason="误报")
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", voided)])


def test_a_voided_node_withdraws_it_and_the_node_done_again_brings_the_next() -> None:
    town = WorksTown()
    town.all_of_it()
    void(town, "report")
    assert town.told() == ["1", "node_gone"]
    town.say("builder", "works.reported")
    assert town.told() == ["1", "node_gone", "2"]
    first, _, second = town.witnessed()
    assert first.fields["nodes"] != second.fields["nodes"]


def test_a_voided_record_that_another_stands_in_for_replaces_the_certificate() -> None:
    town = WorksTown()
    town.up_to_the_report()
    town.say("builder", "works.reported")
    town.secure()
    town.hand_in()
    void(town, "report")
    assert town.told() == ["1", "nodes_changed", "2"]


def test_a_record_that_it_does_not_list_may_be_voided() -> None:
    town = WorksTown()
    town.all_of_it()
    town.said["later"] = town.say("builder", "works.reported")
    void(town, "later")
    assert town.told() == ["1"]


def test_voided_by_hand_it_stays_so_until_the_centre_allows_it_again() -> None:
    town = WorksTown()
    town.all_of_it()
    (certificate,) = town.witnessed()
    follows = [("follows", certificate.record_id)]
    town.say("centre", "tender.certificate_status_changed", refs=follows, status="voided")
    town.say("builder", "works.reported")
    assert (town.told(), town.completeness().certificate) == (["1"], None)
    town.say("centre", "tender.certificate_status_changed", refs=follows, status="reissued")
    assert town.told() == ["1", "2"]


def test_what_befalls_the_project_befalls_its_sections() -> None:
    town = WorksTown()
    town.all_of_it()
    intake = next(town.completeness().mandatory).counted.records[0].record_id
    refs = [("voids", intake)]
    voided = town.say("centre", "ledger.voided", PROJECT, refs=refs, reason="误收")
    assert town.told() == ["1"]
    town.say("supervisor", "ledger.confirmed", PROJECT, refs=[("confirms", voided)])
    assert town.told() == ["1", "node_gone"]


# Agreement.


def eventful(store: Store | None = None) -> WorksTown:
    """Certificates that came, went, and came again."""
    town = WorksTown(store)
    town.all_of_it()
    objection = town.say("bidder", "tender.objection", matter="other")
    answers = [("answers", objection)]
    town.say("builder", "tender.objection_answered", refs=answers, outcome="rejected")
    void(town, "pledge")
    assert town.told() == ["1", "open_matter", "2", "node_gone"]
    return town


def test_another_node_derives_the_same_certificates_to_the_byte() -> None:
    town = eventful()
    voter = Town(catalogue=CATALOGUE, roles=SEALED_ROLES)
    follow(voter, town)
    assert voter.chain.head == town.chain.head
    assert list(voter.chain.state.scan(b"")) == list(town.chain.state.scan(b""))


def test_an_audit_that_judges_every_block_again_finds_them_right() -> None:
    store = MemoryStore()
    genesis = eventful(store).genesis
    judge = Replay(genesis, CATALOGUE, MemoryStore())
    events = audit(store, genesis, genesis_rows(genesis), judge)
    assert [event for event in events if isinstance(event, Finding)] == []


def test_a_block_that_leaves_a_certificate_out_is_refused() -> None:
    town = WorksTown()
    town.up_to_the_report()
    town.secure()
    made = town.block(town.bundle(town.record("builder", "works.handed_in")))
    assert made is not None
    header, payload = made
    assert header.entry_count == 2
    verdict = town.executor.check(replace(header, entry_count=1), payload)
    assert isinstance(verdict, Rejected) and verdict.code is Code.BLOCK_MISMATCH
