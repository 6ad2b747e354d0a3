"""Screenshots made small: a PNG with a palette of a few colours instead of sixteen million.

Chromium writes 8-bit RGB without interlacing, and that is all that is read here. A page has a handful
of colours and the shades between them and its paper, so forty-eight of them lose nothing that a
reader would see.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

COLOURS_MAX: Final = 48
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_STEP: Final = 8
"""Shades nearer than this are one."""

Colour = tuple[int, int, int]


def with_palette(picture: bytes) -> bytes:
    """The same picture with at most `COLOURS_MAX` colours.

    Raises:
        ValueError: it is not a PNG as Chromium writes them.
    """
    width, height, rows = _pixels(picture)
    counted: Counter[Colour] = Counter()
    for row in rows:
        counted.update(row)
    index = _palette(counted)
    kept = list(dict.fromkeys(index.values()))
    places = {colour: kept.index(near) for colour, near in index.items()}
    lines = b"".join(b"\0" + bytes(places[colour] for colour in row) for row in rows)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(bytes(colour) for colour in kept)),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _palette(counted: Counter[Colour]) -> dict[Colour, Colour]:
    """For each colour the one that stands for it: the commonest, and the nearest of these."""
    coarse: Counter[Colour] = Counter()
    for colour, times in counted.items():
        coarse[_rounded(colour)] += times
    kept = [colour for colour, _ in coarse.most_common(COLOURS_MAX)]
    return {colour: min(kept, key=lambda near: _apart(near, colour)) for colour in counted}


def _rounded(colour: Colour) -> Colour:
    red, green, blue = (min(255, (part + _STEP // 2) // _STEP * _STEP) for part in colour)
    return red, green, blue


def _apart(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _pixels(picture: bytes) -> tuple[int, int, list[list[Colour]]]:
    chunks = list(_chunks(picture))
    width, height, depth, kind, *rest = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
    if (depth, kind, rest) not in ((8, 2, [0, 0, 0]), (8, 6, [0, 0, 0])):
        raise ValueError("not an 8-bit RGB picture")
    size = 3 if kind == 2 else 4
    data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    before = bytearray(width * size)
    rows = []
    for at in range(0, len(data), width * size + 1):
        before = _unfiltered(
            data[at], bytearray(data[at + 1 : at + 1 + width * size]), before, size
        )
        line = iter(before)
        rows.append([tuple(pixel[:3]) for pixel in zip(*[line] * size, strict=True)])
    return width, height, rows


def _unfiltered(method: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    """PNG (third edition) §9.2: each byte is told by its left, upper and upper left neighbours."""
    if method == 2:
        return bytearray((byte + up) & 255 for byte, up in zip(line, above, strict=True))
    for place in range(len(line)) if method else ():
        left = line[place - size] if place >= size else 0
        corner = above[place - size] if place >= size else 0
        guess = (left, 0, (left + above[place]) // 2, _paeth(left, above[place], corner))[
            method - 1
        ]
        line[place] = (line[place] + guess) & 255
    return line


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not picture.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    at = len(_SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
