"""Stories of supervision: who is inspected by lot, a false commitment and its appeal, referral, the
way off the negative list, questions about addresses."""

from dataclasses import dataclass

import pytest

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.negative_list import NegativeList
from tests.contracts.addresses import (
    ADDRESS,
    ELSEWHERE,
    LIST,
    WANTED,
    Registry,
    registered_leaf,
)
from tests.contracts.town import CATALOGUE, DAY, GRACE
from tests.vectors.small_network import seed

INSPECTED, CREDIT = "address.inspected", "address.false_commitment"


@pytest.fixture
def town() -> Registry:
    """A district with three sources and a list."""
    return Registry()


# A16: an inspection.


@dataclass
class Lots:
    """Two draws: of four registrations one, of three inspectors one."""

    town: Registry
    pool: list[RecordId]
    registrations: RecordId
    place: int
    inspectors: RecordId
    inspector: int

    def fields(self, place: int | None = None, **more: Value) -> dict[str, Value]:
        """What an inspection of what was drawn says."""
        place = self.place if place is None else place
        tree = merkle.Tree([merkle.leaf_hash(registered_leaf(each)) for each in self.pool])
        said: dict[str, Value] = {
            "kind": "random",
            "result": "found",
            "place": place,
            "path": tree.path(place),
            "inspector_place": self.inspector,
        }
        return {**said, **more}

    def cites(self, of: RecordId) -> list[tuple[str, RecordId]]:
        """The registration and both draws."""
        return [("follows", of), ("answers", self.registrations), ("answers", self.inspectors)]


@pytest.fixture
def lots() -> Lots:
    """Four registrations of premises, one of which is drawn."""
    town = Registry()
    pool = []
    for member in ("shop", "operator", "builder", "bidder"):
        pool.append(town.settled(member, "premises"))
    drew, places = town.drew_lots("registrations", [registered_leaf(each) for each in pool], 1)
    persons = [seed(f"inspector {number}") for number in range(3)]
    sent, inspectors = town.drew_lots("inspectors", persons, 1)
    return Lots(town, pool, drew, places[0], sent, inspectors[0])


def test_what_a_draw_drew_is_inspected_by_whom_another_drew(lots: Lots) -> None:
    drawn = lots.pool[lots.place]
    lots.town.say("market", INSPECTED, ADDRESS, refs=lots.cites(drawn), fields=lots.fields())
    assert lots.town.alerts() == []


def test_nothing_else_is_inspected_at_random(lots: Lots) -> None:
    """Another registration, another place, another inspector, a draw of another department."""
    town, other = lots.town, (lots.place + 1) % 4

    def refused(of: int, by: str = "market", place: int | None = None, **more: Value) -> Code:
        fields = lots.fields(place, **more)
        return town.refused(by, INSPECTED, ADDRESS, refs=lots.cites(lots.pool[of]), fields=fields)

    assert refused(other) is Code.ADDRESS_DRAW
    assert refused(other, place=other) is Code.ADDRESS_DRAW
    assert refused(lots.place, path=()) is Code.ADDRESS_DRAW
    assert refused(lots.place, inspector_place=(lots.inspector + 1) % 3) is Code.ADDRESS_DRAW
    assert refused(lots.place, by="otherbureau") is Code.ADDRESS_DRAW
    cites = lots.cites(lots.pool[lots.place])
    for left_out in cites[1:]:
        rest = [each for each in cites if each != left_out]
        code = town.refused("market", INSPECTED, ADDRESS, refs=rest, fields=lots.fields())
        assert code is Code.ADDRESS_DRAW


def test_a_directed_inspection_needs_no_draw_and_says_so(town: Registry) -> None:
    town.settled()
    town.inspected("found")
    assert town.alerts() == []


@pytest.mark.raises("AL13")
def test_drawing_again_until_the_result_suits_raises_al13(lots: Lots) -> None:
    leaves = [registered_leaf(each) for each in lots.pool]
    lots.town.drew_lots("registrations", leaves, 1)
    assert lots.town.alerts() == [("AL13", "draw_repeated")]


# AL33, commitment proven false (承诺不实).


@pytest.mark.raises("AL33")
def test_an_inspection_that_finds_a_commitment_false_raises_al33(town: Registry) -> None:
    town.settled(route="commitment")
    town.inspected("false")
    (alert,) = [each for each in town.raised() if each.fields["alert"] == "AL33"]
    assert (alert.fields["because"], alert.fields["member"]) == ("inspection_false", "shop")


@pytest.mark.spares("AL33")
def test_where_the_owner_confirmed_nothing_was_committed_to(town: Registry) -> None:
    town.settled()
    town.inspected("false")
    assert town.alerts() == []


@pytest.mark.spares("AL33")
def test_an_applicant_that_is_found_committed_to_what_is_so(town: Registry) -> None:
    town.settled(route="commitment")
    town.inspected("found")
    assert town.alerts() == []


def upheld(town: Registry, decision: str = "upheld") -> RecordId:
    """The owner objects, and the supervisor decides."""
    town.told("owner")
    cites = [("answers", town.objected())]
    fields: dict[str, Value] = {"decision": decision, "reason": "合同系伪造"}
    return town.say("market", "address.objection_decided", ADDRESS, refs=cites, fields=fields)


@pytest.mark.raises("AL33")
def test_an_objection_that_is_upheld_proves_a_commitment_false(town: Registry) -> None:
    town.settled(route="commitment")
    town.punished(upheld(town))
    told = [each for each in town.alerts() if each[0] == "AL33"]
    assert told == [("AL33", "commitment_false")]


# A18: the credit record.


def test_a_credit_record_rests_on_a_finding_about_its_own_commitment(town: Registry) -> None:
    town.settled(route="commitment")
    finding = town.inspected("false")
    first = town.commitment
    town.settled("operator", "premises", "commitment")
    other = town.inspected("false")

    def refused(commitment: RecordId, cited: RecordId, member: str = "shop") -> Code:
        cites = [("follows", commitment), ("follows", cited)]
        fields = town.of_credit(member)
        return town.refused("market", CREDIT, ADDRESS, refs=cites, fields=fields)

    assert refused(first, other) is Code.RECORD_NOT_CONCERNED
    assert refused(first, finding, "operator") is Code.RECORD_FIELD_VALUE
    town.commitment = first
    town.punished(finding)


def test_what_was_found_there_punishes_nobody(town: Registry) -> None:
    town.settled(route="commitment")
    finding = town.inspected("found")
    cites = [("follows", town.commitment), ("follows", finding)]
    refused = town.refused("market", CREDIT, ADDRESS, refs=cites, fields=town.of_credit())
    assert refused is Code.RECORD_REF_VALUE


def committed(town: Registry) -> Code | None:
    """Whether the shop may still be certified on its own word."""
    cites = [("follows", town.matched_by)]
    will = town.say("shop", "address.commitment", ADDRESS, refs=cites, use="premises")
    check = town.check(town.matched_by)
    fields = town.of_use(town.shared_by, will, check, route="commitment", use="premises")
    cites = [("follows", each) for each in (town.shared_by, town.matched_by, will, check)]
    kind = "address.use_certified"
    record = town.record("platform", kind, ADDRESS, refs=cites, fields=fields)
    verdict = town.executor.judge(town.bundle(record), town.now_ms)
    return getattr(verdict, "code", None)


def test_a_discredited_applicant_is_not_believed_until_an_appeal_clears_it(town: Registry) -> None:
    town.settled(route="commitment")
    credit = town.punished(town.inspected("false"))
    assert committed(town) is Code.ADDRESS_CREDIT
    cites = [("follows", credit)]
    kind, decide = "address.credit_appealed", "address.credit_appeal_decided"
    assert town.refused("operator", kind, ADDRESS, refs=cites) is Code.RECORD_NOT_CONCERNED
    appeal = town.say("shop", kind, ADDRESS, refs=cites)

    cites = [("answers", appeal), ("follows", credit)]
    fields: dict[str, Value] = {"decision": "withdrawn", "reason": "抽查记录有误"}
    refused = town.refused("market", decide, ADDRESS, refs=cites, fields=fields)
    assert refused is Code.RECORD_ISSUER_ROLE
    town.say("supervisor", decide, ADDRESS, refs=cites, fields=fields)
    assert committed(town) is None


def test_a_credit_record_ends_by_itself(town: Registry) -> None:
    """Its year is over; the list, whose year was over before, has a new version by then."""
    town.settled(route="commitment")
    town.punished(town.inspected("false"))
    town.now_ms += 365 * DAY + GRACE
    town.list = NegativeList(LIST, 2, (ELSEWHERE,), town.key)
    fields = {**town.of_list(), "valid_until_ms": town.now_ms + DAY}
    town.listed_by = town.say("market", "address.negative_list_changed", LIST, fields=fields)
    assert committed(town) is None


@pytest.mark.parametrize(("answered", "told"), [(True, []), (False, ["credit_appeal"])])
def test_an_appeal_is_decided_in_time(answered: bool, told: list[str]) -> None:
    town = Registry()
    town.settled(route="commitment")
    credit = town.punished(town.inspected("false"))
    cites = [("follows", credit)]
    appeal = town.say("shop", "address.credit_appealed", ADDRESS, refs=cites)
    if answered:
        cites = [("answers", appeal), *cites]
        fields: dict[str, Value] = {"decision": "upheld", "reason": "证据充分"}
        kind = "address.credit_appeal_decided"
        town.say("supervisor", kind, ADDRESS, refs=cites, fields=fields)
    town.wait_until(town.now_ms + 17 * DAY)
    assert [because for _, because in town.alerts() if because == "credit_appeal"] == told


# A19: referral.


@pytest.mark.parametrize("received", [True, False])
def test_a_referred_case_is_received_by_whom_it_was_sent_to(received: bool) -> None:
    town = Registry()
    town.settled(route="commitment")
    credit = town.punished(town.inspected("false"))
    cites = [("follows", credit)]
    fields: dict[str, Value] = {"receiver": "police", "kind": "police"}
    kind = "address.case_referred"
    case = town.say("market", kind, ADDRESS, refs=cites, fields=fields)
    if received:
        town.say("police", "address.case_received", ADDRESS, refs=[("answers", case)])
    town.wait_until(town.now_ms + 10 * DAY)
    overdue = [because for code, because in town.alerts() if code == "AL36"]
    assert ("referral_receipt" in overdue) is not received


# The way off the list.


def test_an_address_comes_off_the_list_by_an_appeal_and_a_later_version(town: Registry) -> None:
    town.publish_list([ADDRESS], 2)
    hit = town.check(town.matched_by)
    appeal, decide = "address.listing_appealed", "address.listing_decided"
    appealed = town.say("shop", appeal, ADDRESS, refs=[("follows", hit)])

    def refused(*more: tuple[str, RecordId], by: str = "market") -> Code:
        cites = [("answers", appealed), *more]
        fields: dict[str, Value] = {"decision": "removed", "reason": "已实地核查"}
        return town.refused(by, decide, ADDRESS, refs=cites, fields=fields)

    assert refused() is Code.RECORD_MUST_FOLLOW
    assert refused(("follows", hit)) is Code.RECORD_REF_VALUE
    town.publish_list([], 3)
    off = town.check(town.matched_by)
    assert refused(("follows", off), by="otherbureau") is Code.LIST_KEEPER
    cites = [("answers", appealed), ("follows", off)]
    fields: dict[str, Value] = {"decision": "removed", "reason": "已实地核查"}
    town.say("market", decide, ADDRESS, refs=cites, fields=fields)
    town.certified()


def test_a_check_that_found_nothing_is_not_appealed(town: Registry) -> None:
    check = town.check(town.matched_by)
    kind, cites = "address.listing_appealed", [("follows", check)]
    assert town.refused("shop", kind, ADDRESS, refs=cites) is Code.RECORD_REF_VALUE


# Questions about addresses.


def test_a_question_names_what_it_is_for_and_hides_what_it_is_about(town: Registry) -> None:
    fields: dict[str, Value] = {"by": "owner", "purpose": "设立登记"}
    kind = "address.looked_up"
    refused = town.refused("ewindow", kind, "ewindow", fields=fields)
    assert refused is Code.RECORD_PRIVATE_NAME
    refused = town.refused("shop", kind, "shop", private=WANTED, fields=fields)
    assert refused is Code.RECORD_ISSUER_ROLE
    asked = town.say("ewindow", kind, "ewindow", private=WANTED, fields=fields)
    stored = town.chain.blocks.record(asked)
    assert stored is not None and b"landlord" not in stored.data


def test_more_questions_in_a_day_than_the_set_number_raise_al40(town: Registry) -> None:
    most = CATALOGUE.alerts["AL40"].parameters["lookups_most"]
    fields: dict[str, Value] = {"by": "address", "purpose": "设立登记"}

    def asked(count: int) -> None:
        records = [
            town.record("ewindow", "address.looked_up", "ewindow", private=WANTED, fields=fields)
            for _ in range(count)
        ]
        town.commit(town.bundle(*records))

    asked(most)
    assert town.alerts() == []
    asked(1)
    assert town.alerts() == [("AL40", "often_asked")]
    town.now_ms += DAY
    asked(1)
    assert len(town.alerts()) == 1
