"""Stories of who may use a seal: grants in four directions, tests, connections, violations."""

import pytest

from contracts import eseal_grants
from contracts.overlay import Overlay
from contracts.state import State
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.status import PREFIX
from tests.contracts.seals import SEAL, SealTown
from tests.contracts.town import GRACE, HOUR

PROVINCIAL = "SEAL-620000-0001"


@pytest.fixture
def stamped() -> SealTown:
    """A town with a published seal and a connected system."""
    town = SealTown()
    town.published()
    town.connected()
    return town


def test_a_stranger_uses_a_seal_and_is_named(stamped: SealTown) -> None:
    stamped.say("city", "seal.used", SEAL, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_not_authorised")]


def test_an_authorisation_covers_its_purpose_quota_system_and_time(stamped: SealTown) -> None:
    cites = [("follows", stamped.authorised(quota=2))]
    stamped.connected("city")
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use(purpose="合同"))
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use(system="city"))
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    assert stamped.alerts() == [
        ("AL26", "seal_authorisation_purpose"),
        ("AL26", "seal_authorisation_system"),
        ("AL26", "seal_authorisation_spent"),
    ]


def test_a_quota_counts_documents_not_records(stamped: SealTown) -> None:
    cites = [("follows", stamped.authorised(quota=2))]
    two, one = {"a": b"a", "b": b"b"}, {"c": b"c"}
    stamped.say("city", "seal.used", SEAL, refs=cites, files=two, fields=stamped.use())
    assert stamped.alerts() == []
    stamped.say("city", "seal.used", SEAL, refs=cites, files=one, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_authorisation_spent")]


def test_an_authorisation_expires(stamped: SealTown) -> None:
    until_ms = stamped.now_ms + HOUR
    cites = [("follows", stamped.authorised(valid_until_ms=until_ms, quota=9))]
    fields: dict[str, Value] = {"seal_type": "other", "form_version": "1"}
    stamped.say("builder", "seal.applied", "SEAL-620100-0002", until_ms, fields=fields)
    fields = stamped.use()
    stamped.say("city", "seal.used", SEAL, until_ms + GRACE, refs=cites, fields=fields)
    assert stamped.alerts() == []
    stamped.say("city", "seal.used", SEAL, until_ms + GRACE + 1, refs=cites, fields=fields)
    assert stamped.alerts() == [("AL26", "seal_authorisation_expired")]


def test_an_authorisation_begins_when_it_says(stamped: SealTown) -> None:
    from_ms = stamped.now_ms + 3_000
    cites = [("follows", stamped.authorised(valid_from_ms=from_ms))]
    stamped.say("city", "seal.used", SEAL, from_ms - 1, refs=cites, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_authorisation_expired")]
    stamped.say("city", "seal.used", SEAL, from_ms, refs=cites, fields=stamped.use())
    assert len(stamped.alerts()) == 1


def test_an_authorisation_for_one_member_is_none_for_another(stamped: SealTown) -> None:
    cites = [("follows", stamped.authorised("agency"))]
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_not_authorised")]


def test_an_authorisation_that_was_withdrawn_is_none(stamped: SealTown) -> None:
    granted = stamped.authorised()
    cites = [("follows", granted)]
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    for member, code in (("city", Code.SEAL_OWNER), ("supervisor", Code.SEAL_OWNER)):
        refused = stamped.refused(
            member, "seal.authorisation_withdrawn", SEAL, refs=cites, kind="withdrawn"
        )
        assert refused is code
    fields: dict[str, Value] = {"kind": "withdrawn"}
    stamped.say("builder", "seal.authorisation_withdrawn", SEAL, refs=cites, fields=fields)
    stamped.say("city", "seal.used", SEAL, refs=cites, fields=stamped.use())
    assert stamped.alerts() == [("AL26", "seal_not_authorised")]
    twice = stamped.refused(
        "builder", "seal.authorisation_withdrawn", SEAL, refs=cites, fields=fields
    )
    assert twice is Code.SEAL_GRANT


@pytest.mark.parametrize(("quota", "told"), [(2, []), (1, [("AL26", "seal_authorisation_spent")])])
def test_a_grant_is_withdrawn_and_what_was_stamped_beyond_it_is_told(
    stamped: SealTown, quota: int, told: list[tuple[str, str]]
) -> None:
    cites = [("follows", stamped.authorised(quota=quota))]
    files = {"a": b"a", "b": b"b"}
    stamped.say("city", "seal.used", SEAL, refs=cites, files=files, fields=stamped.use())
    stamped.say("builder", "seal.authorisation_withdrawn", SEAL, refs=cites, kind="expired")
    assert stamped.alerts() == told * 2


def test_a_permission_that_was_withdrawn_is_none(stamped: SealTown) -> None:
    cites = [("follows", stamped.permitted())]
    stamped.say("builder", "seal.authorisation_withdrawn", SEAL, refs=cites, kind="withdrawn")
    stamped.say("city", "seal.used_in_batch", SEAL, refs=cites, fields=stamped.batch())
    assert stamped.alerts() == [("AL26", "seal_not_authorised"), ("AL27", "batch_not_permitted")]


def test_only_the_owner_authorises(stamped: SealTown) -> None:
    terms: dict[str, Value] = {
        "grantee": "city",
        "system": "tradesystem",
        "direction": "same_region",
        "purpose": "x",
        "quota": 1,
        "valid_until_ms": stamped.now_ms,
    }
    refused = stamped.refused("agency", "seal.use_authorised", SEAL, fields=terms)
    assert refused is Code.SEAL_OWNER
    terms["grantee"] = "nobody"
    refused = stamped.refused("builder", "seal.use_authorised", SEAL, fields=terms)
    assert refused is Code.MEMBER_UNKNOWN


def test_a_grant_of_a_suspended_seal_is_named_and_of_a_revoked_one_refused(
    stamped: SealTown,
) -> None:
    stamped.authorised()
    suspension = stamped.suspended()
    stamped.authorised()
    assert stamped.alerts() == [("AL26", "seal_not_valid")]
    refs = [("follows", suspension)]
    stamped.say("approver", "seal.revoked", SEAL, refs=refs, reason="x")
    terms: dict[str, Value] = {
        "grantee": "city",
        "system": "tradesystem",
        "scope": "x",
        "permitted_count": 1,
        "valid_until_ms": stamped.now_ms,
    }
    assert stamped.refused("builder", "seal.batch_permitted", SEAL, fields=terms) is Code.SEAL_STATE


@pytest.mark.parametrize(
    ("system", "seal", "direction"),
    [
        ("000000", PROVINCIAL, "state_to_province"),
        ("620000", SEAL, "province_to_city"),
        ("620500", PROVINCIAL, "city_to_province"),
        ("620500", SEAL, "city_to_city"),
        ("620100", SEAL, "same_region"),
        ("420000", PROVINCIAL, "between_provinces"),
    ],
)
def test_a_grant_says_the_direction_that_system_and_seal_have(
    system: str, seal: str, direction: str
) -> None:
    """Hubei: 国办调用省, 省平台调用市州, 市州调用省平台, 市州之间."""
    town = SealTown()
    town.published(seal)
    town.connected(region=system)
    terms: dict[str, Value] = {
        "grantee": "tradesystem",
        "system": "tradesystem",
        "purpose": "电子证照",
        "licence_type": "取水许可证",
        "quota": 1,
        "valid_until_ms": town.now_ms + HOUR,
    }
    others = {"same_region", "city_to_city", "province_to_city"} - {direction}
    for wrong in others:
        refused = town.refused(
            "builder", "seal.use_authorised", seal, fields=terms, direction=wrong
        )
        assert refused is Code.SEAL_DIRECTION
    granted = town.say("builder", "seal.use_authorised", seal, fields=terms, direction=direction)
    use = town.use(purpose="电子证照")
    town.say("tradesystem", "seal.used", seal, refs=[("follows", granted)], fields=use)
    assert town.alerts() == []
    row = town.chain.state.get(PREFIX + f"grant/{seal}/{granted.hex()}".encode())
    assert row is not None and direction.encode() in row


def test_a_connection_is_a_row_that_a_signed_root_proves(stamped: SealTown) -> None:
    found = eseal_grants.connection(State(Overlay(stamped.chain.state)), "tradesystem")
    assert found is not None
    assert (found.region, found.standard, found.version) == ("620100", "STD-ESEAL-1", "1")
    assert any(stamped.chain.status.under(b"system/tradesystem", 9))


@pytest.mark.parametrize(("failed", "told"), [(0, []), (1, [("AL29", "passed_with_failures")])])
def test_a_test_that_is_passed_with_failures_is_named(
    failed: int, told: list[tuple[str, str]]
) -> None:
    town = SealTown()
    town.seal_standard()
    town.tested(failed=failed)
    assert town.alerts() == told


def test_no_more_cases_fail_than_there_are() -> None:
    town = SealTown()
    town.seal_standard()
    fields: dict[str, Value] = {"standard": "STD-ESEAL-1"}
    cites = [("follows", town.say("city", "seal.test_requested", "city", fields=fields))]
    wrong: dict[str, Value] = {"result": "failed", "case_count": 3, "failed_count": 4}
    refused = town.refused("tester", "seal.tested", "city", refs=cites, fields=wrong)
    assert refused is Code.RECORD_FIELD_VALUE


@pytest.mark.parametrize(("newest", "told"), [("1", []), ("2", [("AL29", "standard_superseded")])])
def test_a_system_that_was_tested_by_an_older_standard_is_named(
    newest: str, told: list[tuple[str, str]]
) -> None:
    town = SealTown()
    town.seal_standard("1")
    tested = town.tested()
    town.seal_standard(newest)
    fields: dict[str, Value] = {"action": "connect", "region": "620100"}
    town.say("province", "seal.connected", "tradesystem", refs=[("follows", tested)], fields=fields)
    assert town.alerts() == told


@pytest.mark.parametrize(
    ("violations", "told"),
    [
        pytest.param(0, [], marks=pytest.mark.spares("AL29")),
        pytest.param(1, [("AL29", "data_violations")], marks=pytest.mark.raises("AL29")),
    ],
)
def test_violations_at_run_time_are_named(violations: int, told: list[tuple[str, str]]) -> None:
    town = SealTown()
    cites = [("follows", town.connected())]
    fields: dict[str, Value] = {
        "standard": "STD-ESEAL-1",
        "clause": "6.2",
        "sampled_count": 500,
        "violation_count": violations,
    }
    town.say("tester", "seal.violation_found", "tradesystem", refs=cites, fields=fields)
    assert town.alerts() == told
    wrong = {**fields, "violation_count": 501}
    refused = town.refused(
        "tester", "seal.violation_found", "tradesystem", refs=cites, fields=wrong
    )
    assert refused is Code.RECORD_FIELD_VALUE


def test_only_the_test_service_tests_and_only_the_office_connects() -> None:
    town = SealTown()
    town.seal_standard()
    fields: dict[str, Value] = {"standard": "STD-ESEAL-1"}
    cites = [("follows", town.say("city", "seal.test_requested", "city", fields=fields))]
    result: dict[str, Value] = {"result": "passed", "case_count": 1}
    refused = town.refused("city", "seal.tested", "city", refs=cites, fields=result)
    assert refused is Code.RECORD_ISSUER_ROLE
    cites = [("follows", town.say("tester", "seal.tested", "city", refs=cites, fields=result))]
    connect: dict[str, Value] = {"action": "connect", "region": "620100"}
    refused = town.refused("city", "seal.connected", "city", refs=cites, fields=connect)
    assert refused is Code.RECORD_ISSUER_ROLE
    nowhere = town.refused("province", "seal.connected", "city", refs=cites, action="connect")
    assert nowhere is Code.RECORD_FIELD_VALUE
