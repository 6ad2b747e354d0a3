"""Every type has the name and the function points that the catalogue of the public cases gives it."""

import tomllib
from pathlib import Path

import pytest

from contracts.schema import RecordType
from tests.contracts.town import CATALOGUE

TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").with_stem("function_points").read_text())
POINTS: dict[str, list[str]] = {point: text.split() for point, text in TABLE["points"].items()}
CODED = sorted(kind.code for kind in CATALOGUE.types.values() if kind.code)


def coded(code: str) -> RecordType:
    kind = CATALOGUE.type(code)
    assert kind is not None
    return kind


def test_the_registry_has_the_points_of_the_public_cases() -> None:
    assert list(CATALOGUE.points) == list(POINTS)


@pytest.mark.parametrize("point", POINTS)
def test_a_point_is_planned_as_long_as_none_of_its_types_is_in_force(point: str) -> None:
    in_force = [code for code in POINTS[point] if CATALOGUE.type(code) is not None]
    stand = {CATALOGUE.types[name].code for name in CATALOGUE.at_point[point]} - {""}
    assert stand == set(in_force)


@pytest.mark.parametrize("code", CODED)
def test_a_coded_type_stands_at_the_function_points_that_name_it(code: str) -> None:
    named = tuple(point for point, codes in POINTS.items() if code in codes)
    assert coded(code).function_points == named


@pytest.mark.parametrize("code", CODED)
def test_a_coded_type_has_its_chinese_name(code: str) -> None:
    """A word of the catalogue may be made fuller, as 签到 becomes 评标专家签到."""
    assert all(word in coded(code).zh for word in TABLE["names"][code].split("/"))


def test_the_platforms_own_types_stand_at_function_points_that_exist() -> None:
    for kind in CATALOGUE.types.values():
        assert set(kind.function_points) <= POINTS.keys()
