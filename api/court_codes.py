"""Extraction codes of one node: made and ended by members, used by whoever types one.

A package is fixed when its code is made: what a court extracts today and the other side tomorrow is
the same file to the byte, and its digest can go into the minutes. Only whether it may still be
shown is asked anew at every use. Whatever opens nothing is answered alike and after the same time.
A code is in no log, no path and no error. Spec: ``docs/spec/court_code.md``.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Final

from api.clock import now_ms
from api.court_code_rows import LIFE_MS, CodeRow, neighbourhood_of, place_of
from api.court_code_store import CourtCodeStore
from api.documents.court_bundle import bundle_size, written
from api.documents.court_desk import CourtDesk, Packed
from api.extraction import Extracted
from api.fairness import Pace
from api.identity import Caller
from api.member_keys import is_member_now, require_key
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.court_code import MAKE, CourtOrder, SignedOrder, code_hash, read_code
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest
from ledger.errors import FormatError, LedgerError, StoreError

PACKAGE_BYTES_MAX: Final = 32 << 20
"""Two hundred records without originals stay far below."""
LEEWAY_MS: Final = 5 * 60_000
"""So far an order's time may be from the node's clock: a copy of an old one does nothing."""
REFUSAL_S: Final = 0.5
"""When a use that opens nothing is answered: what is written to disk until then does not show."""
SUPERVISOR: Final = "supervisor"
"""The role that sees every code's row and uses."""
_LOCAL: Final = "local"
_GIVEN: Final = "given"
_COUNTED: Final = (_GIVEN, Code.COURT_CODE_NONE, Code.COURT_CODE_TYPED, Code.COURT_CODE_PACE)
"""Told from the start, because a number that first appears with a guess is easily overlooked."""


class CourtCodes:
    """The codes of one node."""

    def __init__(self, service: LedgerService, store: CourtCodeStore, desk: CourtDesk) -> None:
        self._service = service
        self._store = store
        self._desk = desk
        self._by_address = Pace(burst=20, each_ms=3_000)
        self._by_all = Pace(burst=300, each_ms=100)
        self._attempts: Counter[str] = Counter()

    @property
    def attempts(self) -> Mapping[str, int]:
        """What became of all that was typed here, by its code; `given` where it opened a package.

        Of codes that never were nothing else is kept: who watches a node sees guessing here.
        """
        return dict.fromkeys(map(str, _COUNTED), 0) | self._attempts

    async def obey(self, signed: SignedOrder) -> CodeRow:
        """Make or end a code as a member orders; an order that was obeyed is answered alike again.

        Raises:
            LedgerError: `court_code.order`, `court_code.full`, `identity.key`, `court_bundle.busy`;
                `api.not_found` for the end of a code that the member has not.
            VerificationError: `signature.invalid`.
            FormatError: `court_bundle.nothing`, `court_bundle.too_many`, `format.too_large`.
            NotPublic: `api.not_public`.
            StoreError: `record.unknown`, `receipt.pending`, `file.unwritable`.
        """
        order, at_ms = signed.order, now_ms()
        self._check(order, at_ms)
        require_key(self._service.chain, order.member_id, signed.key)
        signed.verify()
        row = await asyncio.to_thread(self._store.get, order.code_hash, at_ms)
        if order.action == MAKE:
            if row is not None and row.member != order.member_id:
                raise LedgerError(Code.COURT_CODE_ORDER, what="code_hash")
            return await self._made(order, at_ms) if row is None else row
        if row is None or row.member != order.member_id:
            raise _not_found(order.code_hash)
        return await asyncio.to_thread(self._store.end, order.code_hash, at_ms) or row

    async def extract(self, typed: str, address: str) -> Extracted:
        """The package that a code opens.

        Args:
            typed: by anybody.
            address: from where.

        Raises:
            FormatError: `court_code.typed`.
            LedgerError: `court_code.none`, whatever the reason, and `court_code.pace`.
            StoreError: `store.damaged`, `file.unwritable`.
        """
        try:
            extracted = await self._extracted(typed, address)
        except LedgerError as problem:
            self._attempts[problem.code.value] += 1
            raise
        self._attempts[_GIVEN] += 1
        return extracted

    async def _extracted(self, typed: str, address: str) -> Extracted:
        began_s = time.monotonic()
        place = place_of(address)
        self._pace(address, place, int(began_s * 1000))
        wanted = code_hash(read_code(typed))
        found = await asyncio.to_thread(self._store.use, wanted, now_ms(), place, self._shown)
        if found is None:
            await asyncio.sleep(began_s + REFUSAL_S - time.monotonic())
            raise LedgerError(Code.COURT_CODE_NONE)
        return Extracted(*found)

    def _check(self, order: CourtOrder, at_ms: int) -> None:
        service = self._service
        for what, holds in (
            ("network_id", order.network_id == service.chain.head.network_id),
            ("node_id", order.node_id == service.node.status.node_id),
            ("made_at_ms", abs(order.made_at_ms - at_ms) <= LEEWAY_MS),
        ):
            if not holds:
                raise LedgerError(Code.COURT_CODE_ORDER, what=what)

    async def _made(self, order: CourtOrder, at_ms: int) -> CodeRow:
        await asyncio.to_thread(self._store.check_room, order.member_id, at_ms)
        service = self._service.seen_by(order.member_id)
        if order.record_id is not None:
            packed = await self._desk.of_record(service, order.record_id)
        else:
            packed = await self._desk.of_subject(service, order.subject)
        return await asyncio.to_thread(self._kept, order, packed, at_ms)

    def _kept(self, order: CourtOrder, packed: Packed, at_ms: int) -> CodeRow:
        size = bundle_size(packed.parts)
        if size > PACKAGE_BYTES_MAX:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=size, limit=PACKAGE_BYTES_MAX)
        pieces = list(written(packed.parts))
        row = CodeRow(
            code_hash=order.code_hash,
            member=order.member_id,
            about=order.subject if order.record_id is None else order.record_id.hex(),
            record_ids=packed.record_ids,
            package_sha256=sha256(b"".join(pieces)),
            package_bytes=size,
            made_at_ms=at_ms,
            expires_at_ms=at_ms + LIFE_MS,
        )
        return self._store.keep(row, pieces, at_ms)

    def _pace(self, address: str, place: str, at_ms: int) -> None:
        """Few attempts of one address, and not many of all; a proxy's address is everybody's."""
        wait_ms = 0
        if place != _LOCAL:
            wait_ms = self._by_address.wait_ms(neighbourhood_of(address), at_ms)
        if not wait_ms:
            # What an address may not try takes nothing from what all may.
            wait_ms = self._by_all.wait_ms("", at_ms)
        if wait_ms:
            raise LedgerError(Code.COURT_CODE_PACE, seconds=-(-wait_ms // 1000))

    def _shown(self, row: CodeRow) -> bool:
        """Whether a row's maker may see all of its package now."""
        if not is_member_now(self._service.chain, row.member):
            return False
        service = self._service.seen_by(row.member)
        try:
            stored = [service.stored(each) for each in row.record_ids]
        except StoreError:
            return False
        return all(service.viewer.may_see(service.decoded(each)) for each in stored)

    async def rows_for(self, caller: Caller) -> list[CodeRow]:
        """The caller's codes, or those of all for whoever supervises; the newest first."""
        whose = None if caller.has_role(SUPERVISOR) else caller.member_id
        return await asyncio.to_thread(self._store.rows, whose, now_ms())

    async def row_for(self, caller: Caller, wanted: Digest) -> CodeRow:
        """One of those.

        Raises:
            LedgerError: `api.not_found`.
        """
        row = await asyncio.to_thread(self._store.get, wanted, now_ms())
        if row is None or not (row.member == caller.member_id or caller.has_role(SUPERVISOR)):
            raise _not_found(wanted)
        return row


def _not_found(code: Digest) -> LedgerError:
    return LedgerError(Code.API_NOT_FOUND, query=code.hex()[:16], searched="court code 提取码")
