"""Time stamps of a receipt's log, and whose word about time a reader takes.

An authority stamps the head that it is shown last; like the cosignature of a witness, that counts
for every earlier head too, by a consistency path. Raises and never returns a bool. Spec: check 8
of ``docs/spec/receipt.md``, ``docs/spec/time_stamps.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from cryptography import x509

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.identifiers import Digest
from ledger.core.receipt_parts import StampedHead
from ledger.core.time_stamp import StampInfo, Token, decode_token
from ledger.errors import FormatError, VerificationError
from ledger.heads import verify_extends
from ledger.stamp_certificates import check_purpose, check_signed, check_way, signer_of


@dataclass(frozen=True, slots=True)
class Authority:
    """A time stamping authority that a reader trusts."""

    name: str
    """As the reader calls it."""
    anchors: tuple[x509.Certificate, ...]
    """Its own certificate, or those of whoever answers for it; at least one."""


@dataclass(frozen=True, slots=True)
class TimeTrust:
    """Whose word about time a reader takes, and what the reader demands of it."""

    authorities: tuple[Authority, ...]
    """Of distinct names."""
    demanded: tuple[str, ...] = ()
    """Names of authorities, each of which must have stamped."""
    before_ms: int | None = None
    """Before this, each demanded authority must have stamped; where none is, any of them."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """One authority's word that a head which holds the record existed."""

    name: str
    """Of the authority, as the reader calls it."""
    time_ms: int
    """When, at the latest: its time with its accuracy, an upper bound."""
    size: int
    """Of the head that was stamped."""


@dataclass(frozen=True, slots=True)
class StampWord:
    """One stamped head of a receipt, decoded as far as every reader judges it."""

    checkpoint: Checkpoint
    path: tuple[Digest, ...]
    """From the receipt's head to this one."""
    token: bytes
    """DER, not judged."""


def stamp_words(heads: Sequence[StampedHead]) -> tuple[StampWord, ...]:
    """The heads of a receipt's slot `timestamps`, decoded; tokens are not looked into.

    Raises:
        FormatError: `note.invalid`, or `receipt.timestamps` where their sizes descend.
    """
    words = tuple(
        StampWord(parse_checkpoint(each.checkpoint), each.path, each.token) for each in heads
    )
    if any(later.checkpoint.size < each.checkpoint.size for each, later in pairwise(words)):
        raise FormatError(Code.RECEIPT_TIMESTAMPS, what="order")
    return words


def check_stamps(
    checkpoint: Checkpoint, words: Sequence[StampWord], times: TimeTrust | None
) -> tuple[Stamped, ...] | None:
    """Require that every stamped head follows the receipt's, and what the reader demands.

    Args:
        checkpoint: of the receipt.
        words: its stamped heads.
        times: whose word counts; None: no token is looked into.

    Returns:
        Who stamped, of those whom the reader trusts, in the receipt's order; None without `times`.

    Raises:
        FormatError: `time_stamp.format`.
        VerificationError: `receipt.origin`, `receipt.timestamps` for a smaller head,
            `proof.consistency`; with `times` a `time_stamp.*` code.
    """
    for word in words:
        if word.checkpoint.size < checkpoint.size:
            raise VerificationError(Code.RECEIPT_TIMESTAMPS, what="size")
        verify_extends(checkpoint, word.checkpoint, word.path)
    if times is None:
        return None
    judged = (_stamped(word, times.authorities) for word in words)
    found = tuple(each for each in judged if each is not None)
    _check_demanded(found, times)
    return found


def imprint_of(checkpoint: Checkpoint) -> Digest:
    """What an authority stamps of a head: SHA-256 of its three lines."""
    return Digest(sha256(checkpoint.text().encode()).digest())


def check_token(token: Token, checkpoint: Checkpoint, authority: Authority) -> StampInfo:
    """Require that an authority stamped this head.

    Args:
        token: from anyone.
        checkpoint: the head.
        authority: whose word it must be.

    Raises:
        FormatError: `time_stamp.format`.
        VerificationError: `time_stamp.imprint` for another head, `time_stamp.unknown` where the
            signer does not lead to the authority, and what `ledger.stamp_certificates` says.
    """
    _check_imprint(token, checkpoint)
    return check_author(token, authority)


def check_author(token: Token, authority: Authority) -> StampInfo:
    """Require that an authority made a token; of what, is for the caller to compare.

    Raises:
        FormatError, VerificationError: as `check_token`, but for the imprint.
    """
    signer = signer_of(token, authority.anchors)
    check_way(signer, token.certificates, authority.anchors, token.info.time_ms)
    check_purpose(signer)
    check_signed(token, signer)
    return token.info


def _check_imprint(token: Token, checkpoint: Checkpoint) -> None:
    if token.info.imprint != imprint_of(checkpoint):
        raise VerificationError(Code.TIME_STAMP_IMPRINT, size=checkpoint.size)


def _stamped(word: StampWord, authorities: Sequence[Authority]) -> Stamped | None:
    """Whose token it is; None for one that leads to nobody whom the reader trusts."""
    token = decode_token(word.token)
    _check_imprint(token, word.checkpoint)
    for each in authorities:
        try:
            info = check_token(token, word.checkpoint, each)
        except VerificationError as problem:
            if problem.code is Code.TIME_STAMP_UNKNOWN:
                continue
            raise
        return Stamped(each.name, info.time_ms + info.accuracy_ms, word.checkpoint.size)
    return None


def _check_demanded(found: Sequence[Stamped], times: TimeTrust) -> None:
    before_ms = times.before_ms
    early = {each.name for each in found if before_ms is None or each.time_ms < before_ms}
    missing = [name for name in times.demanded if name not in early]
    if missing or (before_ms is not None and not early):
        named = " ".join(missing or [each.name for each in times.authorities])
        raise VerificationError(Code.TIME_STAMP_MISSING, names=named[:200])
