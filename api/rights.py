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
ALERT_TYPE: Final = "ledger.alert_raised"


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
        if self.show_all:
            return True
        if record.type == ALERT_TYPE and not self._is_public(str(record.fields.get("about"))):
            # An alert names the record that it is about, its subject and its member.
            return False
        return self._is_public(record.type)

    def may_see_type(self, type_key: str) -> bool:
        """Whether records of a type may be shown to this caller, as far as their class says."""
        return self.show_all or self._is_public(type_key)

    def require(self, record: Record) -> Record:
        """`record`, where the caller may see it.

        Raises:
            NotPublic: `api.not_public`.
        """
        if not self.may_see(record):
            raise NotPublic(Code.API_NOT_PUBLIC, type=record.type)
        return record

    def _is_public(self, type_key: str) -> bool:
        kind = self.catalogue.type(type_key)
        # A record of a sealed type is on the ledger from its opening on, and not before; one that
        # is opened only elsewhere never is.
        return kind is not None and (kind.visibility == PUBLIC or bool(kind.sealed_until))
