"""Holds a history to the log as it is at the end. Pure: the same facts, the same judgement.

Each function says one thing that must be so, and raises with a sentence where it is not. They are tried
on histories in which just that is broken (`test_checker.py`).
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ledger.core.merkle import verify_consistency
from ledger.errors import VerificationError
from tests.network.nemesis.history import Answer, FinalLog, History, Outcome

AHEAD_MS: Final = 500
"""Genesis parameter `clock_ahead_ms`: no right clock votes for a block from further ahead."""
BEHIND_MS: Final = 60_000
"""`clock_behind_max_ms`: how old the time of a fresh block may be, after many views."""


class Broken(AssertionError):
    """A promise was broken; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How much was held to the log."""

    bundles: int
    """Acknowledged."""
    records: int
    receipts: int
    heads: int
    ordered: int
    """Bundles that had to stand behind another that was committed before they were sent."""
    waits_s: tuple[tuple[float, str], ...]
    """From each healing to the next progress, and what had been wrong; the longest first."""


def judge(history: History, log: FinalLog, within_s: float) -> Judged:
    """Everything that must be so.

    Args:
        history: of the whole campaign.
        log: that all nodes share at the end.
        within_s: from healing to progress.

    Raises:
        Broken: something is not so.
    """
    no_record_is_there_twice(log)
    nothing_acknowledged_is_lost(history, log)
    receipts_are_there_and_say_one_thing(history, log)
    heads_are_of_one_log(history, log)
    no_node_goes_back(history)
    ordered = order_is_that_of_real_time(history, log)
    stamps_are_not_contradicted(history, log)
    waits = waits_after_healing(history)
    progress_came(waits, within_s)
    promised = history.acknowledged
    return Judged(
        bundles=len(promised),
        records=sum(map(len, promised.values())),
        receipts=len(history.receipts),
        heads=len(history.heads),
        ordered=ordered,
        waits_s=waits,
    )


def no_record_is_there_twice(log: FinalLog) -> None:
    """Every record stands at one place, and every place has one record."""
    places: dict[str, int] = {}
    indices: set[int] = set()
    for entry in log.entries:
        before = places.setdefault(entry.record, entry.index)
        if before != entry.index:
            raise Broken(f"record {entry.record} stands at {before} and again at {entry.index}")
        if entry.index in indices:
            raise Broken(f"two records stand at {entry.index}")
        indices.add(entry.index)


def nothing_acknowledged_is_lost(history: History, log: FinalLog) -> None:
    """What any node answered with 201 or 202 is in the log, and no node takes its word back."""
    there = {entry.record for entry in log.entries}
    promised = history.acknowledged
    for bundle, records in promised.items():
        for record in records:
            if record not in there:
                raise Broken(f"record {record} of bundle {bundle} was acknowledged and is lost")
    gave: set[tuple[str, str]] = set()
    for answer in history.answers:
        word = (answer.node, answer.bundle)
        if answer.outcome is Outcome.ACKNOWLEDGED:
            gave.add(word)
        # One that never acknowledged it may refuse it, while its clock is wrong.
        if answer.outcome is Outcome.REFUSED and word in gave:
            raise Broken(f"{answer.node} refused {answer.bundle}, which it had acknowledged")


def receipts_are_there_and_say_one_thing(history: History, log: FinalLog) -> None:
    """Everything acknowledged has a receipt, all receipts of it agree, and with the log."""
    stands = {entry.record: entry for entry in log.entries}
    seen: set[str] = set()
    files: dict[tuple[str, str], str] = {}
    for each in history.receipts:
        entry = stands.get(each.record)
        if entry is None:
            raise Broken(f"{each.node} gave a receipt of {each.record}, which is not in the log")
        said, is_so = (each.index, each.height), (entry.index, entry.height)
        if said != is_so:
            raise Broken(f"the receipt of {each.record} says {said}, the log {is_so}")
        before = files.setdefault((each.node, each.record), each.digest)
        if before != each.digest:
            raise Broken(f"{each.node} gave two different receipts of {each.record}")
        seen.add(each.record)
    for records in history.acknowledged.values():
        for record in records:
            if record not in seen:
                raise Broken(f"record {record} was acknowledged and has no receipt")


def heads_are_of_one_log(history: History, log: FinalLog) -> None:
    """Of any two heads one log begins with the other (RFC 6962), and the final one with all."""
    newest = (log.size, log.root)
    heads = [*sorted(history.heads), newest]
    # What holds for neighbours holds for any two.
    for old, new in pairwise(heads):
        if old == new:
            continue
        if old[0] >= new[0]:
            what = "smaller than a head that was seen" if old[0] > new[0] else "with another root"
            raise Broken(f"two logs: of {old[0]} leaves and of {new[0]}, {what}")
        try:
            path = log.prove(old[0], new[0])
            verify_consistency(old[0], new[0], path, *map(bytes.fromhex, (old[1], new[1])))
        except VerificationError as problem:
            raise Broken(f"the log of {new[0]} leaves does not begin with that of {old[0]}") from (
                problem
            )


def no_node_goes_back(history: History) -> None:
    """The head that a node shows only grows, over kills too, unless an old copy was put back."""
    newest: dict[str, int] = {}
    restored = list(history.restored)
    for head in history.shown:
        for each in [it for it in restored if it.node == head.node and it.at_s < head.at_s]:
            restored.remove(each)
            newest.pop(each.node, None)
        before = newest.get(head.node, 0)
        if head.size < before:
            raise Broken(f"{head.node} showed a head of {before} leaves, then one of {head.size}")
        newest[head.node] = head.size


def order_is_that_of_real_time(history: History, log: FinalLog) -> int:
    """What was committed before something else was first sent stands before it in the log.

    Returns:
        How many bundles had something that must stand before them.
    """
    stands = {entry.record: entry.index for entry in log.entries}
    known: dict[str, float] = {}
    for answer in history.answers:
        if answer.outcome is Outcome.COMMITTED:
            before_s = known.get(answer.bundle, answer.answered_s)
            known[answer.bundle] = min(answer.answered_s, before_s)
    # By the time at which they were known: the last index up to then.
    times: list[float] = []
    last: list[int] = []
    for key, at_s in sorted(known.items(), key=lambda each: each[1]):
        index = max(stands[record] for record in history.bundles[key])
        times.append(at_s)
        last.append(max(index, last[-1]) if last else index)
    ordered = 0
    for key, at_s in _first_sent(history).items():
        before = bisect_right(times, at_s) - 1
        indices = [stands[record] for record in history.bundles[key] if record in stands]
        if before < 0 or not indices:
            continue
        ordered += 1
        if min(indices) < last[before]:
            raise Broken(
                f"bundle {key} stands at {min(indices)}, although {last[before]} was committed "
                f"{at_s - times[before]:.3f} s or more before it was sent"
            )
    return ordered


def stamps_are_not_contradicted(history: History, log: FinalLog) -> None:
    """Places and times that anybody ever told are those of the log, and possible at that time."""
    stands = {entry.record: entry for entry in log.entries}
    for height, (before, after) in enumerate(pairwise(log.times_ms), 1):
        if after < before:
            raise Broken(f"block {height + 1} is stamped earlier than block {height}")
    received: dict[tuple[str, str], int] = {}
    sent = _first_sent(history)
    for answer in history.answers:
        for each in answer.stands:
            entry = stands.get(each.record)
            if entry is None or (entry.index, entry.height) != (each.index, each.height):
                raise Broken(f"{answer.node} said that {each.record} stands at {each.index}")
        if answer.received_at_ms is not None:
            at = received.setdefault((answer.node, answer.bundle), answer.received_at_ms)
            if at != answer.received_at_ms:
                raise Broken(f"{answer.node} stamped {answer.bundle} twice, with two times")
        if answer.outcome is Outcome.COMMITTED:
            asked_ms = history.wall_ms(sent[answer.bundle])
            _is_possible(log, answer, asked_ms, history.wall_ms(answer.answered_s))
    for receipt in history.receipts:
        if log.times_ms[receipt.height - 1] != receipt.time_ms:
            raise Broken(f"the receipt of {receipt.record} has another time than its block")


def _is_possible(log: FinalLog, answer: Answer, asked_ms: int, answered_ms: int) -> None:
    """The block's time fits the true time between the question and the answer."""
    height = max(each.height for each in answer.stands)
    time_ms = log.times_ms[height - 1]
    if time_ms > answered_ms + AHEAD_MS:
        later = f"{time_ms - answered_ms} ms later than its commit was known"
        raise Broken(f"block {height} is stamped {later}")
    if time_ms < asked_ms - BEHIND_MS:
        raise Broken(f"block {height} is stamped long before {answer.bundle} in it was sent")


def _first_sent(history: History) -> dict[str, float]:
    """When each bundle was sent for the first time."""
    sent: dict[str, float] = {}
    for answer in history.answers:
        before_s = sent.get(answer.bundle, answer.asked_s)
        sent[answer.bundle] = min(answer.asked_s, before_s)
    return sent


def waits_after_healing(history: History) -> tuple[tuple[float, str], ...]:
    """From each healing to the next progress, the longest first; for ever where none came."""
    progress = sorted(history.progress_s)
    waits = []
    for healed in history.healed:
        place = bisect_right(progress, healed.at_s)
        until = progress[place] if place < len(progress) else float("inf")
        waits.append((until - healed.at_s, healed.after))
    return tuple(sorted(waits, reverse=True))


def progress_came(waits: tuple[tuple[float, str], ...], within_s: float) -> None:
    """Within the bound after each healing."""
    for wait_s, after in waits:
        if wait_s > within_s:
            raise Broken(f"no progress for {wait_s:.1f} s after {after} had healed")
