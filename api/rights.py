"""Who may see what: the only place.

Every route asks here before it shows anything of a record. A caller is the public, or the member
that its token proves; what a member may see follows from the catalogue's classes, ``rights.toml``
and the ledger's state, and from nothing that a node's operator could set. That a record exists, and
where it stands in the log, is public. Whoever submits a bundle may have its receipts, because it
holds the records already. Spec: ``docs/spec/visibility.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from api.readers import ANY, Asked, is_party, readers, stands_over
from contracts.overlay import Overlay
from contracts.schema import RecordType
from contracts.state import State
from contracts.tables import Catalogue
from contracts.verdict import Times
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.record import Record, decode_record
from ledger.errors import LedgerError

PUBLIC: Final = "public"
PARTIES: Final = "parties"
ALERT_TYPE: Final = "ledger.alert_raised"
ABOUT_DEPTH_MAX: Final = 4
"""How far it is followed what a record speaks about: a disposal, an alert, an amendment, a record.
What leads further is not shown."""
_MEMBER_KINDS: Final = frozenset({"member", "members"})


class NotPublic(LedgerError):  # noqa: N818 - a right that is missing, not a mistake
    """The caller may not see this record; that it exists is public, like its log entry."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """One caller's rights, for one request: they are those of the head at which it was made."""

    catalogue: Catalogue
    chain: Chain
    member: MemberId | None = None
    """Who proved itself; None for the public."""
    show_all: bool = False
    """See every visibility class: for tests."""
    _state: State = field(init=False, repr=False, compare=False)
    _as_of: Times = field(init=False, repr=False, compare=False)
    _known: dict[tuple[str, str], bool] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """By type and subject, what was found out: a page asks the same for most of its records."""

    def __post_init__(self) -> None:
        head = self.chain.head
        object.__setattr__(self, "_state", State(Overlay(self.chain.state)))
        object.__setattr__(self, "_as_of", Times(head.log_size, head.time_ms))

    def may_see(self, record: Record) -> bool:
        """Whether the record's content may be shown to this caller."""
        return self.show_all or self._sees(record, ABOUT_DEPTH_MAX)

    def may_see_type(self, type_key: str, subject: str) -> bool:
        """Whether records of a type about a subject may be shown to this caller, whoever issued
        them; a record that the caller issued, or that names it, may be shown beyond that.
        """
        if self.show_all:
            return True
        kind = self.catalogue.type(type_key)
        if kind is None or self._is_public(kind):
            return kind is not None
        if self.member is None:
            return False
        asked = (kind.key, subject)
        if asked not in self._known:
            self._known[asked] = self._reads(self.member, kind, subject)
        return self._known[asked]

    def may_see_what_it_is_about(self, record_id: RecordId, type_key: str) -> bool:
        """Whether the caller may see what a record speaks about whose type it may see."""
        if self.show_all or type_key not in readers().about:
            return True
        return self._sees_record(record_id, ABOUT_DEPTH_MAX)

    def require(self, record: Record) -> Record:
        """`record`, where the caller may see it.

        Raises:
            NotPublic: `api.not_public`.
        """
        if not self.may_see(record):
            # The type of what is hidden is hidden too.
            raise NotPublic(Code.API_NOT_PUBLIC)
        return record

    def _sees(self, record: Record, depth: int) -> bool:
        if self.member is not None and record.issuer == self.member:
            return True
        if record.type in readers().about and not self._sees_what_it_is_about(record, depth):
            return False
        return self.may_see_type(record.type, record.subject) or self._is_named(record)

    def _sees_what_it_is_about(self, record: Record, depth: int) -> bool:
        """Whether the caller sees every record that this one speaks about."""
        types: set[str] = set()
        for cited in self._cited(record):
            row = self._state.record(cited)
            kind = None if row is None else self.catalogue.type(row.type)
            if row is not None:
                types.add(row.type)
            if row is not None and kind is not None and kind.key not in readers().about:
                if self._is_public(kind) or (depth and self.may_see_type(kind.key, row.subject)):
                    continue
                if self.member is None:
                    # Of a class that has readers the public sees nothing, whatever a record says.
                    return False
            if not depth or not self._sees_record(cited, depth - 1):
                return False
        # An alert names the type that it is about also where no record of it is there.
        about = record.fields.get("about") if record.type == ALERT_TYPE else None
        return about is None or about in types or self.may_see_type(str(about), record.subject)

    def _sees_record(self, record_id: RecordId, depth: int) -> bool:
        record = self._decoded(record_id)
        return self._sees_row(record_id) if record is None else self._sees(record, depth)

    def _sees_row(self, record_id: RecordId) -> bool:
        """Whether the caller may see a record of which this node keeps only what the state does."""
        row = self._state.record(record_id)
        if row is None or row.issuer == self.member:
            return True
        # What it speaks about is not here either.
        return row.type not in readers().about and self.may_see_type(row.type, row.subject)

    def _decoded(self, record_id: RecordId) -> Record | None:
        stored = self.chain.blocks.record(record_id)
        parameters = self.chain.genesis.parameters
        return None if stored is None else decode_record(stored.data, parameters)

    def _cited(self, record: Record) -> Iterator[RecordId]:
        relations = readers().about[record.type]
        for ref in record.refs:
            if ref.network_id is None and (ANY in relations or ref.relation in relations):
                yield ref.record_id

    def _is_named(self, record: Record) -> bool:
        """Whether the record names the caller in a field by which its class has readers."""
        kind = self.catalogue.type(record.type)
        if kind is None or self.member is None:
            return False
        names = readers().named.get(kind.visibility, frozenset())
        for name, declared in {**self.catalogue.common, **kind.fields}.items():
            if declared.kind in _MEMBER_KINDS and (ANY in names or name in names):
                said = record.fields.get(name)
                if said == self.member or (isinstance(said, tuple) and self.member in said):
                    return True
        return False

    def _reads(self, member: MemberId, kind: RecordType, subject: str) -> bool:
        asked = Asked(self._state, self._as_of, self.catalogue.types, self._decoded)
        if stands_over(asked, member, kind, subject):
            return True
        return kind.visibility == PARTIES and is_party(asked, member, subject)

    @staticmethod
    def _is_public(kind: RecordType) -> bool:
        # A record of a sealed type is on the ledger from its opening on, and not before; one that
        # is opened only elsewhere never is.
        return kind.visibility == PUBLIC or bool(kind.sealed_until)
