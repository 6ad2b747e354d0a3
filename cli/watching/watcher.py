"""One watcher of one folder: takes in proofs, hashes what is anchored, judges it, keeps its map.

Every anchored file is read whole in every round, whatever its size and times say: who changes a
file without a trace sets both back.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from cli.watching.anchored import ProofReader, Proofs, entry_of, is_own
from cli.watching.asking import Ledger
from cli.watching.judging import DIFFERS, Finding, Weight, judge
from cli.watching.looking import Hashed, Listed, Seen, Unseen, hash_file, walk
from cli.watching.watch_map import Entry, read_map, write_map
from ledger.codes import Code
from ledger.core import batch
from ledger.core.identifiers import Digest, RecordId
from ledger.core.record import Record
from ledger.trust import TrustRoot

GONE: Final = Digest(bytes(32))
"""Stands for the digest of a file that could not be read, where a report of it is remembered."""


class Progress(Protocol):
    """Is told how far a round is."""

    def begin(self, total_bytes: int) -> None:
        """How many bytes there are to hash."""

    def advance(self, count: int) -> None:
        """That so many more were hashed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one round found."""

    at_ms: int
    checked: tuple[Entry, ...]
    """The documents that were looked for and are proved, ascending by record and digest."""
    as_anchored_count: int
    unanchored_count: int
    """Files that no record anchors, as far as this watcher knows."""
    skipped_count: int
    """Symlinks and others that are no regular files, and that no record is about."""
    unplaced_count: int
    """Documents of receipts whose files lie elsewhere."""
    unconfirmed_count: int
    """Documents that only the map names, because no node could prove them."""
    asked: bool
    """A node answered; otherwise amendments could not be asked for."""
    findings: tuple[Finding, ...]

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """What is not as it was anchored."""
        return tuple(each for each in self.findings if each.weight is Weight.ALARM)


class Watcher:
    """Use one for as long as the folder is watched."""

    def __init__(
        self, folder: Path, map_file: Path, trust: TrustRoot, ledger: Ledger | None
    ) -> None:
        """Read the map.

        Args:
            folder: that is watched.
            map_file: where the map is kept, outside of what others may write.
            trust: what receipts are verified against.
            ledger: is asked for amendments and unknown files; None where nobody can be.

        Raises:
            CommandError: `watch.map`, `file.unreadable`.
        """
        self._folder = folder
        self._map_file = map_file
        self._trust = trust
        self._ledger = ledger
        self._entries = read_map(map_file, trust.network_id)
        self._reader = ProofReader(folder, trust)
        self._confirmed: set[tuple[str, RecordId, Digest]] = set()
        self._unknown: dict[str, tuple[int, int]] = {}
        self._told: set[tuple[Code, str, RecordId, Digest]] = set()

    def look(self, progress: Progress) -> Look:
        """One round.

        Raises:
            LedgerError: the folder or the map cannot be read or written, or a node lies.
        """
        at_ms = time.time_ns() // 1_000_000
        if self._ledger is not None:
            self._ledger.begin_round()
        listed = [each for each in walk(self._folder) if not self._is_ours(each.path)]
        proofs = self._reader.proofs(listed)
        for each in proofs.entries:
            self._entries.setdefault(each.key, each)
            self._confirmed.add(each.key)
        findings = [*_proof_findings(proofs)]
        unconfirmed, false = self._confirm()
        findings += false
        documents = [each for each in listed if not is_own(each.path)]
        self._take_in_unknown(documents, progress)
        counts, judged = self._judge(documents, progress)
        findings += judged
        findings += self._folder_findings(documents)
        if not self._entries:
            findings.append(Finding(Code.WATCH_NOTHING, str(self._folder)))
        write_map(self._map_file, self._trust.network_id, self._entries)
        confirmed = [each for key, each in self._entries.items() if key in self._confirmed]
        checked = sorted(confirmed, key=lambda each: (each.record_id, each.sha256, each.path))
        known = {each.path for each in self._entries.values()}
        return Look(
            at_ms=at_ms,
            checked=tuple(checked),
            as_anchored_count=counts,
            unanchored_count=sum(
                1 for each in documents if each.problem is None and each.path not in known
            ),
            skipped_count=sum(
                1 for each in documents if _is_skipped(each) and each.path not in known
            ),
            unplaced_count=proofs.unplaced_count,
            unconfirmed_count=unconfirmed,
            asked=self._ledger is not None and self._ledger.answers,
            findings=tuple(findings),
        )

    def unreported(self, look: Look) -> tuple[Finding, ...]:
        """The alarms of a round that no report has told yet."""
        return tuple(
            each
            for each in look.alarms
            if each.entry is not None
            and each.entry.key in self._confirmed
            and self._entries[each.entry.key].reported != _now(each)
        )

    def reported(self, findings: Iterable[Finding]) -> None:
        """Remember that a report on the ledger tells these."""
        for each in findings:
            if each.entry is not None:
                key = each.entry.key
                self._entries[key] = replace(self._entries[key], reported=_now(each))
        write_map(self._map_file, self._trust.network_id, self._entries)

    def _is_ours(self, path: str) -> bool:
        """Whether a file is the map, its lock or its half-written successor."""
        return (self._folder / path).name.startswith(self._map_file.name) and (
            (self._folder / path).parent.resolve() == self._map_file.parent.resolve()
        )

    def _confirm(self) -> tuple[int, list[Finding]]:
        """Have the ledger say of each document that only the map names; once in a process."""
        unconfirmed, false = 0, list[Finding]()
        for key, entry in list(self._entries.items()):
            if key in self._confirmed:
                continue
            record = self._ledger.record(entry.record_id) if self._ledger else None
            if record is None or record.type in batch.TYPES:
                unconfirmed += 1
            elif any(item.sha256 == entry.sha256 for item in record.evidence):
                self._confirmed.add(key)
            else:
                false.append(Finding(Code.WATCH_MAP_ENTRY, entry.path, entry))
                del self._entries[key]
                self._restore(entry, record)
        return unconfirmed, false

    def _restore(self, false: Entry, record: Record) -> None:
        """Put what the ledger says in the place of what the map said of a record."""
        for item in record.evidence:
            if item.label == false.label or len(record.evidence) == 1:
                entry = entry_of(false.path, record, item)
                self._entries.setdefault(entry.key, entry)
                self._confirmed.add(entry.key)

    def _take_in_unknown(self, documents: list[Listed], progress: Progress) -> None:
        """Look up each file that no proof is about, once while it stays as it is."""
        known = {each.path for each in self._entries.values()}
        regular = [each for each in documents if each.problem is None]
        fresh = [each for each in regular if each.path not in known and self._is_fresh(each)]
        watched = [each for each in regular if each.path in known]
        asking = fresh if self._ledger is not None and self._ledger.answers else []
        progress.begin(sum(each.size_bytes for each in (*asking, *watched)))
        for each in asking:
            seen = hash_file(self._folder, each.path, progress.advance)
            if not isinstance(seen, Hashed) or self._ledger is None:
                continue
            entry = self._ledger.anchor(each.path, seen.sha256)
            if entry is not None:
                self._entries.setdefault(entry.key, _as_seen(entry, seen))
                self._confirmed.add(entry.key)
            if self._ledger.answers:
                self._unknown[each.path] = (each.size_bytes, each.mtime_ns)

    def _is_fresh(self, listed: Listed) -> bool:
        return self._unknown.get(listed.path) != (listed.size_bytes, listed.mtime_ns)

    def _judge(self, documents: list[Listed], progress: Progress) -> tuple[int, list[Finding]]:
        """Hash and judge every file that is a document of some record."""
        listed = {each.path: each for each in documents}
        groups: dict[str, list[Entry]] = {}
        for entry in self._entries.values():
            groups.setdefault(entry.path, []).append(entry)
        as_anchored, findings = 0, list[Finding]()
        for path in sorted(groups):
            seen = self._seen(path, listed.get(path), progress.advance)
            judged = judge(path, groups[path], seen, self._ledger)
            as_anchored += judged.as_anchored_count
            for entry in judged.entries:
                self._entries[entry.key] = entry
                if entry not in groups[path]:
                    self._confirmed.add(entry.key)
            findings += (each for each in judged.findings if self._is_news(each))
        return as_anchored, findings

    def _seen(self, path: str, listed: Listed | None, advance: Callable[[int], object]) -> Seen:
        if listed is not None and listed.problem is not None:
            return listed.problem
        return hash_file(self._folder, path, advance)

    def _is_news(self, found: Finding) -> bool:
        """An alarm is told in every round, what the ledger has a record of only once."""
        if found.weight is not Weight.NOTICE or found.entry is None:
            return True
        name = (found.code, found.path, found.entry.record_id, found.found or GONE)
        if name in self._told:
            return False
        self._told.add(name)
        return True

    def _folder_findings(self, documents: list[Listed]) -> Iterable[Finding]:
        """Names and folders that could not be looked at; what is anchored there is told itself."""
        known = {each.path for each in self._entries.values()}
        for each in documents:
            problem = each.problem
            if problem is None or each.path in known:
                continue
            if problem.code is Code.WATCH_NAME:
                yield Finding(Code.WATCH_NAME, each.path)
            elif problem.code is Code.WATCH_UNREADABLE:
                yield Finding(Code.WATCH_FOLDER, each.path, reason=problem.reason)


def _proof_findings(proofs: Proofs) -> Iterable[Finding]:
    return (Finding(Code.WATCH_PROOF, path, reason=code) for path, code in proofs.refused)


def _is_skipped(listed: Listed) -> bool:
    problem: Unseen | None = listed.problem
    return problem is not None and problem.code is Code.WATCH_NOT_REGULAR


def _as_seen(entry: Entry, seen: Hashed) -> Entry:
    return replace(entry, seen_size=seen.size_bytes, seen_mtime_ns=seen.mtime_ns)


def _now(found: Finding) -> Digest:
    """What a report says of the file."""
    return found.found if found.code in DIFFERS and found.found is not None else GONE
