"""The file system fails under a real node: it ends with one sentence, or goes on rightly.

Each row is one life, and each life goes on from what the last one left. Once nothing fails any more
the node starts, and everything that it ever acknowledged is there.
"""

import re
from collections.abc import Iterator, Sequence
from errno import EACCES, EDQUOT, EINTR, EIO, EMFILE, ENOSPC, EROFS

import pytest

from cli.failures import Exit
from ledger.codes import Code
from tests.failpoints.disk import Step, cut_power, steps_of
from tests.failpoints.lone import Lone
from tests.failpoints.plan import SHORT, Fault, Plan

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(900)]

SENTENCE = re.compile(r"✗ .*[.] \(([a-z_.]+)\)\n")


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lone]:
    made = Lone(tmp_path_factory.mktemp("lone"))
    assert made.live([made.bundle()]) == 0, made.node.said()
    yield made
    made.close()


ENDS = [
    # A write that fails, in the middle of work.
    (Fault("write", "journal/intake", EIO), Code.STORE_IO),
    (Fault("write", "journal/intake", ENOSPC), Code.STORE_DISK_FULL),
    (Fault("write", "journal/promises", EIO), Code.STORE_IO),
    (Fault("write", "journal/promises", ENOSPC), Code.STORE_DISK_FULL),
    (Fault("write", "journal/promises", EDQUOT), Code.STORE_DISK_FULL),
    (Fault("write", "db/*.log", EIO), Code.STORE_IO),
    (Fault("write", "db/*.log", ENOSPC), Code.STORE_DISK_FULL),
    (Fault("write", "journal/promises", ENOSPC, first=2), Code.STORE_DISK_FULL),
    (Fault("write", "db/*.log", ENOSPC, first=2), Code.STORE_DISK_FULL),
    # An fsync that fails.
    (Fault("fsync", "journal/intake", EIO, count=1), Code.STORE_IO),
    (Fault("fsync", "journal/promises", EIO, count=1), Code.STORE_IO),
    (Fault("fsync", "journal/promises", ENOSPC, count=1), Code.STORE_DISK_FULL),
    (Fault("fsync", "db/*.log", EIO, count=1), Code.STORE_IO),
    (Fault("fsync", "db/*.log", EIO, first=2, count=1), Code.STORE_IO),
    # At the start, where files are made anew.
    (Fault("create", "journal/promises.new", EROFS), Code.STORE_IO),
    (Fault("write", "journal/promises.new", ENOSPC), Code.STORE_DISK_FULL),
    (Fault("fsync", "journal/promises.new", EIO, count=1), Code.STORE_IO),
    (Fault("rename", "journal/promises", EIO), Code.STORE_IO),
    (Fault("fsync", "journal", EIO, count=1), Code.STORE_IO),
    (Fault("write", "journal/intake.new", ENOSPC), Code.STORE_DISK_FULL),
    (Fault("create", "db/*", ENOSPC), Code.STORE_DISK_FULL),
    (Fault("write", "db/MANIFEST-*", EIO), Code.STORE_IO),
    (Fault("fsync", "db/MANIFEST-*", EIO, count=1), Code.STORE_IO),
    (Fault("fsync", "db", EIO, count=1), Code.STORE_IO),
    (Fault("rename", "db/CURRENT", EIO), Code.STORE_IO),
    # Files that cannot be read.
    (Fault("open", "journal/promises", EACCES), Code.STORE_IO),
    (Fault("read", "journal/promises", EIO), Code.STORE_IO),
    (Fault("read", "journal/intake", EIO), Code.STORE_IO),
    (Fault("open", "db/CURRENT", EIO), Code.STORE_IO),
    (Fault("read", "db/CURRENT", EIO), Code.STORE_IO),
    (Fault("read", "db/MANIFEST-*", EIO), Code.STORE_IO),
    (Fault("open", "db/*.ldb", EMFILE), Code.STORE_IO),
]
GOES_ON = [
    Fault("write", "journal/*", SHORT),
    Fault("write", "db/*", SHORT, count=9),
    Fault("write", "journal/*", EINTR, count=3),
    Fault("write", "db/*.log", EINTR, count=3),
    Fault("unlink", "db/*", EIO),
]


def name_of(value: object) -> str:
    if isinstance(value, Fault):
        return f"{value.op}-{value.name}-{value.error}-{value.first}"
    return str(value)


@pytest.mark.parametrize(("fault", "code"), ENDS, ids=name_of)
def test_a_call_that_fails_ends_the_node_with_one_sentence(
    lone: Lone, fault: Fault, code: Code
) -> None:
    ended = lone.live([lone.bundle(), lone.bundle()], Plan(fault=fault))
    found = SENTENCE.fullmatch(lone.node.said())
    assert found is not None, f"exit code {ended}: {lone.node.said()}"
    assert (found[1], ended) == (code.value, Exit.UNAVAILABLE)
    assert synced_after_it_failed(steps_of(lone.node.places.log)) == []
    cut_power(lone.node.places)
    lone.listen()


def synced_after_it_failed(steps: Sequence[Step]) -> list[Step]:
    """The kernel tells of a failed fsync once: whoever asks again is told yes, and it is not so."""
    failed: set[str] = set()
    again = []
    for step in steps:
        if step.op == "fsync" and step.name in failed:
            again.append(step)
        if step.op == "fsync" and step.result < 0:
            failed.add(step.name)
    return again


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (EIO, "所在磁盘出错：Input/output error。"),
        (ENOSPC, "所在磁盘已满。请腾出空间后重新启动节点"),
    ],
)
def test_the_sentence_is_chinese_where_that_is_spoken(lone: Lone, error: int, told: str) -> None:
    plan = Plan(fault=Fault("write", "journal/intake", error), language="zh_CN.UTF-8")
    assert lone.live([lone.bundle()], plan) == Exit.UNAVAILABLE
    assert told in lone.node.said()


@pytest.mark.parametrize("fault", GOES_ON, ids=name_of)
def test_a_call_that_only_hesitates_changes_nothing(lone: Lone, fault: Fault) -> None:
    assert lone.live([lone.bundle(), lone.bundle()], Plan(fault=fault)) == 0, lone.node.said()
    cut_power(lone.node.places)
    lone.check_goes_on([])


def test_when_nothing_fails_any_more_all_that_was_acknowledged_is_there(lone: Lone) -> None:
    lone.check_goes_on([lone.bundle()])
    assert len(lone.node.promised) > 1
