"""Bids that were committed to below a snapshot and opened above it, at a node that began with it."""

import json
import re

import pytest

from api.explorer.shown import moment
from ledger.core.identifiers import RecordId
from tests.api.long_town import LongTown, begun
from tests.api.test_snapshot_answers import code
from tests.api.test_snapshot_pages import page
from tests.api.test_trouble import ask
from tests.contracts.sealing import DEADLINE
from tests.contracts.test_joining import cosigned_by, follow
from tests.contracts.town import SECTION, Town


class Story:
    """One bid, sealed below and opened above."""

    def __init__(self) -> None:
        self.old = town = LongTown()
        town.announced(DEADLINE)
        sealed = town.dossier("bidder")
        commitments = town.commit_sealed(*sealed)
        self.bid, self.commitment = sealed[-2].record_id, commitments[-2]
        town.seal_set(self.commitment)
        town.go_on()
        self.late = begun(town)
        town.start()
        for each, commitment in zip(sealed, commitments, strict=True):
            town.open(each, commitment)
        follow(self.late, town)
        head = town.chain.blocks.header(town.chain.head.height)
        for one in (town, self.late):
            for node, line in cosigned_by(town, head):
                one.chain.add_cosignature(node, head.log_size, head.log_root, line)

    @property
    def towns(self) -> tuple[Town, Town]:
        return self.old, self.late


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


def test_what_was_opened_here_is_shown_and_names_its_commitment(story: Story) -> None:
    whole, here = (
        ask(town, "GET", f"/v1/records/{story.bid.hex()}").json() for town in story.towns
    )
    nowhere = {"index": None, "height": None, "committed_at_ms": None}
    assert here == whole | {"sealed": whole["sealed"] | nowhere}
    assert here["sealed"]["commitment"] == story.commitment.hex()


@pytest.mark.parametrize(
    "path",
    [
        f"/projects/{SECTION}",
        "/members/bidder",
        f"/v1/subjects?key={SECTION}&newest_first=true",
        "/v1/records?member=bidder&newest_first=true",
        "/desk",
        "/blocks",
    ],
)
def test_no_page_is_refused_for_it(story: Story, path: str) -> None:
    for town in story.towns:
        assert ask(town, "GET", path).status_code == 200


def test_its_time_and_number_are_those_of_its_commitment(story: Story) -> None:
    kept = story.old.chain.blocks.record(story.commitment)
    assert kept is not None and story.late.chain.blocks.record(story.commitment) is None
    numbers = set()
    for town in story.towns:
        shown = page(town, f"/records/{story.bid.hex()}")
        assert str(moment(kept.entry.block_time_ms)) in shown
        numbers |= set(re.findall(r"TOWN(?:-\d{4})+-\w", shown))
    assert len(numbers) == 1


def test_its_receipt_is_with_others(story: Story) -> None:
    path = f"/v1/records/{story.bid.hex()}/receipt"
    assert ask(story.old, "GET", path).status_code == 200
    answer = ask(story.late, "GET", path)
    assert (answer.status_code, answer.json()["code"]) == (421, "record.not_kept")
    assert answer.json()["facts"]["record"] == story.commitment.hex()
    assert code(story.late, f"/v1/records/{story.bid.hex()}/certificate.pdf")[0] == 421
    shown = page(story.late, f"/records/{story.bid.hex()}?lang=en")
    assert "Other nodes have the receipt" in shown and story.commitment.hex() in shown


def test_an_export_goes_on_behind_it(story: Story) -> None:
    since = story.late.chain.blocks.base
    path = f"/v1/export/records?since={since}&receipts=true"
    whole, here = (
        [json.loads(line) for line in page(town, path).splitlines()] for town in story.towns
    )
    assert [each.get("record_id") for each in here] == [each.get("record_id") for each in whole]
    lacking = {each["record_id"] for each in here[:-1] if each["receipt"] is None}
    assert RecordId(story.bid).hex() in lacking
    assert all(each["receipt"] for each in whole[:-1])
    assert all(each["sealed"] for each in here[:-1] if each["record_id"] in lacking)
