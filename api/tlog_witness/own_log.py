"""OwnLog: what an observer adds to a witness: it cosigns no head that it has not judged itself.

A witness believes a quorum; an observer has judged every record under the head again. A head that
is not here yet is waited for, because it is shown a moment before its block arrives here; one that
contradicts this chain is evidence that a quorum signed two logs.
"""

from dataclasses import replace
from typing import Final

import structlog

from api.clock import now_ms
from api.node import Node
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.add_checkpoint import parse_add_checkpoint
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.errors import StoreError, VerificationError
from ledger.trust import TrustRoot
from ledger.witnessing import verified_lines

WAIT_MS: Final = 5_000
"""For the blocks under a head that is shown here."""
WAITING_MAX: Final = 64
"""Requests that wait so at once: whoever has a head may ask as often as it likes."""


class OwnLog:
    """Looks at requests before the witness does."""

    def __init__(self, chain: Chain, node: Node, trust: TrustRoot) -> None:
        self._chain = chain
        self._node = node
        self._trust = trust
        self._log = structlog.get_logger("witness")
        self._waiting_count = 0

    def present(self, trust: TrustRoot) -> TrustRoot:
        """A trust root with the epochs that this chain has had, whose every block was judged."""
        return replace(trust, epochs=self._chain.epochs)

    async def look(self, body: bytes) -> None:
        """Require that the head in a request is of this chain, as far as it was judged here.

        Raises:
            FormatError: `witness.request`, `note.invalid`.
            VerificationError: as `verified_lines`; `checkpoint.conflict` for a head that a quorum
                cosigned and that is not of this chain.
            StoreError: `witness.ahead` where its blocks did not come in time.
        """
        note = parse_add_checkpoint(body).note
        head = parse_checkpoint(note.text)
        if head.origin != self._trust.origin:
            # Another log's: the witness itself says that it knows none.
            return
        verified_lines(note, self.present(self._trust))
        wait_ms = WAIT_MS if self._waiting_count < WAITING_MAX else 0
        self._waiting_count += 1
        try:
            await self._arrived(head.size, wait_ms)
        finally:
            self._waiting_count -= 1
        # Among its blocks may have been the one that closed the epoch.
        verified_lines(note, self.present(self._trust))
        self._check(head, note.format())

    async def _arrived(self, size: int, wait_ms: int) -> None:
        until_ms = now_ms() + wait_ms
        while self._chain.head.log_size < size:
            left_ms = until_ms - now_ms()
            if left_ms <= 0 or self._node.failure is not None:
                own = self._chain.head.log_size
                raise StoreError(Code.WITNESS_AHEAD, asked=size, size=own)
            await self._node.moved(left_ms / 1000)

    def _check(self, head: Checkpoint, note: bytes) -> None:
        height = self._chain.blocks.height_of_size(head.size) if head.size else None
        if height is not None and self._chain.blocks.header(height).log_root == head.root:
            return
        self._chain.heads.compare(note)
        self._log.critical("witness.conflict", size=head.size, note=note.decode())
        raise VerificationError(Code.CHECKPOINT_CONFLICT, node="–", size=head.size)
