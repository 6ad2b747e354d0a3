"""The demonstration's parts without its nodes: the story's rules, its folder, the bare room."""

from pathlib import Path
from typing import Any

import pytest

from cli.compose.description import read_description
from cli.demo import offline, player
from cli.demo.offline import Room
from cli.demo.stage import MARK_FILE, claim
from cli.demo.story import DEEDS, Story
from cli.demo.story_files import MAIN, load_documents, load_story, stories, story_from, variants
from cli.demo.tampering import flip
from cli.failures import CommandError
from contracts.catalogue import load_catalogue
from ledger.codes import Code

ACTORS = {"zh": "戏", "en": "play", "project": "P", "section": "P/1", "members": []}
GOOD = {"id": "a", "do": "record", "zh": "甲", "en": "a", "by": "x", "type": "t"}
STORIES = [*(("", name) for name in stories()), *((variant, MAIN) for variant in variants())]
FOUNDERS = {
    member.member_id
    for member in read_description(Path(player.__file__).with_name("network.toml")).members
}


def story_of(*scenes: dict[str, Any], variant: dict[str, Any] | None = None) -> Story:
    act = {"zh": "幕", "en": "act", "scenes": list(scenes)}
    return story_from(ACTORS, {"01": act}, variant)


def test_every_deed_can_be_done() -> None:
    assert player._DEEDS.keys() == DEEDS


@pytest.mark.parametrize(("variant", "name"), STORIES)
def test_every_type_alert_and_document_of_the_story_exists(variant: str, name: str) -> None:
    story, catalogue = load_story(variant, name), load_catalogue()
    files = {document.file for document in load_documents(story)}
    members = {member.id for member in story.members} | FOUNDERS
    for each in story.scenes:
        assert not each.alert or catalogue.alerts[each.alert].planned is False, each.id
        for writing in each.records:
            assert catalogue.type(writing.type) is not None, writing.id
            assert set(writing.evidence) <= files, writing.id
            assert writing.by in members, writing.id


def test_a_node_is_killed_before_it_is_restarted_and_work_is_done_between() -> None:
    deeds = [each.do for each in load_story().scenes]
    between = deeds[deeds.index("kill") + 1 : deeds.index("restart")]
    assert "record" in between
    assert "batch" in between


def test_every_paper_is_shown_somewhere() -> None:
    writings = [w for told in STORIES for each in load_story(*told).scenes for w in each.records]
    shown = {file for writing in writings for file in writing.evidence}
    shown |= {
        str(value).removeprefix("@sha256:") for w in writings for value in (w.fields or {}).values()
    }
    told = [each for name in stories() for each in load_documents(load_story(name=name))]
    papers = {each.file for each in told if not each.anchored}
    assert papers - shown == set()


@pytest.mark.parametrize("name", stories())
def test_no_document_has_a_place_left_to_fill(name: str) -> None:
    documents = load_documents(load_story(name=name))
    assert [each.file for each in documents if "$" in each.text] == []
    assert any(each.anchored for each in documents)


@pytest.mark.parametrize(
    ("variant", "name"), [("", "nobody"), ("nobody", MAIN), ("suspended", "xiongan")]
)
def test_what_is_no_story_is_not_told(variant: str, name: str) -> None:
    with pytest.raises(KeyError):
        load_story(variant, name)


def test_each_member_that_a_story_names_is_enrolled_by_its_name_and_no_label_is() -> None:
    story = load_story(name="xiongan")
    (enrolment,) = [each for each in story.scenes if each.id == "enrolment"]
    enrolled = {each.id.removeprefix("register-") for each in enrolment.records}
    assert enrolled == {each.id for each in story.members if each.kind != "label"}
    assert "expert-a" not in enrolled and "zhizao" not in enrolled


@pytest.mark.parametrize(
    "changes",
    [
        {"do": "dance"},
        {"colour": "red"},
        {"refs": [["follows", "@record:later"]]},
        {"refs": [["follows"]]},
        {"about": "@record:b"},
        {"evidence": "one.txt"},
        {"fields": {"cited": ["@record:later"]}},
        {"opens": ["@record:later"]},
    ],
)
def test_a_story_that_cannot_be_played_is_refused_before_it_starts(
    changes: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        story_of(GOOD | changes)


def test_a_scene_is_told_once() -> None:
    with pytest.raises(ValueError, match="a twice"):
        story_of(GOOD, GOOD)


def test_a_record_is_repeated_for_each_row_with_its_facts() -> None:
    listed: dict[str, Any] = {"id": "r-$who", "type": "t", "fields": {"n": "$n", "text": "of $who"}}
    listed["with"] = [{"who": "a", "n": 1}, {"who": "b", "n": 2}]
    (scene,) = story_of(
        {k: v for k, v in GOOD.items() if k != "type"} | {"records": [listed]}
    ).scenes
    assert [(each.id, each.fields) for each in scene.records] == [
        ("r-a", {"n": 1, "text": "of a"}),
        ("r-b", {"n": 2, "text": "of b"}),
    ]


def test_a_variant_leaves_out_replaces_and_adds() -> None:
    scenes = [GOOD | {"id": name} for name in ("one", "two", "three")]
    changed = {"without": ["one"], "instead": {"two": [GOOD | {"id": "other"}]}}
    changed |= {"after": {"three": [GOOD | {"id": "more"}]}, "parameters": {"day_ms": 5}}
    story = story_of(*scenes, variant=changed)
    assert [each.id for each in story.scenes] == ["other", "three", "more"]
    assert story.parameters == {"day_ms": 5}


@pytest.mark.parametrize("name", ["without", "instead", "after"])
def test_a_variant_of_what_is_not_there_is_refused(name: str) -> None:
    nothing: Any = ["none"] if name == "without" else {"none": [GOOD]}
    with pytest.raises(ValueError, match="none"):
        story_of(GOOD, variant={name: nothing})


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
