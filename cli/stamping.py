"""Stamped documents: batches of any size under one record, and the proofs that are kept of them.

Documents are hashed as they are read and never sent. Of a million of them the leaves of one tree
are held, 32 bytes each and as much again for the nodes above.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.progress import Progress

from api.client.writing import WrittenRecord, new_nonce
from cli.anchoring import BATCH_SUFFIX, RECEIPT_SUFFIX
from cli.documents import files_under, hash_document, unreadable
from cli.failures import CommandError, Exit
from cli.words import say
from ledger.codes import Code
from ledger.core.batch import BatchProof, document_tree
from ledger.core.canonical import Value
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.core.record import Record, Ref
from ledger.core.status_answer import StatusAnswer

if TYPE_CHECKING:
    from api.client.stamps import Checked

USE: Final = "seal.used_in_batch"
ANSWER_SUFFIX: Final = ".status-answer.json"
TOLD_EVERY: Final = 1_000
"""Documents between two moves of a progress bar."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One document of a batch."""

    name: str
    sha256: Digest
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Terms:
    """By which a batch is stamped."""

    seal: str
    permission: str
    """Id of the permission, hex."""
    scope: str
    system: str
    answer: Mapping[str, Value]
    """The status answer that came before it."""


def documents_in(paths: Sequence[Path], bars: Progress, *, listing: bool) -> list[Listed]:
    """The documents of folders and files, hashed; or those that listings name.

    Args:
        paths: files and folders, or listings.
        bars: is told how far it is.
        listing: each path is a text with a line ``SHA-256 SIZE NAME`` for each document.

    Raises:
        CommandError: `file.unreadable`, `file.invalid`.
    """
    if listing:
        return [each for path in paths for each in _listed(path, bars)]
    files = files_under(paths)
    bar = bars.add_task(say("seal.hashing", count=len(files)), total=len(files))
    found = []
    for file in files:
        hashed = hash_document(file)
        found.append(Listed(str(file), hashed.sha256, hashed.size_bytes))
        bars.advance(bar)
    return found


def batch_use(
    issuer: MemberId, terms: Terms, documents: Sequence[Listed], now_ms: int
) -> WrittenRecord:
    """The record that stamps all documents (S13)."""
    root = document_tree((each.sha256, each.size_bytes) for each in documents).root
    fields: dict[str, Value] = {
        "system": terms.system,
        "scope": terms.scope,
        "root": root,
        "count": len(documents),
        **terms.answer,
    }
    permission = RecordId(_record_id(terms.permission))
    record = Record(
        type=USE,
        issuer=issuer,
        subject=Subject(terms.seal),
        occurred_at_ms=now_ms,
        evidence=(),
        fields=fields,
        private=None,
        refs=(Ref("follows", permission),),
        nonce=new_nonce(),
    )
    return WrittenRecord(record, ())


def proofs_of(documents: Sequence[Listed], receipt: Receipt) -> Iterator[BatchProof]:
    """The proof of each document, in order."""
    tree = document_tree((each.sha256, each.size_bytes) for each in documents)
    for index, each in enumerate(documents):
        yield BatchProof(
            each.sha256, each.size_bytes, index, len(documents), tree.path(index), receipt
        )


def write_proofs(
    documents: Sequence[Listed], receipt: Receipt, folder: Path | None, bars: Progress
) -> int:
    """Write the proof of each document into a folder, or beside it; says how many.

    Raises:
        CommandError: `file.unwritable`.
    """
    bar = bars.add_task(say("seal.proving", count=len(documents)), total=len(documents))
    written = 0
    for each, proof in zip(documents, proofs_of(documents, receipt), strict=True):
        place = Path(each.name) if folder is None else folder / Path(each.name).name
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            place.with_name(place.name + BATCH_SUFFIX).write_bytes(proof.encode())
        except OSError as problem:
            raise CommandError(
                Exit.USAGE, Code.FILE_UNWRITABLE, path=str(place), reason=str(problem)
            ) from problem
        written += 1
        if written % TOLD_EVERY == 0 or written == len(documents):
            bars.update(bar, completed=written)
    return written


def proof_beside(file: Path) -> Path | None:
    """The batch proof that lies beside a document."""
    beside = file.with_name(file.name + BATCH_SUFFIX)
    return beside if beside.is_file() else None


def keep_proofs(folder: Path, file: Path, found: Sequence["Checked"]) -> list[Path]:
    """Write the proofs of a checked document, which `bidwitness verify` judges without a node.

    Raises:
        CommandError: `file.unwritable`.
    """
    kept = []
    for number, checked in enumerate(found, 1):
        for name, proof in checked.proofs.items():
            suffix = RECEIPT_SUFFIX
            if isinstance(proof, StatusAnswer):
                suffix = ANSWER_SUFFIX
            elif isinstance(proof, BatchProof):
                suffix = BATCH_SUFFIX
            path = folder / f"{file.name}.{number}.{name}{suffix}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(proof.encode())
            except OSError as problem:
                raise CommandError(
                    Exit.USAGE, Code.FILE_UNWRITABLE, path=str(path), reason=str(problem)
                ) from problem
            kept.append(path)
    return kept


def _listed(path: Path, bars: Progress) -> Iterator[Listed]:
    """The documents that a listing names, one on each line."""
    try:
        size = path.stat().st_size
        lines = path.open(encoding="utf-8")
    except OSError as problem:
        raise unreadable(path, problem) from problem
    bar = bars.add_task(say("seal.reading", file=path.name), total=size)
    with lines:
        for number, line in enumerate(lines, 1):
            digest, _, rest = line.strip().partition(" ")
            length, _, name = rest.strip().partition(" ")
            try:
                sha256 = Digest(bytes.fromhex(digest))
                found = Listed(name.strip(), sha256, int(length))
            except ValueError as problem:
                raise _invalid(path, number) from problem
            if len(sha256) != 32 or found.size_bytes < 0 or not found.name:
                raise _invalid(path, number)
            yield found
            bars.advance(bar, len(line.encode()))


def _invalid(path: Path, number: int) -> CommandError:
    return CommandError(
        Exit.USAGE, Code.FILE_INVALID, path=f"{path}:{number}", reason="SHA-256 SIZE NAME"
    )


def _record_id(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.API_PARAMETER, what=json.dumps(text)) from problem
    if len(found) != 32:
        raise CommandError(Exit.USAGE, Code.API_PARAMETER, what=json.dumps(text))
    return found
