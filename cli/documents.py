"""Documents as the ledger names them: SHA-256 and SM3 of a file's bytes, read once, in chunks.

The document itself never leaves its owner.
"""

import hashlib
import mimetypes
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash

from cli.durable_files import replace_durably
from cli.failures import CommandError, Exit
from cli.plain_files import open_plain
from ledger.codes import Code
from ledger.core.identifiers import Digest
from ledger.core.record import Evidence
from ledger.errors import StoreError
from ledger.files import read_capped

CHUNK_BYTES: Final = 1 << 20
FILES_MAX: Final = 1_000_000
LABEL_BYTES_MAX: Final = 200
_FALLBACK_TYPE: Final = "application/octet-stream"


def hash_document(path: Path, advance: Callable[[int], object] = lambda _: None) -> Evidence:
    """The evidence that names the file at `path`.

    Args:
        path: of a regular file.
        advance: is told the number of bytes after each chunk.

    Raises:
        CommandError: `file.unreadable`.
    """
    sha256, sm3, size = hashlib.sha256(), Hash(SM3()), 0
    try:
        with open_plain(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                sha256.update(chunk)
                sm3.update(chunk)
                size += len(chunk)
                advance(len(chunk))
    except OSError as problem:
        raise unreadable(path, problem) from problem
    return Evidence(
        label=_label(path.name),
        sha256=Digest(sha256.digest()),
        sm3=Digest(sm3.finalize()),
        size_bytes=size,
        media_type=media_type(path),
    )


def evidence_of(label: str, data: bytes, kind: str) -> Evidence:
    """The evidence that names bytes in memory."""
    sm3 = Hash(SM3())
    sm3.update(data)
    digest = Digest(hashlib.sha256(data).digest())
    return Evidence(_label(label), digest, Digest(sm3.finalize()), len(data), kind)


def files_under(paths: Iterable[Path]) -> list[Path]:
    """Every regular file among `paths`, folders walked, in a stable order and each once.

    What this program writes beside documents (receipts, proofs, openings) is left out.

    Raises:
        CommandError: `file.unreadable` for a path that is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise unreadable(path, FileNotFoundError(2, "No such file or directory"))
        listed = sorted(path.rglob("*")) if path.is_dir() else [path]
        for item in listed:
            if item.is_file() and not item.name.endswith(OWN_SUFFIXES):
                found[item] = None
    return list(found)


OWN_SUFFIXES: Final = (
    ".receipt.json",
    ".batch-proof.json",
    ".openings.json",
    ".sealed.json",
    ".bid-proof.json",
    ".tlog-proof",
)
"""Endings of the files that this program writes beside documents."""


def total_bytes(paths: Iterable[Path]) -> int:
    """Size of all files together, for a progress bar."""
    return sum(path.stat().st_size for path in paths)


def media_type(path: Path) -> str:
    """The media type that a file's name suggests."""
    return mimetypes.guess_type(path.name)[0] or _FALLBACK_TYPE


def write_result(path: Path, data: bytes) -> None:
    """Write what a person asked for where they asked for it, over what was there.

    Raises:
        StoreError: `file.unwritable`.
    """
    try:
        path.write_bytes(data)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise StoreError(Code.FILE_UNWRITABLE, path=str(path), reason=reason) from problem


def rewrite(path: Path, data: bytes) -> None:
    """Put new content in the place of a file that is relied on: the old or the new, never a part.

    Raises:
        StoreError: `file.unwritable`; the file is as it was.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        with fresh.open("wb") as file:
            if path.exists():
                fresh.chmod(path.stat().st_mode & 0o777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        replace_durably(fresh, path)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise StoreError(Code.FILE_UNWRITABLE, path=str(path), reason=reason) from problem


def read_given(path: Path, bytes_max: int) -> bytes:
    """The bytes of a file that a person named, which has at most so many.

    Raises:
        CommandError: `file.unreadable`.
        LedgerError: as of `read_capped`, for a larger one.
    """
    try:
        return read_capped(path, bytes_max)
    except OSError as problem:
        raise unreadable(path, problem) from problem


def unreadable(path: Path, problem: OSError) -> CommandError:
    """The failure that a file which cannot be read ends a command with."""
    reason = problem.strerror or type(problem).__name__
    return CommandError(Exit.USAGE, Code.FILE_UNREADABLE, path=str(path), reason=reason)


def _label(name: str) -> str:
    """A file name as a label: cut at a character so that it fits."""
    return name.encode()[:LABEL_BYTES_MAX].decode(errors="ignore")
