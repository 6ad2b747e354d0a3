"""Stories of one address: three sources, the owner's will, the negative list, two certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pytest

from ledger.codes import Code
from ledger.core.canonical import Value, decode_stored
from ledger.core.identifiers import RecordId
from ledger.core.negative_list import ListHead, NegativeList, verify_listing
from ledger.core.record import decode_record
from ledger.core.vrf import VrfKey
from tests.contracts.addresses import ADDRESS, ELSEWHERE, LIST, LIST_ENDS, UNIT, AddressTown
from tests.vectors.small_network import seed

USE, PROPERTY = "address.use_certified", "address.property_certified"
CHECKED, CHANGED = "address.negative_list_checked", "address.negative_list_changed"


@pytest.fixture
def town() -> AddressTown:
    """A town in which nothing was said yet."""
    return AddressTown()


@dataclass
class Ready:
    """A town in which everything for a certificate is there, by the owner's route."""

    town: AddressTown
    shared: RecordId
    matched: RecordId
    will: RecordId
    check: RecordId

    def cites(self, *left_out: RecordId) -> Sequence[tuple[str, RecordId]]:
        """What a certificate cites, but for `left_out`."""
        every = (self.shared, self.matched, self.will, self.check)
        return [("follows", each) for each in every if each not in left_out]

    def certify(self, **more: Value) -> RecordId:
        """Issue the certificate; it must be accepted."""
        fields = self.town.of_use(self.shared, self.will, self.check, **more)
        return self.town.say("platform", USE, ADDRESS, refs=self.cites(), fields=fields)

    def refused(
        self,
        *left_out: RecordId,
        by: str = "platform",
        wrong: Mapping[str, Value] | None = None,
        **more: Value,
    ) -> Code:
        """The code by which the certificate is refused."""
        more = {**more, **(wrong or {})}
        fields = self.town.of_use(self.shared, self.will, self.check, **more)
        return self.town.refused(by, USE, ADDRESS, refs=self.cites(*left_out), fields=fields)


@pytest.fixture
def ready(town: AddressTown) -> Ready:
    """Three sources, the owner's confirmation, and a check against version 1."""
    shared, matched = town.sources()
    will = town.confirmed(matched)
    town.publish_list()
    return Ready(town, shared, matched, will, town.check(matched))


def status(town: AddressTown, key: str) -> tuple[Value, ...] | None:
    """The slow row of `key`, taken apart."""
    data = town.chain.status.get(key.encode())
    return None if data is None else cast("tuple[Value, ...]", decode_stored(data))


@pytest.mark.spares("AL30")
def test_an_address_goes_from_three_sources_to_a_certificate(ready: Ready) -> None:
    certificate = ready.certify()

    assert ready.town.alerts() == []
    name = f"certificate/{certificate.hex()}"
    row = status(ready.town, name)
    assert row is not None and row[1:] == (ADDRESS, "use", "shop", LIST, 1, None)
    property_row, will_row = (status(ready.town, f"{name}/{each}") for each in ("property", "will"))
    assert property_row is not None and property_row[1] == ready.shared
    assert will_row is not None and will_row[1] == ready.will


def test_anyone_proves_from_the_records_which_version_a_certificate_used(ready: Ready) -> None:
    """Offline: the certificate names the check, the check its version, proof and list."""
    blocks = ready.town.chain.blocks

    def said(record_id: RecordId) -> dict[str, Value]:
        stored = blocks.record(record_id)
        assert stored is not None
        return dict(decode_record(stored.data).fields)

    certificate = said(ready.certify())
    check = said(RecordId(cast(bytes, certificate["list_check"])))
    listed = said(ready.town.listed_by)
    head = ListHead.of_fields(LIST, listed)

    assert certificate["list_version"] == check["version"] == head.version == 1
    assert verify_listing(head, ADDRESS, cast(bytes, check["proof"])) == "absent"


def test_a_property_certificate_takes_effect_when_the_registry_confirms(town: AddressTown) -> None:
    shared, matched = town.sources()
    cites = [("follows", shared), ("follows", matched)]
    fields: dict[str, Value] = {"property_fact": shared, "property_unit": UNIT}
    certificate = town.say("platform", PROPERTY, ADDRESS, refs=cites, fields=fields)
    assert status(town, f"certificate/{certificate.hex()}") is None

    town.say("realestate", "ledger.confirmed", ADDRESS, refs=[("confirms", certificate)])

    row = status(town, f"certificate/{certificate.hex()}")
    assert row is not None and row[1:3] == (ADDRESS, "property")
    assert status(town, f"certificate/{certificate.hex()}/will") is None


def test_the_registry_does_not_confirm_what_it_has_replaced(town: AddressTown) -> None:
    shared, matched = town.sources()
    cites = [("follows", shared), ("follows", matched)]
    certificate = town.say("platform", PROPERTY, ADDRESS, refs=cites, property_fact=shared)
    town.shared("operator")
    refused = town.refused(
        "realestate", "ledger.confirmed", ADDRESS, refs=[("confirms", certificate)]
    )
    assert refused is Code.RECORD_FACT


def test_a_commitment_stands_for_the_owners_will(ready: Ready) -> None:
    cites = [("follows", ready.matched)]
    will = ready.town.say("shop", "address.commitment", ADDRESS, refs=cites, use="residence")
    ready.will = will
    ready.certify(route="commitment")
    assert ready.town.alerts() == []


def test_a_commitment_is_the_applicants_own(ready: Ready) -> None:
    cites = [("follows", ready.matched)]
    will = ready.town.say("operator", "address.commitment", ADDRESS, refs=cites, use="residence")
    ready.will = will
    assert ready.refused(route="commitment") is Code.RECORD_FACT


def test_a_certificate_needs_every_fact(ready: Ready) -> None:
    for each in (ready.shared, ready.matched, ready.will, ready.check):
        assert ready.refused(each) is Code.RECORD_MUST_FOLLOW


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("until_ms", 2 * LIST_ENDS),
        ("property_fact", bytes(32)),
        ("owner_will", bytes(32)),
        ("list_check", bytes(32)),
        ("list", "LIST-110101"),
        ("list_version", 2),
        ("applicant", "operator"),
        ("use", "premises"),
        ("route", "commitment"),
    ],
)
def test_a_certificate_says_what_its_facts_say(ready: Ready, field: str, value: Value) -> None:
    assert ready.refused(wrong={field: value}) is Code.RECORD_FACT


def test_nobody_but_the_platform_certifies(ready: Ready) -> None:
    for member in ("shop", "landlord", "centre", "realestate"):
        assert ready.refused(by=member) is Code.RECORD_ISSUER_ROLE


def test_a_denial_after_the_confirmation_ends_the_owners_will(ready: Ready) -> None:
    """Double truth: the property still stands, the will does not."""
    ready.town.confirmed(ready.matched, decision="denied")
    assert ready.refused() is Code.RECORD_FACT


def test_a_denial_is_no_will(ready: Ready) -> None:
    ready.will = ready.town.confirmed(ready.matched, decision="denied")
    assert ready.refused() is Code.RECORD_REF_VALUE


def test_a_new_owner_ends_the_property_fact(ready: Ready) -> None:
    """Double truth, the other way: the old owner's will is there, and it is not its property."""
    ready.town.shared("operator")
    assert ready.refused() is Code.RECORD_FACT


def test_a_stranger_confirms_nothing_whatever_salt_it_brings(ready: Ready) -> None:
    """Whoever cannot open the registry's commitment is not the owner, and is refused as such."""
    town = ready.town
    town.joined("operator")
    cites = [("follows", ready.matched)]
    kind = "address.owner_confirmed"
    for salt in (bytes(32), town.salt("operator"), town.salt("landlord"), b""):
        fields = town.of_word(owner_salt=salt)
        refused = town.refused("operator", kind, ADDRESS, refs=cites, fields=fields)
        assert refused is Code.ADDRESS_OWNER


def test_an_owner_joins_before_it_confirms(town: AddressTown) -> None:
    _, matched = town.sources()
    kind, cites = "address.owner_confirmed", [("follows", matched)]
    refused = town.refused("landlord", kind, ADDRESS, refs=cites, fields=town.of_word())
    assert refused is Code.RECORD_MUST_FOLLOW


def test_an_operator_confirms_for_the_owner_by_delegation_only(ready: Ready) -> None:
    ready.will = ready.town.confirmed(ready.matched, by="operator", on_behalf_of="landlord")
    assert ready.town.alerts() == [("AL05", "not_delegated")]
    assert ready.refused() is Code.RECORD_MUST_FOLLOW

    ready.town.say("landlord", "ledger.delegated", "landlord", delegate="operator")
    ready.will = ready.town.confirmed(ready.matched, by="operator", on_behalf_of="landlord")
    ready.certify()


def test_a_mismatch_leads_nowhere(town: AddressTown) -> None:
    mismatched = town.matched(town.standard(), town.shared(), "mismatched")
    cites = [("follows", mismatched)]
    town.joined("landlord")
    kind = "address.owner_confirmed"
    refused = town.refused("landlord", kind, ADDRESS, refs=cites, fields=town.of_word())
    assert refused is Code.RECORD_REF_VALUE


def test_a_match_needs_both_sources(town: AddressTown) -> None:
    cites = [("follows", town.standard()), ("batch", town.snapshot("enterprise", "market"))]
    fields = town.of_match()
    refused = town.refused("platform", "address.matched", ADDRESS, refs=cites, fields=fields)
    assert refused is Code.RECORD_MUST_FOLLOW


@pytest.mark.raises("AL30")
def test_a_listed_address_is_named_and_gets_no_certificate(ready: Ready) -> None:
    ready.town.publish_list([ADDRESS, ELSEWHERE], 2)
    ready.check = ready.town.check(ready.matched)
    assert ready.town.alerts() == [("AL30", "listed")]
    assert ready.refused() is Code.RECORD_REF_VALUE


def test_a_check_against_an_older_version_certifies_nothing(ready: Ready) -> None:
    ready.town.publish_list([], 2)
    assert ready.refused(list_version=1) is Code.LIST_VERSION
    ready.check = ready.town.check(ready.matched)
    ready.certify()


def checked(ready: Ready, listed_by: RecordId | None = None, **more: Value) -> Code:
    """The code by which a check is refused."""
    listed_by = listed_by or ready.town.listed_by
    cites = [("follows", ready.matched), ("follows", listed_by)]
    fields = {**ready.town.of_check(), **more}
    return ready.town.refused("platform", CHECKED, ADDRESS, refs=cites, fields=fields)


def test_a_check_on_an_older_version_is_refused(ready: Ready) -> None:
    first, fields = ready.town.listed_by, ready.town.of_check()
    second = ready.town.publish_list([], 2)
    assert checked(ready, first, **fields) is Code.LIST_VERSION
    assert checked(ready, first) is Code.LIST_VERSION
    assert checked(ready, second, **{**fields, "version": 2}) is Code.PROOF_VRF


def test_a_proof_that_does_not_hold_is_refused(ready: Ready) -> None:
    """Of another address, of another key, of a list that leaves the address out."""
    town, fields = ready.town, ready.town.of_check()
    proof = cast(bytes, fields["proof"])
    for address in (ELSEWHERE, "ADDR-110108-9"):
        assert checked(ready, proof=town.list.prove(address).encode()) is Code.PROOF_VRF
    strange = NegativeList(LIST, 1, (), VrfKey(seed("another")))
    assert checked(ready, proof=strange.prove(ADDRESS).encode()) is Code.PROOF_VRF
    empty = NegativeList(LIST, 1, (), town.key)
    assert checked(ready, proof=empty.prove(ADDRESS).encode()) is Code.PROOF_NEGATIVE_LIST
    assert checked(ready, proof=proof[:-1]) is Code.PROOF_NEGATIVE_LIST
    assert checked(ready, result="listed") is Code.RECORD_FIELD_VALUE


def test_an_address_is_checked_on_its_own_regions_list(ready: Ready) -> None:
    assert checked(ready, list="LIST-110101") is Code.RECORD_FIELD_VALUE


def test_a_list_has_one_keeper_and_its_versions_come_in_turn(ready: Ready) -> None:
    town = ready.town
    town.list = NegativeList(LIST, 2, (), town.key)
    fields = town.of_list()
    assert town.refused("otherbureau", CHANGED, LIST, fields=fields) is Code.LIST_KEEPER
    assert town.refused("platform", CHANGED, LIST, fields=fields) is Code.RECORD_ISSUER_ROLE
    for version in (1, 3):
        wrong = {**fields, "version": version}
        assert town.refused("market", CHANGED, LIST, fields=wrong) is Code.LIST_VERSION
    weak = {**fields, "list_key": bytes(32)}
    assert town.refused("market", CHANGED, LIST, fields=weak) is Code.KEY_WEAK
    town.say("market", CHANGED, LIST, fields=fields)


def test_nothing_that_is_published_of_a_list_names_an_address(ready: Ready) -> None:
    ready.town.publish_list([ADDRESS, ELSEWHERE, "ADDR-110108-0003"], 2)
    stored = ready.town.chain.blocks.record(ready.town.listed_by)
    assert stored is not None
    for address in (ADDRESS, ELSEWHERE, "ADDR-110108-0003"):
        assert address.encode() not in stored.data


ELSEWHERE_UNIT = "310101" + UNIT[6:]


@pytest.mark.parametrize(
    "unit", ["", UNIT[:-1], UNIT.replace("G", "X", 1), UNIT.lower(), ELSEWHERE_UNIT]
)
def test_a_property_unit_number_has_its_form_and_its_county(town: AddressTown, unit: str) -> None:
    cites = [("batch", town.snapshot("property", "realestate"))]
    fields: dict[str, Value] = {"owner": town.owner("landlord"), "property_unit": unit}
    kind = "address.property_shared"
    refused = town.refused("realestate", kind, ADDRESS, refs=cites, fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE


def test_a_library_that_lost_its_role_publishes_and_is_named(town: AddressTown) -> None:
    town.standard()
    fields: dict[str, Value] = {"action": "withdraw", "role": "address_keeper"}
    town.say("centre", "ledger.role_changed", "library", fields=fields)
    town.standard(ELSEWHERE)
    assert town.alerts() == [("AL05", "role_lapsed")]


def test_the_list_of_a_region_is_claimed_by_its_own_authority_only() -> None:
    """The first to publish keeps a list for good: nobody may claim that of another region."""
    town = AddressTown()
    fields: dict[str, Value] = {"role": "address_supervisor", "scope": "region:620100"}
    grant = {**fields, "action": "grant"}
    granted = town.say("centre", "ledger.role_changed", "shop", fields=grant)
    for other in ("supervisor", "registry"):
        town.say(other, "ledger.confirmed", "shop", refs=[("confirms", granted)])
    kind, files = "address.negative_list_changed", {"file": b"content"}
    refused = town.refused("shop", kind, LIST, fields=town.of_list(), files=files)
    assert refused is Code.RECORD_ISSUER_ROLE
    town.say("shop", kind, "LIST-620100", fields=town.of_list(), files=files)
    town.publish_list()
