"""Members, keys, roles and further signers: who may speak, from which index on, and until which."""

from dataclasses import replace

import pytest

from contracts import standing
from contracts.overlay import Overlay
from contracts.state import State
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import KeyId, MemberId
from ledger.core.signing import key_id
from ledger.core.status import key_row, key_row_key
from ledger.errors import Rejected
from tests.contracts.town import GRACE, HOUR, PROJECT, Town, short_days
from tests.vectors.small_network import signer

NEW = signer("member newcomer")
SPARE = signer("member builder spare")


def registered(town: Town, member: str = "newcomer") -> None:
    """The registry enrols a market subject that holds its key."""
    town.say(
        "registry",
        "tender.subject_registered",
        member,
        kind="organisation",
        name_zh="新来公司",
        roles=("tenderer",),
        fields=town.enrolment(member, NEW),
    )
    town.signers[member] = NEW


def refusal(town: Town, by: str, issuer: str) -> Code | None:
    """What the judge says of a deposit by `issuer`, signed with the key named `by`."""
    bundle = town.bundle(town.record(issuer, "evidence.deposited", "D"), by=by)
    verdict = town.executor.judge(bundle, town.now_ms)
    return verdict.code if isinstance(verdict, Rejected) else None


def interval(town: Town, member: str, key: KeyId) -> tuple[int | None, int | None]:
    """From and until of a key, as the provable status row says it."""
    data = town.chain.status.get(key_row_key(MemberId(member), key))
    assert data is not None
    row = key_row(data)
    return row.interval.from_index, row.interval.until_index


def test_a_registered_subject_speaks_from_the_next_index_on() -> None:
    town = Town()
    town.signers["newcomer"] = NEW
    assert refusal(town, "newcomer", "newcomer") is Code.BUNDLE_KEY
    registered(town)
    town.say("newcomer", "tender.entry_commitment", "P-2")
    assert interval(town, "newcomer", key_id(NEW.public_key)) == (0, None)


def test_enrolment_wants_a_strong_unused_key_that_is_held() -> None:
    town = Town()
    fields: dict[str, Value] = {"kind": "person"} | town.enrolment("other", NEW)
    say = ("registry", "tender.subject_registered")
    wrong: list[tuple[str, dict[str, Value], Code]] = [
        ("newcomer", fields, Code.KEY_POSSESSION),
        ("builder", fields, Code.MEMBER_EXISTS),
        ("network", fields, Code.RECORD_SUBJECT),
        ("other", fields | {"public_key": bytes(32)}, Code.KEY_WEAK),
        ("other", fields | town.enrolment("other", signer("node notary")), Code.KEY_BOUND),
        ("other", fields | town.enrolment("other", signer("member notary")), Code.KEY_BOUND),
        ("other", fields | {"roles": ("supervisor",)}, Code.RECORD_FIELD_VALUE),
        ("other", fields | {"name_zh": "王某"}, Code.RECORD_FIELD_VALUE),
        ("other", fields | {"kind": "organisation"}, Code.RECORD_FIELD_MISSING),
    ]
    for member, given, code in wrong:
        assert town.refused(*say, member, **given) is code  # type: ignore[arg-type]
    assert town.refused("centre", say[1], "other", **fields) is Code.RECORD_ISSUER_ROLE  # type: ignore[arg-type]
    town.say(*say, "other", fields=fields)


def test_a_further_key_takes_effect_when_the_registrar_confirms() -> None:
    town = Town()
    town.signers["spare"] = SPARE
    fields = town.enrolment("builder", SPARE)
    bound = town.say("builder", "ledger.key_bound", "builder", fields=fields)
    assert refusal(town, "spare", "builder") is Code.BUNDLE_KEY
    confirms = [("confirms", bound)]
    outsider = town.refused("notary", "ledger.confirmed", "builder", refs=confirms)
    assert outsider is Code.RECORD_CONFIRMATION
    town.say("registry", "ledger.confirmed", "builder", refs=confirms)
    assert interval(town, "builder", key_id(SPARE.public_key)) == (2, None)
    assert refusal(town, "spare", "builder") is None
    again = town.refused("registry", "ledger.confirmed", "builder", refs=confirms)
    assert again is Code.RECORD_CONFIRMATION


def test_a_confirmation_fails_where_the_record_can_no_longer_take_effect() -> None:
    town = Town()
    key = signer("contested")
    first = town.enrolment("builder", key)
    second = town.enrolment("bidder", key)
    mine = town.say("builder", "ledger.key_bound", "builder", fields=first)
    other = town.say("bidder", "ledger.key_bound", "bidder", fields=second)
    town.say("registry", "ledger.confirmed", "builder", refs=[("confirms", mine)])
    refused = town.refused("registry", "ledger.confirmed", "bidder", refs=[("confirms", other)])
    assert refused is Code.KEY_BOUND


def test_a_revoked_key_is_refused_from_its_index_on_and_cannot_revoke_itself() -> None:
    town = Town()
    town.signers["spare"] = SPARE
    fields = town.enrolment("builder", SPARE)
    bound = town.say("builder", "ledger.key_bound", "builder", fields=fields)
    town.say("registry", "ledger.confirmed", "builder", refs=[("confirms", bound)])
    spare, first = key_id(SPARE.public_key), key_id(town.signers["builder"].public_key)
    revoked: dict[str, Value] = {"key_id": first, "reason": "superseded"}
    own = town.refused("builder", "ledger.key_revoked", "builder", fields=revoked)
    assert own is Code.KEY_OWN
    stranger = town.refused("bidder", "ledger.key_revoked", "builder", fields=revoked)
    assert stranger is Code.RECORD_ISSUER_ROLE
    town.say("builder", "ledger.key_revoked", "builder", key_id=spare, reason="lost")
    from_index, until_index = interval(town, "builder", spare)
    assert from_index is not None and until_index == town.chain.head.log_size - 2
    assert refusal(town, "spare", "builder") is Code.BUNDLE_KEY
    twice = town.refused("builder", "ledger.key_revoked", "builder", key_id=spare, reason="lost")
    assert twice is Code.KEY_NOT_IN_FORCE


def test_a_key_revoked_earlier_in_the_block_signs_nothing_later_in_it() -> None:
    town = Town()
    revocation = town.record(
        "registry",
        "ledger.key_revoked",
        "builder",
        key_id=key_id(town.signers["builder"].public_key),
        reason="compromised",
    )
    late = town.bundle(town.record("builder", "evidence.deposited", "D"))
    header = town.commit(town.bundle(revocation), late)
    assert header is not None and header.bundle_count == 1


@pytest.mark.parametrize(
    "role", ["registrar", "observer", "supervisor", "auditor", "address_supervisor"]
)
def test_a_governance_role_needs_a_quorum_of_the_nodes_organisations(role: str) -> None:
    town = Town()
    grant = {"action": "grant", "role": role}
    granted = town.say("centre", "ledger.role_changed", "notary", fields=grant)
    confirms = [("confirms", granted)]
    own = town.refused("centre", "ledger.confirmed", "notary", refs=confirms)
    assert own is Code.RECORD_CONFIRMATION, "the issuer counts once"
    outsider = town.refused("builder", "ledger.confirmed", "notary", refs=confirms)
    assert outsider is Code.RECORD_CONFIRMATION
    town.say("supervisor", "ledger.confirmed", "notary", refs=confirms)
    assert not holds(town, "notary", role)
    town.say("registry", "ledger.confirmed", "notary", refs=confirms)
    assert holds(town, "notary", role)


def test_nobody_is_rid_of_a_supervisor_by_a_word_of_its_own() -> None:
    town = Town()
    said = {"action": "withdraw", "role": "supervisor"}
    withdrawn = town.say("centre", "ledger.role_changed", "supervisor", fields=said)
    confirms = [("confirms", withdrawn)]
    town.say("registry", "ledger.confirmed", "supervisor", refs=confirms)
    assert holds(town, "supervisor", "supervisor")
    town.say("notary", "ledger.confirmed", "supervisor", refs=confirms)
    assert not holds(town, "supervisor", "supervisor")


def test_an_ordinary_role_is_granted_and_withdrawn_at_once() -> None:
    town = Town()
    town.say("centre", "ledger.role_changed", "bidder", action="grant", role="notary")
    assert holds(town, "bidder", "notary")
    town.say("centre", "ledger.role_changed", "bidder", action="withdraw", role="notary")
    assert not holds(town, "bidder", "notary")
    fields = {"action": "withdraw", "role": "notary"}
    gone = town.refused("centre", "ledger.role_changed", "bidder", fields=fields)
    assert gone is Code.ROLE_NOT_HELD
    unknown = {"action": "grant", "role": "wizard"}
    wrong = town.refused("centre", "ledger.role_changed", "bidder", fields=unknown)
    assert wrong is Code.ROLE_UNKNOWN


def test_a_node_is_admitted_by_a_quorum_and_removed_by_one() -> None:
    town = Town()
    fields = {
        "action": "admit",
        "kind": "organisation",
        "name_zh": "审计局",
        "roles": ("node_operator",),
    }
    enrolment = town.enrolment("newcomer", NEW)
    admitted = town.say(
        "centre", "ledger.node_admitted", "newcomer", fields={**fields, **enrolment}
    )
    for member in ("supervisor", "notary"):
        assert not holds(town, "newcomer", "node_operator")
        refs = [("confirms", admitted)]
        town.say(member, "ledger.confirmed", "newcomer", refs=refs)
    assert holds(town, "newcomer", "node_operator")
    removed = town.say("centre", "ledger.node_admitted", "newcomer", action="remove")
    for member in ("supervisor", "notary"):
        town.say(member, "ledger.confirmed", "newcomer", refs=[("confirms", removed)])
    assert not holds(town, "newcomer", "node_operator")
    stranger = town.refused("builder", "ledger.node_admitted", "newcomer", action="remove")
    assert stranger is Code.RECORD_ISSUER_ROLE


def test_a_voided_record_counts_until_a_supervisor_agrees_and_then_no_more() -> None:
    town = Town()
    town.accepted_project()
    document = town.say("builder", "tender.document_filed", kind="tender")
    voids = [("voids", document)]
    other = town.refused("centre", "ledger.voided", refs=voids, reason="错误")
    assert other is Code.RECORD_NOT_AUTHOR
    voided = town.say("builder", "ledger.voided", refs=voids, reason="错误")
    deadline = town.now_ms + HOUR
    announced: dict[str, Value] = {"kind": "announcement", "bid_deadline_ms": deadline}
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", voided)])
    after = town.refused("builder", "tender.announcement", fields=announced)
    assert after is Code.RECORD_MUST_FOLLOW
    twice = town.refused("builder", "ledger.voided", refs=voids, reason="错误")
    assert twice is Code.RECORD_VOIDED


def test_voiding_an_objection_stops_its_clock_and_an_answer_cannot_be_voided() -> None:
    town = Town()
    town.announced(town.now_ms + 60 * 24 * HOUR)
    first = town.say("bidder", "tender.objection", matter="other")
    second = town.say("bidder", "tender.objection", matter="opening")
    refs = [("answers", second)]
    answered = town.say("builder", "tender.objection_answered", refs=refs, outcome="rejected")
    kept = town.refused("builder", "ledger.voided", refs=[("voids", answered)], reason="错误")
    assert kept is Code.RECORD_NOT_VOIDABLE
    assert town.executor.next_due_ms() is not None
    voided = town.say("bidder", "ledger.voided", refs=[("voids", first)], reason="撤回")
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", voided)])
    assert town.executor.next_due_ms() is None


def test_a_voided_announcement_takes_its_deadline_along() -> None:
    town = Town()
    _, announcement = town.announced(town.now_ms + HOUR)
    voids = [("voids", announcement)]
    voided = town.say("builder", "ledger.voided", refs=voids, reason="错误")
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", voided)])
    state = State(Overlay(town.chain.state))
    times = town.executor._draft(town.now_ms + 1)._times(0)
    reference = "tender.announcement.bid_deadline_ms"
    assert state.value(f"{PROJECT}/01", reference, times) is None
    earlier = replace(times, index=times.index - 3)
    assert state.value(f"{PROJECT}/01", reference, earlier) is not None


@pytest.mark.parametrize("day_ms", [4_000, 4_800])
def test_a_demonstration_runs_the_same_rules_with_a_short_day(day_ms: int) -> None:
    town = Town(parameters=short_days(day_ms))
    town.announced(town.now_ms + 40 * day_ms)
    town.say("bidder", "tender.objection", matter="other")
    filed = town.now_ms
    due = town.executor.next_due_ms()
    assert due is not None and filed + 3 * day_ms < due <= filed + 4 * day_ms + GRACE
    town.wait_until(due + 1)
    assert town.alerts() == [("AL17", "objection_answer")]


def holds(town: Town, member: str, role: str) -> bool:
    """Whether a member holds a role on the present head."""
    state = State(Overlay(town.chain.state))
    rows = standing.grants(state, MemberId(member), role)
    return any(row.interval.in_force(town.chain.head.log_size) for row in rows)
