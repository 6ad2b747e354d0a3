"""A node that began with a snapshot says what it cannot know, and hides nothing by leaving it out."""

import pytest

from ledger.core.identifiers import Height
from tests.api.test_trouble import ask
from tests.contracts.test_joining import BASE, BLOCKS, cosigned_by, follow, joined
from tests.contracts.test_snapshots import snapshot_town
from tests.contracts.town import Town

KEY = "track"


@pytest.fixture(scope="module")
def towns() -> tuple[Town, Town]:
    """One that was there from the beginning, and one that began with its snapshot."""
    old = snapshot_town()
    for _ in range(BLOCKS):
        old.commit(
            old.bundle(*(old.record("centre", "evidence.deposited", KEY) for _ in range(30)))
        )
        while old.chain.snapshots.step():
            pass
    late = joined(old)
    follow(late, old)
    head = late.chain.blocks.header(late.chain.head.height)
    for node, line in cosigned_by(late, head):
        late.chain.add_cosignature(node, head.log_size, head.log_root, line)
    return old, late


def code(town: Town, path: str) -> tuple[int, str]:
    answer = ask(town, "GET", path)
    return answer.status_code, answer.json().get("code", "")


def test_what_may_stand_below_is_never_said_not_to_be_there(towns: tuple[Town, Town]) -> None:
    old, late = towns
    absent = "ab" * 32
    record = old.chain.blocks.entry_ids(Height(1))[0].hex()
    for path in (f"/v1/search?q={absent}", "/v1/search?q=nothing", f"/v1/stamps/{absent}"):
        assert code(old, path) == (404, "api.not_found")
        assert code(late, path) == (421, "log.not_kept")
    # The state knows every id that entered: this one did not, and that one did.
    assert code(late, f"/v1/records/{absent}") == (404, "record.unknown")
    for path in (f"/v1/records/{record}", f"/v1/records/{record}/receipt"):
        assert code(late, path) == (421, "record.not_kept")
    assert code(late, "/v1/consistency?old=1") == (421, "block.not_kept")


def test_no_list_has_a_hole_that_it_does_not_tell_of(towns: tuple[Town, Town]) -> None:
    old, late = towns
    begins = old.chain.blocks.header(Height(BASE)).log_size
    for path in (f"/v1/subjects?key={KEY}", "/v1/records", "/v1/alerts", "/v1/export/records"):
        assert code(late, path) == (421, "log.not_kept"), path
    assert code(late, f"/v1/subjects/bundle.zip?key={KEY}")[1] == "log.not_kept"
    for path in (
        f"/v1/records?since={BASE}&limit=500",
        f"/v1/subjects?key={KEY}&after={begins - 1}",
    ):
        whole, here = (ask(town, "GET", path).json() for town in towns)
        assert here["items"] == whole["items"] and here["items"], path


def test_the_newest_first_a_list_ends_where_the_log_begins_here_and_says_so(
    towns: tuple[Town, Town],
) -> None:
    _, late = towns
    for path in (f"/v1/subjects?key={KEY}", "/v1/records?limit=500"):
        page = ask(late, "GET", f"{path}&newest_first=true").json()
        turned = 0
        while page.get("items") and page["cursor"] is not None and turned < 20:
            turned += 1
            name = "after" if "subjects" in path else "cursor"
            page = ask(late, "GET", f"{path}&newest_first=true&{name}={page['cursor']}").json()
        assert page.get("code") == "log.not_kept", page
        assert str(BASE + 1) in page["detail"]


def test_pages_say_from_which_block_on_they_show(towns: tuple[Town, Town]) -> None:
    old, late = towns
    path = f"/projects/{KEY}?lang=en"
    assert f"from block {BASE + 1} on" in ask(late, "GET", path).text
    assert "began with a snapshot" not in ask(old, "GET", path).text
