"""RFC 9381 and the negative list as their pages say them: Python integers, a sorted list, no tree.

A second opinion about `ledger.core.vrf` and `ledger.core.negative_list`; never for a real key.
"""

from collections.abc import Iterable
from hashlib import sha512

from ledger.core.canonical import encode
from tests.reference.ed25519 import (
    BASE,
    IDENTITY,
    L,
    Point,
    add,
    negative,
    point_of,
    secret_of,
    spelled,
    times,
)
from tests.reference.merkle import mth


def to_curve(salt: bytes, data: bytes) -> Point:
    """Section 5.4.1.1, ECVRF_encode_to_curve_try_and_increment."""
    counter = 0
    while True:
        hashed = sha512(b"\x03\x01" + salt + data + bytes([counter]) + b"\x00").digest()[:32]
        point = point_of(hashed)
        if point is not None and times(8, point) != IDENTITY:
            return times(8, point)
        counter += 1


def keyed_hash(seed: bytes, data: bytes) -> bytes:
    """Sections 5.1 and 5.2: the hash, by the secret key."""
    x, _ = secret_of(seed)
    gamma = times(x, to_curve(spelled(times(x, BASE)), data))
    return sha512(b"\x03\x03" + spelled(times(8, gamma)) + b"\x00").digest()


def verified_hash(key: bytes, data: bytes, proof: bytes) -> bytes | None:
    """Section 5.3: the hash, where the proof holds."""
    gamma, y = point_of(proof[:32]), point_of(key)
    c, s = int.from_bytes(proof[32:48], "little"), int.from_bytes(proof[48:], "little")
    if gamma is None or y is None or s >= L:
        return None
    h = to_curve(key, data)
    u = add(times(s, BASE), negative(times(c, y)))
    v = add(times(s, h), negative(times(c, gamma)))
    points = b"".join(spelled(each) for each in (y, h, gamma, u, v))
    if int.from_bytes(sha512(b"\x03\x02" + points + b"\x00").digest()[:16], "little") != c:
        return None
    return sha512(b"\x03\x03" + spelled(times(8, gamma)) + b"\x00").digest()


def root_of(list_id: str, version: int, addresses: Iterable[str], seed: bytes) -> bytes:
    """The root over the sorted keyed hashes."""
    prefix = b"bidwitness/listed/v1\n"
    hashes = {
        keyed_hash(seed, prefix + encode((list_id, version, each)))[:32] for each in addresses
    }
    return mth([encode(("listed", each)) for each in sorted(hashes)])
