"""A town makes its rules stricter: who began before is judged as before, who begins after, anew.

Version 2 asks for a plan before a tender document, for a venue before a clarification, answers
objections within one day instead of three, and has one type more.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from contracts.replay import Replay
from contracts.tables import Catalogue
from contracts.version_rows import adopted
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.block import Header, decode_header_of_block
from ledger.core.canonical import Value, decode_stored
from ledger.core.certificate import decode_certificate
from ledger.core.identifiers import Height, RecordId
from ledger.core.record import decode_record
from ledger.core.status import PREFIX
from ledger.errors import FormatError, StoreError
from ledger.store.memory import MemoryStore
from tests.contracts.sealing import SealedTown
from tests.contracts.tendering import TenderTown
from tests.contracts.test_agreement import Crowd
from tests.contracts.test_tender import contracted, returned
from tests.contracts.town import CATALOGUE, DAY, HOUR, PROJECT, SECOND, SECTION, START_MS, Town
from tests.contracts.versions import CONFIRMING, VersionTown, adopt, propose, version_of

NOTICE = "types/tender_notice.toml"
DOCUMENT, ANNOUNCEMENT = "tender.document_filed", "tender.announcement"
CLARIFICATION, OBJECTION = "tender.clarification", "tender.objection"
VENUE = 'must_follow = [\n    "tender.announcement",\n    "tender.venue_scheduled",\n'
PLAN = '    "tender.project_accepted",\n    "tender.plan_published",\n'
ONE_DAY = 'Answer to an objection"\ncount = 1'
VISIT = """

["evidence.visited"]
zh = "踏勘"
en = "Site visit"
stage = "evidence"
function_points = ["25.1"]
entry = { zh = "随时可记", en = "at any time" }
visibility = "public"
subject = "any"
issuers = [{ role = "*" }]
"""
WHY = 'fields.scope = { type = "text", max = 128 }\nfields.reason = { type = "text", max = 500 }'
KINDS = ("tender", "prequalification")
DEADLINE = START_MS + 60 * DAY
LATER = START_MS + 30 * DAY


@pytest.fixture(scope="module")
def stricter(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Version 2."""
    return version_of(
        tmp_path_factory.mktemp("rules") / "2",
        (NOTICE, '    "tender.project_accepted",\n', PLAN),
        (NOTICE, 'must_follow = [\n    "tender.announcement",\n', VENUE),
        ("deadlines/statutory.toml", 'Answer to an objection"\ncount = 3', ONE_DAY),
        ("types/evidence.toml", "# Evidence that belongs", f"{VISIT}\n# Evidence that belongs"),
    )


@pytest.fixture
def town(stricter: Catalogue) -> VersionTown:
    return VersionTown(stricter)


def announce(town: Town, section: str = SECTION) -> RecordId:
    fields: dict[str, Value] = {"kind": "announcement", "bid_deadline_ms": DEADLINE}
    return town.say("builder", ANNOUNCEMENT, section, fields=fields)


def clarifies(town: Town, section: str = SECTION) -> None:
    town.say("builder", CLARIFICATION, section, kind="answer")


def test_a_project_announced_before_is_judged_by_the_old_version_to_its_end(
    town: VersionTown, stricter: Catalogue
) -> None:
    town.announced(DEADLINE)
    adopt(town, stricter)
    assert town.executor.catalogue is stricter
    clarifies(town)
    objection = town.say("bidder", OBJECTION, matter="document")
    town.wait_until(town.now_ms + 2 * DAY)
    assert town.alerts() == []
    town.wait_until(town.now_ms + 2 * DAY)
    assert [code for code, _ in town.alerts()] == ["AL17"]
    town.say(
        "builder", "tender.objection_answered", refs=[("answers", objection)], outcome="upheld"
    )


def test_a_project_that_begins_after_is_judged_by_the_new_one(
    town: VersionTown, stricter: Catalogue
) -> None:
    adopt(town, stricter)
    town.accepted_project()
    assert town.refused("builder", DOCUMENT, kind="tender") is Code.RECORD_MUST_FOLLOW
    town.say("builder", "tender.plan_published", PROJECT, name="plan")
    town.say("builder", DOCUMENT, kind="tender")
    announce(town)
    assert town.refused("builder", CLARIFICATION, kind="answer") is Code.RECORD_MUST_FOLLOW
    span: dict[str, Value] = {"from_ms": DEADLINE, "until_ms": DEADLINE + 1}
    town.say("centre", "tender.venue_scheduled", fields=span, purpose="opening", venue="1")
    clarifies(town)
    town.say("bidder", OBJECTION, matter="document")
    town.wait_until(town.now_ms + 2 * DAY)
    assert [code for code, _ in town.alerts()] == ["AL17"]


def test_what_began_before_and_is_announced_after_moves_once_at_its_announcement(
    town: VersionTown, stricter: Catalogue, tmp_path: Path
) -> None:
    town.accepted_project()
    town.say("builder", DOCUMENT, kind="tender")
    adopt(town, stricter)
    # What it began under still holds.
    town.say("builder", DOCUMENT, kind="prequalification")
    announce(town)
    assert town.refused("builder", CLARIFICATION, kind="answer") is Code.RECORD_MUST_FOLLOW
    assert town.refused("builder", DOCUMENT, kind="tender") is Code.RECORD_MUST_FOLLOW


def test_a_second_announcement_moves_nothing(town: VersionTown, stricter: Catalogue) -> None:
    town.announced(DEADLINE)
    adopt(town, stricter)
    announce(town)
    clarifies(town)
    assert town.executor.catalogue is stricter


def test_a_section_moves_and_its_project_and_its_sister_stay(
    town: VersionTown, stricter: Catalogue
) -> None:
    sister = SECTION.replace("/01", "/02")
    town.announced(DEADLINE)
    town.say("builder", DOCUMENT, sister, kind="tender")
    adopt(town, stricter)
    announce(town, sister)
    assert town.refused("builder", CLARIFICATION, sister, kind="answer") is Code.RECORD_MUST_FOLLOW
    clarifies(town)


def test_a_type_that_only_the_new_version_has_is_of_new_subjects_only(
    town: VersionTown, stricter: Catalogue
) -> None:
    town.say("registry", "evidence.deposited", "old")
    adopt(town, stricter)
    assert town.refused("registry", "evidence.visited", "old") is Code.RECORD_TYPE
    town.say("registry", "evidence.visited", "new")


def test_records_of_one_block_are_judged_by_one_newest_version(
    town: VersionTown, stricter: Catalogue
) -> None:
    """The version begins behind the block that adopts it, whatever follows there."""
    proposed = propose(town, stricter, "2")
    refs = [("confirms", proposed)]
    said = [
        town.bundle(town.record(who, "ledger.confirmed", "rules", refs=refs)) for who in CONFIRMING
    ]
    early = town.bundle(town.record("registry", "evidence.visited", "new"))
    header = town.commit(*said, early)
    assert header is not None
    assert header.bundle_count == 2
    (_, second) = adopted(town.chain.state)
    assert second.from_index == header.log_size - 1
    town.say("registry", "evidence.visited", "new")


def test_a_version_awaits_the_quorum(town: VersionTown, stricter: Catalogue) -> None:
    proposed = propose(town, stricter, "2")
    town.say("centre", "ledger.confirmed", "rules", refs=[("confirms", proposed)])
    assert town.executor.catalogue is CATALOGUE
    assert town.refused("registry", "evidence.visited", "new") is Code.RECORD_TYPE
    town.say("supervisor", "ledger.confirmed", "rules", refs=[("confirms", proposed)])
    assert town.executor.catalogue is stricter


def test_no_name_is_given_twice_and_none_that_is_no_name(
    town: VersionTown, stricter: Catalogue
) -> None:
    rival = propose(town, CATALOGUE, "2")
    town.say("centre", "ledger.confirmed", "rules", refs=[("confirms", rival)])
    adopt(town, stricter)
    for version, code in (
        ("1", Code.CATALOGUE_ADOPTED),
        ("2", Code.CATALOGUE_ADOPTED),
        ("a/b", Code.RECORD_FIELD_VALUE),
        ("", Code.RECORD_FIELD_VALUE),
    ):
        fields: dict[str, Value] = {"catalogue": stricter.hash, "version": version}
        assert town.refused("registry", "ledger.rules_adopted", "rules", fields=fields) is code
    last = town.refused("supervisor", "ledger.confirmed", "rules", refs=[("confirms", rival)])
    assert last is Code.CATALOGUE_ADOPTED


def test_a_network_returns_to_an_earlier_version_under_a_new_name(
    town: VersionTown, stricter: Catalogue
) -> None:
    adopt(town, stricter)
    town.say("registry", "evidence.visited", "between")
    adopt(town, CATALOGUE, "3")
    assert town.refused("registry", "evidence.visited", "after") is Code.RECORD_TYPE
    town.say("registry", "evidence.visited", "between")


def test_of_two_adopted_in_one_block_the_last_holds(town: VersionTown, stricter: Catalogue) -> None:
    proposed = [propose(town, stricter, "2"), propose(town, CATALOGUE, "3")]
    said = [
        town.bundle(
            *(
                town.record(who, "ledger.confirmed", "rules", refs=[("confirms", each)])
                for each in proposed
            )
        )
        for who in CONFIRMING
    ]
    town.commit(*said)
    assert [each.version for each in adopted(town.chain.state)] == ["1", "3"]
    assert town.executor.catalogue is CATALOGUE
    rows = {
        key.removeprefix(PREFIX + b"catalogue/").decode(): decode_stored(data)
        for key, data in town.chain.state.scan(PREFIX + b"catalogue/")
    }
    assert sorted(rows) == ["1", "2", "3"]


def test_members_keys_and_roles_are_judged_by_the_newest_at_once(
    stricter: Catalogue, tmp_path: Path
) -> None:
    reasoned = version_of(
        tmp_path / "3",
        (
            "types/ledger.toml",
            WHY,
            WHY.replace("500 }", "500, required = true }"),
        ),
    )
    town = VersionTown(reasoned)
    grant: dict[str, Value] = {"action": "grant", "role": "agent"}
    town.say("centre", "ledger.role_changed", "bidder", fields=grant)
    adopt(town, reasoned)
    refused = town.refused("centre", "ledger.role_changed", "bidder", fields=grant)
    assert refused is Code.RECORD_FIELD_MISSING
    town.say("centre", "ledger.role_changed", "bidder", fields={**grant, "reason": "agency"})


def test_what_awaits_is_completed_by_the_version_that_let_it_enter(tmp_path: Path) -> None:
    """Version 2 lets the registry confirm a voiding, and no longer the supervisor."""
    by = 'confirmed_by = { mode = "any", roles = ["supervisor"] }'
    changed = version_of(
        tmp_path / "2", ("types/ledger.toml", by, by.replace("supervisor", "registrar"))
    )
    town = VersionTown(changed)
    town.accepted_project()
    document, _ = [town.say("builder", DOCUMENT, kind=kind) for kind in KINDS]
    before = town.say("builder", "ledger.voided", refs=[("voids", document)], reason="twice")
    adopt(town, changed)
    announcement = announce(town)
    town.say("supervisor", "ledger.confirmed", refs=[("confirms", before)])
    after = town.say("builder", "ledger.voided", refs=[("voids", announcement)], reason="again")
    refs = [("confirms", after)]
    assert town.refused("supervisor", "ledger.confirmed", refs=refs) is Code.RECORD_CONFIRMATION
    town.say("registry", "ledger.confirmed", refs=refs)


# Nodes.


def blocks(town: Town) -> Sequence[tuple[Header, bytes, bytes]]:
    served = town.executor.serve(Height(1), 1 << 24)
    return [(decode_header_of_block(header), payload, sealed) for header, payload, sealed in served]


def played(stricter: Catalogue) -> VersionTown:
    """Old and new projects side by side, and a timer of each version."""
    town = VersionTown(stricter)
    town.announced(DEADLINE)
    town.say("bidder", OBJECTION, matter="document")
    adopt(town, stricter)
    clarifies(town)
    town.accepted_project("LZ-2026-002")
    town.say("builder", "tender.plan_published", "LZ-2026-002", name="plan")
    town.say("builder", DOCUMENT, "LZ-2026-002/01", kind="tender")
    announce(town, "LZ-2026-002/01")
    town.say("bidder", OBJECTION, "LZ-2026-002/01", matter="document")
    town.wait_until(town.now_ms + 5 * DAY)
    return town


def test_two_nodes_agree_to_the_byte_and_replay_from_the_genesis_gives_the_same_state(
    stricter: Catalogue,
) -> None:
    store = MemoryStore()
    town = played(stricter)
    other = BlockExecutor(
        Chain(store, town.genesis, genesis_rows(town.genesis)), stricter, [CATALOGUE]
    )
    for header, payload, certificate in blocks(town):
        assert other.check(header, payload) is None
        other.commit(header, payload, decode_certificate(certificate))
    assert other.head.state_hash == town.chain.head.state_hash
    assert [code for code, _ in town.alerts()] == ["AL17", "AL17"]
    judge = Replay(town.genesis, CATALOGUE, MemoryStore(), [stricter])
    found = audit(store, town.genesis, genesis_rows(town.genesis), judge)
    assert [each for each in found if isinstance(each, Finding)] == []


def test_a_node_without_the_files_stops_before_the_next_block_and_goes_on_with_them(
    stricter: Catalogue,
) -> None:
    town, store = VersionTown(stricter), MemoryStore()
    adopt(town, stricter)
    poor = BlockExecutor(Chain(store, town.genesis, genesis_rows(town.genesis)), CATALOGUE)
    for header, payload, certificate in blocks(town):
        assert poor.check(header, payload) is None
        poor.commit(header, payload, decode_certificate(certificate))
    # The block that adopts is judged, certified and durable like any other.
    assert poor.head == town.chain.head
    town.say("registry", "evidence.visited", "new")
    header, payload, certificate = blocks(town)[-1]
    bundle = town.bundle(town.record("registry", "evidence.deposited", "D"))
    for asked in (
        lambda: poor.check(header, payload),
        lambda: poor.commit(header, payload, decode_certificate(certificate)),
        lambda: poor.judge(bundle, town.now_ms),
        lambda: poor.assemble([bundle], town.now_ms, header.proposer),
    ):
        with pytest.raises(StoreError) as stopped:
            asked()
        assert stopped.value.code is Code.CATALOGUE_MISSING
        assert stopped.value.detail == {"version": "2", "hash": stricter.hash.hex()}
    chain = Chain(store, town.genesis, genesis_rows(town.genesis))
    with pytest.raises(StoreError) as refusal:
        BlockExecutor(chain, CATALOGUE)
    assert refusal.value.code is Code.CATALOGUE_MISSING
    rich = BlockExecutor(chain, CATALOGUE, [stricter])
    assert rich.check(header, payload) is None
    rich.commit(header, payload, decode_certificate(certificate))
    assert rich.head == town.chain.head


def test_nobody_refuses_a_version_for_want_of_its_files(stricter: Catalogue) -> None:
    rich, poor = VersionTown(stricter), VersionTown()
    for town in (rich, poor):
        adopt(town, stricter)
    assert rich.chain.head == poor.chain.head


def test_software_of_the_new_version_runs_a_network_that_began_with_the_old(
    stricter: Catalogue,
) -> None:
    town = played(stricter)
    with pytest.raises(FormatError) as refusal:
        BlockExecutor(town.chain, stricter)
    assert refusal.value.code is Code.CATALOGUE_OTHER
    assert BlockExecutor(town.chain, stricter, [CATALOGUE]).catalogue is stricter


def test_a_network_adopts_a_bounded_number_of_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contracts.rules.rule_version.VERSIONS_MAX", 2)
    town = VersionTown()
    adopt(town, CATALOGUE)
    fields: dict[str, Value] = {"catalogue": CATALOGUE.hash, "version": "3"}
    refused = town.refused("registry", "ledger.rules_adopted", "rules", fields=fields)
    assert refused is Code.CATALOGUE_VERSIONS


def test_what_only_an_older_version_knows_is_cited_and_judged_as_it_was(
    stricter: Catalogue,
) -> None:
    """A type, a deadline and an alert may go; the records that they left behind stay."""
    town = VersionTown(CATALOGUE, first=stricter)
    visited = town.say("registry", "evidence.visited", "old")
    adopt(town, CATALOGUE)
    for relation, type_key in (("amends", "ledger.amended"), ("voids", "ledger.voided")):
        refs = [(relation, visited)]
        foreign = town.refused("registry", type_key, "new", refs=refs, reason="wrong subject")
        assert foreign is Code.RECORD_REFS
    town.say("registry", "ledger.amended", "old", refs=[("amends", visited)], reason="corrected")
    town.say("registry", "evidence.deposited", "new", refs=[("follows", visited)])


def test_a_bid_sealed_before_is_opened_by_the_version_of_its_section(
    stricter: Catalogue,
) -> None:
    town = SealedTown()
    town.executor = BlockExecutor(town.chain, CATALOGUE, [stricter])
    sealed = town.seal(town.bid("bidder"))
    (place,) = town.commit_sealed(sealed)
    adopt(town, stricter)
    town.seal_set(place)
    town.start()
    town.open(sealed, place)
    assert town.alerts() == [("AL20", "few_bids")]
    assert town.executor.catalogue is stricter


@pytest.mark.parametrize("seed", range(4))
def test_whatever_members_submit_around_two_adoptions_every_node_judges_alike(
    seed: int, stricter: Catalogue
) -> None:
    """And whoever replays the chain from the genesis comes to the same state."""
    crowd, store = Crowd(seed), MemoryStore()
    town = crowd.town
    town.executor = BlockExecutor(town.chain, CATALOGUE, [stricter])
    judge = BlockExecutor(
        Chain(store, town.genesis, genesis_rows(town.genesis)), stricter, [CATALOGUE]
    )
    for step in range(45):
        if step in {15, 30}:
            adopt(town, *((stricter, "2") if step == 15 else (CATALOGUE, "3")))
        town.now_ms += crowd.dice.choice([SECOND, HOUR, DAY])
        said = [crowd.record() for _ in range(crowd.dice.randint(1, 6))]
        town.commit(*(town.bundle(each) for each in said), at=town.now_ms)
        for each in said:
            if town.chain.blocks.record(each.record_id) is not None:
                crowd.keep(each)
    for header, payload, certificate in blocks(town):
        assert judge.check(header, payload) is None
        judge.commit(header, payload, decode_certificate(certificate))
    assert judge.head == town.chain.head
    assert [each.version for each in adopted(town.chain.state)] == ["1", "2", "3"]


# Procedures that change between two versions.


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """A version whose open tender asks for a plan, which was a matter of choice before."""
    profile, entry = "profiles/open_tender.toml", '    { types = ["tender.entry_commitment"] },\n'
    return version_of(
        tmp_path_factory.mktemp("procedures") / "2",
        (profile, "version = 1", "version = 2"),
        (profile, '    "tender.plan_published",\n', ""),
        (profile, entry, f'    {{ types = ["tender.plan_published"] }},\n{entry}'),
    )


def test_a_section_is_held_to_the_procedure_that_it_was_announced_under(planned: Catalogue) -> None:
    town = TenderTown("open_tender")
    town.executor = BlockExecutor(town.chain, CATALOGUE, [planned])
    adopt(town, planned)
    town.evaluated()
    town.say("bank", "tender.deposits_pooled", count=2)
    town.awarded()
    contracted(town)
    returned(town)
    town.say("builder", "tender.file_set_submitted")
    (certificate,) = town.listed("tender.witness_certificate")
    stored = town.chain.blocks.record(certificate)
    assert stored is not None
    fields = decode_record(stored.data).fields
    assert (fields["profile"], fields["profile_version"]) == ("open_tender", 1)
    assert [why for code, why in town.alerts() if code == "AL01"] == []


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        pytest.param(True, "", marks=pytest.mark.spares("AL01")),
        pytest.param(False, "T04", marks=pytest.mark.raises("AL01")),
    ],
)
def test_what_is_announced_after_is_held_to_the_new_procedure(
    planned: Catalogue, plan: bool, told: str
) -> None:
    town = SealedTown()
    town.executor = BlockExecutor(town.chain, CATALOGUE, [planned])
    adopt(town, planned)
    project, section = "LZ-2026-002", "LZ-2026-002/01"
    if plan:
        town.say("builder", "tender.plan_published", project, name="学校改扩建")
    town.announced(LATER, section, {"procedure": "open_tender"})
    fields: dict[str, Value] = {"commitments": (), "count": 0, "part": 1, "parts": 1}
    town.say("centre", "tender.bid_set_sealed", section, at=LATER + HOUR, fields=fields)
    assert "".join(why for code, why in town.alerts() if code == "AL01") == told


# Versions that the quorum adopts although the rules do not fit them.


def _without_a_deadline(folder: Path) -> Catalogue:
    """A version that is whole in itself, and lacks a deadline that a rule in Python asks for."""
    said = (Path(str(files("contracts"))) / "deadlines/opening.toml").read_text(encoding="utf-8")
    start = said.index("[bid_opening]")
    gone = said[start : said.index("[bid_dropped]")]
    return version_of(folder, ("deadlines/opening.toml", gone, ""))


def test_a_version_that_the_rules_do_not_fit_stops_no_node(tmp_path: Path) -> None:
    """The quorum did not look at what `catalogue propose` says: every node refuses what it must."""
    unfit = _without_a_deadline(tmp_path / "unfit")
    town = SealedTown()
    town.executor = BlockExecutor(town.chain, CATALOGUE, [unfit])
    adopt(town, unfit)
    new = "LZ-2026-002/01"
    town.announced(LATER, new)
    (commitment,) = town.commit_sealed(town.seal(town.bid("bidder", subject=new)))
    fields: dict[str, Value] = {"commitments": (commitment,), "count": 1, "part": 1, "parts": 1}
    town.say("centre", "tender.bid_set_sealed", new, at=LATER + HOUR, fields=fields)
    # To start the clocks of the bids, the rule asks for a deadline that is not there.
    assert town.refused("builder", "tender.opening_started", new) is Code.CATALOGUE_UNFIT
    # Everything else goes on, and so the quorum can mend it.
    town.say("bidder", "tender.objection", new, matter="other")
    adopt(town, CATALOGUE, "3")
    town.say("builder", "tender.entry_commitment", "LZ-2026-003")


def test_a_version_that_cannot_be_judged_by_is_not_loaded(tmp_path: Path) -> None:
    """Without the record that adopts, no version could ever follow it: it never gets to hand."""
    said = (Path(str(files("contracts"))) / "types/ledger.toml").read_text(encoding="utf-8")
    start = said.index('["ledger.rules_adopted"]')
    gone = said[start : said.index('\n["', start + 1)]
    with pytest.raises(FormatError) as refused:
        version_of(tmp_path / "headless", ("types/ledger.toml", gone, ""))
    assert refused.value.code is Code.CATALOGUE_NOT_CLOSED
    assert refused.value.detail["name"] == "ledger.rules_adopted"
