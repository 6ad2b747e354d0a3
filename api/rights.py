"""Who may see what: the only place.

Until reading rights exist a caller is the public, and the public sees the public class; a node for
tests may show everything. Whoever submits a bundle may have its receipts, because it holds the
records already.
"""

from dataclasses import dataclass
from typing import Final

from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.core.record import Record
from ledger.errors import LedgerError

PUBLIC: Final = "public"


class NotPublic(LedgerError):  # noqa: N818 - a right that is missing, not a mistake
    """The caller may not see this record; that it exists is public, like its log entry."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """One caller's rights."""

    catalogue: Catalogue
    show_all: bool = False
    """See every visibility class: for tests."""

    def may_see(self, record: Record) -> bool:
        """Whether the record's content may be shown to this caller."""
        kind = self.catalogue.type(record.type)
        return self.show_all or (kind is not None and kind.visibility == PUBLIC)

    def require(self, record: Record) -> Record:
        """`record`, where the caller may see it.

        Raises:
            NotPublic: `api.not_public`.
        """
        if not self.may_see(record):
            raise NotPublic(Code.API_NOT_PUBLIC, type=record.type)
        return record
