"""The times on a certificate, each under its name: whose clock it is decides what it is worth."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from api.documents.facts import Item, Manner, Pair, Row, Said
from api.documents.words import both, said
from ledger.core.identifiers import NETWORK_MEMBER
from ledger.core.record import Record
from ledger.time_stamps import Stamped, stamp_words
from ledger.verdict import VerifiedRecord
from ledger.words.moments import beijing_time

_TIME: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) \+08:00")


def times_of(
    verdict: VerifiedRecord, record: Record, member: Callable[[str], Pair]
) -> Iterator[Item]:
    """When it was committed, existed, happened, was received, opened and stamped.

    Args:
        verdict: of its receipt; whose time stamps count was said there.
        record: as the member said it.
        member: the name of a member in both languages.
    """
    yield _told("committed", verdict.committed_at_ms)
    yield _told("existed", verdict.existed_by_ms)
    if record.issuer != NETWORK_MEMBER:
        yield _told("occurred", verdict.occurred_at_ms)
    for each in verdict.received:
        node = Said(each.node_id, Manner.SMALL)
        yield Row(both("row.received"), (Said(beijing_time(each.received_at_ms)), node))
    opened = verdict.opened
    if opened is not None:
        by = member(opened.opened_by)
        facts = {"height": opened.height, "index": opened.index}
        zh = said("zh", "row.sealed_told", by=by.zh, **facts)
        en = said("en", "row.sealed_told", by=by.en, **facts)
        yield Row(both("row.sealed"), (Said(zh), Said(en, Manner.SMALL)))
    yield from (_stamp(each, verdict) for each in verdict.stamps)


def _stamp(stamped: Stamped, verdict: VerifiedRecord) -> Row:
    """Who stamped, when at the latest, and over which head of the log."""
    roots = {
        word.checkpoint.size: word.checkpoint.root
        for word in stamp_words(verdict.receipt.timestamps)
    }
    told = both("row.stamped_told", authority=stamped.name, size=stamped.size)
    lines = (
        Said(beijing_time(stamped.time_ms)),
        Said(told.zh),
        Said(told.en, Manner.SMALL),
        Said(roots[stamped.size].hex(), Manner.DIGEST),
    )
    return Row(both("row.stamped"), lines)


def _told(name: str, time_ms: int) -> Row:
    """A time, and what it rests on."""
    remark = both(f"row.{name}_told")
    basis = Said(f"{remark.zh}　{remark.en}", Manner.SMALL)
    return Row(both(f"row.{name}"), (Said(beijing_time(time_ms)), basis))


def chinese_time(time_ms: int) -> str:
    """A time as it stands in a Chinese sentence: ``2026年3月1日09时30分00秒（北京时间）``."""
    told = beijing_time(time_ms)
    found = _TIME.fullmatch(told)
    if found is None:
        return told
    year, month, day, hour, minute, second = found.groups()
    date = f"{year}年{int(month)}月{int(day)}日"
    return f"{date}{hour}时{minute}分{second}秒（北京时间）"
