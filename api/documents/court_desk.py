"""Hands out court bundles: what a caller may see of a subject or a record, in one ZIP.

One at a time, while a few wait, and the event loop gets its turn between two receipts. Rights are
asked of every record; what the caller may not see is left out, like in every list. Spec:
``docs/spec/court_bundle.md``.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from api.clock import now_ms
from api.documents.court_bundle import Contents, Part, bundle_parts
from api.documents.desk import CertificateDesk
from api.fairness import Shares
from api.kept import require_whole
from api.service import LedgerService
from ledger.block_store import StoredRecord
from ledger.codes import Code
from ledger.core.epoch_policy import bundle_policies
from ledger.core.identifiers import NodeId, RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.core.tlog_proof import TlogProof, tlog_proof
from ledger.epoch_links import led
from ledger.errors import FormatError, LedgerError
from ledger.lookup import Turn
from ledger.trust import trust_root

RECORDS_MAX: Final = 200
"""In one answer; the command asks for the receipts one by one, and takes more."""
CERTIFICATES_MAX: Final = 20
"""Records of which a package holds the certificates too: about three seconds of the printer."""
WAITING_MAX: Final = 4
"""Packages made or waited for at once; most are about one record, a tenth of a second of work."""
PER_ADDRESS_MAX: Final = 2
"""Of one address, so that it cannot have all places."""
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Packed:
    """A bundle that can be sent."""

    name: str
    """Of the file."""
    parts: Sequence[Part]
    record_ids: tuple[RecordId, ...]
    """What it holds, in the order of the log."""


class CourtDesk:
    """Court bundles of one node's ledger."""

    def __init__(self, certificates: CertificateDesk) -> None:
        """A desk that asks another one for certificates."""
        self._certificates = certificates
        self._turn = asyncio.Lock()
        self._busy_count = 0
        self.shares = Shares(PER_ADDRESS_MAX, Code.COURT_BUNDLE_BUSY)
        """Of those who ask over HTTP."""

    async def of_record(self, service: LedgerService, record_id: RecordId) -> Packed:
        """The bundle of one record, for the caller by whom `service` is seen.

        Raises:
            NotPublic: `api.not_public`.
            StoreError: `record.unknown`, `receipt.pending`.
            LedgerError: `court_bundle.busy`, `certificate_pdf.busy`.
        """
        stored = service.stored(record_id)
        service.viewer.require(service.decoded(stored))
        async with self._in_turn():
            return await self._packed(service, record_id.hex(), [stored], record_id.hex()[:16])

    async def of_subject(self, service: LedgerService, subject: Subject) -> Packed:
        """The bundle of everything about a subject that the caller by whom it is seen may see.

        Raises:
            StoreError: `receipt.pending`, `log.not_kept`.
            FormatError: `court_bundle.nothing`, `court_bundle.too_many`.
            LedgerError: `court_bundle.busy`, `certificate_pdf.busy`.
        """
        # A bundle that a court takes for all there is leaves nothing out without a word.
        require_whole(service.chain)
        async with self._in_turn():
            shown = await _shown(service, subject)
            if not shown:
                raise FormatError(Code.COURT_BUNDLE_NOTHING, about=subject)
            return await self._packed(service, subject, shown, "package")

    async def _packed(
        self, service: LedgerService, about: str, shown: Sequence[StoredRecord], name: str
    ) -> Packed:
        made: list[tuple[Receipt, TlogProof]] = []
        papers: dict[str, bytes] = {}
        for stored in shown:
            made.append(_proved(service, stored.record_id))
            if len(shown) <= CERTIFICATES_MAX:
                number, paper = await self._certificates.certificate(service, stored.record_id)
                papers[f"certificates/{number}.pdf"] = paper
            await asyncio.sleep(0)
        contents = _contents(service, about, made, papers)
        parts = await asyncio.to_thread(bundle_parts, contents)
        return Packed(f"{name}.zip", parts, tuple(each.record_id for each in shown))

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        if self._busy_count >= WAITING_MAX:
            raise LedgerError(Code.COURT_BUNDLE_BUSY, limit=WAITING_MAX)
        self._busy_count += 1
        try:
            async with self._turn:
                yield
        finally:
            self._busy_count -= 1


async def _shown(service: LedgerService, subject: Subject) -> list[StoredRecord]:
    after = None
    shown: list[StoredRecord] = []
    while True:
        page = service.chain.lookup.by_subject(subject, Turn(_PAGE, after, newest_first=False))
        for each in page.items:
            stored = service.stored(each.record_id)
            if not service.viewer.may_see(service.decoded(stored)):
                continue
            if len(shown) == RECORDS_MAX:
                raise FormatError(Code.COURT_BUNDLE_TOO_MANY, limit=RECORDS_MAX)
            shown.append(stored)
        if page.cursor is None:
            return shown
        after = page.cursor
        # Of what the caller may not see there can be any number.
        await asyncio.sleep(0)


def _proved(service: LedgerService, record_id: RecordId) -> tuple[Receipt, TlogProof]:
    receipt = service.receipt_of(record_id)
    signed = service.published.signed(receipt.checkpoint.encode()).decode()
    return receipt, tlog_proof(replace(receipt, checkpoint=signed))


def _contents(
    service: LedgerService,
    about: str,
    made: Sequence[tuple[Receipt, TlogProof]],
    papers: Mapping[str, bytes],
) -> Contents:
    receipts = [receipt for receipt, _ in made]
    trust = trust_root(service.chain.genesis)
    for receipt in receipts:
        # As far as the heads inside reach: the page names their committee, and not another.
        if len(receipt.epochs) > trust.committee.epoch:
            trust = led(trust, receipt.epochs)
    node = NodeId(service.node.status.node_id)
    policies = bundle_policies(service.chain.epochs, receipts, trust.origin, node)
    return Contents(
        trust=trust,
        about=about,
        made_at_ms=now_ms(),
        receipts=receipts,
        proofs=made,
        presented=papers,
        policies=policies,
        type_names={key: (each.zh, each.en) for key, each in service.catalogue.types.items()},
    )
