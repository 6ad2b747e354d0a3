"""What open data says to be in force is what the ledger's state says; nothing else has a release."""

from api.ocds.acts import acts
from api.ocds.in_force import in_force, standing
from api.ocds.items import Item, items_from
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.chain import Chain
from ledger.core.identifiers import LogIndex, RecordId
from ledger.core.receipt import Receipt
from ledger.core.receipt_parts import KeyPart, SealedPart
from ledger.core.record import decode_record
from tests.api.query_suite import everything
from tests.api.test_open_data import P, S, Town
from tests.contracts.sealing import BIDDERS
from tests.contracts.tendering import CHAIR, EXPERTS, TENDER_ROLES, TenderTown
from tests.contracts.town import CATALOGUE

STRANGER = "agency"
ROLES = {**TENDER_ROLES, STRANGER: ("tenderer", "agent")}
TOLD = frozenset(each.type for each in acts())


def items_of(chain: Chain) -> list[Item]:
    """Everything on a ledger, as far as what is in force follows from its receipts."""
    found = []
    for each in everything(chain):
        stored = chain.blocks.record(each.record_id)
        assert stored is not None
        sealed, came = None, stored.came_from
        if came is not None and came.commitment is not None:
            opening, commitment = came.opening.data, came.commitment.data
            key = KeyPart(b"", 0, ())
            sealed = SealedPart(opening, commitment, b"", LogIndex(0), (), key)
        receipt = Receipt(
            network_id=chain.genesis.network_id,
            record=stored.data,
            entry=b"",
            index=each.index,
            path=(),
            last_leaf=b"",
            last_path=(),
            checkpoint="",
            bundle=None,
            key=None,
            sealed=sealed,
        )
        record, entry = decode_record(stored.data), stored.entry
        item = Item(receipt, record, each.record_id, each.index, entry.height, entry.block_time_ms)
        found.append(item)
    return found


def assert_told(town: TenderTown, *void: RecordId) -> None:
    """Open data tells of what is in force, and of none of these records."""
    head, state = town.chain.head, State(Overlay(town.chain.state))
    now, items = Times(head.log_size, head.time_ms), items_of(town.chain)
    counted = in_force(items)
    for each in items:
        row = state.record(each.record_id)
        if each.record.type in TOLD:
            assert row is not None
            assert row.in_force(now) == (each.record_id in counted), each.record
    assert counted.isdisjoint(void)


def test_a_tender_in_which_not_everything_counts() -> None:
    """Strangers' awards, a bid that no set lists, what is voided, and what awaits others."""
    town = TenderTown(roles=ROLES)
    outside = town.seal(town.bid(BIDDERS[3]))
    (commitment,) = town.commit_sealed(outside)
    town.evaluated()
    bid = outside.record_id
    town.accepted(town.opening(outside, commitment, by=BIDDERS[3]))
    few = town.say(CHAIR, "tender.bid_rejected", refs=[("follows", town.bids[2])], reason="签章")
    town.confirm(few, EXPERTS[1])
    assert_told(town, bid, few)
    town.confirm(few, EXPERTS[2])
    town.awarded()
    strange = town.say(STRANGER, "tender.result_published", winner=BIDDERS[1], price_fen=1)
    for_builder = {"on_behalf_of": "builder"}
    undelegated = town.say(STRANGER, "tender.award_notice", winner=BIDDERS[1], fields=for_builder)
    for role in ROLES[STRANGER]:
        town.say("centre", "ledger.role_changed", STRANGER, action="withdraw", role=role)
    # The alert now tells of the role first, and no more that there is no delegation.
    told = {"winner": BIDDERS[1], **for_builder}
    lapsed = [
        town.say(STRANGER, "tender.award_notice", fields=told),
        town.say(STRANGER, "tender.result_published", fields={**told, "price_fen": 1}),
    ]
    assert town.alerts()[-2:] == [("AL05", "role_lapsed")] * 2
    strangers = (strange, undelegated, *lapsed)
    town.say("builder", "tender.award_notice", winner="bidder")
    contract = town.say("builder", "tender.contract_signed", contractor="bidder", price_fen=9)
    filed = [
        town.say("builder", "tender.document_filed", kind="tender", files={"f": name})
        for name in (b"1", b"2")
    ]
    voiding = [
        town.say("builder", "ledger.voided", refs=[("voids", each)], reason="误传")
        for each in filed
    ]
    town.confirm(voiding[0], "supervisor")
    assert_told(town, bid, *strangers, contract, filed[0])
    assert {each.record_id for each in items_of(town.chain)} >= {few, filed[1]}
    town.confirm(contract, "bidder")
    assert_told(town, bid, *strangers, filed[0])
    assert {few, contract, filed[1]} <= in_force(items_of(town.chain))


def test_a_party_that_lost_its_role_counts_and_a_stranger_that_lost_its_own_does_not() -> None:
    town = Town()
    alert = {"alert": "AL05", "because": "role_lapsed"}
    town.say("tender.project_accepted", P, "centre", tenderer="registry")
    own, agent = {}, {"on_behalf_of": "registry"}  # type: dict[str, str], dict[str, str]
    for issuer, whose, counts in (
        ("registry", own, True),
        ("registry", agent, True),
        ("registry", {"on_behalf_of": "notary"}, False),
        ("notary", own, False),
        # The tenderer it names itself, and whether that delegated it no package says.
        ("notary", agent, False),
    ):
        said = town.say("tender.result_published", S, issuer, winner="notary", **whose)
        town.say("ledger.alert_raised", S, "centre", after=[said], **alert)
        items = items_from(town.network.receipt(each) for each in town.records)
        assert (said.record_id in in_force(items)) == counts
        # Of a section alone nobody can tell, and what may count for nothing is not told.
        assert said.record_id not in in_force(items[1:])


def test_the_table_says_what_the_catalogue_says() -> None:
    rows = standing()
    for name in TOLD | rows.party:
        kind = CATALOGUE.types[name]
        assert (kind.party != "") == (name in rows.party), name
        mode = kind.confirmed_by.mode if kind.confirmed_by is not None else ""
        assert (mode == "any") == (name in rows.any), name
        assert (mode == "majority") == (name in rows.majority), name
        assert mode in {"", "any", "majority"}
        assert kind.confirmed_by is None or not kind.confirmed_by.when
    assert rows.any | rows.majority <= TOLD
