"""Lookup: pages of records found by subject, document, issuer, type, or in the log's own order.

Only reads. An order is the log's, or the log's reversed; a cursor is a log index, so a page is the
same today and in ten years, and none is skipped or shown twice while blocks go on arriving.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from ledger.block_store import BlockStore
from ledger.core.identifiers import Digest, Height, LogIndex, MemberId, RecordId, Subject
from ledger.place_lists import PlaceLists
from ledger.store.api import Reader
from ledger.store.index import Algorithm, digest_part, issuer_part, subject_part, type_part
from ledger.store.keys import Table, last_number, number, text_from, text_prefix
from ledger.store.rows import runs_from


@dataclass(frozen=True, slots=True)
class Found:
    """One record on a page."""

    index: LogIndex
    """Of its entry in the log, or of its opening's."""
    record_id: RecordId


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, and where the next page starts."""

    items: tuple[Found, ...]
    cursor: LogIndex | None
    """Give it as `after` for the next page; None where there is none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page is wanted."""

    limit: int = 100
    """Items on a page; one more where an opening and what came out of it end it together."""
    after: LogIndex | None = None
    """The cursor of the page before; None for the first page."""
    newest_first: bool = False


class Lookup:
    """Finds records by what they say; every answer can be proven by the record's receipt."""

    __slots__ = ("_blocks", "_reader")

    def __init__(self, reader: Reader, blocks: BlockStore) -> None:
        self._reader = reader
        self._blocks = blocks

    def by_subject(self, subject: Subject, turn: Turn) -> Page:
        """The records about exactly `subject`."""
        return _page(self._of_index(Table.SUBJECT, subject_part(subject), turn), turn)

    def by_digest(self, algorithm: Algorithm, digest: Digest, turn: Turn) -> Page:
        """The records whose evidence names the document with this digest."""
        return _page(self._of_index(Table.DIGEST, digest_part(algorithm, digest), turn), turn)

    def by_issuer(self, issuer: MemberId, turn: Turn) -> Page:
        """The records that `issuer` answers for."""
        part = issuer_part(issuer)
        opened = self._of_index(Table.OPENED_ISSUER, part, turn)
        return _page(_merged(self._of_runs(Table.ISSUER, part, turn), opened, turn), turn)

    def by_type(self, type_key: str, turn: Turn) -> Page:
        """The records of one type of the catalogue."""
        part = type_part(type_key)
        opened = self._of_index(Table.OPENED_TYPE, part, turn)
        return _page(_merged(self._of_runs(Table.TYPE, part, turn), opened, turn), turn)

    def by_height(self, height: Height, turn: Turn) -> Page:
        """The records that entered in one block."""
        return _page(self._of_block(height, turn), turn)

    def in_order(self, heights: range, turn: Turn) -> Page:
        """The records that entered in the blocks of `heights`, ascending and with step 1."""
        heights = range(max(heights.start, self._blocks.base + 1), heights.stop)
        if turn.after is not None and heights:
            reached = self._blocks.height_of(turn.after)
            # Beyond the log's end everything is before, and nothing behind.
            past = heights.stop if reached is None else reached
            if turn.newest_first:
                heights = range(heights.start, min(heights.stop, past + 1))
            else:
                heights = range(max(heights.start, past), heights.stop)
        wanted = reversed(heights) if turn.newest_first else heights
        found = (each for height in wanted for each in self._of_block(Height(height), turn))
        return _page(found, turn)

    def at(self, index: LogIndex) -> Found | None:
        """The record whose entry stands at an index of the log; None for a block's leaf."""
        height = self._blocks.height_of(index)
        if height is None or height <= self._blocks.base:
            return None
        offset = index - self._blocks.first_index(height)
        if offset >= self._blocks.header(height).entry_count:
            return None
        return Found(index, self._blocks.entry_id(height, offset))

    def lists(self, *, newest_first: bool) -> PlaceLists:
        """What questions of several parts are put together from, in the log's order or against."""
        return PlaceLists(self._reader, self._blocks, newest_first=newest_first)

    def subjects(self, prefix: str, limit: int) -> tuple[Subject, ...]:
        """The first subjects, ascending, that begin with `prefix`, each once."""
        start, stop = Table.SUBJECT.range(text_prefix(prefix))
        names: list[Subject] = []
        while len(names) < limit:
            row = next(self._reader.scan(start, stop), None)
            if row is None:
                break
            names.append(Subject(text_from(row[0][1:])))
            start = Table.SUBJECT.range(subject_part(names[-1]))[1]
        return tuple(names)

    def _of_index(self, table: Table, part: bytes, turn: Turn) -> Iterator[Found]:
        """From a table with one row for each record."""
        start, stop = table.range(part)
        if turn.after is not None and turn.newest_first:
            stop = table.key(part, number(turn.after))
        elif turn.after is not None:
            start = table.key(part, number(turn.after + 1))
        for key, value in self._reader.scan(start, stop, reverse=turn.newest_first):
            yield Found(LogIndex(last_number(key)), RecordId(value))

    def _of_runs(self, table: Table, part: bytes, turn: Turn) -> Iterator[Found]:
        """From a table with one row for each block."""
        start, stop = table.range(part)
        reached = None if turn.after is None else self._blocks.height_of(turn.after)
        if reached is not None and turn.newest_first:
            stop = table.key(part, number(reached + 1))
        elif reached is not None:
            start = table.key(part, number(reached))
        for key, value in self._reader.scan(start, stop, reverse=turn.newest_first):
            height, runs = Height(last_number(key)), runs_from(value)
            ordered = [reversed(run) for run in reversed(runs)] if turn.newest_first else runs
            yield from self._at(height, (offset for run in ordered for offset in run), turn)

    def _of_block(self, height: Height, turn: Turn) -> Iterator[Found]:
        count = self._blocks.header(height).entry_count
        offsets = range(count - 1, -1, -1) if turn.newest_first else range(count)
        yield from self._at(height, iter(offsets), turn)

    def _at(self, height: Height, offsets: Iterator[int], turn: Turn) -> Iterator[Found]:
        """The records at ordered offsets of a block, beyond the cursor."""
        first = self._blocks.first_index(height)
        for offset in offsets:
            index = LogIndex(first + offset)
            if turn.after is None or (
                index < turn.after if turn.newest_first else index > turn.after
            ):
                yield Found(index, self._blocks.entry_id(height, offset))


def _merged(entries: Iterator[Found], opened: Iterator[Found], turn: Turn) -> Iterator[Found]:
    """What has entries of its own and what came out of openings, as one list in order."""
    return merge(entries, opened, key=lambda each: each.index, reverse=turn.newest_first)


def _page(found: Iterator[Found], turn: Turn) -> Page:
    items = list(islice(found, turn.limit))
    following = next(found, None) if len(items) == turn.limit else None
    # An opening and what came out of it stand at one index; a cursor must not fall between them.
    while following is not None and items and following.index == items[-1].index:
        items.append(following)
        following = next(found, None)
    return Page(tuple(items), items[-1].index if following is not None else None)
