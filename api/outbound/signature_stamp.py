"""StampingDesk: has the first authority that answers stamp a signature, and waits for none long.

For certificates that are made beside the event loop, each in a thread of its own: an authority that
is away delays one certificate by some seconds, and the next ones not at all.
"""

import asyncio
import time
from collections.abc import Sequence
from secrets import randbits
from typing import Final

import structlog

from api.outbound.post import STAMP_QUERY, HttpPost, Unanswered
from api.outbound.stamp_answer import ANSWER_BYTES_MAX, GRANTED
from api.outbound.time_target import TimeTarget
from ledger.codes import Code
from ledger.core.identifiers import Digest
from ledger.core.time_stamp import NONCE_BYTES, decode_token, encode_request, granted_token
from ledger.errors import LedgerError, VerificationError
from ledger.time_stamps import check_author

PATIENCE_S: Final = 5.0
REST_S: Final = 60.0
"""So long nobody is asked again after none answered."""
_OK: Final = 200


class StampingDesk:
    """The authorities of one node's settings; call it with what is to be stamped."""

    def __init__(self, targets: Sequence[TimeTarget]) -> None:
        self._targets = targets
        self._rests_until = 0.0
        self._log = structlog.get_logger("outbound")

    def __call__(self, imprint: Digest) -> bytes | None:
        """A token over `imprint` that holds; None where no authority gives one now."""
        if time.monotonic() < self._rests_until:
            return None
        for target in self._targets:
            try:
                return asyncio.run(_token(target, imprint))
            except (Unanswered, TimeoutError, LedgerError) as problem:
                name = target.authority.name
                self._log.warning("stamp.signature", authority=name, reason=str(problem))
        self._rests_until = time.monotonic() + REST_S
        return None


async def _token(target: TimeTarget, imprint: Digest) -> bytes:
    """One authority's token, judged as it will be by readers who trust it."""
    nonce = randbits(8 * NONCE_BYTES)
    post = HttpPost(
        target.url, target.certificate, media_type=STAMP_QUERY, answer_bytes_max=ANSWER_BYTES_MAX
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer = await post.send(encode_request(imprint, nonce))
    finally:
        await post.close()
    if answer.status != _OK:
        raise Unanswered(f"HTTP {answer.status}")
    status, spelled = granted_token(answer.body)
    if status not in GRANTED:
        raise Unanswered(f"PKIStatus {status}")
    token = decode_token(spelled)
    if token.info.nonce != nonce:
        raise VerificationError(Code.TIME_STAMP_NONCE)
    if token.info.imprint != imprint:
        raise VerificationError(Code.TIME_STAMP_IMPRINT, size=0)
    check_author(token, target.authority)
    return spelled
