"""Stories of what follows from a certificate: registration, both notices, objection, its end."""

from typing import cast

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value, decode_stored
from ledger.core.identifiers import RecordId
from tests.contracts.addresses import (
    ADDRESS,
    ADDRESS_ROLES,
    ELSEWHERE,
    LIST_ENDS,
    UNIT,
    Registry,
)
from tests.contracts.town import CATALOGUE, DAY, GRACE, HOUR, MINUTE

CALLED, REGISTERED = "address.certificate_called", "address.registered"
REVOKED = "address.certificate_revoked"


@pytest.fixture
def town() -> Registry:
    """A district with three sources and a list."""
    return Registry()


def interval(town: Registry, certificate: RecordId, name: str = "") -> list[Value]:
    """From index, from time, until index, until time of a certificate or of one of its facts."""
    data = town.chain.status.get(f"certificate/{certificate.hex()}{name}".encode())
    assert data is not None
    return list(cast("tuple[tuple[Value, ...], ...]", decode_stored(data))[0])


def holds(town: Registry, certificate: RecordId) -> dict[str, bool]:
    """Which of the three rows still last."""
    names = {"certificate": "", "property": "/property", "will": "/will"}
    return {key: interval(town, certificate, rest)[2] is None for key, rest in names.items()}


def why_not_called(town: Registry, applicant: str = "shop", use: str = "residence") -> Code:
    fields = town.of_call(applicant, use)
    return town.refused("ewindow", CALLED, ADDRESS, refs=town.both(), fields=fields)


@pytest.mark.spares("AL36")
def test_from_the_owners_word_to_a_registration_both_sides_were_told_of(town: Registry) -> None:
    town.settled()
    for side in ("owner", "supervisor"):
        town.told(side)
        town.receipted(side)
    town.wait_until(town.now_ms + 30 * DAY)
    assert town.alerts() == []


# A11: a call.


def test_a_certificate_serves_one_applicant_one_use_and_once(town: Registry) -> None:
    town.certified()
    assert why_not_called(town, "operator") is Code.ADDRESS_CERTIFICATE
    assert why_not_called(town, use="premises") is Code.ADDRESS_CERTIFICATE
    town.called()
    assert why_not_called(town) is Code.ADDRESS_CERTIFICATE


def test_a_call_needs_both_certificates(town: Registry) -> None:
    town.certified()
    for name in ("property", "use"):
        cites = [("follows", town.certificates[name])]
        refused = town.refused("ewindow", CALLED, ADDRESS, refs=cites, fields=town.of_call())
        assert refused is Code.RECORD_MUST_FOLLOW


def test_nobody_but_the_registration_system_calls(town: Registry) -> None:
    town.certified()
    for member in ("shop", "platform", "market", "landlord"):
        refused = town.refused(member, CALLED, ADDRESS, refs=town.both(), fields=town.of_call())
        assert refused is Code.RECORD_ISSUER_ROLE


def test_a_call_after_a_newer_list_brings_a_fresh_check(town: Registry) -> None:
    """The certificate was checked against version 1: whether version 2 lists it, nobody asked."""
    town.certified()
    town.publish_list([ELSEWHERE], 2)
    assert why_not_called(town) is Code.LIST_VERSION
    fresh = town.check(town.matched_by)
    cites = [*town.both(), ("follows", fresh)]
    town.say("ewindow", CALLED, ADDRESS, refs=cites, fields=town.of_call())


def test_a_call_after_the_address_was_listed_is_refused(town: Registry) -> None:
    town.certified()
    town.publish_list([ADDRESS], 2)
    hit = town.check(town.matched_by)
    cites = [*town.both(), ("follows", hit)]
    refused = town.refused("ewindow", CALLED, ADDRESS, refs=cites, fields=town.of_call())
    assert refused is Code.RECORD_REF_VALUE
    assert town.alerts() == [("AL30", "listed")]


def test_a_list_that_has_run_out_lets_nobody_through(town: Registry) -> None:
    town.certified()
    town.now_ms = LIST_ENDS + GRACE
    assert why_not_called(town) is Code.LIST_EXPIRED


def test_a_certificate_for_a_lease_ends_with_it(town: Registry) -> None:
    ends = town.now_ms + 10 * DAY
    town.certified(until_ms=ends)
    town.now_ms = ends + GRACE
    assert why_not_called(town) is Code.ADDRESS_CERTIFICATE


# A12: a registration.


def test_a_registration_is_of_who_was_called_for_and_one_for_a_call(town: Registry) -> None:
    town.certified()
    town.called()
    cites = [("follows", town.called_by)]

    def refused(by: str = "market", **more: Value) -> Code:
        fields = {**town.of_registration(), **more}
        return town.refused(by, REGISTERED, ADDRESS, refs=cites, fields=fields)

    assert refused(applicant="operator") is Code.RECORD_FIELD_VALUE
    assert refused(use="premises") is Code.RECORD_FIELD_VALUE
    assert refused(supervised_by="shop") is Code.RECORD_FIELD_VALUE
    assert refused(by="ewindow") is Code.RECORD_ISSUER_ROLE
    town.registered()
    assert refused() is Code.ADDRESS_CERTIFICATE


def test_nobody_registers_on_a_certificate_that_was_revoked_in_between(town: Registry) -> None:
    certificate = town.certified()
    town.called()
    revoked(town, certificate)
    cites, fields = [("follows", town.called_by)], town.of_registration()
    refused = town.refused("market", REGISTERED, ADDRESS, refs=cites, fields=fields)
    assert refused is Code.ADDRESS_CERTIFICATE


# AL02.


@pytest.mark.parametrize(("days", "told"), [(30, []), (31, [("AL02", "certificate_use")])])
def test_a_registration_follows_its_call_within_thirty_days(
    days: int, told: list[tuple[str, str]]
) -> None:
    town = Registry()
    town.certified()
    town.called()
    town.registered(at=town.now_ms + days * DAY)
    assert [each for each in town.alerts() if each[0] == "AL02"] == told


# AL31, duplicate or over-occupied address (地址重复或超额占用).


@pytest.mark.raises("AL31")
def test_a_second_residence_at_one_address_raises_al31(town: Registry) -> None:
    town.settled()
    town.settled("operator")
    assert town.alerts() == [("AL31", "residence_taken")]


@pytest.mark.spares("AL31")
def test_many_may_have_their_premises_at_the_address_of_a_residence() -> None:
    town = Registry()
    town.settled()
    for member in ("operator", "builder", "bidder"):
        town.settled(member, "premises")
    assert town.alerts() == []


@pytest.mark.spares("AL31")
def test_a_residence_is_free_again_when_who_had_it_moved_away(town: Registry) -> None:
    town.settled()
    cites = [("follows", town.registration)]
    kind = "address.registration_ended"
    town.say("market", kind, ADDRESS, refs=cites, reason="moved")
    town.settled("operator")
    assert town.alerts() == []


@pytest.mark.raises("AL31")
def test_more_premises_than_the_set_number_raise_al31() -> None:
    most = CATALOGUE.alerts["AL31"].parameters["premises_most"]
    firms = [f"firm{number:02d}" for number in range(most + 1)]
    town = Registry({**ADDRESS_ROLES, **dict.fromkeys(firms, ("depositor",))})
    for firm in firms[:-1]:
        town.settled(firm, "premises")
    assert town.alerts() == []
    town.settled(firms[-1], "premises")
    assert town.alerts() == [("AL31", "over_occupied")]


@pytest.mark.raises("AL31")
def test_a_second_address_of_one_unit_raises_al31(town: Registry) -> None:
    town.standard(property_unit=UNIT)
    town.standard(ELSEWHERE, property_unit=UNIT)
    assert town.alerts() == [("AL31", "unit_of_another")]


@pytest.mark.spares("AL31")
def test_an_address_coded_anew_takes_its_unit_along(town: Registry) -> None:
    town.standard(property_unit=UNIT)
    certificate = town.certified()
    town.standard(ELSEWHERE, property_unit=UNIT, supersedes=ADDRESS)
    assert town.alerts() == []
    assert holds(town, certificate) == {"certificate": True, "property": False, "will": True}
    assert why_not_called(town) is Code.ADDRESS_CERTIFICATE
    fields = town.of_match()
    cites = [("follows", town.shared_by), ("batch", town.snapshot("enterprise", "market"))]
    refused = town.refused(
        "platform", "address.matched", ADDRESS,
        refs=[*cites, ("follows", town.matched_by)], fields=fields,
    )  # fmt: skip
    assert refused is Code.RECORD_REFS


def test_a_match_of_two_different_units_is_no_match(town: Registry) -> None:
    standard = town.standard(property_unit=UNIT)
    shared = town.shared(unit=UNIT[:-1] + "9")
    cites = [("follows", standard), ("follows", shared)]
    cites.append(("batch", town.snapshot("enterprise", "market")))
    kind = "address.matched"
    refused = town.refused("platform", kind, ADDRESS, refs=cites, fields=town.of_match())
    assert refused is Code.RECORD_FIELD_VALUE
    town.matched(standard, shared, "mismatched")


# AL32, owner not confirming or denying (产权人未确认或否认).


@pytest.mark.raises("AL32")
def test_a_denial_raises_al32_and_ends_the_will_alone(town: Registry) -> None:
    certificate = town.certified()
    town.confirmed(town.matched_by, decision="denied")
    assert town.alerts() == [("AL32", "owner_denies")]
    assert holds(town, certificate) == {"certificate": True, "property": True, "will": False}
    assert why_not_called(town) is Code.ADDRESS_CERTIFICATE


def test_a_denial_about_another_applicant_leaves_the_certificate(town: Registry) -> None:
    certificate = town.certified()
    town.confirmed(town.matched_by, applicant="operator", decision="denied")
    assert holds(town, certificate)["will"]
    town.called()


@pytest.mark.spares("AL32")
def test_a_sale_ends_the_property_alone(town: Registry) -> None:
    certificate = town.certified()
    town.shared("operator")
    assert town.alerts() == []
    assert holds(town, certificate) == {"certificate": True, "property": False, "will": True}
    assert holds_property_alone(town, town.certificates["property"]) is False


def holds_property_alone(town: Registry, certificate: RecordId) -> bool:
    return interval(town, certificate, "/property")[2] is None


def test_the_same_owner_shared_again_ends_nothing(town: Registry) -> None:
    certificate = town.certified()
    town.shared()
    assert all(holds(town, certificate).values())


@pytest.mark.raises("AL32")
def test_an_objection_raises_al32_and_ends_the_will(town: Registry) -> None:
    town.settled()
    town.told("owner")
    town.objected()
    assert town.alerts() == [("AL32", "owner_objects")]
    assert holds(town, town.certificates["use"])["will"] is False


def test_a_stranger_cannot_object(town: Registry) -> None:
    town.settled()
    town.told("owner")
    cites = [("follows", town.notices["owner"])]
    fields: dict[str, Value] = {"owner_salt": town.salt("landlord")}
    kind = "address.owner_objected"
    refused = town.refused("operator", kind, ADDRESS, refs=cites, fields=fields)
    assert refused is Code.ADDRESS_OWNER


@pytest.mark.parametrize(
    ("answered", "told"),
    [
        pytest.param(True, [], marks=pytest.mark.spares("AL32")),
        pytest.param(False, ["owner_confirmation"], marks=pytest.mark.raises("AL32")),
    ],
)
def test_an_owner_that_says_nothing_of_a_commitment_raises_al32(
    answered: bool, told: list[str]
) -> None:
    town = Registry()
    certificate = town.certified(route="commitment")
    if answered:
        town.joined("landlord")
        cites = [("follows", town.matched_by), ("answers", certificate)]
        kind = "address.owner_confirmed"
        town.say("landlord", kind, ADDRESS, refs=cites, fields=town.of_word())
    town.wait_until(town.now_ms + 17 * DAY)
    assert [because for code, because in town.alerts() if code == "AL32"] == told


def test_who_knows_the_salt_does_not_answer_for_the_owner(town: Registry) -> None:
    certificate = town.certified(route="commitment")
    town.joined("operator")
    cites = [("follows", town.matched_by), ("answers", certificate)]
    fields = town.of_word(on_behalf_of="landlord")
    town.say("operator", "address.owner_confirmed", ADDRESS, refs=cites, fields=fields)
    town.wait_until(town.now_ms + 17 * DAY)
    assert town.alerts() == [("AL05", "not_delegated"), ("AL32", "owner_confirmation")]


def test_a_commitment_does_not_get_around_a_denial(town: Registry) -> None:
    town.confirmed(town.matched_by, decision="denied")
    cites = [("follows", town.matched_by)]
    will = town.say("shop", "address.commitment", ADDRESS, refs=cites, use="residence")
    check = town.check(town.matched_by)
    fields = town.of_use(town.shared_by, will, check, route="commitment")
    cites = [("follows", each) for each in (town.shared_by, town.matched_by, will, check)]
    kind = "address.use_certified"
    refused = town.refused("platform", kind, ADDRESS, refs=cites, fields=fields)
    assert refused is Code.RECORD_FACT


# AL36, both notices (双告知), and their receipts.


@pytest.mark.raises("AL36")
def test_one_notice_that_is_late_is_told_by_its_name(town: Registry) -> None:
    town.settled()
    due = town.now_ms + 24 * HOUR
    town.told("owner")
    town.receipted("owner")
    town.wait_until(due + GRACE + MINUTE)
    assert town.alerts() == [("AL36", "supervisor_notification")]


def test_a_notice_without_the_receipt_of_who_was_told_is_told_too(town: Registry) -> None:
    """The registrar's word that it told somebody stops one clock, and starts another."""
    town.settled()
    for side in ("owner", "supervisor"):
        town.told(side)
    town.receipted("supervisor")
    town.wait_until(town.now_ms + 4 * DAY)
    assert town.alerts() == [("AL36", "notice_receipt")]


def test_nobody_acknowledges_a_notice_to_another(town: Registry) -> None:
    town.settled()
    town.told("owner")
    town.told("supervisor")
    kind, salt = "address.notice_received", town.salt("landlord")
    cites = [("answers", town.notices["owner"])]
    for by in ("market", "operator", "shop"):
        refused = town.refused(by, kind, ADDRESS, refs=cites, fields={"owner_salt": salt})
        assert refused is Code.ADDRESS_OWNER
    cites = [("answers", town.notices["supervisor"])]
    assert town.refused("market", kind, ADDRESS, refs=cites) is Code.RECORD_NOT_CONCERNED
    assert town.refused("otherbureau", kind, ADDRESS, refs=cites) is Code.RECORD_NOT_CONCERNED


def test_who_knows_the_salt_acknowledges_nothing_in_the_owners_name(town: Registry) -> None:
    """The owner's word has shown the salt to everybody; whoever uses it needs a delegation."""
    town.settled()
    for side in ("owner", "supervisor"):
        town.told(side)
    town.receipted("supervisor")
    fields: dict[str, Value] = {"owner_salt": town.salt("landlord"), "on_behalf_of": "landlord"}
    kind, cites = "address.notice_received", [("answers", town.notices["owner"])]
    town.say("market", kind, ADDRESS, refs=cites, fields=fields)
    town.wait_until(town.now_ms + 4 * DAY)
    assert town.alerts() == [("AL05", "not_delegated"), ("AL36", "notice_receipt")]


def test_who_knows_the_salt_objects_to_nothing_in_the_owners_name(town: Registry) -> None:
    town.settled()
    town.told("owner")
    town.receipted("owner")
    fields: dict[str, Value] = {"owner_salt": town.salt("landlord"), "on_behalf_of": "landlord"}
    kind, cites = "address.owner_objected", [("follows", town.notices["owner"])]
    town.say("operator", kind, ADDRESS, refs=cites, fields=fields)
    assert town.alerts() == [("AL05", "not_delegated")]
    assert all(holds(town, town.certificates["use"]).values())


def test_a_notary_may_witness_that_a_notice_was_served_with_evidence(town: Registry) -> None:
    town.settled()
    town.told("owner")
    town.told("supervisor")
    kind, cites = "address.notice_received", [("answers", town.notices["owner"])]
    assert town.refused("notary", kind, ADDRESS, refs=cites) is Code.RECORD_EVIDENCE_MISSING
    town.say("notary", kind, ADDRESS, refs=cites, files={"送达回证": b"scan"})
    town.receipted("supervisor")
    town.wait_until(town.now_ms + 4 * DAY)
    assert town.alerts() == []


def test_supervisors_are_those_that_the_registration_names(town: Registry) -> None:
    town.settled()
    cites, kind = [("follows", town.registration)], "address.supervisor_notified"
    refused = town.refused("market", kind, ADDRESS, refs=cites, department="otherbureau")
    assert refused is Code.RECORD_FIELD_VALUE


# A17: the end of a certificate.


def revoked(town: Registry, certificate: RecordId) -> RecordId:
    cites = [("follows", certificate)]
    fields: dict[str, Value] = {"action": "revoked", "reason": "on_request"}
    return town.say("platform", REVOKED, ADDRESS, refs=cites, fields=fields)


def test_a_revoked_certificate_is_over_and_its_facts_are_not(town: Registry) -> None:
    certificate = town.certified()
    revoked(town, certificate)
    assert holds(town, certificate) == {"certificate": False, "property": True, "will": True}
    cites = [("follows", certificate)]
    fields: dict[str, Value] = {"action": "revoked", "reason": "on_request"}
    again = town.refused("platform", REVOKED, ADDRESS, refs=cites, fields=fields)
    assert again is Code.ADDRESS_CERTIFICATE


def test_a_certificate_is_superseded_by_a_valid_one_of_its_kind(town: Registry) -> None:
    first = town.certified()
    second = town.certified()
    cites = [("follows", first)]

    def refused(**more: Value) -> Code:
        fields: dict[str, Value] = {"action": "superseded", "reason": "owner_changed", **more}
        return town.refused("platform", REVOKED, ADDRESS, refs=cites, fields=fields)

    assert refused() is Code.RECORD_FACT
    assert refused(superseded_by=first) is Code.RECORD_FACT
    assert refused(superseded_by=town.certificates["property"]) is Code.RECORD_FACT
    assert refused(action="revoked", superseded_by=second) is Code.RECORD_FACT
    fields: dict[str, Value] = {"action": "superseded", "reason": "owner_changed"}
    fields["superseded_by"] = second
    town.say("platform", REVOKED, ADDRESS, refs=cites, fields=fields)
    assert holds(town, first)["certificate"] is False
    town.called()
