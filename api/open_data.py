"""Open data of a subject and all within it, as a caller may see them.

What is not shown is left out, and so is what has no receipt yet: a package is of the newest head
that a quorum cosigned. One at a time; between two receipts the event loop gets its turn, and the
file is composed and spelt in a thread.
"""

import asyncio
import json
from typing import Final

from api.engines.query import Query
from api.ocds.composing import REGISTERED, members_named
from api.ocds.items import items_from
from api.ocds.packaging import own_prefix, package_of
from api.queries.asking import answer_of, page_of
from api.service import LedgerService
from ledger.block_store import StoredRecord
from ledger.carriers.ocds_package import RECEIPTS_MAX
from ledger.codes import Code
from ledger.core.genesis import Genesis
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.errors import FormatError, LedgerError

RECORDS_MAX: Final = 1_000
TURNS_MAX: Final = 50
"""Pages asked for one answer: where most is hidden from the caller, they are nearly empty."""
_PAGE: Final = 200


class OpenDataDesk:
    """Writes one package at a time."""

    def __init__(self) -> None:
        """A desk at which nobody waits."""
        self._busy = asyncio.Lock()

    async def package(
        self, service: LedgerService, subject: Subject, prefix: str | None, address: str, uri: str
    ) -> bytes:
        """The package of a subject as a file, for the caller by whom `service` is seen.

        Args:
            service: as the caller may see it.
            subject: of which, and of all within it, it is.
            prefix: of ocids; None for the network's own.
            address: of this node.
            uri: at which the package was asked for.

        Raises:
            FormatError: `ocds.nothing`, `ocds.many`.
            LedgerError: `ocds.busy`; `log.not_kept` where this node began with a snapshot.
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
            wanted = prefix or own_prefix(genesis)
            return await asyncio.to_thread(_file, receipts, genesis, wanted, address, uri)


def _file(receipts: list[Receipt], genesis: Genesis, prefix: str, address: str, uri: str) -> bytes:
    made = package_of(items_from(receipts, genesis.parameters), genesis, prefix, address, uri)
    return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()


async def _shown(service: LedgerService, subject: Subject) -> list[RecordId]:
    """The records that belong into a package.

    Raises:
        FormatError: `ocds.many`.
    """
    query, after = Query(subject=subject, within=True), None
    found: dict[RecordId, None] = {}
    members: set[MemberId] = set()
    for _ in range(TURNS_MAX):
        answer = await page_of(service, query, after, _PAGE)
        shown = [each for each in answer.items if _has_receipt(service, each.stored)]
        members |= members_named(each.record for each in shown)
        found |= dict.fromkeys(each.stored.record_id for each in shown)
        if len(found) > RECORDS_MAX:
            raise FormatError(Code.OCDS_MANY, limit=RECORDS_MAX)
        after = answer.reached
        if after is None:
            break
    else:
        raise FormatError(Code.OCDS_MANY, limit=RECORDS_MAX)
    for member in sorted(members):
        registered = await _registration(service, member)
        if registered is not None:
            found[registered] = None
    if len(found) > RECEIPTS_MAX:
        raise FormatError(Code.OCDS_MANY, limit=RECORDS_MAX)
    return list(found)


def _has_receipt(service: LedgerService, stored: StoredRecord) -> bool:
    return stored.entry.height <= service.chain.cosigned_height


async def _registration(service: LedgerService, member: MemberId) -> RecordId | None:
    """The newest record by which a member was registered; None for one that founded the network.

    The node's own rows are asked, whatever else was said about the member: an index beside them may
    not know yet what the records shown here do.

    Raises:
        FormatError: `ocds.many`.
    """
    query = Query(subject=Subject(member), types=frozenset({REGISTERED}))
    after = None
    for _ in range(TURNS_MAX):
        answer = await answer_of(service, query, after, _PAGE, newest_first=True, own=True)
        for each in answer.items:
            if _has_receipt(service, each.stored):
                return each.stored.record_id
        after = answer.reached
        if after is None:
            return None
    raise FormatError(Code.OCDS_MANY, limit=RECORDS_MAX)
