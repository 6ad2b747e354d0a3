"""Procedure profiles as data: the order they spell, the hash they move, every way to be wrong."""

from pathlib import Path

import pytest

from contracts.catalogue import load_catalogue
from ledger.codes import Code
from ledger.errors import FormatError
from tests.contracts.town import CATALOGUE as PLAIN
from tests.contracts.works_town import CATALOGUE, FOLDER

TYPES = (FOLDER / "types" / "works.toml").read_text(encoding="utf-8")
SMALL = """
[small]
zh = "小"
en = "Small"
version = 1
chosen_by = "tender.announcement.procedure"
asked_by = "works.handed_in"
unsealed_by = "tender.opening_closed"
none_open = ["tender.objection"]
optional = ["tender.clarification"]

[[small.groups]]
key = "notice"
zh = "公告"
en = "Notice"
nodes = [{ types = ["tender.announcement"] }]

[[small.groups]]
key = "work"
zh = "办理"
en = "Work"
begins = ["works.begun"]
nodes = [
    { types = ["works.begun"] },
    { types = ["works.scored"], each = [{ type = "tender.bid_submitted", unless = ["works.rejected"] }] },
    { types = ["works.insured"], each = [{ type = "tender.bid_submitted", by = "field:bidder" }] },
    { types = ["works.handed_in"] },
]
"""


def folder(path: Path, profile: str = SMALL, types: str = TYPES) -> Path:
    """A folder with a profile and the types that it names."""
    for name, text in (("profiles", profile), ("types", types)):
        (path / name).mkdir()
        (path / name / "small.toml").write_text(text, encoding="utf-8")
    return path


def test_groups_follow_one_another_and_one_may_run_beside() -> None:
    earlier = {group.key: group.earlier for group in CATALOGUE.profiles["works"].groups}
    assert earlier["notice"] == frozenset()
    assert earlier["panel"] == {"notice"}
    assert earlier["opening"] == {"notice", "bids"}
    assert earlier["evaluation"] == {"notice", "bids", "opening", "panel"}
    assert earlier["closing"] == {"notice", "bids", "opening", "panel", "evaluation"}


def test_a_profile_is_part_of_the_hash(tmp_path: Path) -> None:
    hashes = set()
    for name, text in (("a", SMALL), ("b", SMALL.replace("version = 1", "version = 2"))):
        (tmp_path / name).mkdir()
        hashes.add(load_catalogue([folder(tmp_path / name, text)]).hash)
    assert len(hashes | {PLAIN.hash}) == 3


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        # What cannot be read.
        (Code.CATALOGUE_INVALID, "optional", "optionl"),
        (Code.CATALOGUE_INVALID, 'zh = "小"\n', ""),
        (Code.CATALOGUE_INVALID, "version = 1", "version = 0"),
        (Code.CATALOGUE_INVALID, 'by = "field:bidder"', 'by = "friend"'),
        # Groups that have no order.
        (Code.CATALOGUE_INVALID, 'key = "work"', 'key = "notice"'),
        (Code.CATALOGUE_INVALID, 'key = "work"', 'key = "work"\nafter = "party"'),
        (Code.CATALOGUE_INVALID, 'key = "work"', 'key = "work"\nbefore = "party"'),
        (Code.CATALOGUE_INVALID, 'key = "work"', 'key = "work"\nbefore = "work"'),
        (Code.CATALOGUE_INVALID, 'key = "work"', 'key = "work"\nbefore = "notice"'),
        # Types, fields and links that are not there.
        (Code.CATALOGUE_UNKNOWN, 'types = ["tender.announcement"]', 'types = ["tender.party"]'),
        (Code.CATALOGUE_UNKNOWN, '["tender.clarification"]', '["tender.party"]'),
        (Code.CATALOGUE_UNKNOWN, '["tender.objection"]', '["tender.party"]'),
        (Code.CATALOGUE_UNKNOWN, "announcement.procedure", "announcement.party"),
        (Code.CATALOGUE_UNKNOWN, '"works.rejected"', '"works.party"'),
        (Code.CATALOGUE_UNKNOWN, "field:bidder", "field:party"),
        (
            Code.CATALOGUE_INVALID,
            'each = [{ type = "tender.bid_submitted", unless = ["works.rejected"] }]',
            'each = [{ type = "works.begun" }]',
        ),
        # Nodes that contradict the rest of the row, or the types.
        (Code.CATALOGUE_INVALID, 'types = ["tender.announcement"]', "types = []"),
        (Code.CATALOGUE_INVALID, '["tender.objection"]', '["tender.clarification"]'),
        (Code.CATALOGUE_INVALID, '["tender.clarification"]', '["works.begun"]'),
        (Code.CATALOGUE_INVALID, '    { types = ["works.handed_in"] },\n', ""),
        (Code.CATALOGUE_INVALID, 'begins = ["works.begun"]', 'begins = ["works.reported"]'),
        (Code.CATALOGUE_INVALID, 'begins = ["works.begun"]', 'begins = ["works.scored"]'),
        (
            Code.CATALOGUE_INVALID,
            '"tender.bid_submitted", by = "field:bidder"',
            '"works.begun", by = "field:bidder", unless = ["works.rejected"]',
        ),
    ],
)
def test_every_way_to_be_wrong_is_found_at_the_start(
    tmp_path: Path, code: Code, old: str, new: str
) -> None:
    assert old in SMALL
    load_catalogue([folder(tmp_path)])
    (tmp_path / "profiles" / "small.toml").write_text(SMALL.replace(old, new), encoding="utf-8")
    with pytest.raises(FormatError) as refusal:
        load_catalogue([tmp_path])
    assert refusal.value.code is code
    assert refusal.value.detail["where"]


def test_a_type_that_begins_a_stage_must_be_able_to_say_what_is_missing(tmp_path: Path) -> None:
    silent = TYPES.replace('alerts = ["AL01"]', "alerts = []", 1)
    with pytest.raises(FormatError, match=r"works.begun does not list AL01"):
        load_catalogue([folder(tmp_path, types=silent)])
