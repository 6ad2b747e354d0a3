"""X25519 keys to which members encrypt for each other: what one must be to be enrolled.

They sign nothing, and no Ed25519 key is turned into one: whoever holds a signing key on a card
could not decrypt, and one key would serve two purposes. Spec: ``docs/spec/deposits.md``.
"""

from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError

from ledger.codes import Code
from ledger.errors import VerificationError

KEY_BYTES: Final = 32
_FIELD: Final = (1 << 255) - 19
_ANY_SCALAR: Final = bytes([8]) + bytes(31)


def check_encryption_key(key: bytes) -> bytes:
    """Return `key` where it is fit for enrolment.

    Raises:
        VerificationError: `key.weak` for another length, a spelling at or above 2^255 - 19, or a
            point of small order, with which everybody shares the same secret.
    """
    if len(key) != KEY_BYTES or int.from_bytes(key, "little") >= _FIELD:
        raise VerificationError(Code.KEY_WEAK, key=key.hex()[:64])
    try:
        bindings.crypto_scalarmult(_ANY_SCALAR, key)
    except CryptoError as problem:
        raise VerificationError(Code.KEY_WEAK, key=key.hex()[:64]) from problem
    return key
