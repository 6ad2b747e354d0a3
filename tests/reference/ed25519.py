"""Ed25519 as the spec page says it, slowly: affine points, Python integers, no shortcuts.

For vectors that no library will sign (S not below L, small-order parts, encodings that are not
canonical) and as a second opinion about libsodium. Never for a real key: nothing is constant-time.
RFC 8032 section 5.1.
"""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    """The sum on -x² + y² = 1 + d x² y²; complete, so it doubles too."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P,
    )


def negative(a: Point) -> Point:
    """The additive inverse."""
    return (-a[0] % P, a[1])


def times(scalar: int, a: Point) -> Point:
    """`scalar` copies of `a`."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, a)
        a = add(a, a)
        scalar >>= 1
    return total


def x_of(y: int, odd: int) -> int | None:
    """The x of that parity, where there is one."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_1 % P
    if x * x % P != square or (x == 0 and odd):
        return None
    return x if x & 1 == odd else P - x


def point_of(data: bytes) -> Point | None:
    """The point that 32 bytes spell canonically."""
    raw = int.from_bytes(data, "little")
    y, odd = raw & ((1 << 255) - 1), raw >> 255
    x = x_of(y, odd) if y < P else None
    return None if x is None else (x, y)


def spelled(a: Point) -> bytes:
    """The canonical 32 bytes of a point."""
    return (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")


BASE = point_of(bytes.fromhex("58" + "66" * 31)) or IDENTITY


def torsion() -> list[Point]:
    """The eight points of small order."""
    # [L] of any curve point lies in the torsion; take one that generates all eight.
    y = 2
    while True:
        y += 1
        x = x_of(y, 0)
        seed = IDENTITY if x is None else times(L, (x, y))
        if times(4, seed) != IDENTITY:
            return [times(k, seed) for k in range(8)]


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """k = SHA-512(R ‖ A ‖ M) mod L."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def secret_of(seed: bytes) -> tuple[int, bytes]:
    """The clamped scalar and the prefix of RFC 8032 section 5.1.5."""
    h = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(h[:32], "little")
    return scalar & ~7 & ~(1 << 255) | 1 << 254, h[32:]


def fit_for_enrolment(key: bytes) -> bool:
    """Canonical, not the identity, in the prime-order subgroup."""
    point = point_of(key)
    return point is not None and point != IDENTITY and times(L, point) == IDENTITY


def holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """The rule of the spec page, for an enrolled key."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, big_r = point_of(key), point_of(r)
    if len(signature) != 64 or s >= L or a is None or big_r is None:
        return False
    if times(8, a) == IDENTITY or times(8, big_r) == IDENTITY:
        return False
    k = challenge(r, key, message)
    return spelled(add(times(s, BASE), negative(times(k, a)))) == r
