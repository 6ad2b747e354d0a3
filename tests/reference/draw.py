"""A slow draw, written from the spec page alone: the whole pool is shuffled place by place."""

from hashlib import sha256


def spelled(*items: bytes | int | str) -> bytes:
    """A canonical array of byte strings, texts and counts, as far as the draw needs one."""
    return bytes([0x90 + len(items)]) + b"".join(_item(each) for each in items)


def slow_draw(value: bytes, pool_count: int, draw_count: int) -> list[int]:
    """The first places of a shuffled pool."""
    pool, number = list(range(pool_count)), 0
    for step in range(draw_count):
        left = pool_count - step
        while True:
            hashed = sha256(b"bidwitness/draw-step/v1\n" + spelled(value, number)).digest()
            word, number = int.from_bytes(hashed[:8]), number + 1
            if word < 2**64 // left * left:
                break
        chosen = step + word % left
        pool[step], pool[chosen] = pool[chosen], pool[step]
    return pool[:draw_count]


def slow_value(
    network: bytes, request: bytes, seeds: list[tuple[str, bytes]], header: bytes
) -> bytes:
    """The value of a draw."""
    pairs = bytes([0x90 + len(seeds)]) + b"".join(spelled(*pair) for pair in sorted(seeds))
    listed = b"\x94" + _item(network) + _item(request) + pairs + _item(header)
    return sha256(b"bidwitness/draw/v1\n" + listed).digest()


def _item(value: bytes | int | str) -> bytes:
    if isinstance(value, bytes):
        return b"\xc4" + bytes([len(value)]) + value
    if isinstance(value, str):
        return bytes([0xA0 + len(value)]) + value.encode()
    if value < 128:
        return bytes([value])
    if value < 256:
        return bytes([0xCC, value])
    raise ValueError("larger than a draw of these tests needs")
