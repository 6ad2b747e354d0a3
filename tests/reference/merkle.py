"""RFC 6962 section 2.1 word for word: recursive, slow, and obviously right."""

from collections.abc import Sequence
from hashlib import sha256


def split(n: int) -> int:
    """k: the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(data: Sequence[bytes]) -> bytes:
    """MTH(D[n]), from the data of the leaves."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def path(m: int, data: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.1."""
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def proof(m: int, data: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]) of section 2.1.2."""
    return subproof(m, data, whole=True)


def subproof(m: int, data: Sequence[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    if m == len(data):
        return [] if whole else [mth(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole=whole), mth(data[k:])]
    return [*subproof(m - k, data[k:], whole=False), mth(data[:k])]


def grown_from(m: int, n: int, old: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of m and of n leaves that PROOF(m, D[n]) leads to; None where it is not as long.

    Args:
        m: at least 1, at most n.
        n: leaves of the later log.
        old: the root of m leaves.
        path: the proof.
    """
    left = list(path)
    try:
        found = rebuilt(m, n, old, left, whole=True)
    except IndexError:
        return None
    return None if left else found


def rebuilt(m: int, n: int, old: bytes, left: list[bytes], *, whole: bool) -> tuple[bytes, bytes]:
    """The two roots of SUBPROOF(m, D[n], b), whose last hash is the outermost."""
    if m == n:
        same = old if whole else left.pop()
        return same, same
    k = split(n)
    if m <= k:
        right = left.pop()
        small, large = rebuilt(m, k, old, left, whole=whole)
        return small, sha256(b"\x01" + large + right).digest()
    before = left.pop()
    small, large = rebuilt(m - k, n - k, old, left, whole=False)
    return sha256(b"\x01" + before + small).digest(), sha256(b"\x01" + before + large).digest()
