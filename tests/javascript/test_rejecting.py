"""The ways in which evidence is wrong, by name: both implementations refuse each, at one step."""

import json
from collections import Counter
from typing import Any

from tests.javascript.asking import expected, node, vector_files
from tests.vectors.reading import VECTORS

REJECTING_MIN = 60
CATEGORIES = {
    *("forged", "truncated", "extended", "wrong network", "wrong origin", "mixed epoch"),
    *("two views", "duplicate signer", "under quorum", "future-dated", "back-dated", "revoked"),
    *("unknown version", "mismatched document", "non-canonical", "another place", "fork"),
    "malleable signature",
}
JUDGED_ELSEWHERE = "add_checkpoint/exchanges"
"""A witness's answers: tests/api/test_tlog_witness.py asks a witness."""
SEVERAL = "verifying/folders"
"""Its cases are whole folders, whose outcomes the judge compares itself."""


def rejecting() -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((VECTORS / "rejecting.json").read_text("utf-8"))
    return found


def test_every_way_to_be_wrong_is_listed_once() -> None:
    listed = rejecting()
    assert {each["category"] for each in listed} == CATEGORIES
    named = Counter((each["file"], each["name"]) for each in listed)
    assert len(named) == len(listed) >= REJECTING_MIN


def test_a_case_has_a_name_of_its_own_in_its_file() -> None:
    for name, told in vector_files().items():
        assert len({case["name"] for case in told}) == len(told), name


def test_both_implementations_refuse_each_at_the_same_step() -> None:
    """What the vectors say is what Python says: tests/ledger holds it to every case."""
    files = vector_files()
    judged = node("vectors", files=files)
    for each in rejecting():
        case, told = _case(files, judged, each)
        if each["file"] == JUDGED_ELSEWHERE:
            assert case["status"] != 200
        elif each["file"] == SEVERAL:
            assert told["holds"], "the outcomes, a refusal among them, are those of the vector"
            assert any(outcome["step"] for outcome in case["outcomes"])
        else:
            said = expected(each["file"], case)
            assert not said["holds"], each
            assert said == {word: told[word] for word in said}, each


def _case(files: dict[str, Any], judged: dict[str, Any], each: dict[str, str]) -> tuple[Any, Any]:
    if each["file"] == JUDGED_ELSEWHERE:
        cases = json.loads((VECTORS / f"{JUDGED_ELSEWHERE}.json").read_text("utf-8"))
        return next(case for case in cases if case["name"] == each["name"]), None
    place = [case["name"] for case in files[each["file"]]].index(each["name"])
    return files[each["file"]][place], judged[each["file"]][place]
