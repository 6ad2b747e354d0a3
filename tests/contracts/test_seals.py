"""Stories of one seal: applied for, checked, made, published, and used rightly and wrongly."""

from dataclasses import replace

import pytest

from contracts import eseal_rows, must_follow
from contracts.alerts import eseal
from contracts.case import Case
from contracts.judge import judge
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Accepted, Facts, Times, Verdict, World
from ledger.codes import Code
from ledger.core.block import block_bundle
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.payload import bundles_root, encode_payload
from ledger.core.status import PREFIX
from ledger.errors import Rejected
from tests.contracts.seals import SEAL, SEAL_ROLES, SealTown
from tests.contracts.town import CATALOGUE, GRACE, HOUR, SECOND

FRESH_MS = 60 * SECOND


@pytest.fixture
def town() -> SealTown:
    """A town in which nothing was said yet."""
    return SealTown()


@pytest.fixture
def stamped(town: SealTown) -> SealTown:
    """A town with a published seal and a connected system."""
    town.published()
    town.connected()
    return town


def test_a_seal_goes_from_application_to_use(town: SealTown) -> None:
    published = town.published()
    town.connected()

    town.say("builder", "seal.used", SEAL, files={"通知书": b"award"}, fields=town.use())

    assert town.alerts() == []
    row = next(eseal_rows.spells(State(Overlay(town.chain.state)), SEAL))
    assert (row.status, row.owner, row.published_by) == ("valid", "builder", published)


def test_the_status_is_a_slow_row_that_a_signed_root_proves(stamped: SealTown) -> None:
    keys = [key for key, _ in stamped.chain.state.scan(PREFIX + b"seal/")]
    (key,) = [key.removeprefix(b"seal/" + SEAL.encode() + b"/") for key in keys]
    full = f"seal/{SEAL}/".encode() + key[-16:]

    assert stamped.chain.status.get(full) is not None


def test_what_was_returned_is_corrected_and_applied_for_again(town: SealTown) -> None:
    returned = town.checked(town.applied(), "returned")
    cites = [("follows", returned)]
    assert (
        town.refused("approver", "seal.approved", SEAL, refs=cites, decision="approved")
        is Code.RECORD_REF_VALUE
    )

    fields = {"seal_type": "legal_name"}
    again = town.say("builder", "seal.applied", SEAL, refs=cites, fields=fields)
    checked = town.checked(again)
    cites = [("follows", checked)]
    town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")


@pytest.mark.parametrize("member", sorted(set(SEAL_ROLES) - {"maker"}))
def test_nobody_but_the_provincial_maker_makes_a_seal(town: SealTown, member: str) -> None:
    checked = town.checked(town.applied())
    cites = [("follows", checked)]
    approved = town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")
    town.say("province", "seal.filed", SEAL, refs=cites, archive_class="1")

    refused = town.refused(
        member, "seal.made", SEAL, refs=[("follows", approved)], fields=town.of_made()
    )

    assert refused is Code.RECORD_ISSUER_ROLE


def test_a_city_publishes_no_status(town: SealTown) -> None:
    cites = [("follows", town.made())]
    for member in ("city", "maker"):
        refused = town.refused(member, "seal.published", SEAL, refs=cites, status="valid")
        assert refused is Code.RECORD_ISSUER_ROLE


def test_a_block_in_which_a_city_makes_a_seal_gets_no_vote(town: SealTown) -> None:
    """A dishonest primary cannot bring it in either: every other node judges the block again."""
    checked = town.checked(town.applied())
    cites = [("follows", checked)]
    approved = town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")
    town.say("province", "seal.filed", SEAL, refs=cites, archive_class="1")
    cites, made = [("follows", approved)], town.of_made()
    block = town.block(
        town.bundle(town.record("maker", "seal.made", SEAL, refs=cites, fields=made))
    )
    assert block is not None
    by_city = town.bundle(town.record("city", "seal.made", SEAL, refs=cites, fields=made))
    forged = block_bundle(
        by_city.header_bytes, by_city.signature, by_city.record_ids, by_city.records
    )
    header = replace(block[0], bundles_root=bundles_root([forged]))

    verdict = town.executor.check(header, encode_payload([forged]))

    assert verdict is not None and verdict.code is Code.RECORD_ISSUER_ROLE


def test_a_seal_that_was_not_approved_is_not_made(town: SealTown) -> None:
    checked = town.checked(town.applied())
    cites = [("follows", checked)]
    refusal = town.say("approver", "seal.approved", SEAL, refs=cites, decision="refused")
    town.say("province", "seal.filed", SEAL, refs=cites, archive_class="1")

    refused = town.refused(
        "maker", "seal.made", SEAL, refs=[("follows", refusal)], fields=town.of_made()
    )

    assert refused is Code.RECORD_REF_VALUE


def test_a_seal_is_made_of_the_type_applied_for_after_filing_and_once(town: SealTown) -> None:
    checked = town.checked(town.applied())
    cites = [("follows", checked)]
    approved = town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")
    cites, made = [("follows", approved)], town.of_made()
    unfiled = town.refused("maker", "seal.made", SEAL, refs=cites, fields=made)
    assert unfiled is Code.RECORD_MUST_FOLLOW
    town.say("province", "seal.filed", SEAL, refs=[("follows", checked)], archive_class="1")
    other = {**made, "seal_type": "business"}
    assert town.refused("maker", "seal.made", SEAL, refs=cites, fields=other) is (
        Code.RECORD_FIELD_VALUE
    )
    town.say("maker", "seal.made", SEAL, refs=cites, fields=made)
    again = town.refused("maker", "seal.made", SEAL, refs=cites, fields=made)
    assert again is Code.RECORD_FORBIDDEN


def test_a_seal_id_belongs_to_whoever_applied_first(town: SealTown) -> None:
    town.applied()
    assert town.refused("agency", "seal.applied", SEAL, seal_type="business") is Code.SEAL_OWNER


def test_nobody_applies_for_another_and_no_person_is_named(town: SealTown) -> None:
    fields = {"seal_type": "legal_name", "on_behalf_of": "builder"}
    refused = town.refused("agency", "seal.applied", SEAL, fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE
    fields = {"seal_type": "personal_name", "name": "张三"}
    refused = town.refused("builder", "seal.applied", SEAL, fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE


@pytest.mark.parametrize("subject", ["SEAL-6201-1", "seal-620100-1", "SEAL-620100-1/2", "X"])
def test_a_seal_has_an_id_with_its_region(town: SealTown, subject: str) -> None:
    refused = town.refused("builder", "seal.applied", subject, seal_type="business")
    assert refused is Code.RECORD_SUBJECT


def test_an_office_that_lost_its_role_checks_and_is_named(town: SealTown) -> None:
    application = town.applied()
    fields = {"action": "withdraw", "role": "seal_office"}
    town.say("centre", "ledger.role_changed", "province", fields=fields)
    town.checked(application)
    assert town.alerts() == [("AL05", "role_lapsed")]


def test_a_system_that_failed_its_test_is_not_connected_and_stamps_nothing(town: SealTown) -> None:
    town.published()
    failed = town.connected(result="failed")
    cites = [("follows", failed)]
    refused = town.refused("province", "seal.connected", "tradesystem", refs=cites)
    assert refused is Code.RECORD_REF_VALUE
    assert town.refused("builder", "seal.used", SEAL, fields=town.use()) is Code.RECORD_MUST_FOLLOW


def test_a_seal_that_was_never_published_is_not_used(town: SealTown) -> None:
    town.made()
    town.connected()
    assert town.refused("builder", "seal.used", SEAL, fields=town.use()) is Code.RECORD_MUST_FOLLOW


@pytest.mark.raises("AL26")
def test_an_answer_is_fresh_for_a_minute_and_the_grace(stamped: SealTown) -> None:
    fields = stamped.use()
    asked_ms = stamped.chain.head.time_ms
    stamped.say("builder", "seal.used", SEAL, asked_ms + FRESH_MS + GRACE, fields=fields)
    assert stamped.alerts() == []
    stamped.say("builder", "seal.used", SEAL, asked_ms + FRESH_MS + GRACE + 1, fields=fields)
    assert stamped.alerts() == [("AL26", "seal_status_fresh")]
    assert stamped.raised()[0].fields["due_ms"] == asked_ms + FRESH_MS


def test_an_answer_that_the_ledger_contradicts_is_refused(stamped: SealTown) -> None:
    head = stamped.chain.head
    for wrong in (
        {"status": "suspended"},
        {"status_height": head.height + 1},
        {"status_time_ms": stamped.now_ms + HOUR},
        {"status_time_ms": 1},
    ):
        refused = stamped.refused("builder", "seal.used", SEAL, fields=stamped.use(**wrong))
        assert refused is Code.SEAL_STATUS_ANSWER


def test_a_stranger_uses_a_seal_and_is_named(stamped: SealTown) -> None:
    stamped.say("city", "seal.used", SEAL, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_not_authorised")]


def test_an_authorisation_covers_its_purpose_quota_and_time(stamped: SealTown) -> None:
    cites = [("follows", stamped.authorised())]
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use(purpose="合同"))
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    assert stamped.alerts() == [
        ("AL26", "seal_authorisation_purpose"),
        ("AL26", "seal_authorisation_spent"),
    ]


def test_a_quota_counts_documents_not_records(stamped: SealTown) -> None:
    cites = [("follows", stamped.authorised(quota=2))]
    two, one = {"a": b"a", "b": b"b"}, {"c": b"c"}
    stamped.say("city", "seal.used", SEAL, refs=cites, files=two, fields=stamped.use())
    assert stamped.alerts() == []
    stamped.say("city", "seal.used", SEAL, refs=cites, files=one, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_authorisation_spent")]


def grant(town: SealTown, member: str, action: str = "grant") -> RecordId:
    """The authority's word on who makes seals, before the nodes' organisations confirm it."""
    fields = {"action": action, "role": "seal_maker"}
    return town.say("centre", "ledger.role_changed", member, fields=fields)


def test_there_is_one_maker_at_a_time(town: SealTown) -> None:
    fields = {"action": "grant", "role": "seal_maker"}
    refused = town.refused("centre", "ledger.role_changed", "city", fields=fields)
    assert refused is Code.ROLE_SINGLE

    withdrawn = grant(town, "maker", "withdraw")
    for node in ("supervisor", "registry"):
        town.say(node, "ledger.confirmed", "maker", refs=[("confirms", withdrawn)])
    first, second = grant(town, "city"), grant(town, "province")
    for node in ("supervisor", "registry"):
        town.say(node, "ledger.confirmed", "city", refs=[("confirms", first)])
    # Of two grants that awaited, the one that is completed first holds.
    cites = [("confirms", second)]
    town.say("supervisor", "ledger.confirmed", "province", refs=cites)
    last = town.refused("registry", "ledger.confirmed", "province", refs=cites)
    assert last is Code.ROLE_SINGLE


def test_an_authorisation_expires(stamped: SealTown) -> None:
    until_ms = stamped.now_ms + HOUR
    cites = [("follows", stamped.authorised(valid_until_ms=until_ms, quota=9))]
    stamped.say("builder", "seal.applied", "SEAL-620100-0002", until_ms, seal_type="other")
    fields = stamped.use()
    stamped.say("city", "seal.used", SEAL, until_ms + GRACE, refs=cites, fields=fields)
    assert stamped.alerts() == []
    stamped.say("city", "seal.used", SEAL, until_ms + GRACE + 1, refs=cites, fields=fields)
    assert stamped.alerts() == [("AL26", "seal_authorisation_expired")]


def test_an_authorisation_for_one_member_is_none_for_another(stamped: SealTown) -> None:
    cites = [("follows", stamped.authorised("agency"))]
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_not_authorised")]


def test_an_authorisation_that_was_voided_is_none(stamped: SealTown) -> None:
    granted = stamped.authorised()
    cites = [("voids", granted)]
    voided = stamped.say("builder", "ledger.voided", SEAL, refs=cites, reason="误授权")
    stamped.say("supervisor", "ledger.confirmed", SEAL, refs=[("confirms", voided)])
    stamped.say("city", "seal.used", SEAL, refs=[("follows", granted)], fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_not_authorised")]


def test_only_the_owner_authorises(stamped: SealTown) -> None:
    terms: dict[str, Value] = {
        "grantee": "city",
        "purpose": "x",
        "quota": 1,
        "valid_until_ms": stamped.now_ms,
    }
    refused = stamped.refused("agency", "seal.use_authorised", SEAL, fields=terms)
    assert refused is Code.SEAL_OWNER
    terms["grantee"] = "nobody"
    refused = stamped.refused("builder", "seal.use_authorised", SEAL, fields=terms)
    assert refused is Code.MEMBER_UNKNOWN


@pytest.mark.spares("AL26")
def test_an_award_notice_rests_on_a_stamp_and_nothing_is_alerted(stamped: SealTown) -> None:
    """AL26 of the notice is about a stamp that is not there; one that is there was judged itself."""
    kind = CATALOGUE.types["tender.award_notice"]
    stamp = stamped.say("builder", "seal.used", SEAL, fields=stamped.use())
    fields: dict[str, Value] = {"winner": "bidder"}
    state, head = State(Overlay(stamped.chain.state)), stamped.chain.head
    times = Times(head.log_size, head.time_ms + SECOND)
    world = World(stamped.genesis.network_id, CATALOGUE, stamped.genesis.parameters, 3, frozenset())

    def raised(
        *refs: tuple[str, RecordId], files: bytes = b"content", by: str = "builder"
    ) -> list[str]:
        record = stamped.record(by, kind.key, fields=fields, refs=refs, files={"file": files})
        facts = Facts(record.record_id, None, world)
        case = Case(record, replace(kind, must_follow=kind.must_follow[-1:]), facts, state, times)
        found = [must_follow.holds(each.expression, case, []) for each in case.kind.must_follow]
        alert = eseal.conclude(case)
        return [
            *("stamp missing" for held in found if not held),
            *([alert.because] if alert else []),
        ]

    assert raised(("follows", stamp)) == []
    assert raised() == ["stamp missing"]
    # A true stamp on another document is no stamp on this one.
    assert raised(("follows", stamp), files=b"another notice") == ["other_document"]
    assert raised(("follows", stamp), by="agency") == ["seal_of_another"]
    fields["on_behalf_of"] = "builder"
    assert raised(("follows", stamp), by="agency") == []


def suspended(town: SealTown) -> tuple[State, Times]:
    """The state as a suspension of the seal would leave it, and the place after it.

    The types that suspend are of a later catalogue; the rows that they will write are here.
    """
    state, head = State(Overlay(town.chain.state)), town.chain.head
    times = Times(head.log_size, head.time_ms + SECOND)
    (valid,) = eseal_rows.spells(state, SEAL)
    eseal_rows.begin(state, replace(valid, status="suspended"), times)
    return state, Times(times.index + 1, times.time_ms + SECOND)


def verdict_on_a_use(town: SealTown, state: State, times: Times, **answer: Value) -> Verdict:
    """What the judge says of the owner's use at a place."""
    fields = {**town.use(), **answer}
    record = town.record("builder", "seal.used", SEAL, fields=fields)
    world = World(town.genesis.network_id, CATALOGUE, town.genesis.parameters, 3, frozenset())
    facts = Facts(record.record_id, None, world, height=town.chain.head.height + 2)
    return judge(record, facts, state, times)


def test_a_seal_that_is_suspended_in_flight_is_used_and_named(stamped: SealTown) -> None:
    """The answer was true when it was given; the suspension came before the use."""
    state, times = suspended(stamped)
    verdict = verdict_on_a_use(stamped, state, times)
    assert isinstance(verdict, Accepted)
    assert [(each.alert, each.because) for each in verdict.raised] == [("AL26", "seal_not_valid")]


def test_a_suspension_cannot_be_denied(stamped: SealTown) -> None:
    state, times = suspended(stamped)
    asked: dict[str, Value] = {
        "status_height": stamped.chain.head.height + 1,
        "status_time_ms": times.time_ms - 1,
    }
    verdict = verdict_on_a_use(stamped, state, times, **asked)
    assert isinstance(verdict, Rejected) and verdict.code is Code.SEAL_STATUS_ANSWER


def test_a_use_after_a_bad_answer_is_named_although_the_seal_was_resumed(stamped: SealTown) -> None:
    state, times = suspended(stamped)
    *_, last = eseal_rows.spells(state, SEAL)
    eseal_rows.begin(state, replace(last, status="valid"), times)
    later = Times(times.index + 1, times.time_ms + SECOND)
    height = stamped.chain.head.height + 1
    asked: dict[str, Value] = {
        "status_height": height,
        "status_time_ms": times.time_ms - 1,
        "status": "suspended",
    }
    verdict = verdict_on_a_use(stamped, state, later, **asked)
    assert isinstance(verdict, Accepted)
    assert [each.because for each in verdict.raised] == ["seal_status_not_valid"]


def test_every_spell_of_a_status_stays_to_be_asked_about(stamped: SealTown) -> None:
    state, times = suspended(stamped)
    valid, later = eseal_rows.spells(state, SEAL)
    begun = valid.interval.from_index
    assert begun is not None and later.interval.until_index is None
    assert eseal_rows.status_at(state, SEAL, begun) is None
    assert eseal_rows.status_at(state, SEAL, begun + 1) == "valid"
    assert eseal_rows.status_at(state, SEAL, times.index) == "suspended"
    until_ms = valid.interval.until_time_ms
    assert until_ms is not None
    assert eseal_rows.status_after(state, SEAL, until_ms - 1) == "valid"
    assert eseal_rows.status_after(state, SEAL, until_ms) == "suspended"
