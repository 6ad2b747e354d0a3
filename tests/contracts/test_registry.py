"""The registry: 25 subsystems with five function points each, and how points and types must fit."""

from pathlib import Path

import pytest

from contracts.catalogue import load_catalogue
from contracts.registry_closure import follows_something
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.errors import FormatError
from tests.contracts.town import CATALOGUE

HALL = """
["26"]
zh = "见面厅"
en = "Meeting hall"
basis = "inferred"
points."26.1" = { zh = "预约", en = "Booking" }
points."26.2" = { zh = "候场", en = "Waiting", planned = true }
points."26.3" = { zh = "入场", en = "Entering", planned = true }
points."26.4" = { zh = "离场", en = "Leaving", planned = true }
points."26.5" = { zh = "评价", en = "Rating", planned = true }
"""
BOOKED = """
["hall.booked"]
code = "H01"
zh = "预约"
en = "Booked"
stage = "any"
function_points = ["26.1"]
visibility = "public"
subject = "section"
issuers = [{ role = "tenderer" }]
must_follow = ["tender.announcement"]
"""
ENTRY = 'entry = { zh = "随时可约", en = "anybody may book at any time" }'
LINE = 'must_follow = ["tender.announcement"]'


def catalogue_with(folder: Path, hall: str = HALL, booked: str = BOOKED) -> Catalogue:
    """The shipped catalogue and a subsystem more."""
    for name, text in (("subsystems", hall), ("types", booked)):
        (folder / name).mkdir()
        (folder / name / "hall.toml").write_text(text, encoding="utf-8")
    return load_catalogue([folder])


def test_there_are_25_subsystems_and_125_function_points() -> None:
    assert list(CATALOGUE.subsystems) == [f"{number:02d}" for number in range(1, 26)]
    assert len(CATALOGUE.points) == 125
    for subsystem in CATALOGUE.subsystems.values():
        assert subsystem.zh and subsystem.en
        assert subsystem.basis == "inferred" or subsystem.sources
        assert all(point.zh and point.en for point in subsystem.points)
        assert all(point.subsystem == subsystem.key for point in subsystem.points)


def test_what_stands_at_a_point_has_an_issuer_a_visibility_and_something_before_it() -> None:
    for key, names in CATALOGUE.at_point.items():
        assert bool(names) != CATALOGUE.points[key].planned
        for name in names:
            kind = CATALOGUE.types[name]
            assert kind.issuers and kind.visibility
            assert follows_something(kind) != (kind.entry is not None)


def test_a_subsystem_is_added_by_files_alone(tmp_path: Path) -> None:
    assert catalogue_with(tmp_path).at_point["26.1"] == ("hall.booked",)


def test_a_type_that_begins_something_says_why(tmp_path: Path) -> None:
    kind = catalogue_with(tmp_path, booked=BOOKED.replace(LINE, ENTRY)).types["hall.booked"]
    assert kind.entry is not None and kind.entry.en == "anybody may book at any time"


@pytest.mark.parametrize(
    ("code", "hall", "booked"),
    [
        # A point without a type, one that waits for nothing any more, and one that is not there.
        (Code.CATALOGUE_INVALID, ('en = "Waiting", planned = true }', 'en = "Waiting" }'), ()),
        (Code.CATALOGUE_INVALID, ('en = "Booking" }', 'en = "Booking", planned = true }'), ()),
        (Code.CATALOGUE_UNKNOWN, (), ('"26.1"]', '"26.6"]')),
        (Code.CATALOGUE_INVALID, (), ('"26.1"]', '"26.1", "26.1"]')),
        # Nothing before it, and no reason; a reason, and something before it.
        (Code.CATALOGUE_INVALID, (), (LINE, "")),
        (Code.CATALOGUE_INVALID, (), (LINE, 'must_follow = ["none_open(tender.objection)"]')),
        (Code.CATALOGUE_INVALID, (), (LINE, f"{LINE}\n{ENTRY}")),
        # A point that asks for what a record of the type cannot say.
        (Code.CATALOGUE_INVALID, (), (LINE, f'{LINE}\npoint_when."26.2" = {{ kind = ["hall"] }}')),
        (Code.CATALOGUE_INVALID, (), (LINE, f'{LINE}\npoint_when."26.1" = {{ kind = ["hall"] }}')),
        (Code.CATALOGUE_INVALID, (), (LINE, f'{LINE}\npoint_when."26.1" = {{ }}')),
        (Code.CATALOGUE_INVALID, (), (LINE, f'{LINE}\nnamed_points = ["26.2"]')),
        # Rows that cannot be read.
        (Code.CATALOGUE_INVALID, ('["26"]', '["hall"]'), ()),
        (Code.CATALOGUE_INVALID, ('"26.5"', '"26.6"'), ()),
        (Code.CATALOGUE_INVALID, ('"inferred"', '"guessed"'), ()),
        (Code.CATALOGUE_INVALID, ('"inferred"', '"stated"\nsources = ["atlantis"]'), ()),
        (Code.CATALOGUE_INVALID, ('en = "Meeting hall"\n', ""), ()),
        (Code.CATALOGUE_INVALID, ('en = "Booking"', 'en = "Booking", types = ["T09"]'), ()),
    ],
)
def test_points_and_types_that_do_not_fit_are_refused(
    code: Code,
    hall: tuple[str, str] | tuple[()],
    booked: tuple[str, str] | tuple[()],
    tmp_path: Path,
) -> None:
    assert all(pair[0] in HALL + BOOKED for pair in (hall, booked) if pair)
    with pytest.raises(FormatError) as refusal:
        catalogue_with(
            tmp_path,
            HALL.replace(*hall) if hall else HALL,
            BOOKED.replace(*booked) if booked else BOOKED,
        )
    assert refusal.value.code is code, str(refusal.value)


def test_a_profile_names_only_subsystems_that_are_there(tmp_path: Path) -> None:
    shipped = Path("contracts/profiles/open_tender.toml").read_text(encoding="utf-8")
    assert '"14"' in shipped
    (tmp_path / "profiles").mkdir()
    text = shipped.replace("open_tender", "another_tender").replace('"14"', '"99"')
    (tmp_path / "profiles" / "another.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FormatError) as refusal:
        load_catalogue([tmp_path])
    assert refusal.value.code is Code.CATALOGUE_UNKNOWN
