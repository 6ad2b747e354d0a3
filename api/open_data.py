"""Open data of a subject and all within it, as a caller may see them.

What is not shown is left out, and so is what has no receipt yet: a package is of the newest head
that a quorum cosigned. One at a time; between two receipts the event loop gets its turn.
"""

import asyncio
from typing import Final

from api.engines.query import Query
from api.ocds.building import JsonObject
from api.ocds.composing import REGISTERED, members_named
from api.ocds.items import items_from
from api.ocds.packaging import own_prefix, package_of
from api.queries.asking import answer_of
from api.service import LedgerService
from ledger.block_store import StoredRecord
from ledger.codes import Code
from ledger.core.identifiers import LogIndex, MemberId, RecordId, Subject
from ledger.errors import FormatError, LedgerError
from ledger.lookup import Turn

RECORDS_MAX: Final = 1_000
_PAGE: Final = 200


class OpenDataDesk:
    """Writes one package at a time."""

    def __init__(self) -> None:
        """A desk at which nobody waits."""
        self._busy = asyncio.Lock()

    async def package(
        self, service: LedgerService, subject: Subject, prefix: str | None, address: str, uri: str
    ) -> JsonObject:
        """The package of a subject, for the caller by whom `service` is seen.

        Args:
            service: as the caller may see it.
            subject: of which, and of all within it, it is.
            prefix: of ocids; None for the network's own.
            address: of this node.
            uri: at which the package was asked for.

        Raises:
            FormatError: `ocds.nothing`, `ocds.many`.
            LedgerError: `ocds.busy`.
        """
        if self._busy.locked():
            raise LedgerError(Code.OCDS_BUSY)
        async with self._busy:
            genesis = service.chain.genesis
            receipts = []
            for each in await _shown(service, subject):
                receipts.append(service.receipt_of(each))
                await asyncio.sleep(0)
            if not receipts:
                raise FormatError(Code.OCDS_NOTHING)
            items = items_from(receipts, genesis.parameters)
            wanted = prefix or own_prefix(genesis)
            return await asyncio.to_thread(package_of, items, genesis, wanted, address, uri)


async def _shown(service: LedgerService, subject: Subject) -> list[RecordId]:
    """The records that belong into a package."""
    query, after = Query(subject=subject, within=True), None
    found: dict[RecordId, None] = {}
    members: set[MemberId] = set()
    while True:
        answer = await answer_of(service, query, after, _PAGE)
        shown = [each for each in answer.items if _has_receipt(service, each.stored)]
        members |= members_named(each.record for each in shown)
        found |= dict.fromkeys(each.stored.record_id for each in shown)
        if len(found) > RECORDS_MAX:
            raise FormatError(Code.OCDS_MANY, limit=RECORDS_MAX)
        after = answer.reached
        if after is None:
            break
    for member in sorted(members):
        registered = _registration(service, member)
        if registered is not None:
            found[registered] = None
    return list(found)


def _has_receipt(service: LedgerService, stored: StoredRecord) -> bool:
    return stored.entry.height <= service.chain.cosigned_height


def _registration(service: LedgerService, member: MemberId) -> RecordId | None:
    """The newest record by which a member was registered; None for one that founded the network."""
    after: LogIndex | None = None
    while True:
        turn = Turn(_PAGE, after, newest_first=True)
        page = service.chain.lookup.by_subject(Subject(member), turn)
        for each in page.items:
            stored = service.stored(each.record_id)
            record = service.decoded(stored)
            is_shown = service.viewer.may_see(record) and _has_receipt(service, stored)
            if record.type == REGISTERED and is_shown:
                return each.record_id
        if page.cursor is None:
            return None
        after = page.cursor
