"""Whoever writes a record need not know the registry: its point is named where there is no choice."""

import pytest

from api.client.function_points import with_point
from contracts.catalogue import load_catalogue
from ledger.core.canonical import Value
from tests.api.types_json import FILE, types_json

CATALOGUE = load_catalogue()
CHANGED: dict[str, Value] = {"kind": "performance_bond"}


def test_a_type_at_one_point_names_it() -> None:
    assert with_point("tender.entry_commitment", {}) == {"function_point": "03.2"}


@pytest.mark.parametrize(("fields", "point"), [(CHANGED, "16.3"), ({"kind": "change"}, "16.4")])
def test_what_the_record_says_may_leave_one_point(fields: dict[str, Value], point: str) -> None:
    assert with_point("tender.contract_changed", fields) == {**fields, "function_point": point}


@pytest.mark.parametrize("type_key", ["tender.objection", "sealed.commitment", "nobody.knows"])
def test_where_there_is_a_choice_or_no_point_nothing_is_said(type_key: str) -> None:
    assert with_point(type_key, {"matter": "other"}) == {"matter": "other"}


def test_what_the_writer_names_stays() -> None:
    named: dict[str, Value] = {"function_point": "13.5"}
    assert with_point("tender.entry_commitment", named) == named


def test_no_type_is_sent_to_a_point_of_another() -> None:
    for key, kind in CATALOGUE.types.items():
        named = with_point(key, {}).get("function_point")
        assert named is None or named in kind.function_points


def test_what_the_sdk_knows_is_what_the_catalogue_says() -> None:
    assert FILE.read_text(encoding="utf-8") == types_json(), "python -m tests.api.types_json"
