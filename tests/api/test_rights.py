"""Whose part in a subject opens what is not public, and for how long: under the real judge."""

import pytest

from api.readers import readers
from api.rights import Viewer
from contracts.schema import REGION
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.record import decode_record
from tests.contracts.addresses import ADDRESS, ADDRESS_ROLES, AddressTown
from tests.contracts.sealing import BIDDERS
from tests.contracts.tendering import TenderTown
from tests.contracts.town import CATALOGUE, HOUR, PROJECT, SECTION, Town


def sees(town: Town, member: str, record_id: RecordId) -> bool:
    stored = town.chain.blocks.record(record_id)
    assert stored is not None
    return Viewer(CATALOGUE, town.chain, MemberId(member)).may_see(decode_record(stored.data))


def complained(town: Town, by: str = "notary", subject: str = SECTION) -> RecordId:
    return town.say(by, "tender.complaint", subject, matter="other", known_at_ms=town.now_ms)


@pytest.fixture
def announced() -> Town:
    town = Town()
    town.announced(town.now_ms + 1_000 * HOUR)
    return town


# The table.


def test_only_what_not_everybody_may_say_makes_a_party() -> None:
    """A record that anyone may issue counts only where a rule sees to it that its party says it."""
    for key, names in readers().parties.items():
        kind = CATALOGUE.types[key]
        anyone = any(each.role == "*" for each in kind.issuers)
        assert not (anyone and "issuer" in names) or kind.party, key


def test_every_name_of_the_table_is_one_of_the_catalogues() -> None:
    table = readers()
    for key, names in table.parties.items():
        assert set(names) - {"issuer"} <= set(CATALOGUE.kept.get(key, ())), key
    assert {each.role for each in table.standing} <= set(CATALOGUE.roles)
    assert all(CATALOGUE.roles[each.role].governance for each in table.standing)
    for reference in table.scopes.values():
        key, _, name = reference.rpartition(".")
        assert name in CATALOGUE.types[key].fields
    for key, relations in table.about.items():
        assert relations == {"*"} or relations <= set(CATALOGUE.types[key].refs), key


def test_no_mandatory_node_has_a_class_that_is_hidden() -> None:
    """Completeness tells how each of them stands, because the witness certificate does."""
    for profile in CATALOGUE.profiles.values():
        for node in profile.nodes():
            hidden = {CATALOGUE.types[name].visibility for name in node.types}
            assert hidden <= {"public"} | {each for each in hidden if ":" in each}, profile.key


# Tenders.


def test_a_bidder_is_a_party_from_the_opening_on() -> None:
    town = TenderTown()
    complaint = complained(town)
    assert not sees(town, BIDDERS[0], complaint)
    town.opened(["deposit"])
    assert sees(town, BIDDERS[0], complaint)
    assert not sees(town, BIDDERS[1], complaint), "who did not bid has no part in it"


def test_a_stranger_in_a_partys_place_sees_nothing(announced: Town) -> None:
    """What an agent says whom nobody delegated is on the ledger, and counts for nothing."""
    announced.say("agency", "tender.document_filed", kind="tender", on_behalf_of="builder")
    announced.say("agency", "evidence.deposited")
    assert not sees(announced, "agency", complained(announced))


def test_a_delegate_sees_as_long_as_the_delegation_holds(announced: Town) -> None:
    until = announced.now_ms + 10 * HOUR
    announced.say(
        "builder", "ledger.delegated", "builder", delegate="agency", project=PROJECT, until_ms=until
    )
    complaint = complained(announced)
    assert sees(announced, "agency", complaint)
    announced.wait_until(until + HOUR)
    announced.say("centre", "evidence.deposited")
    assert not sees(announced, "agency", complaint)


def test_a_delegation_for_another_project_opens_nothing_here(announced: Town) -> None:
    announced.say("builder", "ledger.delegated", "builder", delegate="agency", project="LZ-2026-9")
    assert not sees(announced, "agency", complained(announced))


def test_a_supervisor_sees_while_it_holds_the_role(announced: Town) -> None:
    complaint = complained(announced, "bidder")
    assert sees(announced, "supervisor", complaint)
    said = {"action": "withdraw", "role": "supervisor"}
    gone = announced.say("centre", "ledger.role_changed", "supervisor", fields=said)
    for other in ("registry", "notary"):
        announced.say(other, "ledger.confirmed", "supervisor", refs=[("confirms", gone)])
    assert not sees(announced, "supervisor", complaint)


def test_what_is_said_about_what_is_hidden_is_hidden_however_far(announced: Town) -> None:
    complaint = complained(announced, "bidder")
    first = announced.say("bidder", "ledger.amended", refs=[("amends", complaint)], reason="更正")
    second = announced.say("bidder", "ledger.amended", refs=[("amends", first)], reason="再更正")
    for record in (complaint, first, second):
        assert sees(announced, "builder", record)
        assert not sees(announced, "registry", record)


# Addresses.


def test_an_owners_word_is_shown_to_whom_it_names_and_to_the_authorities_of_the_region() -> None:
    roles = {**ADDRESS_ROLES, "abroad": ("address_platform",)}
    town = AddressTown(roles=roles)
    _, matched = town.sources()
    word = town.confirmed(matched)
    for reader in ("landlord", "shop", "realestate", "platform", "market", "police"):
        assert sees(town, reader, word), reader
    for reader in ("operator", "library", "ewindow", "abroad", "centre"):
        assert not sees(town, reader, word), reader


def test_a_supervisor_of_addresses_has_no_part_in_tenders() -> None:
    town = AddressTown()
    town.announced(town.now_ms + 1_000 * HOUR)
    complaint = complained(town)
    assert sees(town, "supervisor", complaint) and sees(town, "police", complaint)
    assert not sees(town, "market", complaint)


def test_whoever_commits_itself_to_an_address_does_not_see_its_owner() -> None:
    """A08 may be issued by anyone: else a stranger would learn who owns what."""
    town = AddressTown()
    shared, matched = town.sources()
    word = town.confirmed(matched)
    town.say("operator", "address.commitment", ADDRESS, refs=[("follows", matched)], use="premises")
    assert not sees(town, "operator", word) and not sees(town, "operator", shared)


def test_an_authority_of_another_region_is_no_party() -> None:
    """What it says of an address is on the ledger with an alert, and opens nothing to it."""
    assert any(each.scope == REGION for each in CATALOGUE.types["address.matched"].issuers)
    town = AddressTown(roles={**ADDRESS_ROLES, "abroad": ("notary",)})
    grant = {"action": "grant", "role": "address_platform", "scope": "region:620100"}
    town.say("centre", "ledger.role_changed", "abroad", fields=grant)
    standard = town.standard()
    shared = town.shared()
    cites = [("follows", standard), ("follows", shared)]
    cites += [("batch", town.snapshot("enterprise", "market"))]
    town.say("abroad", "address.matched", ADDRESS, refs=cites, fields=town.of_match())
    assert not sees(town, "abroad", shared)
