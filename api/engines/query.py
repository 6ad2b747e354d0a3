"""Query: what may be asked of the records on a ledger, and the port to whatever answers it.

Pure. An engine answers for the ledger alone and knows no caller: rights are asked above it. All
engines give the same answer; ``tests/api/query_suite.py`` holds them to `fits`, which is the
meaning of a query. Spec: ``docs/spec/queries.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from contracts.tables import Catalogue
from ledger.core.identifiers import Digest, Height, LogIndex, MemberId, Subject
from ledger.core.record import Record
from ledger.errors import LedgerError
from ledger.lookup import Found
from ledger.store.index import ALERT_RAISED, AMENDMENTS

ALERT_TYPE: Final = ALERT_RAISED


@dataclass(frozen=True, slots=True)
class Query:
    """Which records are wanted; what is None or empty leaves them as they are."""

    subject: Subject | None = None
    within: bool = False
    """The sections of `subject` as well."""
    member: MemberId | None = None
    """Who issued it."""
    types: frozenset[str] | None = None
    """Keys of the catalogue; an empty set wants nothing."""
    digest: Digest | None = None
    """Of a document that it names, by SHA-256 or SM3."""
    from_ms: int | None = None
    """Block time, at the earliest."""
    to_ms: int | None = None
    """Block time, before this."""
    above: Height | None = None
    """In blocks above this height."""
    alert: str | None = None
    """``ALnn``: alerts of this code."""
    severity: str | None = None
    """Alerts of this severity."""
    about: str | None = None
    """Alerts about a record of this type."""
    amendment: str | None = None
    """One of `AMENDMENTS`, or ``any``: records that change what another one says."""

    @property
    def wants_alerts(self) -> bool:
        """Whether only alerts can fit."""
        return any(each is not None for each in (self.alert, self.severity, self.about))


@dataclass(frozen=True, slots=True)
class IndexStanding:
    """How an index does that is written beside the ledger, as it was last looked at."""

    height: Height | None
    """Of the newest block in it; None where it did not say."""
    usable: bool
    """Whether it answers; the node's own rows do where it does not."""
    is_faulty: bool = False
    """Its projector found that it contradicts the log."""
    lag_blocks: int = 0
    """Blocks that were on the ledger when it was looked at the time before, and still lack."""
    reason: LedgerError | None = None
    """Why it does not answer."""
    answered: int = 0
    """Questions that it answered, since this process began."""
    passed_on: int = 0
    """Questions that it could not answer, and the node's own rows did."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records that fit, in the order asked for."""

    found: tuple[Found, ...]
    """At most as many as asked for; more only where the last ones stand at one index."""
    reached: LogIndex | None
    """Everything up to here was looked at, this included: give it as `after`. None at the end."""
    height: Height
    """Of the newest block that was looked at or could have been: the answer is not newer."""


class Engine(Protocol):
    """Finds records; one call does a bounded amount of work."""

    @property
    def standing(self) -> IndexStanding | None:
        """How the index beside the ledger does; None where there is none."""
        ...

    async def height(self) -> Height:
        """Of the newest block that an answer given now would know."""
        ...

    async def batch(
        self, query: Query, after: LogIndex | None, limit: int, *, newest_first: bool = False
    ) -> Batch:
        """Records that fit, in the log's order or the reverse.

        Args:
            query: which.
            after: beyond this index, in the order asked for; None from the beginning.
            limit: how many, at least 1. Fewer may come, none included, before the end is reached:
                `Batch.reached` says whether there is more to look at.
            newest_first: against the log's order.

        Raises:
            LedgerError: `store.*` where what should be there cannot be read.
        """
        ...


def fits(query: Query, record: Record, height: Height, time_ms: int) -> bool:
    """Whether a record is wanted.

    Args:
        query: what is wanted.
        record: what was said.
        height: of the block in whose order it stands.
        time_ms: of that block.
    """
    return (
        (query.subject is None or _is_about(query, record.subject))
        and query.member in (None, record.issuer)
        and (query.types is None or record.type in query.types)
        and (query.digest is None or _names(record, query.digest))
        and (query.from_ms is None or time_ms >= query.from_ms)
        and (query.to_ms is None or time_ms < query.to_ms)
        and (query.above is None or height > query.above)
        and (not query.wants_alerts or _is_alert(query, record))
        and (query.amendment is None or _amends(query.amendment, record))
    )


def types_of(catalogue: Catalogue, name: str | None, stage: str | None) -> frozenset[str] | None:
    """The types that a name or code and a stage leave; None for all.

    A type that the catalogue does not know may stand on the ledger by an older version: its key is
    taken as it is.
    """
    if name is None and stage is None:
        return None
    kind = None if name is None else catalogue.type(name)
    named = None if name is None else {name if kind is None else kind.key}
    staged = {key for key, each in catalogue.types.items() if each.stage == stage}
    if named is None:
        return frozenset(staged)
    return frozenset(named if stage is None else named & staged)


def _is_about(query: Query, subject: str) -> bool:
    if subject == query.subject:
        return True
    return query.within and subject.startswith(f"{query.subject}/")


def _names(record: Record, digest: Digest) -> bool:
    return any(digest in (each.sha256, each.sm3) for each in record.evidence)


def _is_alert(query: Query, record: Record) -> bool:
    fields: Mapping[str, object] = record.fields
    return (
        record.type == ALERT_TYPE
        and query.alert in (None, fields.get("alert"))
        and query.severity in (None, fields.get("severity"))
        and query.about in (None, fields.get("about"))
    )


def _amends(relation: str, record: Record) -> bool:
    wanted = AMENDMENTS if relation == "any" else (relation,)
    return any(ref.relation in wanted for ref in record.refs)
