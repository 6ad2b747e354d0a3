"""Stories of how one seal comes to be: applied for, checked, approved, filed, made and published."""

from dataclasses import replace

import pytest

from contracts import eseal_rows
from contracts.catalogue import load_catalogue
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from contracts.overlay import Overlay
from contracts.state import State, seen_from
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import block_bundle
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.payload import bundles_root, encode_payload
from ledger.core.status import PREFIX
from ledger.errors import FormatError
from ledger.store.memory import MemoryStore
from tests.contracts.seals import FORM, SEAL, SEAL_ROLES, SealTown
from tests.contracts.town import DAY, GRACE, SECOND, town_genesis

OTHER = "SEAL-620100-0002"


@pytest.fixture
def town() -> SealTown:
    """A town in which nothing was said yet."""
    return SealTown()


def test_a_seal_goes_from_application_to_use(town: SealTown) -> None:
    published = town.published()
    town.connected()

    town.say("builder", "seal.used", SEAL, files={"通知书": b"award"}, fields=town.use())

    assert town.alerts() == []
    row = next(eseal_rows.spells(State(Overlay(town.chain.state)), SEAL))
    assert (row.status, row.owner, row.published_by) == ("valid", "builder", published)


def test_the_status_is_a_slow_row_that_a_signed_root_proves(town: SealTown) -> None:
    town.published()
    keys = [key for key, _ in town.chain.state.scan(PREFIX + b"seal/")]
    (key,) = [key.removeprefix(b"seal/" + SEAL.encode() + b"/") for key in keys]
    full = f"seal/{SEAL}/".encode() + key[-16:]

    assert town.chain.status.get(full) is not None


@pytest.mark.parametrize(
    "seal_type", ["legal_name", "department", "business", "personal_name", "other"]
)
def test_seals_of_every_type_are_made(town: SealTown, seal_type: str) -> None:
    """A personal-name seal names nobody: its holder is a private field."""
    fields: dict[str, Value] = {"seal_type": seal_type, "form_version": "2026"}
    application = town.say("builder", "seal.applied", SEAL, files=FORM, fields=fields)
    cites = [("follows", town.checked(application))]
    approved = town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")
    filed = town.say("province", "seal.filed", SEAL, refs=cites, files=FORM, archive_class="一类")
    made = {**town.of_made(application), "seal_type": seal_type}
    cites = [("follows", approved), ("follows", filed)]
    town.say("maker", "seal.made", SEAL, refs=cites, fields=made)
    found = eseal_rows.made(State(Overlay(town.chain.state)), SEAL)
    assert found is not None and found.seal_type == seal_type


def test_what_was_returned_is_corrected_and_applied_for_again(town: SealTown) -> None:
    returned = town.checked(town.applied(), "returned")
    cites = [("follows", returned)]
    assert (
        town.refused("approver", "seal.approved", SEAL, refs=cites, decision="approved")
        is Code.RECORD_REF_VALUE
    )

    fields: dict[str, Value] = {"seal_type": "legal_name", "form_version": "2026"}
    again = town.say("builder", "seal.applied", SEAL, refs=cites, fields=fields)
    by_another = town.refused("agency", "seal.applied", SEAL, refs=cites, fields=fields)
    assert by_another is Code.SEAL_OWNER
    checked = town.checked(again)
    cites = [("follows", checked)]
    town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")


def test_the_representative_signs_as_well_where_the_body_says_so(town: SealTown) -> None:
    fields: dict[str, Value] = {
        "seal_type": "legal_name",
        "form_version": "2026",
        "signed_by": "body_and_representative",
        "representative": "agency",
    }
    application = town.say("builder", "seal.applied", SEAL, files=FORM, fields=fields)
    cites = [("follows", application)]
    unsigned = town.refused("province", "seal.checked", SEAL, refs=cites, decision="passed")
    assert unsigned is Code.RECORD_MUST_FOLLOW
    by_another = town.refused("city", "ledger.confirmed", SEAL, refs=[("confirms", application)])
    assert by_another is Code.RECORD_CONFIRMATION
    town.say("agency", "ledger.confirmed", SEAL, refs=[("confirms", application)])
    town.checked(application)


@pytest.mark.parametrize("member", sorted(set(SEAL_ROLES) - {"maker"}))
def test_nobody_but_the_provincial_maker_makes_a_seal(town: SealTown, member: str) -> None:
    cites, fields = town.approved()
    refused = town.refused(member, "seal.made", SEAL, refs=cites, fields=fields)
    assert refused is Code.RECORD_SINGLE_WRITER


def test_a_city_publishes_no_status(town: SealTown) -> None:
    cites = [("follows", town.made())]
    for member in ("city", "maker"):
        refused = town.refused(member, "seal.published", SEAL, refs=cites, status="valid")
        assert refused is Code.RECORD_SINGLE_WRITER


def test_a_block_in_which_a_city_makes_a_seal_gets_no_vote(town: SealTown) -> None:
    """A dishonest primary cannot bring it in either: every other node judges the block again."""
    cites, made = town.approved()
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

    assert verdict is not None and verdict.code is Code.RECORD_SINGLE_WRITER


@pytest.mark.parametrize("role", ["seal_maker", "seal_publisher"])
def test_no_network_begins_with_two_makers_or_publishers(role: str) -> None:
    roles = {**SEAL_ROLES, "city": (role,)}
    genesis = town_genesis(roles=roles)
    chain = Chain(MemoryStore(), genesis, genesis_rows(genesis))
    with pytest.raises(FormatError) as caught:
        BlockExecutor(chain, load_catalogue())
    assert caught.value.code is Code.GENESIS_INVALID


def test_a_seal_that_was_not_approved_is_not_made(town: SealTown) -> None:
    application = town.applied()
    cites = [("follows", town.checked(application))]
    refusal = town.say("approver", "seal.approved", SEAL, refs=cites, decision="refused")
    filed = town.say("province", "seal.filed", SEAL, refs=cites, files=FORM, archive_class="1")
    cites = [("follows", refusal), ("follows", filed)]
    made = town.of_made(application)
    refused = town.refused("maker", "seal.made", SEAL, refs=cites, fields=made)
    assert refused is Code.RECORD_REF_VALUE


def test_a_seal_is_made_of_the_type_applied_for_after_filing_and_once(town: SealTown) -> None:
    cites, made = town.approved()
    unfiled = town.refused("maker", "seal.made", SEAL, refs=cites[:1], fields=made)
    assert unfiled is Code.RECORD_MUST_FOLLOW
    other = {**made, "seal_type": "business"}
    assert town.refused("maker", "seal.made", SEAL, refs=cites, fields=other) is (
        Code.RECORD_FIELD_VALUE
    )
    town.say("maker", "seal.made", SEAL, refs=cites, fields=made)
    again = town.refused("maker", "seal.made", SEAL, refs=cites, fields=made)
    assert again is Code.RECORD_FORBIDDEN


def test_who_comes_first_keeps_no_seal_from_whoever_is_approved(town: SealTown) -> None:
    """An id belongs to nobody before the seal is made."""
    squatted = town.applied(by="agency")
    cites, made = town.approved(by="builder")
    mixed = {**made, "application": squatted}
    refused = town.refused("maker", "seal.made", SEAL, refs=cites, fields=mixed)
    assert refused is Code.SEAL_APPLICATION
    town.say("maker", "seal.made", SEAL, refs=cites, fields=made)
    assert eseal_rows.owner_of(State(Overlay(town.chain.state)), SEAL) == "builder"
    late = town.refused("agency", "seal.applied", SEAL, seal_type="business", form_version="2026")
    assert late is Code.RECORD_FORBIDDEN


def test_of_two_applications_under_one_id_one_is_approved(town: SealTown) -> None:
    first = [("follows", town.checked(town.applied(by="agency")))]
    second = [("follows", town.checked(town.applied(by="builder")))]
    town.say("approver", "seal.approved", SEAL, refs=first, decision="approved")
    refused = town.refused("approver", "seal.approved", SEAL, refs=second, decision="approved")
    assert refused is Code.SEAL_APPLICATION
    town.say("approver", "seal.approved", SEAL, refs=second, decision="refused")


def test_approval_and_file_of_different_applications_make_no_seal(town: SealTown) -> None:
    first, second = town.applied(by="agency"), town.applied(by="builder")
    cites = [("follows", town.checked(first))]
    approved = town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")
    cites = [("follows", town.checked(second))]
    filed = town.say("province", "seal.filed", SEAL, refs=cites, files=FORM, archive_class="1")
    cites = [("follows", approved), ("follows", filed)]
    for each in (first, second):
        made = town.of_made(each)
        refused = town.refused("maker", "seal.made", SEAL, refs=cites, fields=made)
        assert refused is Code.SEAL_APPLICATION


@pytest.mark.raises("AL01")
def test_a_file_that_lacks_material_is_named_and_makes_no_seal(town: SealTown) -> None:
    application = town.applied()
    cites = [("follows", town.checked(application))]
    approved = town.say("approver", "seal.approved", SEAL, refs=cites, decision="approved")
    part = {"form": FORM["form"]}
    filed = town.say("province", "seal.filed", SEAL, refs=cites, files=part, archive_class="1")
    assert town.alerts() == [("AL01", "file_lacks_material")]
    both, made = [("follows", approved), ("follows", filed)], town.of_made(application)
    refused = town.refused("maker", "seal.made", SEAL, refs=both, fields=made)
    assert refused is Code.SEAL_APPLICATION
    more = {**FORM, "check": b"check sheet"}
    whole = town.say("province", "seal.filed", SEAL, refs=cites, files=more, archive_class="1")
    cites = [("follows", approved), ("follows", whole)]
    town.say("maker", "seal.made", SEAL, refs=cites, fields=made)
    assert len(town.alerts()) == 1


def test_nobody_applies_for_another_and_no_person_is_named(town: SealTown) -> None:
    fields = {"seal_type": "legal_name", "form_version": "2026", "on_behalf_of": "builder"}
    refused = town.refused("agency", "seal.applied", SEAL, fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE
    fields = {"seal_type": "personal_name", "form_version": "2026", "name": "张三"}
    refused = town.refused("builder", "seal.applied", SEAL, fields=fields)
    assert refused is Code.RECORD_FIELD_VALUE


@pytest.mark.parametrize("subject", ["SEAL-6201-1", "seal-620100-1", "SEAL-620100-1/2", "X"])
def test_a_seal_has_an_id_with_its_region(town: SealTown, subject: str) -> None:
    refused = town.refused(
        "builder", "seal.applied", subject, seal_type="business", form_version="2026"
    )
    assert refused is Code.RECORD_SUBJECT
    assert seen_from(SEAL) == (SEAL,)


def test_an_office_that_lost_its_role_checks_and_is_named(town: SealTown) -> None:
    application = town.applied()
    fields = {"action": "withdraw", "role": "seal_office"}
    town.say("centre", "ledger.role_changed", "province", fields=fields)
    town.checked(application)
    assert town.alerts() == [("AL05", "role_lapsed")]


@pytest.mark.parametrize(
    ("late_ms", "told"),
    [
        pytest.param(0, [], marks=pytest.mark.spares("AL36")),
        pytest.param(1, [("AL36", "seal_check")], marks=pytest.mark.raises("AL36")),
    ],
)
def test_an_application_is_checked_within_a_week(
    town: SealTown, late_ms: int, told: list[tuple[str, str]]
) -> None:
    town.applied()
    # The day of the application is not counted; it ends, like each, at midnight in UTC+8.
    ends = town.chain.head.time_ms // DAY * DAY + 7 * DAY + 16 * 3_600_000
    town.wait_until(ends + GRACE + late_ms)
    assert town.alerts() == told


def test_a_decision_is_awaited_only_where_the_material_passed(town: SealTown) -> None:
    town.checked(town.applied(), "returned")
    town.wait_until(town.now_ms + 9 * DAY)
    assert town.alerts() == []
    town.checked(town.applied())
    town.wait_until(town.now_ms + 9 * DAY)
    assert town.alerts() == [("AL36", "seal_decision")]


@pytest.mark.parametrize(
    ("returns", "told"),
    [
        pytest.param(2, [], marks=pytest.mark.spares("AL37")),
        pytest.param(3, [("AL37", "returned_often")], marks=pytest.mark.raises("AL37")),
    ],
)
def test_material_that_is_returned_too_often_is_named_once(
    town: SealTown, returns: int, told: list[tuple[str, str]]
) -> None:
    for _ in range(returns):
        town.checked(town.applied(), "returned")
    assert town.alerts() == told


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


def test_a_seal_in_a_superseded_format_is_named(town: SealTown) -> None:
    town.published(format="GB/T 38540-2020", certificate_until_ms=town.now_ms + DAY)
    assert town.alerts() == []
    town.made(OTHER, format="GM/T 0031-2014")
    assert town.alerts() == [("AL29", "format_superseded")]


@pytest.mark.parametrize(("short_ms", "told"), [(0, []), (1, [("AL29", "certificate_expired")])])
def test_a_seal_whose_certificate_has_ended_is_published_and_named(
    town: SealTown, short_ms: int, told: list[tuple[str, str]]
) -> None:
    # It is published by the sixth record, each a second after the one before.
    until_ms = town.now_ms + 6 * SECOND - short_ms
    cites = [("follows", town.made(certificate_until_ms=until_ms))]
    town.say("publisher", "seal.published", SEAL, refs=cites, status="valid")
    assert town.alerts() == told
