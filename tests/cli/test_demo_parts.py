"""The demonstration's parts without its nodes: the story's rules, its folder, the bare room."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cli.demo import bare_room, offline
from cli.demo.offline import Room
from cli.demo.stage import MARK_FILE, claim
from cli.demo.story import load_documents, load_story, story_from
from cli.demo.tampering import flip
from cli.failures import CommandError
from contracts.catalogue import load_catalogue
from ledger.codes import Code

STORY = tomllib.loads((Path(bare_room.__file__).parent / "story.toml").read_text(encoding="utf-8"))


def scene(**changes: object) -> dict[str, Any]:
    good = {"id": "a", "do": "record", "zh": "甲", "en": "a"}
    return {"project": "P", "section": "P/1", "members": [], "scenes": [good | changes]}


def test_every_type_alert_and_document_of_the_story_exists() -> None:
    story, catalogue = load_story(), load_catalogue()
    files = {document.file for document in load_documents()}
    for each in story.scenes:
        assert not each.type or catalogue.type(each.type) is not None, each.id
        assert not each.alert or catalogue.alerts[each.alert].planned is False, each.id
        assert set(each.evidence) <= files, each.id


def test_a_node_is_killed_before_it_is_restarted_and_work_is_done_between() -> None:
    deeds = [each.do for each in load_story().scenes]
    between = deeds[deeds.index("kill") + 1 : deeds.index("restart")]
    assert "record" in between
    assert "batch" in between


def test_no_document_has_a_place_left_to_fill() -> None:
    assert [each.file for each in load_documents() if "$" in each.text] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"do": "dance"},
        {"colour": "red"},
        {"refs": [["follows", "@record:later"]]},
        {"refs": [["follows"]]},
        {"about": "@record:a"},
        {"evidence": "one.txt"},
    ],
)
def test_a_story_that_cannot_be_played_is_refused_before_it_starts(
    changes: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        story_from(scene(**changes))


def test_a_scene_is_told_once() -> None:
    twice = STORY | {"scenes": [*STORY["scenes"], STORY["scenes"][0]]}
    with pytest.raises(ValueError, match="register-tenderer"):
        story_from(twice)


def test_one_demonstration_at_a_time_in_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo-data"
    with claim(folder):
        (folder / "left").write_text("from before")
        with pytest.raises(CommandError) as refused:
            claim(folder)
        assert refused.value.code is Code.STORE_LOCKED
        assert (folder / "left").exists()
    with claim(folder):
        assert [each.name for each in folder.iterdir()] == [MARK_FILE]


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(CommandError) as refused:
        claim(tmp_path)
    assert refused.value.code is Code.FILE_EXISTS


def test_one_bit_is_one_byte_changed() -> None:
    assert flip(b"abc", -1) == b"abb"


def test_a_room_with_the_server_in_it_verifies_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline, "_FOR_VERIFYING", (*offline._FOR_VERIFYING, "httpx"))
    with pytest.raises(CommandError) as refused:
        Room(tmp_path / "room").verify([tmp_path / "none"], tmp_path / "trust.json")
    assert refused.value.code is Code.DEMO_NOT_BARE
    assert "httpx" in str(refused.value.detail["reason"])


def test_the_room_says_which_file_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        Room(tmp_path / "room").verify([tmp_path / "none"], tmp_path / "trust.json")
    assert refused.value.code is Code.DEMO_NOT_BARE
