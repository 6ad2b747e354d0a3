"""Where deposits lie: a folder of files, each named by the SHA-256 of its content.

The name is all that a store knows for sure, so whatever is under another name is refused. A store
reads nothing of what it keeps, and may be a share, a stick, or the folder that a web server serves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.client import Client
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from cli.new_files import write_public
from ledger.codes import Code
from ledger.core.deposit import DEPOSIT_BYTES_MAX
from ledger.core.hashing import sha256
from ledger.core.identifiers import MemberId
from ledger.core.signing import Signer
from ledger.errors import FormatError, StoreError
from ledger.files import read_capped

SUFFIX: Final = ".deposit.json"
FILES_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of a store."""

    path: Path
    data: bytes


def put(folder: Path, data: bytes) -> Path:
    """Keep a deposit under its digest; one that is there already stays as it is.

    Raises:
        StoreError: `file.unwritable`.
    """
    path = folder / f"{sha256(data).hex()}{SUFFIX}"
    try:
        write_public(path, data)
    except StoreError as problem:
        if problem.code is not Code.FILE_EXISTS:
            raise
    return path


def stored(place: Path) -> Iterator[Stored | tuple[Path, FormatError]]:
    """The deposits in a folder, by name, or the one file that `place` is.

    Yields:
        A file, or its path and why it is none: `deposit.name` where its name is not its digest,
        `format.too_large`.

    Raises:
        CommandError: `file.unreadable`.
    """
    try:
        paths = sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place]
        if len(paths) > FILES_MAX:
            where, limit = str(place), FILES_MAX
            raise CommandError(Exit.USAGE, Code.VERIFY_TOO_MANY, folder=where, limit=limit)
        for path in paths:
            yield _read(path)
    except OSError as problem:
        raise unreadable(place, problem) from problem


def on_node(
    client: Client, member: MemberId, signer: Signer
) -> Iterator[Stored | tuple[Path, FormatError]]:
    """The deposits that a node keeps for the member that asks under its key.

    Raises:
        ClientError: the node refused, or could not be asked.
    """
    for digest in client.deposits(member, signer):
        yield Stored(Path(f"{digest}{SUFFIX}"), client.deposit(digest, member, signer))


def is_url(place: str) -> bool:
    """Whether a place is a node and no folder."""
    return place.startswith(("http://", "https://"))


def _read(path: Path) -> Stored | tuple[Path, FormatError]:
    try:
        data = read_capped(path, DEPOSIT_BYTES_MAX)
    except FormatError as problem:
        return path, problem
    found = sha256(data).hex()
    if path.name != f"{found}{SUFFIX}":
        return path, FormatError(Code.DEPOSIT_NAME, path=str(path), found=found)
    return Stored(path, data)
