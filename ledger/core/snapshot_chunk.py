"""The pieces in which a snapshot of the state travels: aligned runs of its leaves, and their roots.

A chunk holds `CHUNK_ROWS` neighbouring rows, the last one what is left; its root is a complete node
of the snapshot's RFC 6962 tree, so it proves itself with a path, whoever gives it and in whatever
order. Pure; the decoder allocates nothing on a claim. Spec: ``docs/spec/snapshot.md``.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.identifiers import Digest
from ledger.core.limits import KIB, Parameters
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.status import state_leaf_hashes
from ledger.errors import FormatError, VerificationError

StateRow: TypeAlias = tuple[bytes, bytes]
"""State key and value."""
CHUNK_ROWS: Final = 256
"""A power of two, so that a chunk is a complete subtree."""
PATH_MAX: Final = 64
"""No tree that can be counted has a longer path."""
_ROW_BYTES_LEAST: Final = 64 * KIB
"""Rows that do not come of one record: committees with their certificates, slow rows."""


def row_bytes_max(limits: Parameters) -> int:
    """Key and value of no state row of a network with these limits are larger."""
    return max(2 * limits.record_bytes_max, _ROW_BYTES_LEAST)


def chunk_bytes_max(limits: Parameters) -> int:
    """No chunk of a network with these limits is larger."""
    return CHUNK_ROWS * (row_bytes_max(limits) + 2 * 5) + 5


def chunk_count(size: int) -> int:
    """Chunks of a state of so many rows."""
    return -(-size // CHUNK_ROWS)


def rows_in(number: int, size: int) -> int:
    """Rows of the chunk of that number in a state of so many rows."""
    return min(CHUNK_ROWS, size - number * CHUNK_ROWS)


def encode_state_chunk(rows: Sequence[StateRow]) -> bytes:
    """``[key, value, …]``, each a byte string."""
    parts = [array_header(2 * len(rows))]
    for key, value in rows:
        parts += (byte_string(key), byte_string(value))
    return b"".join(parts)


def decode_state_chunk(data: bytes, limits: Parameters) -> tuple[StateRow, ...]:
    """The rows that `data` spells, strictly ascending by key, at least one.

    Raises:
        FormatError: a `format.*` code.
    """
    reader = Reader(data)
    count, most = reader.array(2 * CHUNK_ROWS), row_bytes_max(limits)
    if count == 0 or count % 2:
        raise FormatError(Code.FORMAT_SHAPE, what="chunk")
    rows = tuple((reader.bytes_(most), reader.bytes_(most)) for _ in range(count // 2))
    reader.end()
    if any(above <= below for (below, _), (above, _) in pairwise(rows)):
        raise FormatError(Code.FORMAT_SHAPE, what="chunk")
    return rows


def chunk_root(rows: Iterable[StateRow]) -> Digest:
    """The root over the leaves ``["state", key, value]`` of a chunk."""
    return merkle.root(state_leaf_hashes(rows))


def verify_chunk(
    rows: Sequence[StateRow], number: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Require that `rows` are the chunk of that number of the state with this size and root.

    Args:
        rows: as `decode_state_chunk` gave them.
        number: from 0.
        size: rows of the whole state, certified together with `root`.
        path: from the chunk's root upwards, in the tree over the roots of all chunks.
        root: 32 bytes.

    Raises:
        VerificationError: `snapshot.chunk`.
    """
    if not 0 <= number < chunk_count(size) or len(rows) != rows_in(number, size):
        raise VerificationError(Code.SNAPSHOT_CHUNK, number=number, reason="rows")
    try:
        merkle.verify_inclusion(chunk_root(rows), number, chunk_count(size), path, root)
    except VerificationError as problem:
        reason = str(problem.detail.get("reason", problem.code.value))
        raise VerificationError(Code.SNAPSHOT_CHUNK, number=number, reason=reason) from problem
