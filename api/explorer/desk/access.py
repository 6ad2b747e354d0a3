"""The access log: who looked at what, as far as that is on the ledger or kept by this node.

Questions about addresses and sums of verifications are records. Uses of extraction codes are kept
by the node at which they were typed. What supervisors look at stands under seal in a stream of
their own and is in nobody's list. Spec: ``docs/spec/visibility.md``.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from api.court_code_rows import CodeRow
from api.engines.query import Query
from api.explorer.names import Names
from api.explorer.record_view import Fact, facts_of
from api.identity import Caller
from api.queries.asking import page_of
from api.service import LedgerService
from ledger.core.identifiers import LogIndex, MemberId

LOOKED_UP: Final = "address.looked_up"
VERIFIED: Final = "ledger.verified"
TYPES: Final = (LOOKED_UP, VERIFIED)
CODES_MAX: Final = 50
USES_MAX: Final = 5
"""Of one code, the newest uses that the page shows; the API has all."""


class KeepsCodes(Protocol):
    """Keeps extraction codes."""

    async def rows_for(self, caller: Caller) -> list[CodeRow]:
        """Those that the caller may know of, the newest first."""
        ...


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One record of a look."""

    index: LogIndex
    record_id: str
    type: str
    who: str
    subject: str
    when_ms: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Accesses:
    """A page of them."""

    rows: tuple[AccessRow, ...]
    cursor: int | None


@dataclass(frozen=True, slots=True)
class CodeUses:
    """One extraction code without the code."""

    row: CodeRow
    who: str

    @property
    def newest(self) -> tuple[tuple[int, str, str], ...]:
        """When, from which network, and what became of it: the newest first."""
        uses = reversed(self.row.uses[-USES_MAX:])
        return tuple((each.at_ms, each.place, each.outcome.value) for each in uses)


async def accesses(
    service: LedgerService,
    member: str,
    type_key: str,
    after: int | None,
    limit: int,
    language: str,
) -> Accesses:
    """A page of records of looks that the caller may see, the newest first.

    Args:
        service: as the caller may see it.
        member: who looked; empty for anybody.
        type_key: one of `TYPES`; empty for both.
        after: cursor of the page before.
        limit: of rows.
        language: ``zh`` or ``en``.
    """
    query = Query(
        member=MemberId(member) if member else None,
        types=frozenset({type_key} if type_key else TYPES),
    )
    found = await page_of(
        service,
        query,
        None if after is None else LogIndex(after),
        limit,
        newest_first=True,
        own=True,
    )
    names = Names(service, language)
    rows = tuple(
        AccessRow(
            each.index,
            each.stored.record_id.hex(),
            names.type(each.record.type),
            names.member(each.record.issuer),
            each.record.subject,
            each.stored.entry.block_time_ms,
            tuple(facts_of(service, each.record, names, language)),
        )
        for each in found.items
    )
    return Accesses(rows, found.reached)


async def code_uses(
    service: LedgerService, codes: KeepsCodes | None, caller: Caller | None, language: str
) -> tuple[CodeUses, ...]:
    """The newest extraction codes that the caller may know of; none for the public."""
    if codes is None or caller is None:
        return ()
    names = Names(service, language)
    rows = await codes.rows_for(caller)
    return tuple(CodeUses(each, names.member(each.member)) for each in rows[:CODES_MAX])
