"""Vectors of SM3: the two examples of GB/T 32905-2016, and every length around a block's end."""

from typing import Final

from cryptography.hazmat.primitives import hashes

from tests.vectors.generate.spelling import Case, Cases

_STANDARD: Final = (
    (
        "GB/T 32905 example 1",
        b"abc",
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    ),
    (
        "GB/T 32905 example 2",
        b"abcd" * 16,
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
    ),
)
_LENGTHS: Final = (0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000)


def vectors() -> dict[str, Cases]:
    """The file of this module."""
    standard = [_case(name, data, digest) for name, data, digest in _STANDARD]
    return {"sm3/digests.json": standard + [_of_length(length) for length in _LENGTHS]}


def _of_length(length: int) -> Case:
    data = bytes(place * 7 % 251 for place in range(length))
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return _case(f"{length} bytes", data, digest.finalize().hex())


def _case(name: str, data: bytes, digest: str) -> Case:
    return {"name": name, "data": data.hex(), "digest": digest}
