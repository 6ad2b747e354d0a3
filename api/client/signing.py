"""What a member signs, with fresh randomness: the one place where a client draws a bundle's nonce.

Spec: ``docs/spec/bundle.md``.
"""

import secrets
from collections.abc import Callable, Sequence

from ledger.core import bundle
from ledger.core.bundle import Bundle
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.record import NONCE_BYTES
from ledger.core.signing import Signer


def sign_bundle(
    signer: Signer,
    network_id: NetworkId,
    issuer: MemberId,
    records: Sequence[bytes],
    created_at_ms: int,
    expires_at_ms: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Bundle:
    """A bundle of `records` (canonical bytes) under `signer`'s key, with a nonce of its own.

    Args:
        signer: a key of the issuer.
        network_id: of the ledger.
        issuer: of every record.
        records: canonical bytes, distinct.
        created_at_ms: by the issuer's clock.
        expires_at_ms: the bundle is refused after this block time.
        random: gives so many fresh random bytes.

    Raises:
        FormatError: `bundle.invalid` for no records or the same record twice.
    """
    life = (created_at_ms, expires_at_ms)
    return bundle.sign_bundle(signer, network_id, issuer, records, *life, random(NONCE_BYTES))
