"""A keyed hash that only the key's holder can compute and anyone can check: RFC 9381.

The suite is ECVRF-EDWARDS25519-SHA512-TAI. For one key and one input there is one hash, even if the
holder would like another. Stricter than the RFC in one thing: Gamma outside the prime-order
subgroup is refused, which no honest proof has. Spec: ``docs/spec/negative_list.md``.
"""

import hashlib
from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError

from ledger.codes import Code
from ledger.core.signing import SEED_BYTES, check_public_key
from ledger.errors import FormatError, InvariantBroken, VerificationError

PROOF_BYTES: Final = 80
HASH_BYTES: Final = 64
_SUITE: Final = b"\x03"
_POINT_BYTES: Final = 32
_CHALLENGE_BYTES: Final = 16
_FIELD: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_TRIES_MAX: Final = 256


class VrfKey:
    """A secret key in this process's memory, made like an Ed25519 key from a seed."""

    __slots__ = ("_nonce_key", "_scalar", "public_key")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise FormatError(Code.FORMAT_SHAPE, what="seed")
        expanded = bytearray(hashlib.sha512(seed).digest())
        # RFC 8032 section 5.1.5: the pruned lower half is the scalar.
        expanded[0] &= 248
        expanded[31] = expanded[31] & 127 | 64
        scalar = int.from_bytes(expanded[:32], "little") % _ORDER
        self._scalar = scalar
        self._nonce_key = bytes(expanded[32:])
        self.public_key = _times_base(scalar)

    def prove(self, data: bytes) -> bytes:
        """The proof of the hash of `data`, `PROOF_BYTES` long; deterministic (section 5.1)."""
        point = _to_curve(self.public_key, data)
        gamma = _times(self._scalar, point)
        nonce = _scalar_of(hashlib.sha512(self._nonce_key + point).digest())
        challenge = _challenge(
            self.public_key, point, gamma, _times_base(nonce), _times(nonce, point)
        )
        answer = (nonce + challenge * self._scalar) % _ORDER
        return (
            gamma + challenge.to_bytes(_CHALLENGE_BYTES, "little") + answer.to_bytes(32, "little")
        )

    def hash(self, data: bytes) -> bytes:
        """The hash of `data`, `HASH_BYTES` long, that `prove` proves (section 5.2)."""
        return _hash_of(_times(self._scalar, _to_curve(self.public_key, data)))

    def __repr__(self) -> str:
        return f"VrfKey({self.public_key.hex()[:8]})"


def verify_vrf(public_key: bytes, data: bytes, proof: bytes) -> bytes:
    """The hash of `data` under `public_key`, `HASH_BYTES` long, where the proof holds.

    Args:
        public_key: 32 bytes.
        data: what was hashed.
        proof: `PROOF_BYTES`, from `VrfKey.prove`.

    Raises:
        VerificationError: `proof.vrf`, or `key.weak`.
    """
    check_public_key(public_key)
    if len(proof) != PROOF_BYTES:
        raise VerificationError(Code.PROOF_VRF, reason="length")
    gamma = proof[:_POINT_BYTES]
    challenge = int.from_bytes(proof[_POINT_BYTES : _POINT_BYTES + _CHALLENGE_BYTES], "little")
    answer = int.from_bytes(proof[_POINT_BYTES + _CHALLENGE_BYTES :], "little")
    if answer >= _ORDER or not bindings.crypto_core_ed25519_is_valid_point(gamma):
        raise VerificationError(Code.PROOF_VRF, reason="encoding")
    point = _to_curve(public_key, data)
    try:
        # Section 5.3: U = s*B - c*Y, V = s*H - c*Gamma.
        left = _minus(_times_base(answer), _times(challenge, public_key))
        right = _minus(_times(answer, point), _times(challenge, gamma))
    except CryptoError as problem:
        raise VerificationError(Code.PROOF_VRF, reason="zero") from problem
    if _challenge(public_key, point, gamma, left, right) != challenge:
        raise VerificationError(Code.PROOF_VRF, reason="challenge")
    return _hash_of(gamma)


def _to_curve(salt: bytes, data: bytes) -> bytes:
    """Try and increment (section 5.4.1.1): the first candidate that is a point, times eight."""
    for counter in range(_TRIES_MAX):
        hashed = hashlib.sha512(_SUITE + b"\x01" + salt + data + bytes((counter, 0))).digest()
        candidate = hashed[:_POINT_BYTES]
        if int.from_bytes(candidate, "little") & (1 << 255) - 1 >= _FIELD:
            continue
        try:
            point = _times_cofactor(candidate)
        except CryptoError:
            continue
        if bindings.crypto_core_ed25519_is_valid_point(point):
            return point
    raise InvariantBroken("no point in 256 tries, which does not happen")


def _challenge(*points: bytes) -> int:
    """Section 5.4.3: 128 bits over the five points."""
    hashed = hashlib.sha512(_SUITE + b"\x02" + b"".join(points) + b"\x00").digest()
    return int.from_bytes(hashed[:_CHALLENGE_BYTES], "little")


def _hash_of(gamma: bytes) -> bytes:
    return hashlib.sha512(_SUITE + b"\x03" + _times_cofactor(gamma) + b"\x00").digest()


def _scalar_of(hashed: bytes) -> int:
    return int.from_bytes(hashed, "little") % _ORDER


def _times(scalar: int, point: bytes) -> bytes:
    return bindings.crypto_scalarmult_ed25519_noclamp(scalar.to_bytes(32, "little"), point)


def _times_base(scalar: int) -> bytes:
    return bindings.crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(32, "little"))


def _minus(left: bytes, right: bytes) -> bytes:
    return bindings.crypto_core_ed25519_sub(left, right)


def _times_cofactor(point: bytes) -> bytes:
    """Eight times a point, by doubling: it need not be in the subgroup yet."""
    for _ in range(3):
        point = bindings.crypto_core_ed25519_add(point, point)
    return point
