"""Questions that people ask again and again, of a ledger on which much has happened."""

from typing import Any

import pytest

from tests.api.test_trouble import ask
from tests.contracts.tendering import TenderTown
from tests.contracts.town import DAY, HOUR, SECTION


@pytest.fixture(scope="module")
def town() -> TenderTown:
    """One deposit is returned in time, one too late, one never; so is a guarantee."""
    town = TenderTown()
    town.evaluated()
    town.awarded()
    first, second, *_ = town.deposits
    town.say("bank", "tender.deposit_refunded", refs=[("follows", first)])
    town.wait_until(town.now_ms + DAY + HOUR)
    town.say("bank", "tender.deposit_refunded", refs=[("follows", second)])
    return town


def items(town: TenderTown, path: str) -> list[Any]:
    answer = ask(town, "GET", path)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["items"]
    return found


def test_a_refund_that_is_overdue_says_whether_it_was_made_since(town: TenderTown) -> None:
    found = items(town, f"/v1/refunds/overdue?subject={SECTION.partition('/')[0]}")
    told = {each["record"]["refs"][0]["record_id"]: each["refunded"] for each in found}
    first, second, *rest = [each.hex() for each in (*town.deposits, *town.guarantees)]
    assert first not in told and told[second] is True
    assert told == {second: True, **dict.fromkeys(rest, False)}


def test_the_score_revisions_of_a_project_are_one_query(town: TenderTown) -> None:
    scores = items(town, f"/v1/records?stage=evaluation&type=T40&subject={SECTION}")
    assert scores
    assert items(town, f"/v1/records?type=T41&subject={SECTION}") == []
    expert = scores[0]["record"]["issuer"]
    own = items(town, f"/v1/records?type=T40&member={expert}")
    assert own == [each for each in scores if each["record"]["issuer"] == expert] != []


def test_a_page_of_projects_names_each_once(town: TenderTown) -> None:
    found = items(town, "/v1/members/builder/projects")
    assert [each["project"] for each in found] == [SECTION.partition("/")[0]]
