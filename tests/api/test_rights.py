"""Whose part in a subject opens what is not public, and for how long: under the real judge."""

import pytest

from api.readers import readers
from api.rights import ABOUT_DEPTH_MAX, ALERT_TYPE, NotPublic, Viewer
from contracts.schema import REGION
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.record import decode_record
from tests.contracts.addresses import ADDRESS, ADDRESS_ROLES, AddressTown
from tests.contracts.sealing import AFTER, BIDDERS, SealedTown
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


# What one viewer is shown of one record; it need not be on a ledger.


def viewer(town: Town, member: str | None) -> Viewer:
    return Viewer(CATALOGUE, town.chain, None if member is None else MemberId(member))


def test_whoever_said_it_is_shown_it(announced: Town) -> None:
    complaint = announced.record("bidder", "tender.complaint", SECTION)
    assert viewer(announced, "bidder").may_see(complaint)
    assert not viewer(announced, "registry").may_see(complaint)


def test_what_is_hidden_is_refused_in_the_same_words_whatever_it_is(announced: Town) -> None:
    complaint = announced.record("bidder", "tender.complaint", SECTION)
    case = announced.record("discipline", "tender.case_transferred", SECTION)
    for hidden in (complaint, case):
        with pytest.raises(NotPublic) as refused:
            viewer(announced, "registry").require(hidden)
        assert refused.value.code is Code.API_NOT_PUBLIC and not refused.value.detail
    assert viewer(announced, "builder").require(complaint) == complaint


def test_a_type_that_the_catalogue_does_not_know_is_shown_to_nobody(announced: Town) -> None:
    strange = announced.record("bidder", "tender.of_tomorrow", SECTION)
    for member in (None, "builder", "supervisor"):
        assert not viewer(announced, member).may_see(strange)


def test_parties_have_no_part_in_what_supervisors_say(announced: Town) -> None:
    closed = announced.record("discipline", "tender.clue_closed", SECTION)
    assert viewer(announced, "supervisor").may_see(closed)
    assert not viewer(announced, "builder").may_see(closed)


def test_a_case_is_shown_to_its_receiver_and_not_to_whomever_it_names(announced: Town) -> None:
    case = announced.record("discipline", "tender.case_transferred", SECTION, receiver="registry")
    assert viewer(announced, "registry").may_see(case)
    mentioned = {"on_behalf_of": "registry"}
    other = announced.record("discipline", "tender.clue_closed", SECTION, fields=mentioned)
    assert not viewer(announced, "registry").may_see(other)
    complaint = announced.record("bidder", "tender.complaint", SECTION, fields=mentioned)
    assert viewer(announced, "registry").may_see(complaint), "of parties any field names a reader"


def test_what_was_found_out_about_one_subject_is_not_said_of_another(announced: Town) -> None:
    one = viewer(announced, "builder")
    assert one.may_see(announced.record("bidder", "tender.complaint", SECTION))
    assert not one.may_see(announced.record("bidder", "tender.complaint", "LZ-2026-9/01"))


def test_an_alert_rests_on_all_that_it_cites_and_on_what_it_is_about(announced: Town) -> None:
    complaint = complained(announced, "bidder")
    public = announced.say("builder", "tender.document_filed", kind="tender")
    refs = [("follows", public), ("follows", complaint)]
    for cited in (refs, refs[::-1], refs[1:]):
        alert = announced.record("network", ALERT_TYPE, SECTION, refs=cited)
        assert viewer(announced, "builder").may_see(alert)
        assert not viewer(announced, "registry").may_see(alert)
    alert = announced.record("network", ALERT_TYPE, SECTION, refs=refs[:1])
    assert viewer(announced, None).may_see(alert)
    alert = announced.record("network", ALERT_TYPE, SECTION, about="tender.complaint")
    assert viewer(announced, "builder").may_see(alert)
    assert not viewer(announced, None).may_see(alert)


def test_only_by_its_relation_does_a_record_speak_about_another(announced: Town) -> None:
    """An amendment that follows a complaint, and amends what is public, is public."""
    complaint = complained(announced, "bidder")
    public = announced.say("builder", "tender.document_filed", kind="tender")
    refs = [("amends", public), ("follows", complaint)]
    amendment = announced.record("builder", "ledger.amended", SECTION, refs=refs)
    assert viewer(announced, None).may_see(amendment)


def test_a_sealed_bid_is_everybodys_from_its_opening_on() -> None:
    town = SealedTown()
    sealed = [town.seal(town.bid(name)) for name in BIDDERS[:2]]
    first, second = town.commit_sealed(*sealed)
    ids = [RecordId(each.record_id) for each in sealed]
    assert [town.chain.blocks.record(each) for each in ids] == [None, None]
    town.now_ms = AFTER
    town.wait_until(AFTER)
    town.seal_set(first, second)
    town.start()
    town.open(sealed[0], first)
    opened = town.chain.blocks.record(ids[0])
    assert opened is not None and town.chain.blocks.record(ids[1]) is None
    for member in (None, BIDDERS[1], "notary", "supervisor"):
        assert viewer(town, member).may_see(decode_record(opened.data)), member


def test_what_a_hidden_record_is_about_is_told_to_those_who_see_that(announced: Town) -> None:
    complaint = complained(announced, "bidder")
    amended = announced.say("bidder", "ledger.amended", refs=[("amends", complaint)], reason="更正")
    kind = "ledger.amended"
    assert viewer(announced, "builder").may_see_what_it_is_about(amended, kind)
    assert not viewer(announced, "registry").may_see_what_it_is_about(amended, kind)
    assert viewer(announced, "registry").may_see_what_it_is_about(complaint, "tender.complaint")


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
    chain = [complained(announced, "bidder")]
    for _ in range(ABOUT_DEPTH_MAX + 2):
        amends = [("amends", chain[-1])]
        chain.append(announced.say("bidder", "ledger.amended", refs=amends, reason="更正"))
    for far, record in enumerate(chain):
        assert sees(announced, "builder", record) is (far <= ABOUT_DEPTH_MAX)
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


def test_a_supervisor_of_one_region_sees_the_addresses_that_lie_in_it_by_their_code() -> None:
    """Of an address no record says where it lies: its code does, and no other place in it."""
    regions = {"near": "110108", "abroad": "620100", "unit": "0001"}
    town = AddressTown(roles={**ADDRESS_ROLES, **dict.fromkeys(regions, ("notary",))})
    _, matched = town.sources()
    word = town.confirmed(matched)
    for member, region in regions.items():
        said = {"action": "grant", "role": "address_supervisor", "scope": f"region:{region}"}
        granted = town.say("centre", "ledger.role_changed", member, fields=said)
        assert not sees(town, member, word), "nobody is of the government by one word"
        for other in ("registry", "notary"):
            town.say(other, "ledger.confirmed", member, refs=[("confirms", granted)])
    assert {each: sees(town, each, word) for each in regions} == {
        "near": True,
        "abroad": False,
        "unit": False,
    }


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
