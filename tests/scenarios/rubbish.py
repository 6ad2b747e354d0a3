"""Frames that are none, one kind for each way to be malformed; random ones too, always the same."""

from collections.abc import Mapping

from consensus.core.messages import Message
from consensus.wire import Codec, Hello, Kind, Said
from tests.simulation.dice import Dice

_RANDOM = 200


def rubbish(codec: Codec, message: Message, hello: Hello) -> Mapping[str, list[bytes]]:
    """Frames by what is wrong with them.

    Args:
        codec: of the network.
        message: one that is well formed, to be damaged.
        hello: a well-formed greeting, which comes once and not again.
    """
    good, dice = codec.encode(Said(message)), Dice(0, "rubbish")
    said = bytes((Kind.MESSAGE,))
    return {
        "nothing at all": [b""],
        "a kind that there is not": [b"\xff" + good[1:]],
        "a kind and nothing more": [bytes((kind,)) for kind in Kind],
        "cut short": [good[:length] for length in range(2, len(good))],
        "one byte too many": [good + b"\0"],
        "one bit flipped": [_flipped(good, bit) for bit in range(8, 8 * len(good), 7)],
        "larger than its kind may be": [bytes((Kind.HELLO,)) + bytes(5_000)],
        "claims four billion items": [said + b"\xdd\xff\xff\xff\xff"],
        "claims four gigabytes": [said + b"\x91\xc6\xff\xff\xff\xff"],
        "nested without end": [said + b"\x91" * 4_000],
        "a second greeting": [codec.encode(hello)],
        "random bytes": [
            bytes((Kind(dice.between(1, 6)),)) + _random(dice) for _ in range(_RANDOM)
        ],
    }


def _flipped(data: bytes, bit: int) -> bytes:
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def _random(dice: Dice) -> bytes:
    return b"".join(dice.next().to_bytes(8) for _ in range(dice.between(0, 20)))
