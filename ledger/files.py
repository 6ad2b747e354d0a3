"""Local files, read under a cap; the only way in which the verifier touches a disk.

Documents are hashed as streams and never held.
"""

import hashlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.identifiers import Digest
from ledger.errors import FormatError

_CHUNK_BYTES: Final = 1 << 20


def read_capped(path: Path, size_max: int) -> bytes:
    """A whole file, of which at most one byte more than the cap is read.

    Raises:
        OSError: the file cannot be read.
        FormatError: `format.too_large`.
    """
    with path.open("rb") as file:
        data = file.read(size_max + 1)
    if len(data) > size_max:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=path.stat().st_size, limit=size_max)
    return data


def digest_document(path: Path) -> DocumentDigest:
    """SHA-256, SM3 and size of a document, read as a stream.

    Returns:
        `sm3` is None where this machine's OpenSSL has no SM3.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return digest_pieces(iter(partial(file.read, _CHUNK_BYTES), b""))


def digest_pieces(pieces: Iterable[bytes]) -> DocumentDigest:
    """SHA-256, SM3 and size of a document that comes in pieces; `sm3` as in `digest_document`."""
    sha256, sm3, size_bytes = hashlib.sha256(), _sm3(), 0
    for piece in pieces:
        sha256.update(piece)
        size_bytes += len(piece)
        if sm3 is not None:
            sm3.update(piece)
    return DocumentDigest(
        Digest(sha256.digest()), size_bytes, None if sm3 is None else Digest(sm3.finalize())
    )


def _sm3() -> hashes.Hash | None:
    try:
        return hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        return None
