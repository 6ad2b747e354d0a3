"""What a day is measured by, where it can be said without a day."""

import random
from pathlib import Path

from tests.network.day.__main__ import course, stalls
from tests.network.day.chores import STEADY, Diary, chores
from tests.network.day.node import size_of
from tests.network.nemesis.campaign import Told
from tests.network.nemesis.history import Answer, Outcome
from tests.network.nemesis.timeline import Band


def test_one_process_is_never_ended_and_all_else_may_happen_to_it() -> None:
    for kind, draw in chores(Diary()).items():
        (victim,) = draw(random.Random(1), (STEADY,)).victims
        assert (victim == STEADY) == (kind in ("compaction", "freeze", "partition")), kind


def test_a_stall_with_nothing_wrong_is_told_from_one_beside_a_chore() -> None:
    told = Told(began_s=0.0, bands=[Band("centre", "kill", 4.0, 9.0)])
    for at_s in (1.0, 3.0, 10.0, 10.5):
        told.history.answers.append(Answer(str(at_s), "n", at_s, at_s, Outcome.COMMITTED))
    assert stalls(told) == (7.0, 2.0)
    assert stalls(Told()) == (0, 0)


def test_a_course_is_told_by_medians_of_quarters() -> None:
    assert course([1, 1, 2, 2, 3, 3, 9, 4]) == {
        "first quarter": 1, "second": 2, "third": 3, "last": 9, "most": 9,
    }  # fmt: skip


def test_a_folder_is_as_large_as_its_files(tmp_path: Path) -> None:
    (tmp_path / "1.ldb").write_bytes(bytes(7))
    (tmp_path / "2.ldb").write_bytes(bytes(5))
    assert size_of(tmp_path) == 12
