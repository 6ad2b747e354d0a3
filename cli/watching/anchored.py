"""What the proofs in a watched folder say: which file is which document of which record.

Each receipt is verified against the trust root before it is believed; `bidwitness anchor` writes
them beside what they are about. A batch proof is about the file beside it and no other.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.documents import OWN_SUFFIXES
from cli.watching.looking import Listed
from cli.watching.watch_map import Entry
from ledger.codes import Code
from ledger.core.batch import BatchProof
from ledger.core.receipt import Receipt
from ledger.core.record import Evidence, Record
from ledger.disclosures import verify_batch_proof
from ledger.errors import FormatError, VerificationError
from ledger.presented import read_presented
from ledger.trust import TrustRoot
from ledger.verify import verify_receipt

RECEIPT_SUFFIX: Final = ".receipt.json"
BATCH_SUFFIX: Final = ".batch-proof.json"


@dataclass(frozen=True, slots=True)
class Proofs:
    """What the proofs of a folder say."""

    entries: tuple[Entry, ...]
    refused: tuple[tuple[str, str], ...]
    """Proofs that do not hold: path, and the code of why."""
    unplaced_count: int
    """Documents of receipts whose files lie elsewhere."""


class ProofReader:
    """Reads each proof once, and again where its file has changed."""

    def __init__(self, folder: Path, trust: TrustRoot) -> None:
        self._folder = folder
        self._trust = trust
        self._read: dict[str, tuple[int, int]] = {}
        self._held: dict[str, Proofs] = {}

    def proofs(self, listed: list[Listed]) -> Proofs:
        """What all proofs among `listed` say."""
        names = {each.path for each in listed}
        entries: list[Entry] = []
        refused: list[tuple[str, str]] = []
        unplaced = 0
        for each in listed:
            if each.problem is not None or not each.path.endswith((RECEIPT_SUFFIX, BATCH_SUFFIX)):
                continue
            stamp = (each.size_bytes, each.mtime_ns)
            held = self._held.get(each.path)
            # One whose file lay elsewhere is read again: it may lie here by now.
            if held is None or self._read[each.path] != stamp or held.unplaced_count:
                held = self._one(each.path, names)
                self._read[each.path], self._held[each.path] = stamp, held
            entries += held.entries
            refused += held.refused
            unplaced += held.unplaced_count
        return Proofs(tuple(entries), tuple(refused), unplaced)

    def _one(self, path: str, names: set[str]) -> Proofs:
        try:
            content = read_presented(self._folder / path).content
            if isinstance(content, BatchProof):
                verify_batch_proof(content, self._trust)
                return Proofs((_batched(path, content),), (), 0)
            if isinstance(content, Receipt):
                record = verify_receipt(content, self._trust).record
                return _placed(path, record, names)
        except VerificationError as problem:
            if problem.code is Code.RECEIPT_NETWORK:
                return Proofs((), (), 0)
            return Proofs((), ((path, problem.code.value),), 0)
        except FormatError as problem:
            return Proofs((), ((path, problem.code.value),), 0)
        except OSError:
            return Proofs((), ((path, Code.FILE_UNREADABLE.value),), 0)
        return Proofs((), (), 0)


def is_own(path: str) -> bool:
    """Whether this program wrote the file beside a document."""
    return path.endswith(OWN_SUFFIXES)


def entry_of(path: str, record: Record, item: Evidence) -> Entry:
    """The file at `path` as a document of a record."""
    return Entry(path, record.record_id, item.label, item.sha256, item.size_bytes)


def _placed(path: str, record: Record, names: set[str]) -> Proofs:
    """A receipt's documents: the file that it lies beside, or files of these names with it."""
    beside = path.removesuffix(RECEIPT_SUFFIX)
    folder = path.rpartition("/")[0]
    entries: list[Entry] = []
    unplaced = 0
    for item in record.evidence:
        named = f"{folder}/{item.label}" if folder else item.label
        alone = len(record.evidence) == 1
        if alone and (beside in names or named == beside):
            entries.append(entry_of(beside, record, item))
        elif named in names and "/" not in item.label:
            entries.append(entry_of(named, record, item))
        else:
            unplaced += 1
    return Proofs(tuple(entries), (), unplaced)


def _batched(path: str, proof: BatchProof) -> Entry:
    record_id = proof.receipt.record_id
    file = path.removesuffix(BATCH_SUFFIX)
    return Entry(file, record_id, "", proof.sha256, proof.size_bytes)
