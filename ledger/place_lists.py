"""PlaceLists: the lists of one question, over the rows by which people find records."""

from collections.abc import Iterable, Sequence

from ledger.block_store import BlockStore
from ledger.core.identifiers import Digest, MemberId, Subject
from ledger.places import AnyOf, EveryPlace, Order, Places, RowPlaces, RunPlaces, Spent
from ledger.store.api import Reader
from ledger.store.index import (
    Algorithm,
    digest_part,
    issuer_part,
    mark_part,
    subject_part,
    type_part,
)
from ledger.store.keys import Table


class PlaceLists:
    """Makes lists of one order, and knows what they have read."""

    def __init__(self, reader: Reader, blocks: BlockStore, *, newest_first: bool) -> None:
        self._reader, self._blocks = reader, blocks
        self.order = Order(newest_first)
        self.spent = Spent()

    def by_subjects(self, subjects: Iterable[Subject]) -> Places:
        """About exactly one of these."""
        return _any([self._rows(Table.SUBJECT, subject_part(each)) for each in subjects])

    def by_digest(self, digest: Digest) -> Places:
        """Of whoever names a document with this digest, by either algorithm."""
        parts = (digest_part(each, digest) for each in Algorithm)
        return _any([self._rows(Table.DIGEST, part) for part in parts])

    def by_issuer(self, issuer: MemberId) -> Places:
        """Of whatever `issuer` answers for."""
        part = issuer_part(issuer)
        own, opened = self._runs(Table.ISSUER, part), self._rows(Table.OPENED_ISSUER, part)
        return AnyOf([own, opened])

    def by_types(self, types: Iterable[str]) -> Places:
        """Of these types of the catalogue."""
        lists: list[Places] = []
        for part in map(type_part, types):
            lists += (self._runs(Table.TYPE, part), self._rows(Table.OPENED_TYPE, part))
        return _any(lists)

    def by_marks(self, *marks: tuple[str, str | None]) -> Places:
        """With one of these marks: each a name and a value, as `mark_part` takes them."""
        return _any([self._rows(Table.MARK, mark_part(*each)) for each in marks])

    def every(self, span: range) -> Places:
        """Every entry from one index to another."""
        return EveryPlace(self._blocks, span, self.order, self.spent)

    def _rows(self, table: Table, part: bytes) -> Places:
        return RowPlaces(self._reader, table, part, self.order, self.spent)

    def _runs(self, table: Table, part: bytes) -> Places:
        return RunPlaces(self._reader, self._blocks, table, part, self.order, self.spent)


def _any(lists: Sequence[Places]) -> Places:
    return lists[0] if len(lists) == 1 else AnyOf(lists)
