"""The smallest change that a byte string can suffer: one bit, so that no value survives by chance."""


def flipped(data: bytes, at: int = -1) -> bytes:
    """`data` with the lowest bit of one byte flipped; an empty string becomes one byte."""
    if not data:
        return b"\x01"
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)
