"""What an authority answers to a request for a time stamp, and what of it is taken.

Pure. Whatever comes back is foreign: it is read under caps, and only a token that every reader who
trusts this authority will take is kept. Spec: RFC 3161 section 2.4.2, ``docs/spec/time_stamps.md``.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from api.outbound.answer import Answer
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint
from ledger.core.time_stamp import TOKEN_BYTES_MAX, decode_token, granted_token
from ledger.errors import LedgerError, VerificationError
from ledger.time_stamps import Authority, check_token

ANSWER_BYTES_MAX: Final = TOKEN_BYTES_MAX + 4 * 1024
"""A token, and a status with some words."""
APART_MS_MAX: Final = 600_000
"""How far an authority's time may be from this node's clock: beyond, one of both is wrong."""
GRANTED: Final = frozenset({0, 1})
"""`granted` and `grantedWithMods`."""
_OK: Final = 200


class StampFault(Enum):
    """What is wrong with an answer itself, beyond that nothing came of it."""

    TOKEN = "token"
    """It says yes, and its token does not hold."""
    CLOCK = "clock"
    """Its token holds, and its time is far from this node's clock."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The authority stamped the head."""

    token: bytes
    time_ms: int
    """At the latest, by its own clock."""


@dataclass(frozen=True, slots=True)
class NoStamp:
    """Nothing to keep, and why."""

    reason: str
    fault: StampFault | None = None


StampReply: TypeAlias = Stamp | NoStamp


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for."""

    head: Checkpoint
    nonce: int


def judge_stamp(answer: Answer, asked: Asked, authority: Authority, now_ms: int) -> StampReply:
    """What an answer is worth.

    Args:
        answer: from anyone.
        asked: the request.
        authority: whose word it must be, by the settings of this node.
        now_ms: this node's clock.
    """
    if answer.status != _OK:
        return NoStamp(f"HTTP {answer.status}")
    try:
        status, spelled = granted_token(answer.body)
        if status not in GRANTED:
            return NoStamp(f"PKIStatus {status}")
        token = decode_token(spelled)
        if token.info.nonce != asked.nonce:
            raise VerificationError(Code.TIME_STAMP_NONCE)
        info = check_token(token, asked.head, authority)
    except LedgerError as problem:
        return NoStamp(str(problem), StampFault.TOKEN)
    apart_ms = info.time_ms - now_ms
    if abs(apart_ms) > APART_MS_MAX:
        return NoStamp(f"{apart_ms:+d} ms", StampFault.CLOCK)
    return Stamp(spelled, info.time_ms + info.accuracy_ms)
