"""Imports an OCDS file: anchors what the ledger does not know, names what it refuses or leaves out.

Can be interrupted at any point: a release and its parts name their own records, so the next run
goes on where this one ended and anchors nothing twice. The file is read once and never held whole,
but for a package that is one JSON value.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.client.calls.telling import SUBJECTS
from api.client.turning import counted
from api.client.writing import WrittenRecord
from api.clock import now_ms
from api.ocds.stating import LeftOutCount, gathered
from cli.anchoring import RECEIPT_SUFFIX, RECORDS_PER_BUNDLE, beside, write_receipt
from cli.desk import Desk, Kept
from cli.ocds.documents import Documents
from cli.ocds.files import items_in
from cli.ocds.records import Reader, RefusedRelease, Release, refused
from cli.words import language
from contracts.catalogue import load_catalogue
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.record import Record
from ledger.errors import LedgerError
from ledger.words import sentence

_BATCH: Final = 100
"""Releases that are judged before what is new of them is submitted."""


@dataclass(slots=True)
class Imported:
    """What became of one file."""

    records: list[RecordId] = field(default_factory=list)
    """Anchored by this run; in a dry run, what would be."""
    anchored: int = 0
    """Releases among them."""
    known: int = 0
    """Releases that were on the ledger before."""
    known_parts: int = 0
    """Parts that were."""
    types: Counter[str] = field(default_factory=Counter)
    """By type, the records anchored."""
    refused: list[RefusedRelease] = field(default_factory=list)
    """Each release once, in the order of the file."""
    left_out: LeftOutCount = field(default_factory=Counter)
    """By path and reason: what no record holds."""

    @property
    def parts(self) -> int:
        """Parts that this run anchored."""
        return len(self.records) - self.anchored


@dataclass(frozen=True, slots=True)
class _New:
    """One record that the ledger does not know, of one release."""

    release: Release
    record: Record
    record_id: RecordId

    @property
    def is_part(self) -> bool:
        return self.record is not self.release.record


@dataclass(frozen=True, slots=True)
class Importer:
    """One import at work."""

    desk: Desk
    receipts: Path | None = None
    """Folder for the receipts, by record id; those of an earlier run that are missing there are
    fetched."""
    documents: Documents = field(default_factory=lambda: Documents(None))
    is_dry: bool = False
    """Anchor nothing, and say what would be."""
    done: Imported = field(default_factory=Imported)
    _seen: set[RecordId] = field(default_factory=set)
    _failed: set[int] = field(default_factory=set)
    """Positions of releases that the ledger refused: their parts are not tried."""

    def take(self, path: Path, advance: Callable[[int], object] = lambda _: None) -> Imported:
        """Anchor each release of the file at `path`, and its parts, as far as they are new.

        Args:
            path: of an OCDS 1.1 file, see `cli.ocds.files`.
            advance: is told how many bytes of the file are settled.

        Raises:
            CommandError: the file is nothing of OCDS, or no node could be reached.
            LedgerError: a refusal that concerns the whole bundle, such as an unknown key.
        """
        types = load_catalogue().types
        fields = {key: kind.fields for key, kind in types.items() if key.startswith("ocds.")}
        desk = self.desk
        reader = Reader(desk.member_id, desk.network_id, fields, now_ms(), self.documents)
        batch: list[Release] = []
        at = 0
        for item in items_in(path):
            judged = reader.judged(item)
            if isinstance(judged, RefusedRelease):
                self.done.refused.append(judged)
            else:
                batch.append(judged)
            at = item.read_bytes
            if len(batch) == _BATCH:
                self._settle(batch)
                batch = []
                advance(at)
        self._settle(batch)
        advance(at)
        self.done.refused.sort(key=lambda each: each.position)
        return self.done

    def _settle(self, releases: Sequence[Release]) -> None:
        """Anchor what is new of these releases."""
        self.done.left_out = gathered((self.done.left_out, *(each.left_out for each in releases)))
        new = [one for each in releases for one in self._new_of(each)]
        for start in range(0, len(new), RECORDS_PER_BUNDLE):
            self._submit(new[start : start + RECORDS_PER_BUNDLE])

    def _new_of(self, release: Release) -> list[_New]:
        """The records of a release that the ledger does not know; whatever it knows is counted."""
        new = []
        there = self._there(release)
        for record in release.records:
            one = _New(release, record, record.record_id)
            first = one.record_id not in self._seen
            self._seen.add(one.record_id)
            if first and one.record_id not in there:
                new.append(one)
                continue
            self.done.known += not one.is_part
            self.done.known_parts += one.is_part
            if first:
                self._fetch(one.record_id)
        return new

    def _there(self, release: Release) -> set[RecordId]:
        """What the ledger has about the subject of a release that it knows.

        Parts cite their release: where that is not there, none of them is.
        """
        client = self.desk.client
        if release.record.record_id in self._seen or not client.knows(release.record.record_id):
            return set()
        listed = counted(client.subject(release.record.subject), SUBJECTS)
        return {RecordId(bytes.fromhex(each["record_id"])) for each in listed}

    def _fetch(self, record_id: RecordId) -> None:
        """The receipt of a record that an interrupted run had anchored."""
        if self.receipts is None or self.is_dry:
            return
        stem = self._stem(self.receipts, record_id)
        if not beside(stem, RECEIPT_SUFFIX).exists():
            write_receipt(stem, Kept(self.desk.client.receipt(record_id)))

    def _submit(self, new: Sequence[_New]) -> None:
        """Submit a bundle; where one record is refused, halve it until that record is alone."""
        new = [each for each in new if each.release.position not in self._failed]
        if not new:
            return
        if self.is_dry:
            self._count(new)
            return
        try:
            kept = self.desk.submit([WrittenRecord(each.record, ()) for each in new])
        except LedgerError as problem:
            if not _about_one_record(problem.code):
                raise
            if len(new) > 1:
                middle = len(new) // 2
                self._submit(new[:middle])
                self._submit(new[middle:])
                return
            release = new[0].release
            told = sentence(problem.code, problem.detail, language())
            failed = refused(release.position, release.ocid, Code.OCDS_RELEASE, reason=told)
            self.done.refused.append(failed)
            self._failed.add(release.position)
            return
        self._count(new)
        if self.receipts is not None:
            for one in kept:
                write_receipt(self._stem(self.receipts, one.receipt.record_id), one)

    def _count(self, new: Sequence[_New]) -> None:
        self.done.records += [each.record_id for each in new]
        self.done.anchored += sum(not each.is_part for each in new)
        self.done.types.update(each.record.type for each in new)

    @staticmethod
    def _stem(receipts: Path, record_id: RecordId) -> Path:
        receipts.mkdir(parents=True, exist_ok=True)
        return receipts / record_id.hex()


def _about_one_record(code: Code) -> bool:
    """Whether the other records of the bundle may still enter; a missing role concerns all."""
    return code.value.startswith("record.") and code is not Code.RECORD_ISSUER_ROLE
