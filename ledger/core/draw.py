"""The verifiable draw: places of a pool from the seeds of several and a block nobody could foresee.

Every seed was committed before the block and revealed after it, so that neither who seeds nor who
proposes the block can steer the draw. Pure: the seeds come from outside. Spec:
``docs/spec/draw.md``.
"""

from collections.abc import Mapping
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import Digest, HeaderHash, MemberId, NetworkId, RecordId
from ledger.errors import FormatError

SEED_BYTES: Final = 32
POOL_MAX: Final = 1 << 20
"""Places of a pool: more experts than any province has."""
DRAWN_MAX: Final = 99
_WORD_BYTES: Final = 8
_WORDS: Final = 1 << (8 * _WORD_BYTES)


def seed_commitment(
    network_id: NetworkId, request: RecordId, seeder: MemberId, seed: bytes
) -> Digest:
    """What a seeder commits before the block: ``H(tag ‖ [network, request, seeder, seed])``.

    Args:
        network_id: of the ledger.
        request: id of the record that asks for the draw; a seed serves one draw.
        seeder: the member that answers for the seed.
        seed: 32 random bytes.
    """
    return tagged_hash(Tag.DRAW_SEED, encode((network_id, request, seeder, seed)))


def draw_value(
    network_id: NetworkId,
    request: RecordId,
    seeds: Mapping[MemberId, bytes],
    header_hash: HeaderHash,
) -> Digest:
    """``H(tag ‖ [network, request, [[seeder, seed] …], header hash])``, seeders ascending."""
    listed = tuple((seeder, seeds[seeder]) for seeder in sorted(seeds))
    return tagged_hash(Tag.DRAW, encode((network_id, request, listed, header_hash)))


def drawn(value: Digest, pool_count: int, draw_count: int) -> tuple[int, ...]:
    """The places drawn out of ``0 … pool_count - 1``, in the order of the draw; none twice.

    A Fisher-Yates shuffle of which only the first `draw_count` steps are made. Step i takes words
    of 64 bits until one is below the largest multiple of the places left, so that each of them is
    equally likely.

    Args:
        value: of `draw_value`.
        pool_count: at most `POOL_MAX`.
        draw_count: 1 to `DRAWN_MAX`, and at most `pool_count`.

    Raises:
        FormatError: `format.shape` where the counts are outside of these.
    """
    if not 1 <= draw_count <= min(pool_count, DRAWN_MAX) or pool_count > POOL_MAX:
        raise FormatError(Code.FORMAT_SHAPE, what="draw_count")
    moved: dict[int, int] = {}
    places: list[int] = []
    taken_count = 0
    for step in range(draw_count):
        left = pool_count - step
        word = _WORDS
        while word >= _WORDS - _WORDS % left:
            word = _word(value, taken_count)
            taken_count += 1
        chosen = step + word % left
        places.append(moved.get(chosen, chosen))
        moved[chosen] = moved.get(step, step)
    return tuple(places)


def _word(value: Digest, number: int) -> int:
    """The word of this number, big-endian: the first 8 bytes of ``H(tag ‖ [value, number])``."""
    return int.from_bytes(tagged_hash(Tag.DRAW_STEP, encode((value, number)))[:_WORD_BYTES])
