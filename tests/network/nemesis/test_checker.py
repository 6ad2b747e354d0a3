"""The checker finds each promise that is broken, and nothing in a history in which all were kept."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from tests.network.nemesis.checker import Broken, Judged, judge
from tests.network.nemesis.history import (
    Answer,
    Entry,
    FinalLog,
    HeadSeen,
    Healed,
    History,
    Outcome,
    ReceiptSeen,
    Restored,
    Stands,
)
from tests.reference.merkle import mth, proof

WITHIN_S = 5.0
LEAVES = [sha256(bytes([number])).digest() for number in range(9)]
RECORDS = {0: "a1", 1: "a2", 3: "b1", 5: "c1", 6: "c2"}
"""Blocks end at 2, 4 and 7: the leaf behind the last record of each is the block's own."""
HEIGHTS = {0: 1, 1: 1, 3: 2, 5: 3, 6: 3}
TIMES_MS = (1_000_100, 1_002_100, 1_004_100)
SIZE = 8


def root_of(size: int, leaves: list[bytes] = LEAVES) -> str:
    return mth(leaves[:size]).hex()


def prove(old: int, new: int) -> list[bytes]:
    return proof(old, LEAVES[:new])


def entry(index: int) -> Entry:
    return Entry(index, RECORDS[index], HEIGHTS[index])


REWRITTEN = root_of(4, [LEAVES[1], LEAVES[0], *LEAVES[2:]])
LOG = FinalLog(tuple(map(entry, RECORDS)), TIMES_MS, SIZE, root_of(SIZE), prove)


def committed(bundle: str, node: str, asked_s: float, answered_s: float) -> Answer:
    stands = tuple(
        Stands(record, HEIGHTS[index], index)
        for index, record in RECORDS.items()
        if record[0] == bundle
    )
    return Answer(bundle, node, asked_s, answered_s, Outcome.COMMITTED, stands=stands)


def receipt(index: int, node: str = "n1") -> ReceiptSeen:
    height = HEIGHTS[index]
    record = RECORDS[index]
    return ReceiptSeen(record, node, height, index, TIMES_MS[height - 1], f"file of {record}")


def good() -> History:
    """Three bundles, one after the other; the second one at two nodes, one of which fell silent."""
    history = History(epoch_ms=1_000_000)
    history.bundles = {"a": ("a1", "a2"), "b": ("b1",), "c": ("c1", "c2"), "d": ("d1",)}
    history.answers = [
        committed("a", "n1", 0.0, 0.5),
        Answer("b", "n2", 1.0, 1.5, Outcome.ACKNOWLEDGED, 1_001_200),
        Answer("b", "n3", 1.5, 1.9, Outcome.LOST),
        Answer("b", "n2", 1.9, 2.0, Outcome.ACKNOWLEDGED, 1_001_200),
        committed("b", "n1", 2.0, 2.5),
        committed("c", "n4", 4.0, 4.5),
        # Nobody has promised the last one.
        Answer("d", "n1", 5.0, 5.1, Outcome.BUSY),
    ]
    history.receipts = [*map(receipt, RECORDS), receipt(3, "n2"), receipt(3, "n2")]
    shown = [(3, "n1", 0.6), (3, "n2", 0.7), (5, "n1", 2.6), (8, "n2", 4.6)]
    for size, node, at_s in shown:
        head = HeadSeen(size, root_of(size), node, at_s)
        history.heads.setdefault((size, head.root), head)
        history.shown.append(head)
    history.healed = [Healed(1.0, "kill of n3"), Healed(2.6, "partition of n4")]
    history.progress_s = [0.5, 2.5, 4.5]
    return history


def test_a_history_in_which_all_was_kept_is_counted() -> None:
    assert judge(good(), LOG, WITHIN_S) == Judged(
        bundles=3,
        records=5,
        receipts=7,
        heads=3,
        ordered=2,
        waits_s=((1.9, "partition of n4"), (1.5, "kill of n3")),
    )


def test_nothing_at_all_breaks_nothing() -> None:
    assert judge(History(), LOG, WITHIN_S).bundles == 0


def test_a_node_may_refuse_what_only_others_have_acknowledged() -> None:
    history = good()
    history.answers.insert(4, Answer("b", "n3", 1.9, 2.0, Outcome.REFUSED, code="bundle.early"))
    assert judge(history, LOG, WITHIN_S).bundles == 3


def test_a_node_that_got_an_old_copy_may_show_an_old_head_and_must_go_on_from_there() -> None:
    history = good()
    history.restored.append(Restored("n1", 2.7))
    history.shown.append(HeadSeen(3, root_of(3), "n1", 2.9))
    assert judge(history, LOG, WITHIN_S).bundles == 3
    history.shown.append(HeadSeen(0, root_of(0), "n1", 3.1))
    with pytest.raises(Broken, match="n1 showed a head of 3 leaves, then one of 0"):
        judge(history, LOG, WITHIN_S)


def test_bundles_that_were_in_flight_at_once_may_stand_in_any_order() -> None:
    history = good()
    history.answers[-2] = committed("c", "n4", 0.4, 4.5)
    history.answers[0] = committed("a", "n1", 0.0, 0.5)
    assert judge(history, LOG, WITHIN_S).ordered == 1


Breaks = Callable[[History], object]
HISTORIES: dict[str, tuple[str, Breaks]] = {
    "an acknowledged record is lost": (
        "record d1 of bundle d was acknowledged and is lost",
        lambda it: it.answers.append(Answer("d", "n1", 5.2, 5.3, Outcome.ACKNOWLEDGED, 1_005_200)),
    ),
    "half of a bundle is lost": (
        "record b2 of bundle b was acknowledged and is lost",
        lambda it: it.bundles.update(b=("b1", "b2")),
    ),
    "a promise is taken back": (
        "n2 refused b, which it had acknowledged",
        lambda it: it.answers.append(
            Answer("b", "n2", 3.0, 3.1, Outcome.REFUSED, code="bundle.expired")
        ),
    ),
    "a receipt is missing": (
        "record c2 was acknowledged and has no receipt",
        lambda it: it.receipts.remove(receipt(6)),
    ),
    "a receipt of what is not there": (
        "a receipt of x1, which is not in the log",
        lambda it: it.receipts.append(replace(receipt(0), record="x1")),
    ),
    "a receipt of another place": (
        "the receipt of b1 says (5, 2), the log (3, 2)",
        lambda it: it.receipts.append(replace(receipt(3), index=5)),
    ),
    "a receipt of another block": (
        "the receipt of b1 says (3, 3), the log (3, 2)",
        lambda it: it.receipts.append(replace(receipt(3), height=3)),
    ),
    "two receipts of one record from one node": (
        "n2 gave two different receipts of b1",
        lambda it: it.receipts.append(replace(receipt(3, "n2"), digest="another file")),
    ),
    "two heads of one size": (
        "two logs: of 5 leaves and of 5, with another root",
        lambda it: it.heads.update({(5, "ff" * 32): HeadSeen(5, "ff" * 32, "n4", 2.7)}),
    ),
    "a head of another log": (
        "does not begin with that of 5",
        lambda it: it.heads.update({(6, "ff" * 32): HeadSeen(6, "ff" * 32, "n4", 2.7)}),
    ),
    "a head of a log that was rewritten": (
        "does not begin with that of 3",
        lambda it: it.heads.update({(4, REWRITTEN): HeadSeen(4, REWRITTEN, "n4", 1.0)}),
    ),
    "a head that the log never reached": (
        "two logs: of 9 leaves and of 8, smaller than a head that was seen",
        lambda it: it.heads.update({(9, root_of(9)): HeadSeen(9, root_of(9), "n4", 9.0)}),
    ),
    "a node that goes back": (
        "n1 showed a head of 5 leaves, then one of 3",
        lambda it: it.shown.append(HeadSeen(3, root_of(3), "n1", 6.0)),
    ),
    "the order of real time reversed": (
        "bundle b stands at 3, although 6 was committed",
        lambda it: it.answers.insert(0, committed("c", "n4", 0.6, 0.9)),
    ),
    "a place that is not so": (
        "n1 said that a1 stands at 3",
        lambda it: it.answers.append(
            Answer("a", "n1", 6, 7, Outcome.COMMITTED, stands=(Stands("a1", 2, 3),))
        ),
    ),
    "a time of receipt contradicted": (
        "n2 stamped b twice, with two times",
        lambda it: it.answers.append(Answer("b", "n2", 6.0, 6.1, Outcome.ACKNOWLEDGED, 1_001_201)),
    ),
    "a receipt with another time than its block": (
        "the receipt of b1 has another time than its block",
        lambda it: it.receipts.append(replace(receipt(3), time_ms=TIMES_MS[1] + 1)),
    ),
    "a block from the future": (
        " ms later than its commit was known",
        lambda it: it.answers.append(committed("c", "n1", 3.0, 3.5)),
    ),
    "a block from the past": (
        "block 3 is stamped long before c in it was sent",
        lambda it: it.answers.__setitem__(-2, committed("c", "n4", 64.2, 64.3)),
    ),
    "no progress in time": (
        "no progress for 5.5 s after resets of n2 had healed",
        lambda it: it.healed.append(Healed(-5.0, "resets of n2")),
    ),
    "no progress ever again": (
        "no progress for inf s after kill all had healed",
        lambda it: it.healed.append(Healed(4.6, "kill all")),
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_in_which_one_promise_is_broken_is_found(name: str) -> None:
    sentence, breaks = HISTORIES[name]
    history = good()
    breaks(history)
    with pytest.raises(Broken) as found:
        judge(history, LOG, WITHIN_S)
    assert sentence in str(found.value)


LOGS = {
    "a record is there twice": (
        "record a1 stands at 0 and again at 7",
        replace(LOG, entries=(*LOG.entries, Entry(7, "a1", 3))),
    ),
    "two records at one place": (
        "two records stand at 6",
        replace(LOG, entries=(*LOG.entries, Entry(6, "x1", 3))),
    ),
    "a record is gone": (
        "record b1 of bundle b was acknowledged and is lost",
        replace(LOG, entries=tuple(each for each in LOG.entries if each.record != "b1")),
    ),
    "blocks go back in time": (
        "block 3 is stamped earlier than block 2",
        replace(LOG, times_ms=(*TIMES_MS[:2], TIMES_MS[1] - 1)),
    ),
    "another root at the end": (
        "two logs: of 8 leaves and of 8, with another root",
        replace(LOG, root="00" * 32),
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_log_that_does_not_keep_what_was_promised_is_found(name: str) -> None:
    sentence, log = LOGS[name]
    with pytest.raises(Broken) as found:
        judge(good(), log, WITHIN_S)
    assert sentence in str(found.value)
