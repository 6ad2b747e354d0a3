"""Ed25519 over tagged bytes, key ids, and the refusal of weak keys.

A signature holds iff S < L, A and R are canonical, A lies in the prime-order subgroup (checked
once, at enrolment) and the encoding of [S]B − [k]A equals R (RFC 8032 §5.1.7 without cofactor).
No batch equation is used anywhere: libraries disagree on small-order parts. Spec:
``docs/spec/signing.md``.
"""

from functools import lru_cache
from typing import Final, Protocol

from nacl import bindings
from nacl.exceptions import BadSignatureError, CryptoError

from ledger.codes import Code
from ledger.core.canonical import encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import KeyId, PublicKey
from ledger.errors import FormatError, VerificationError

ALGORITHM = "ed25519"
SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
_KEYS_KEPT: Final = 4096


class Signer(Protocol):
    """Whoever holds a private key: in memory, on a card, behind a socket."""

    @property
    def public_key(self) -> PublicKey:
        """32 bytes, Ed25519."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`; deterministic (RFC 8032)."""
        ...


class Ed25519Signer:
    """A signer whose seed is in this process's memory."""

    __slots__ = ("_secret", "public_key")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise FormatError(Code.FORMAT_SHAPE, what="seed")
        public, self._secret = bindings.crypto_sign_seed_keypair(seed)
        self.public_key = PublicKey(public)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return bindings.crypto_sign(message, self._secret)[: bindings.crypto_sign_BYTES]

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.public_key.hex()[:8]})"


def check_public_key(key: bytes) -> PublicKey:
    """Return `key` where it is fit for enrolment.

    Raises:
        VerificationError: `key.weak` for a key that is not canonical, of small order, or outside
            the prime-order subgroup.
    """
    if len(key) != PUBLIC_KEY_BYTES or not _in_subgroup(key):
        raise VerificationError(Code.KEY_WEAK, key=key.hex()[:64])
    return PublicKey(key)


@lru_cache(_KEYS_KEPT)
def _in_subgroup(key: bytes) -> bool:
    """Kept, since the same few keys are asked about at every block, and the arithmetic is slow."""
    return bool(bindings.crypto_core_ed25519_is_valid_point(key))


def key_id(key: bytes) -> KeyId:
    """``H(tag ‖ [algorithm, public key])``, whole."""
    return KeyId(tagged_hash(Tag.KEY, encode((ALGORITHM, key))))


def sign_tagged(signer: Signer, tag: Tag, body: bytes) -> bytes:
    """The signature over the tag's prefix and `body`."""
    return signer.sign(tag.prefix + body)


def verify_tagged(key: bytes, tag: Tag, body: bytes, signature: bytes) -> None:
    """Require that `signature` is `key`'s over the tag's prefix and `body`.

    Raises:
        VerificationError: `signature.invalid`.
    """
    verify(key, tag.prefix + body, signature)


def verify(key: bytes, message: bytes, signature: bytes) -> None:
    """Require that `signature` is `key`'s over `message`.

    Raises:
        VerificationError: `signature.invalid`.
    """
    if len(signature) != bindings.crypto_sign_BYTES or len(key) != PUBLIC_KEY_BYTES:
        raise VerificationError(Code.SIGNATURE_INVALID, key=key.hex()[:16])
    try:
        bindings.crypto_sign_open(signature + message, key)
    except (BadSignatureError, CryptoError) as problem:
        raise VerificationError(Code.SIGNATURE_INVALID, key=key.hex()[:16]) from problem
