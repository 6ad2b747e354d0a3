"""What became of each anchored file: as it was, another version with its record, or changed.

A change that a record on the ledger declares is none to raise an alarm about. Everything else is
told with file, record, and both digests.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from cli.watching.anchored import entry_of
from cli.watching.asking import Ledger, Versions
from cli.watching.looking import Hashed, Seen, Unseen
from cli.watching.watch_map import Entry
from ledger.codes import Code
from ledger.core.identifiers import Digest, RecordId


class Weight(StrEnum):
    """How much a finding matters."""

    ALARM = "alarm"
    """A file is not what was anchored, or can no longer be looked at."""
    PROBLEM = "problem"
    """Something could not be judged in this round."""
    NOTICE = "notice"
    """Worth knowing; the ledger has a record of it."""


WEIGHTS: Final[Mapping[Code, Weight]] = {
    Code.WATCH_CHANGED: Weight.ALARM,
    Code.WATCH_SILENT: Weight.ALARM,
    Code.WATCH_REANCHORED: Weight.ALARM,
    Code.WATCH_MISSING: Weight.ALARM,
    Code.WATCH_UNREADABLE: Weight.ALARM,
    Code.WATCH_NOT_REGULAR: Weight.ALARM,
    Code.WATCH_MAP_ENTRY: Weight.ALARM,
    Code.WATCH_NOTHING: Weight.PROBLEM,
    Code.WATCH_MOVING: Weight.PROBLEM,
    Code.WATCH_PROOF: Weight.PROBLEM,
    Code.WATCH_FOLDER: Weight.PROBLEM,
    Code.WATCH_NAME: Weight.PROBLEM,
    Code.WATCH_AMENDED: Weight.NOTICE,
    Code.WATCH_OUTDATED: Weight.NOTICE,
    Code.WATCH_VOIDED: Weight.NOTICE,
}
DIFFERS: Final = frozenset({Code.WATCH_CHANGED, Code.WATCH_SILENT, Code.WATCH_REANCHORED})
"""The file was read and is another one: what a report names."""

UNREAD: Final = frozenset({Code.WATCH_MISSING, Code.WATCH_UNREADABLE, Code.WATCH_NOT_REGULAR})
"""The file could not be read: what a report counts."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a round found."""

    code: Code
    path: str
    entry: Entry | None = None
    """None where it is about no anchored document."""
    found: Digest | None = None
    other: RecordId | None = None
    """A record that has to do with it: of the version that is there, say."""
    reason: str = ""

    @property
    def weight(self) -> Weight:
        """How much it matters."""
        return WEIGHTS[self.code]

    @property
    def detail(self) -> dict[str, str | int]:
        """What fills its sentence."""
        entry = self.entry
        return {
            "path": self.path,
            "record": "–" if entry is None else entry.record_id.hex(),
            "before": "–" if entry is None else entry.sha256.hex(),
            "after": "–" if self.found is None else self.found.hex(),
            "other": "–" if self.other is None else self.other.hex(),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the documents of one file."""

    entries: tuple[Entry, ...]
    """As they are to be kept; new ones for versions that were found."""
    findings: tuple[Finding, ...]
    as_anchored_count: int


def judge(path: str, entries: Sequence[Entry], seen: Seen, ledger: Ledger | None) -> Judged:
    """Judge every document that the file at `path` is.

    Args:
        path: of the file.
        entries: at least one, all of this path.
        seen: the file now.
        ledger: may be asked; None where nobody can be.

    Raises:
        LedgerError: a node's receipt does not hold, or its answer is none.
    """
    if isinstance(seen, Unseen):
        found = [Finding(seen.code, path, each, reason=seen.reason) for each in entries]
        return Judged(tuple(entries), tuple(found[:1] if _is_moving(seen) else found), 0)
    return _File(path, entries, seen, ledger).judged()


def _is_moving(seen: Unseen) -> bool:
    return seen.code is Code.WATCH_MOVING


class _File:
    """One file that was read."""

    def __init__(
        self, path: str, entries: Sequence[Entry], seen: Hashed, ledger: Ledger | None
    ) -> None:
        self._path = path
        self._entries = entries
        self._seen = seen
        self._ledger = ledger
        self._same = [each for each in entries if each.sha256 == seen.sha256]
        self._fresh: list[Entry] = []

    def judged(self) -> Judged:
        kept: list[Entry] = []
        findings: list[Finding] = []
        as_anchored = 0
        for each in self._entries:
            if each.sha256 == self._seen.sha256:
                as_anchored += 1
                kept.append(self._as_seen(each))
                findings += self._standing(each)
                continue
            found = self._differing(each)
            kept.append(replace(each, reported=None) if found.weight is Weight.NOTICE else each)
            findings.append(found)
        told = tuple(each for each in findings if not self._is_only_outdated(each))
        return Judged((*kept, *self._fresh), told, as_anchored)

    def _as_seen(self, entry: Entry) -> Entry:
        """It is as anchored: remember how it looks."""
        size, mtime_ns = self._seen.size_bytes, self._seen.mtime_ns
        return replace(entry, seen_size=size, seen_mtime_ns=mtime_ns, reported=None)

    def _standing(self, entry: Entry) -> Iterator[Finding]:
        """Whether what the file is as anchored by still holds on the ledger."""
        versions = self._versions(entry.record_id)
        if versions is None:
            return
        if versions.voided:
            yield Finding(Code.WATCH_VOIDED, self._path, entry, entry.sha256)
        elif versions.later and versions.newest(entry.label, entry.sha256) != entry.sha256:
            newest = versions.later[-1].record_id
            yield Finding(Code.WATCH_OUTDATED, self._path, entry, entry.sha256, newest)

    def _differing(self, entry: Entry) -> Finding:
        """What to say of a document that the file is not."""
        now, versions = self._seen.sha256, self._versions(entry.record_id)
        if versions is not None and versions.voided:
            return Finding(Code.WATCH_VOIDED, self._path, entry, now)
        for record in versions.later if versions is not None else ():
            for item in record.evidence:
                if item.sha256 == now:
                    self._add(entry_of(self._path, record, item))
                    return Finding(Code.WATCH_AMENDED, self._path, entry, now, record.record_id)
        another = self._another(entry)
        if another is not None:
            return Finding(Code.WATCH_REANCHORED, self._path, entry, now, another.record_id)
        unmoved = (entry.seen_size, entry.seen_mtime_ns) == (
            self._seen.size_bytes,
            self._seen.mtime_ns,
        )
        code = Code.WATCH_SILENT if unmoved else Code.WATCH_CHANGED
        return Finding(code, self._path, entry, now)

    def _another(self, entry: Entry) -> Entry | None:
        """A record that anchors what the file is now, and has nothing to do with this one."""
        if not self._same and self._ledger is not None:
            anchored = self._ledger.anchor(self._path, self._seen.sha256)
            if anchored is not None:
                self._add(anchored)
        for each in (*self._same, *self._fresh):
            if each.record_id != entry.record_id and not self._is_earlier(each, entry):
                return each
        return None

    def _is_earlier(self, one: Entry, entry: Entry) -> bool:
        """Whether `one` is of a version that the record of `entry` amends."""
        versions = self._versions(one.record_id)
        later = versions.later if versions is not None else ()
        return any(each.record_id == entry.record_id for each in later)

    def _is_only_outdated(self, found: Finding) -> bool:
        """A version that never lay here, while an earlier one does: said of the earlier one."""
        entry = found.entry
        if found.code not in DIFFERS or entry is None or entry.seen_size is not None:
            return False
        return any(self._is_earlier(each, entry) for each in self._same)

    def _add(self, entry: Entry) -> None:
        known = {each.key for each in (*self._entries, *self._fresh)}
        if entry.key not in known:
            self._fresh.append(self._as_seen(entry))

    def _versions(self, record_id: RecordId) -> Versions | None:
        return None if self._ledger is None else self._ledger.versions(record_id)
