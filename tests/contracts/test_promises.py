"""What the public systems promise of tenders, in their own words: each promise is a test.

What needs real nodes is told by the stories on four processes: 随时调阅取证, 杜绝投标人信息泄露风险.
"""

from typing import cast

import pytest

from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.negative_list import ListHead, verify_listing
from ledger.core.record import Record, decode_record
from tests.contracts.addresses import ADDRESS, LIST, Registry
from tests.contracts.tendering import EXPERTS, TenderTown
from tests.contracts.test_tender import whole_tender
from tests.contracts.town import DAY, GRACE, HOUR, MINUTE, Town


def alerts(town: Town, code: str) -> list[str]:
    return [because for alert, because in town.alerts() if alert == code]


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param(True, marks=pytest.mark.spares("AL01")),
        pytest.param(False, marks=pytest.mark.raises("AL01")),
    ],
)
def test_完整节点见证信息(signed: bool) -> None:
    """Lanzhou: one node is dropped, and the certificate is refused with what is missing."""
    town = whole_tender(signed=signed)
    assert len(town.listed("tender.witness_certificate")) == (1 if signed else 0)
    assert alerts(town, "AL01") == ([] if signed else ["T48 T49"])


def test_修改痕迹() -> None:
    """Lanzhou: a score changed after it was submitted is a chain; a change without one is AL04."""
    town = TenderTown()
    town.scored()
    first = town.given[EXPERTS[0], town.bids[0]][0]
    revised = town.accepted(town.revise(EXPERTS[0], town.bids[0], 9_100))
    newest = town.chain.state.get(b"newest/" + first)
    assert newest == revised
    assert alerts(town, "AL04") == []
    town.say("builder", "tender.document_filed", kind="tender", files={"file": b"other bytes"})
    assert alerts(town, "AL04") == ["replaced"]


@pytest.mark.parametrize(("hours", "told"), [(24, []), (25, ["complaint_intake_local"])])
def test_受理时限由3日压缩至1日(hours: int, told: list[str]) -> None:
    """Lanzhou: a complaint that nobody has taken in at hour 25 raises AL19."""
    town = TenderTown()
    town.say("bidder", "tender.complaint", matter="other", known_at_ms=town.now_ms)
    town.wait_until(town.now_ms + hours * HOUR)
    assert alerts(town, "AL19") == told


@pytest.mark.parametrize(("minutes", "told"), [(-1, 0), (2, 1)])
def test_退还时长_5日_1日(minutes: int, told: int) -> None:
    """Lanzhou: a refund that is not there a day after the result raises AL16."""
    town = TenderTown()
    town.evaluated()
    town.say("bank", "tender.deposits_pooled", count=2)
    town.awarded()
    for each in town.deposits[1:]:
        town.say("bank", "tender.deposit_refunded", refs=[("follows", each)])
    for each in town.guarantees:
        cited = [("follows", each)]
        town.say("insurer", "tender.guarantee_released", refs=cited, outcome="released")
    published = town.now_ms - 60_000
    town.wait_until(published + DAY + GRACE + minutes * MINUTE)
    assert alerts(town, "AL16") == ["deposit_refund_local"] * told


def test_专家打分畸高畸低() -> None:
    """Xiong'an: an outlier among the scores raises AL09 on every node identically."""
    towns = []
    for _ in range(2):
        town = TenderTown()
        town.scored({(3, 0): 6_000})
        town.accepted(town.report())
        towns.append(town)
    one, other = towns
    assert alerts(one, "AL09") == ["score_outlier"]
    # Two nodes that judge the same story say the same bytes, and reach the same state.
    assert [each.encode() for each in one.raised()] == [each.encode() for each in other.raised()]
    assert one.chain.head.state_hash == other.chain.head.state_hash


@pytest.mark.parametrize(
    ("told", "overdue"),
    [
        (("owner", "supervisor"), []),
        (("owner",), ["supervisor_notification"]),
        (("supervisor",), ["owner_notification"]),
        ((), ["owner_notification", "supervisor_notification"]),
    ],
)
def test_双告知(told: tuple[str, ...], overdue: list[str]) -> None:
    """Haidian: owner and supervisors are told in time, both, or the deadline raises AL36."""
    town = Registry()
    town.settled()
    due = town.now_ms + 24 * HOUR
    for side in told:
        town.told(side)
        town.receipted(side)
    town.wait_until(due + GRACE + MINUTE)
    assert alerts(town, "AL36") == overdue


def test_负面清单() -> None:
    """Haidian: a listed address cannot get a certificate; one that is issued proves its version."""
    town = Registry()
    proven = proved_version(town, town.certified())
    assert proven == 1
    town.publish_list([ADDRESS], 2)
    check = town.check(town.matched_by)
    assert alerts(town, "AL30") == ["listed"]
    fields = town.of_use(town.shared_by, town.will, check)
    cites = [("follows", each) for each in (town.shared_by, town.matched_by, town.will, check)]
    kind = "address.use_certified"
    refused = town.refused("platform", kind, ADDRESS, refs=cites, fields=fields)
    assert refused is Code.RECORD_REF_VALUE


def proved_version(town: Registry, certificate: RecordId) -> int:
    """Which version a certificate was checked against, from records alone, as anyone does it."""

    def said(record_id: RecordId) -> Record:
        stored = town.chain.blocks.record(record_id)
        assert stored is not None
        return decode_record(stored.data)

    check = said(RecordId(cast(bytes, said(certificate).fields["list_check"])))
    lists = [
        each for each in map(said, (ref.record_id for ref in check.refs)) if "root" in each.fields
    ]
    (published,) = [each for each in lists if each.subject == LIST]
    head = ListHead.of_fields(LIST, published.fields)
    assert verify_listing(head, ADDRESS, cast(bytes, check.fields["proof"])) == "absent"
    return head.version
