"""Pages of a node that began with a snapshot: what stands below is not here, and they say so.

The state names records from before it: reports of clocks, requests of draws, what was amended. A
page shows what is known of them, and is not refused because one of them is with others.
"""

import csv
import io

import pytest

from api.explorer.desk.calendar_week import week_at
from api.rights import Viewer
from ledger.core.identifiers import Height, MemberId, RecordId
from tests.api.long_town import BASE, LongTown, begun
from tests.api.test_snapshot_answers import code
from tests.api.test_trouble import ask
from tests.contracts.sealing import DEADLINE
from tests.contracts.tendering import SEEDERS
from tests.contracts.test_clock_reports import told
from tests.contracts.test_joining import cosigned_by, follow
from tests.contracts.town import CATALOGUE, DAY, PROJECT, SECTION, Town


class Story:
    """A section of which everything was said twice: below the snapshot, and above it."""

    def __init__(self) -> None:
        self.old = town = LongTown()
        self.report = town.say("notary", "ledger.clock_reported", "notary", fields=told())
        town.announced(DEADLINE)
        (self.document,) = town.listed("tender.document_filed")
        town.say("builder", "tender.document_filed", files={"file": b"other"}, kind="tender")
        request, height = town.seeded()
        town.go_on()
        self.late = begun(town)
        for seeder in SEEDERS:
            town.accepted(town.reveal(request, seeder))
        self.drawn = town.accepted(town.result(request, height))
        cites = [("amends", self.document)]
        self.amendment = town.say("builder", "ledger.amended", refs=cites, reason="笔误")
        follow(self.late, town)
        head = town.chain.blocks.header(town.chain.head.height)
        for node, line in cosigned_by(town, head):
            self.late.chain.add_cosignature(node, head.log_size, head.log_root, line)


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


def page(town: Town, path: str) -> str:
    answer = ask(town, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_node_that_has_just_begun_shows_its_pages_and_no_block(story: Story) -> None:
    """Until the next block comes its operator looks at them, and nothing is wrong."""
    new = begun(story.old, None)
    base = new.chain.blocks.base
    assert new.chain.head.height == base > 0
    for path in ("/", "/blocks", "/nodes", "/nodes/node-centre", "/v1/export/blocks"):
        page(new, path)
    listed = ask(new, "GET", "/v1/blocks").json()
    assert (listed["items"], listed["cursor"]) == ([], base + 1), "the list goes on, with others"
    assert code(new, f"/v1/blocks?below={base + 1}") == (421, "block.not_kept")


@pytest.mark.parametrize("path", ["/members/nobody", "/seals/SEAL-1", "/addresses/ADDR-1"])
def test_what_may_stand_below_is_never_said_not_to_be_there(story: Story, path: str) -> None:
    assert code(story.old, path) == (404, "api.not_found")
    assert code(story.late, path) == (421, "log.not_kept")


@pytest.mark.parametrize("subject", [SECTION, PROJECT])
def test_a_track_shows_what_is_here(story: Story, subject: str) -> None:
    shown = page(story.late, f"/projects/{subject}")
    assert story.drawn.hex() in shown and story.amendment.hex() in shown
    assert "学校改扩建" in page(story.old, f"/projects/{subject}")
    assert "学校改扩建" not in shown
    assert story.late.chain.blocks.record(story.document) is None


def test_open_data_never_leaves_out_without_a_word_what_stands_below(story: Story) -> None:
    """A file is handed on, and whoever has it knows nothing of the node that wrote it."""
    path = f"/v1/export/ocds?subject={SECTION}"
    assert code(story.late, path) == (421, "log.not_kept")


def test_an_amendment_says_that_what_it_amends_is_with_others(story: Story) -> None:
    path = f"/records/{story.amendment.hex()}?lang=en"
    shown = page(story.late, path)
    assert "The first record stands below the blocks that this node keeps" in shown
    assert "is not public" not in shown and story.document.hex() in shown
    assert "stands below" not in page(story.old, path)
    # Whoever asks for the trace itself is sent to where it is whole.
    trace = f"/v1/records/{story.amendment.hex()}/trace"
    assert code(story.late, trace) == (421, "record.not_kept")


def test_a_draw_is_listed_though_its_request_is_with_others(story: Story) -> None:
    whole, here = (
        ask(town, "GET", "/desk/draws?format=json").json()["items"][0]
        for town in (story.old, story.late)
    )
    assert whole["receipts"] and not here["receipts"]
    assert (here["pool_count"], here["draw_height"], here["seeders"]) == (None, None, [])
    assert (here["places"], here["record_id"]) == (whole["places"], story.drawn.hex())
    shown = page(story.late, "/desk/draws?lang=en")
    assert "recompute it at another one" in shown and "data-draw=" not in shown
    _, row, more = csv.reader(io.StringIO(page(story.late, "/desk/draws?format=csv")))
    assert story.drawn.hex() in row and more[0] == "…"


def test_a_report_of_a_clock_that_is_with_others_is_named(story: Story) -> None:
    for path in ("/v1/network", "/v1/diagnose"):
        whole, here = (
            ask(town, "GET", path).json()["clock_reports"][0] for town in (story.old, story.late)
        )
        assert here["record_id"] == whole["record_id"] == story.report.hex()
        assert here["time_ms"] == whole["time_ms"]
        assert (whole["cause"], whole["in_step"]) == ("schedule", "yes")
        assert (here["cause"], here["in_step"], here["slow_most_ms"]) == (None, "unknown", None)
    for path in ("/nodes", "/nodes/node-notary"):
        assert story.report.hex() in page(story.late, path)


def test_lists_of_blocks_end_above_the_snapshot_and_lead_to_others(story: Story) -> None:
    least = BASE + 1
    listed = ask(story.late, "GET", "/v1/blocks?limit=500").json()
    assert listed["items"][-1]["header"]["height"] == listed["cursor"] == least
    assert code(story.late, f"/v1/blocks?below={least}") == (421, "block.not_kept")
    shown = page(story.late, "/blocks")
    assert f'/blocks/{least}"' in shown and f'/blocks/{BASE}"' not in shown
    assert f"below={least}" in shown
    assert code(story.late, f"/blocks?below={least}") == (421, "block.not_kept")
    assert f'/blocks/{BASE}"' not in page(story.late, "/")
    *rows, more = csv.reader(io.StringIO(page(story.late, "/v1/export/blocks")))
    assert (rows[-1][0], more[0], more[-1]) == (str(least), "…", str(least))
    assert code(story.late, f"/v1/export/blocks?below={least}") == (421, "block.not_kept")
    whole = page(story.old, "/v1/export/blocks").splitlines()
    assert len(whole) == story.old.chain.head.height + 1, "nothing is below the first block"
    assert ask(story.old, "GET", "/v1/blocks?limit=500").json()["cursor"] is None


def test_lists_of_the_desk_end_above_the_snapshot_and_lead_to_others(story: Story) -> None:
    begins = story.old.chain.blocks.header(Height(BASE)).log_size
    for path in ("/desk", "/desk/draws", "/desk/access"):
        last = ask(story.late, "GET", f"{path}?format=json").json()["cursor"]
        assert last == begins, path
        assert code(story.late, f"{path}?cursor={last}") == (421, "log.not_kept"), path
        assert ask(story.old, "GET", f"{path}?format=json").json()["cursor"] is None


def test_a_week_of_which_a_part_is_with_others_is_theirs_to_tell(story: Story) -> None:
    refused = ask(story.late, "GET", "/desk/week?format=json")
    assert (refused.status_code, refused.json()["code"]) == (421, "log.week_not_kept")
    own = week_at(story.late.chain.blocks.header(Height(BASE)).time_ms)
    for words in (refused.json()["detail"], refused.json()["detail_zh"]):
        assert own.after is not None and own.after in words and str(BASE + 1) in words
        assert all(node in words for node in story.late.chain.committee)
    # From the week that it names on it tells them.
    assert ask(story.late, "GET", f"/desk/week?week={own.after}").status_code == 200
    assert ask(story.old, "GET", "/desk/week?format=json").status_code == 200
    assert ask(story.late, "GET", "/desk/week?week=2026-W40").status_code == 200


def test_figures_say_of_which_blocks_they_are(story: Story) -> None:
    for town, first in ((story.old, 1), (story.late, BASE + 1)):
        assert ask(town, "GET", "/figures.json").json()["first_height"] == first
        heads, *rows = csv.reader(io.StringIO(page(town, "/figures.csv")))
        at = heads.index("first_height")
        assert rows and {each[at] for each in rows} == {str(first)}


def test_a_record_that_is_with_others_is_asked_for_there(story: Story) -> None:
    for record in (story.document, story.report):
        assert code(story.late, f"/records/{RecordId(record).hex()}")[1] == "record.not_kept"


def test_open_data_of_a_project_are_whole_or_asked_for_elsewhere(story: Story) -> None:
    assert code(story.late, f"/v1/export/ocds?subject={SECTION}") == (421, "log.not_kept")


def test_what_rules_conclude_of_a_hidden_record_that_is_with_others_stays_hidden_here() -> None:
    """The alert that a complaint waits too long comes later, when the complaint stands below."""
    old = LongTown()
    old.announced(DEADLINE)
    known_ms = old.now_ms
    complaint = old.say("builder", "tender.complaint", matter="other", known_at_ms=known_ms)
    old.go_on()
    late = begun(old)
    old.wait_until(old.now_ms + 6 * DAY)
    follow(late, old)
    assert late.chain.blocks.record(complaint) is None
    raised = [each for each in old.raised() if late.chain.blocks.record(each.record_id)]
    assert "AL19" in {str(each.fields["alert"]) for each in raised}
    for each in raised:
        for member, seen in ((None, False), ("notary", False), ("supervisor", True)):
            of = None if member is None else MemberId(member)
            for town in (old, late):
                assert Viewer(CATALOGUE, town.chain, of).may_see(each) is seen, (each, member)
