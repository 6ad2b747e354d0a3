"""The catalogue: what it holds, that adding to it is a change of data, and every way to be wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.catalogue import load_catalogue
from contracts.schema import REFUSE
from ledger.codes import Code
from ledger.errors import FormatError
from tests.contracts.town import CATALOGUE, SECTION, Town

CODED = (
    "T01 T02 T03 T04 T05 T06 T08 T09 T11 T12 T53 T54 T55 T56 T57 "
    "T62 T63 X01 X02 X03 X04 X05 X06 X07 X10 X11 X13 X15 X16"
)
OCDS_TAGS = 16
OCDS_PARTS = 8

SITE_VISIT = """
["tender.site_visit"]
code = "T90"
zh = "现场踏勘"
en = "Site visit"
stage = "tender"
visibility = "public"
subject = "section"
issuers = [{ role = "tenderer" }]
must_follow = ["tender.announcement"]
fields.visited_ms = { type = "time", required = true }
"""


def with_type(folder: Path, text: str, *replaced: str) -> Path:
    """A folder that adds types; `replaced` are pairs of what to replace by what."""
    for old, new in zip(replaced[::2], replaced[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    (folder / "types").mkdir(exist_ok=True)
    (folder / "types" / "more.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_type_of_the_first_release_is_there_by_code_and_by_key() -> None:
    for code in CODED.split():
        kind = CATALOGUE.type(code)
        assert kind is not None and kind.code == code
        assert CATALOGUE.type(kind.key) is kind
        assert kind.zh and kind.en
    for key in ("ledger.confirmed", "ledger.calendar", "evidence.deposited", "ocds.award"):
        assert CATALOGUE.type(key) is not None
    assert sum(key.startswith("ocds.") for key in CATALOGUE.types) == OCDS_TAGS + OCDS_PARTS
    assert CATALOGUE.type("T99") is None


def test_all_forty_alerts_are_declared_and_those_in_force_have_a_rule() -> None:
    assert list(CATALOGUE.alerts) == [f"AL{number:02d}" for number in range(1, 41)]
    # Finance and approvals have alerts that nothing raises yet.
    assert CATALOGUE.planned == ("AL34", "AL35")
    for alert in CATALOGUE.alerts.values():
        assert alert.sentence_zh and alert.sentence_en


def test_every_record_of_tendering_and_of_the_ledger_has_its_type() -> None:
    codes = {kind.code for kind in CATALOGUE.types.values()}
    assert {f"T{number:02d}" for number in range(1, 69)} <= codes
    assert {f"X{number:02d}" for number in range(1, 19)} <= codes


def test_every_record_of_seals_has_its_type() -> None:
    codes = {kind.code for kind in CATALOGUE.types.values()}
    assert {f"S{number:02d}" for number in range(1, 22)} <= codes


def test_every_deadline_names_its_source_and_lanzhou_promises_one_day() -> None:
    assert all(deadline.source for deadline in CATALOGUE.deadlines.values())
    local = CATALOGUE.deadlines["complaint_intake_local"]
    assert (local.count, local.unit) == (24, "hours")


def test_the_hash_follows_the_data_and_nothing_else(tmp_path: Path) -> None:
    assert load_catalogue().hash == CATALOGUE.hash
    one = load_catalogue([with_type(tmp_path, SITE_VISIT)]).hash
    spaced = load_catalogue([with_type(tmp_path, SITE_VISIT, "\ncode", "\n\n# T\ncode")]).hash
    other = load_catalogue([with_type(tmp_path, SITE_VISIT, "踏勘", "勘察")]).hash
    assert CATALOGUE.hash != one
    assert one == spaced
    assert one != other


def test_the_hash_does_not_depend_on_how_this_process_orders_sets() -> None:
    script = "from contracts.catalogue import load_catalogue; print(load_catalogue().hash.hex())"
    for seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed}
        out = subprocess.run(
            [sys.executable, "-c", script], env=env, capture_output=True, check=True
        )
        assert out.stdout.decode().strip() == CATALOGUE.hash.hex()


def test_a_plain_type_is_added_by_a_file_alone_and_used(tmp_path: Path) -> None:
    catalogue = load_catalogue([with_type(tmp_path, SITE_VISIT)])
    town = Town(catalogue=catalogue)
    town.accepted_project()
    early = town.refused("builder", "tender.site_visit", visited_ms=town.now_ms)
    assert early is Code.RECORD_MUST_FOLLOW
    town.say("builder", "tender.document_filed", kind="tender")
    deadline = town.now_ms + 10**10
    town.say("builder", "tender.announcement", kind="announcement", bid_deadline_ms=deadline)
    town.say("builder", "tender.site_visit", visited_ms=town.now_ms)
    assert town.refused("builder", "tender.site_visit") is Code.RECORD_FIELD_MISSING
    stranger = town.refused("bidder", "tender.site_visit", visited_ms=town.now_ms)
    assert stranger is Code.RECORD_ISSUER_ROLE
    assert list(town.chain.state.scan(f"by/{SECTION}\0tender.site_visit".encode()))


def test_a_network_that_adopted_another_catalogue_is_not_run(tmp_path: Path) -> None:
    from contracts.executor import BlockExecutor

    town = Town(catalogue=load_catalogue([with_type(tmp_path, SITE_VISIT)]))
    with pytest.raises(FormatError) as refusal:
        BlockExecutor(town.chain, CATALOGUE)
    assert refusal.value.code is Code.CATALOGUE_OTHER


LINE = 'must_follow = ["tender.announcement"]'


@pytest.mark.parametrize(
    ("code", "replaced"),
    [
        # Rows that cannot be read.
        (Code.CATALOGUE_INVALID, ("must_follow", "must_folow")),
        (Code.CATALOGUE_INVALID, ('zh = "现场踏勘"\n', "")),
        (Code.CATALOGUE_INVALID, ('code = "T90"', "code = 90")),
        (Code.CATALOGUE_INVALID, ('code = "T90"', 'code = "T09"')),
        (Code.CATALOGUE_INVALID, ('code = "T90"', 'code = "Visit"')),
        (Code.CATALOGUE_INVALID, ('stage = "tender"', 'stage = "later"')),
        (Code.CATALOGUE_INVALID, ('visibility = "public"', 'visibility = "friends"')),
        (Code.CATALOGUE_INVALID, ('subject = "section"', 'subject = "planet"')),
        (Code.CATALOGUE_INVALID, ('type = "time"', 'type = "float"')),
        (Code.CATALOGUE_INVALID, ('issuers = [{ role = "tenderer" }]', "issuers = []")),
        (Code.CATALOGUE_INVALID, ('role = "tenderer"', 'role = "tenderer", scope = "region"')),
        (Code.CATALOGUE_INVALID, ("tender.site_visit", "site_visit")),
        (Code.CATALOGUE_INVALID, ("tender.site_visit", "tender.announcement")),
        (Code.CATALOGUE_INVALID, ('en = "Site visit"', 'en = "Site visit')),
        # Must-follow that cannot be read, or that names what is not there.
        (Code.CATALOGUE_EXPRESSION, (LINE, 'must_follow = ["tender.announcement &"]')),
        (Code.CATALOGUE_NOT_CLOSED, (LINE, 'must_follow = ["tender.opened"]')),
        (Code.CATALOGUE_NOT_CLOSED, (LINE, 'must_follow = ["none_open(tender.opened)"]')),
        (Code.CATALOGUE_NOT_CLOSED, (LINE, 'must_follow = ["before(tender.opened.at_ms)"]')),
        (
            Code.CATALOGUE_NOT_CLOSED,
            (LINE, 'must_follow = ["tender.announcement:each(tender.opened)"]'),
        ),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'must_follow = ["before(tender.announcement.soon_ms)"]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'must_follow = ["tender.announcement@ref:answers"]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'must_follow = ["tender.announcement@field:who"]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'must_follow = ["tender.announcement:all(items)"]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'must_follow = ["alert(AL99)"]')),
        (Code.CATALOGUE_INVALID, (LINE, 'must_follow = ["none_open(tender.announcement)"]')),
        (Code.CATALOGUE_INVALID, (LINE, 'must_follow = ["tender.announcement@field:visited_ms"]')),
        # Names that nobody knows.
        (Code.CATALOGUE_UNKNOWN, ('role = "tenderer"', 'role = "wizard"')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'alerts = ["AL99"]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'rules = ["magic"]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'timers = [{ deadline = "soon", alert = "AL17" }]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'windows = [{ deadline = "soon", else = "refuse" }]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'refs.marries = { types = ["tender.objection"] }')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'refs.follows = { types = ["tender.opened"] }')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'frozen_after = "tender.announcement.soon_ms"')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'kept = ["colour"]')),
        (Code.CATALOGUE_UNKNOWN, (LINE, 'visibility = "sealed:tender.opened"')),
        (
            Code.CATALOGUE_UNKNOWN,
            (LINE, 'visibility = "sealed:tender.opening_started|tender.opened"'),
        ),
        # A pattern that is not matched in one pass, and one of what is no text.
        (Code.CATALOGUE_INVALID, (LINE, 'fields.code = { type = "text", pattern = "(a+)+" }')),
        (
            Code.CATALOGUE_INVALID,
            (LINE, 'fields.code = { type = "integer", pattern = "[0-9]{2}" }'),
        ),
        # An alert that the type does not declare, or that is only planned.
        (
            Code.CATALOGUE_UNKNOWN,
            (LINE, 'must_follow = [{ term = "tender.announcement", else = "AL02" }]'),
        ),
        (
            Code.CATALOGUE_INVALID,
            (LINE, 'alerts = ["AL35"]\nmust_follow = [{ term = "alert(*)", else = "AL35" }]'),
        ),
        # What cannot happen.
        (Code.CATALOGUE_UNSATISFIABLE, (LINE, 'must_follow = ["alert(AL35)"]')),
        (Code.CATALOGUE_UNSATISFIABLE, (LINE, 'must_follow = ["tender.site_visit"]')),
        (
            Code.CATALOGUE_UNSATISFIABLE,
            (LINE, 'refs.follows = { types = ["tender.site_visit"], required = true }'),
        ),
        # What would never end, or silently undo.
        (Code.CATALOGUE_INVALID, (LINE, "opens = true")),
        (
            Code.CATALOGUE_INVALID,
            (LINE, 'forbids = [{ types = ["tender.change"], else = "refuse" }]'),
        ),
        (
            Code.CATALOGUE_INVALID,
            (
                LINE,
                'closes = [{ type = "tender.announcement", by = "follows" }]',
            ),
        ),
        (
            Code.CATALOGUE_INVALID,
            (
                LINE,
                'alerts = ["AL02"]\ntimers = [{ deadline = "objection_answer", alert = "AL02" }]',
            ),
        ),
        (
            Code.CATALOGUE_INVALID,
            (
                LINE,
                'alerts = ["AL17"]\ntimers = [{ deadline = "clarification_lead", alert = "AL17" }]',
            ),
        ),
    ],
)
def test_a_catalogue_that_does_not_fit_together_is_refused(
    code: Code, replaced: tuple[str, ...], tmp_path: Path
) -> None:
    text = SITE_VISIT
    if 'visibility = "sealed' in replaced[1]:
        text = text.replace('visibility = "public"\n', "")
    with pytest.raises(FormatError) as refusal:
        load_catalogue([with_type(tmp_path, text, *replaced)])
    assert refusal.value.code is code, str(refusal.value)


def test_two_types_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    first = SITE_VISIT.replace("tender.announcement", "tender.site_report")
    second = SITE_VISIT.replace("tender.site_visit", "tender.site_report").replace("T90", "T91")
    text = first + second.replace("tender.announcement", "tender.site_visit")
    with pytest.raises(FormatError) as refusal:
        load_catalogue([with_type(tmp_path, text)])
    assert refusal.value.code is Code.CATALOGUE_UNSATISFIABLE


def test_every_clause_of_the_shipped_catalogue_refuses_or_names_an_alert_in_force() -> None:
    for kind in CATALOGUE.types.values():
        for clause in kind.must_follow:
            in_force = clause.otherwise == REFUSE or not CATALOGUE.alerts[clause.otherwise].planned
            assert in_force, f"{kind.key}: {clause.text}"
