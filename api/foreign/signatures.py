"""Signatures of other people's certificates: SM2 with SM3, RSA, ECDSA.

SM2 comes with `bidwitness[gm]`; a machine without it says so instead of guessing. The signer's name
in SM2 is the default of GM/T 0009-2012, which is what certificates and seals use.
"""

from collections.abc import Callable
from typing import Any, Final

from ledger.codes import Code
from ledger.errors import StoreError, VerificationError

SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
RSA_WITH_SHA256: Final = "1.2.840.113549.1.1.11"
ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"


def check_signature(algorithm: str, public_key: bytes, signature: bytes, message: bytes) -> None:
    """Require that a key signed a message.

    Args:
        algorithm: object identifier.
        public_key: SubjectPublicKeyInfo, DER.
        signature: as the algorithm spells it; ``SEQUENCE{r, s}`` for SM2 and ECDSA.
        message: what was signed, not hashed.

    Raises:
        VerificationError: `eseal.signature`.
        StoreError: `gm.missing`, `eseal.algorithm`: it cannot be judged here.
    """
    check = _CHECKS.get(algorithm)
    if check is None:
        raise StoreError(Code.ESEAL_ALGORITHM, algorithm=algorithm)
    check(public_key, signature, message)


def _sm2(public_key: bytes, signature: bytes, message: bytes) -> None:
    try:
        from tongsuopy.crypto import exceptions, hashes, serialization
        from tongsuopy.crypto.asymciphers import ec
    except ImportError as problem:
        raise StoreError(Code.GM_MISSING) from problem
    try:
        key: Any = serialization.load_der_public_key(public_key)
        if not isinstance(key.curve, ec.SM2):
            raise VerificationError(Code.ESEAL_SIGNATURE)
        key.verify(signature, message, ec.ECDSA(hashes.SM3()))
    except (
        exceptions.InvalidSignature,
        exceptions.UnsupportedAlgorithm,
        # The library's name for bytes that are no signature, and for a key that is none.
        exceptions.InternalError,
        ValueError,
    ) as problem:
        raise VerificationError(Code.ESEAL_SIGNATURE) from problem


def _classic(public_key: bytes, signature: bytes, message: bytes, kind: str) -> None:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    try:
        key = serialization.load_der_public_key(public_key)
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        elif kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        else:
            raise VerificationError(Code.ESEAL_SIGNATURE)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as problem:
        raise VerificationError(Code.ESEAL_SIGNATURE) from problem


def _rsa(public_key: bytes, signature: bytes, message: bytes) -> None:
    _classic(public_key, signature, message, "rsa")


def _ecdsa(public_key: bytes, signature: bytes, message: bytes) -> None:
    _classic(public_key, signature, message, "ecdsa")


_CHECKS: Final[dict[str, Callable[[bytes, bytes, bytes], None]]] = {
    SM2_WITH_SM3: _sm2,
    RSA_WITH_SHA256: _rsa,
    ECDSA_WITH_SHA256: _ecdsa,
}
