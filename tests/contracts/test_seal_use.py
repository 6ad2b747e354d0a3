"""Stories of one seal in use: fresh answers, suspensions in flight, batches, rates, verification."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from contracts import eseal_rate, eseal_rows, must_follow
from contracts.alerts import eseal
from contracts.case import Case
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Facts, Times, World
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from tests.contracts.seals import SEAL, SealTown
from tests.contracts.town import CATALOGUE, GRACE, HOUR, SECOND

FRESH_MS = 60 * SECOND


@pytest.fixture
def stamped() -> SealTown:
    """A town with a published seal and a connected system."""
    town = SealTown()
    town.published()
    town.connected()
    return town


def test_a_system_that_failed_its_test_is_not_connected_and_stamps_nothing() -> None:
    town = SealTown()
    town.published()
    town.seal_standard()
    cites = [("follows", town.tested(result="failed", failed=3))]
    fields: dict[str, Value] = {"action": "connect", "region": "620100"}
    refused = town.refused("province", "seal.connected", "tradesystem", refs=cites, fields=fields)
    assert refused is Code.RECORD_REF_VALUE
    assert town.refused("builder", "seal.used", SEAL, fields=town.use()) is Code.RECORD_MUST_FOLLOW


def test_a_system_that_was_disconnected_stamps_nothing_until_it_is_tested_again() -> None:
    town = SealTown()
    town.published()
    connected = town.connected()
    again: dict[str, Value] = {"action": "connect", "region": "620100"}
    cites = [("follows", town.tested())]
    twice = town.refused("province", "seal.connected", "tradesystem", refs=cites, fields=again)
    assert twice is Code.SEAL_SYSTEM
    ends: dict[str, Value] = {"action": "disconnect", "reason": "数据不符合标准"}
    cites = [("follows", connected)]
    town.say("province", "seal.connected", "tradesystem", refs=cites, fields=ends)
    assert town.refused("builder", "seal.used", SEAL, fields=town.use()) is Code.SEAL_SYSTEM
    town.connected()
    town.say("builder", "seal.used", SEAL, fields=town.use())


def test_a_seal_that_was_never_published_is_not_used() -> None:
    town = SealTown()
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


def test_a_use_that_a_suspension_meets_in_flight_leaves_its_trace(stamped: SealTown) -> None:
    """The answer was true when it was given, and still is fresh; the suspension came first."""
    asked = stamped.use()
    stamped.suspended()
    stamped.say("builder", "seal.used", SEAL, fields=asked)
    assert stamped.alerts() == [("AL26", "seal_not_valid")]


@pytest.mark.parametrize(
    ("order", "told"), [("use first", []), ("suspension first", [("AL26", "seal_not_valid")])]
)
def test_in_one_block_what_stands_first_counts(
    stamped: SealTown, order: str, told: list[tuple[str, str]]
) -> None:
    use = stamped.record("builder", "seal.used", SEAL, fields=stamped.use())
    stop = stamped.record("supervisor", "seal.suspended", SEAL, reason="案件调查")
    bundles = [stamped.bundle(use), stamped.bundle(stop)]
    stamped.commit(*(bundles if order == "use first" else reversed(bundles)))
    assert stamped.alerts() == told
    assert stamped.chain.state.get(b"record/" + use.record_id) is not None


def test_a_suspension_cannot_be_denied(stamped: SealTown) -> None:
    stamped.suspended()
    stamped.say("registry", "ledger.standard_published", "STD-X", name="x", version="1")
    refused = stamped.refused("builder", "seal.used", SEAL, fields=stamped.use())
    assert refused is Code.SEAL_STATUS_ANSWER


def test_a_use_after_a_bad_answer_is_named_although_the_seal_was_resumed(stamped: SealTown) -> None:
    suspension = stamped.suspended()
    asked = stamped.use(status="suspended")
    stamped.resumed(suspension)
    stamped.say("builder", "seal.used", SEAL, fields=asked)
    assert stamped.alerts() == [("AL26", "seal_status_not_valid")]


def test_every_spell_of_a_status_stays_to_be_asked_about(stamped: SealTown) -> None:
    suspension = stamped.suspended()
    stamped.resumed(suspension)
    state = State(Overlay(stamped.chain.state))
    first, stopped, last = eseal_rows.spells(state, SEAL)
    assert [each.status for each in (first, stopped, last)] == ["valid", "suspended", "valid"]
    begun, ended_ms = first.interval.from_index, first.interval.until_time_ms
    assert begun is not None and ended_ms is not None and last.interval.until_index is None
    assert stopped.published_by == suspension
    assert eseal_rows.status_at(state, SEAL, begun) is None
    assert eseal_rows.status_at(state, SEAL, begun + 1) == "valid"
    assert eseal_rows.status_after(state, SEAL, ended_ms - 1) == "valid"
    assert eseal_rows.status_after(state, SEAL, ended_ms) == "suspended"


@pytest.mark.parametrize("member", ["builder", "approver", "publisher", "supervisor"])
def test_owner_issuer_and_supervisor_suspend(stamped: SealTown, member: str) -> None:
    stamped.suspended(member)
    again = stamped.refused(member, "seal.suspended", SEAL, reason="再次")
    assert again is Code.SEAL_STATE


def test_nobody_else_suspends_and_only_the_issuer_resumes(stamped: SealTown) -> None:
    assert stamped.refused("city", "seal.suspended", SEAL, reason="x") is Code.SEAL_OWNER
    cites = [("follows", stamped.suspended())]
    for member in ("builder", "supervisor"):
        refused = stamped.refused(member, "seal.resumed", SEAL, refs=cites, reason="x")
        assert refused is Code.RECORD_ISSUER_ROLE
    stamped.say("approver", "seal.resumed", SEAL, refs=cites, reason="查明无误")
    twice = stamped.refused("approver", "seal.resumed", SEAL, refs=cites, reason="x")
    assert twice is Code.SEAL_STATE


def test_an_issuer_that_lost_its_role_resumes_and_is_named(stamped: SealTown) -> None:
    suspension = stamped.suspended()
    fields = {"action": "withdraw", "role": "seal_approver"}
    stamped.say("centre", "ledger.role_changed", "approver", fields=fields)
    cites = [("follows", suspension)]
    stamped.say("approver", "seal.resumed", SEAL, refs=cites, reason="x")
    assert stamped.alerts() == [("AL05", "role_lapsed")]


def test_a_seal_that_was_revoked_is_never_used_again(stamped: SealTown) -> None:
    cites = [("follows", stamped.suspended())]
    revoked = stamped.say("approver", "seal.revoked", SEAL, refs=cites, reason="机构撤销")
    resumed = stamped.refused("approver", "seal.resumed", SEAL, refs=cites, reason="x")
    assert resumed is Code.SEAL_STATE
    asked = stamped.use(status="revoked")
    assert stamped.refused("builder", "seal.used", SEAL, fields=asked) is Code.SEAL_NOT_VALID
    assert revoked


def test_a_revoked_seal_is_replaced_by_one_of_the_same_owner(stamped: SealTown) -> None:
    successor, of_another = "SEAL-620100-0002", "SEAL-620100-0003"
    published = next(eseal_rows.spells(State(Overlay(stamped.chain.state)), SEAL)).published_by
    refs = [("follows", published)]
    revoked = stamped.say("approver", "seal.revoked", SEAL, refs=refs, reason="名称变更")
    refs = [("follows", revoked)]
    fields: dict[str, Value] = {"successor": successor, "reason": "名称变更"}
    early = stamped.refused("approver", "seal.reissued", SEAL, refs=refs, fields=fields)
    assert early is Code.RECORD_MUST_FOLLOW
    stamped.published(of_another, by="agency")
    other = {**fields, "successor": of_another}
    assert stamped.refused("approver", "seal.reissued", SEAL, refs=refs, fields=other) is (
        Code.SEAL_OWNER
    )
    stamped.published(successor)
    stamped.say("approver", "seal.reissued", SEAL, refs=refs, fields=fields)
    assert stamped.alerts() == []
    twice = stamped.refused("approver", "seal.reissued", SEAL, refs=refs, fields=fields)
    assert twice is Code.RECORD_FORBIDDEN


def test_a_successor_of_another_type_is_named(stamped: SealTown) -> None:
    successor = "SEAL-620100-0002"
    published = next(eseal_rows.spells(State(Overlay(stamped.chain.state)), SEAL)).published_by
    refs = [("follows", published)]
    revoked = stamped.say("approver", "seal.revoked", SEAL, refs=refs, reason="变更")
    cites, made = stamped.approved(successor, seal_type="business")
    stamped.say(
        "maker", "seal.made", successor, refs=cites, fields={**made, "seal_type": "business"}
    )
    refs = [("follows", revoked)]
    fields: dict[str, Value] = {"successor": successor, "reason": "变更"}
    stamped.say("approver", "seal.reissued", SEAL, refs=refs, fields=fields)
    assert stamped.alerts() == [("AL29", "successor_differs")]


@pytest.mark.parametrize(("early_ms", "told"), [(0, True), (-1, False)])
def test_a_suspension_since_before_the_last_use_names_it(
    stamped: SealTown, early_ms: int, told: bool
) -> None:
    used = stamped.say("builder", "seal.used", SEAL, fields=stamped.use())
    stamped.suspended(since_ms=stamped.chain.head.time_ms - early_ms)
    assert stamped.alerts() == ([("AL26", "seal_used_since")] if told else [])
    if told:
        assert used in {ref.record_id for ref in stamped.raised()[0].refs}


# Batches.


@pytest.mark.parametrize(
    ("count", "told"),
    [
        pytest.param(1_000, [], marks=pytest.mark.spares("AL27")),
        pytest.param(999, [("AL27", "batch_count")], marks=pytest.mark.raises("AL27")),
    ],
)
def test_a_batch_of_another_count_is_named(
    stamped: SealTown, count: int, told: list[tuple[str, str]]
) -> None:
    cites = [("follows", stamped.permitted())]
    fields = stamped.batch(count=count)
    stamped.say("city", "seal.used_in_batch", SEAL, refs=cites, fields=fields)
    assert stamped.alerts() == told


def test_a_permission_is_for_one_batch_of_its_scope_and_system(stamped: SealTown) -> None:
    cites = [("follows", stamped.permitted())]
    fields = stamped.batch(scope="2024年度取水许可证")
    stamped.say("city", "seal.used_in_batch", SEAL, refs=cites, fields=fields)
    stamped.say("city", "seal.used_in_batch", SEAL, refs=cites, fields=stamped.batch())
    assert stamped.alerts() == [("AL27", "batch_scope"), ("AL27", "batch_permission_spent")]


def test_a_permission_may_name_exactly_its_documents(stamped: SealTown) -> None:
    cites = [("follows", stamped.permitted(permitted_root=b"\x07" * 32))]
    stamped.say(
        "city", "seal.used_in_batch", SEAL, refs=cites, fields=stamped.batch(root=b"\x08" * 32)
    )
    cites = [("follows", stamped.permitted(permitted_root=b"\x07" * 32))]
    stamped.say(
        "city", "seal.used_in_batch", SEAL, refs=cites, fields=stamped.batch(root=b"\x07" * 32)
    )
    assert stamped.alerts() == [("AL27", "batch_other_documents")]


@pytest.mark.parametrize(
    ("late_ms", "told"), [(0, []), (1, [("AL27", "batch_permission_expired")])]
)
def test_a_permission_expires(stamped: SealTown, late_ms: int, told: list[tuple[str, str]]) -> None:
    until_ms = stamped.now_ms + 10 * SECOND
    cites = [("follows", stamped.permitted(valid_until_ms=until_ms))]
    fields, at = stamped.batch(), until_ms + GRACE + late_ms
    stamped.say("city", "seal.used_in_batch", SEAL, at, refs=cites, fields=fields)
    assert stamped.alerts() == told


def test_the_same_scope_is_permitted_twice_only_once_it_was_stamped(stamped: SealTown) -> None:
    cites = [("follows", stamped.permitted())]
    stamped.say("city", "seal.used_in_batch", SEAL, refs=cites, fields=stamped.batch())
    stamped.permitted()
    assert stamped.alerts() == []
    stamped.permitted()
    assert stamped.alerts() == [("AL27", "batch_permitted_twice")]


def test_a_batch_by_another_than_the_permission_names_is_named(stamped: SealTown) -> None:
    cites = [("follows", stamped.permitted())]
    stamped.say("agency", "seal.used_in_batch", SEAL, refs=cites, fields=stamped.batch())
    assert stamped.alerts() == [("AL26", "seal_not_authorised")]


def test_a_batch_needs_a_permission_and_a_valid_seal(stamped: SealTown) -> None:
    permitted = stamped.permitted()
    none = stamped.refused("city", "seal.used_in_batch", SEAL, fields=stamped.batch())
    assert none is Code.RECORD_REFS
    stamped.suspended()
    refused = stamped.refused(
        "city",
        "seal.used_in_batch",
        SEAL,
        refs=[("follows", permitted)],
        fields=stamped.batch(status="suspended"),
    )
    assert refused is Code.SEAL_NOT_VALID


# Rates.


def many(town: SealTown, count: int) -> None:
    """So many documents in one hour, in one block."""
    fields = town.use()
    town.now_ms += SECOND
    used = [
        town.record("builder", "seal.used", SEAL, files={"a": bytes([number])}, fields=fields)
        for number in range(count)
    ]
    town.commit(*[town.bundle(each) for each in used], at=town.now_ms)


class RatedTown(SealTown):
    """A town whose seal was used once in each of 24 hours."""

    def __init__(self) -> None:
        super().__init__()
        self.published()
        self.connected()
        for _ in range(24):
            self.hour()

    def hour(self, count: int = 1) -> None:
        """The next hour, with so many documents."""
        # A block without a use brings the answer up to date.
        self.now_ms += HOUR
        standard: Mapping[str, Value] = {"name": "x", "version": "1"}
        self.say("registry", "ledger.standard_published", "STD-X", self.now_ms, fields=standard)
        many(self, count)


@pytest.mark.parametrize(
    ("uses", "told"),
    [
        pytest.param(19, [], marks=pytest.mark.spares("AL28")),
        pytest.param(20, [("AL28", "use_rate")], marks=pytest.mark.raises("AL28")),
    ],
)
def test_far_more_uses_than_in_the_hours_before_are_named_once_an_hour(
    uses: int, told: list[tuple[str, str]]
) -> None:
    town = RatedTown()
    town.hour(uses - 5)
    many(town, 5)
    assert town.alerts() == told
    many(town, 5 * len(told))
    assert town.alerts() == told


def test_a_seal_that_is_new_has_no_usual_rate() -> None:
    town = SealTown()
    town.published()
    town.connected()
    many(town, 200)
    assert town.alerts() == []


def test_a_rate_is_beyond_four_sigma_in_integers_only() -> None:
    baseline = [10, 30] * 12
    # The mean is 20 and σ is 10: 60 is at four of them, 61 beyond.
    assert not eseal_rate.abnormal(60, baseline, 20, 400)
    assert eseal_rate.abnormal(61, baseline, 20, 400)
    assert not eseal_rate.abnormal(19, [0] * 24, 20, 400)


def test_what_is_older_than_the_baseline_is_forgotten() -> None:
    known = eseal_rate.Rate(5, ((5, 3),)).with_use(10, 2, 168).with_use(200, 1, 168)
    assert known.hours == ((200, 1),)
    assert known.baseline(201, 168) == [0] * 167 + [1]
    assert eseal_rate.Rate(5, ((5, 3),)).baseline(7, 168) == [3, 0]


def test_a_permitted_batch_counts_as_one_use() -> None:
    town = RatedTown()
    town.hour(19)
    cites = [("follows", town.permitted())]
    town.say("city", "seal.used_in_batch", SEAL, refs=cites, fields=town.batch())
    assert town.alerts() == [("AL28", "use_rate")]


# What is kept for later, and who called.


def test_material_for_later_verification_is_no_stamped_document(stamped: SealTown) -> None:
    cites = [("follows", stamped.authorised(quota=1))]
    files = {
        "notice": b"notice",
        "ltv/certificate_chain": b"chain",
        "ltv/crl": b"crl",
        "ltv/timestamp_token": b"token",
    }
    stamped.say("city", "seal.used", SEAL, refs=cites, files=files, fields=stamped.use())
    assert stamped.alerts() == []
    for wrong in ({"ltv/crl": b"crl"}, {"a": b"a", "ltv/poem": b"poem"}):
        refused = stamped.refused("builder", "seal.used", SEAL, files=wrong, fields=stamped.use())
        assert refused is Code.RECORD_FIELD_VALUE


def test_the_system_that_called_for_the_stamp_is_a_member(stamped: SealTown) -> None:
    stamped.say("builder", "seal.used", SEAL, fields=stamped.use(caller="city"))
    refused = stamped.refused("builder", "seal.used", SEAL, fields=stamped.use(caller="nobody"))
    assert refused is Code.MEMBER_UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("genuine", []),
        ("altered", [("AL03", "stamped_document_altered")]),
        ("not_stamped", [("AL26", "not_stamped")]),
    ],
)
def test_a_verification_says_what_it_found(
    stamped: SealTown, outcome: str, told: list[tuple[str, str]]
) -> None:
    used = stamped.say("builder", "seal.used", SEAL, fields=stamped.use())
    stamped.suspended()
    fields: dict[str, Value] = {"outcome": outcome, "status_when_stamped": "valid"}
    cites = [("follows", used)]
    stamped.say("checker", "seal.document_verified", SEAL, refs=cites, fields=fields)
    assert stamped.alerts() == told
    wrong = {**fields, "status_when_stamped": "suspended"}
    refused = stamped.refused("checker", "seal.document_verified", SEAL, refs=cites, fields=wrong)
    assert refused is Code.RECORD_FIELD_VALUE


def test_a_document_that_was_stamped_in_flight_is_named_at_its_verification(
    stamped: SealTown,
) -> None:
    asked = stamped.use()
    stamped.suspended()
    cites = [("follows", stamped.say("builder", "seal.used", SEAL, fields=asked))]
    fields: dict[str, Value] = {"outcome": "genuine", "status_when_stamped": "suspended"}
    stamped.say("checker", "seal.document_verified", SEAL, refs=cites, fields=fields)
    assert stamped.alerts() == [("AL26", "seal_not_valid")] * 2


def test_queries_are_told_in_sum(stamped: SealTown) -> None:
    fields: dict[str, Value] = {"query_count": 12, "from_ms": 1, "until_ms": 2}
    stamped.say("tradesystem", "seal.status_queried", SEAL, fields=fields)
    wrong = {**fields, "until_ms": 0}
    refused = stamped.refused("tradesystem", "seal.status_queried", SEAL, fields=wrong)
    assert refused is Code.RECORD_FIELD_VALUE


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
