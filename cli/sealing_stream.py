"""SealingStream: a sealing system's commitments, one bundle of exactly k at every tick.

The inbox is the queue: a sealed file without a receipt waits for a place, and gets the receipt of
its commitment written into it. A tick's bundle is on disk before it is sent and leaves the disk
after the receipts are in the files, so a crash at any point loses no bid, and the same bundle is
sent again: no digest is committed twice. Nothing depends on how many places are real.

    stream = SealingStream(desk, inbox, places_count=8)
    with stream:
        while running:
            stream.step(now_ms())

Spec: ``docs/spec/sealed.md``.
"""

import fcntl
import os
from dataclasses import dataclass, field
from errno import EINVAL
from pathlib import Path
from stat import S_ISREG
from typing import IO, Final, Self

from nacl.utils import random

from api.client import ClientError, Pending
from api.client.sealing import SealingDesk
from cli.bidding import read_sealed
from cli.desk import LIFE_MS, Desk
from cli.documents import unreadable
from cli.failures import CommandError
from cli.under_seal import SEALED_SUFFIX
from ledger.codes import Code
from ledger.core.bundle import Bundle, decode_bundle
from ledger.core.identifiers import Digest
from ledger.core.receipt import Receipt
from ledger.core.record import decode_record
from ledger.core.sealed import digest_in
from ledger.core.sealed_file import SealedFile
from ledger.errors import LedgerError, StoreError

FOLDER: Final = ".stream"
_SUFFIX: Final = ".bundle"
_PENDING_MAX: Final = 32
"""Bundles out at once: with more, no node takes them, and new ticks wait instead of piling up."""
_REFUSED: Final = ("bundle.", "record.", "sealed.")
"""Codes by which a node refuses the bundle itself; after any other the same is sent again."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a step did."""

    ticked: bool = False
    """A tick's bundle was made."""
    committed: tuple[Path, ...] = ()
    """Files that got their receipt."""
    problems: tuple[LedgerError, ...] = ()
    """Files that were left out, and why no node took a bundle; each is told once while it lasts."""


@dataclass(slots=True)
class SealingStream:
    """One sealing system's stream over one inbox; a context that holds the inbox's lock."""

    desk: Desk
    inbox: Path
    """Holds ``*.sealed.json``; the stream's own folder is inside."""
    places_count: int
    """k: commitments of every tick; public, like the tick."""
    next_tick_ms: int = 0
    ticks_count: int = 0
    """Made since the start."""
    _pending: dict[Path, Bundle] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _committed_before: set[Digest] = field(default_factory=set)
    """Digests that the ledger refused as committed: their files have lost their receipts."""
    _lock: IO[bytes] | None = None

    @property
    def tick_ms(self) -> int:
        """The network's sealing tick."""
        return self.desk.trust.genesis.parameters.sealing_tick_ms

    @property
    def pending_count(self) -> int:
        """Bundles that were sent and have no receipts yet."""
        return len(self._pending)

    def __enter__(self) -> Self:
        """Lock the inbox and take up what an earlier run left.

        Raises:
            StoreError: `store.locked` where another stream runs over this inbox, `file.unwritable`.
        """
        folder = self.inbox / FOLDER
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            self.__exit__()
            raise StoreError(Code.STORE_LOCKED, path=str(folder)) from problem
        except OSError as problem:
            raise _unwritable(folder, problem) from problem
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            self._pending[path] = decode_bundle(path.read_bytes())
            # A tick is made once: another bundle of the same tick would take its place on disk.
            self.next_tick_ms = int(path.stem) + self.tick_ms
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def step(self, now_ms: int) -> Told:
        """Make the bundle of a tick that is due, send what is out, and keep receipts that came.

        Args:
            now_ms: the clock; ticks are its multiples of `tick_ms`. A tick that was missed is not
                made up for.

        Raises:
            StoreError: `file.unwritable`: nothing was sent that is not on disk.
        """
        problems: list[LedgerError] = []
        tick_ms = now_ms - now_ms % self.tick_ms
        if self.next_tick_ms > tick_ms + 2 * self.tick_ms:
            # The clock was ahead and was set back: waiting for that time could take years.
            self.next_tick_ms = tick_ms
        due = now_ms >= self.next_tick_ms and len(self._pending) < _PENDING_MAX
        due = due and self._path(tick_ms) not in self._pending
        if due:
            self._make(tick_ms, problems)
            self.next_tick_ms = tick_ms + self.tick_ms
            self.ticks_count += 1
        return self._told_of(self._settle(problems), problems, ticked=due)

    def settle(self) -> Told:
        """Send what is out, and keep receipts that came; makes no tick."""
        problems: list[LedgerError] = []
        return self._told_of(self._settle(problems), problems, ticked=False)

    def _told_of(self, committed: list[Path], problems: list[LedgerError], *, ticked: bool) -> Told:
        fresh = [each for each in problems if str(each) not in self._told]
        # A problem that is gone and comes again is told again.
        self._told = {str(each) for each in problems} | (set() if ticked else self._told)
        return Told(ticked, tuple(committed), tuple(fresh))

    def _make(self, tick_ms: int, problems: list[LedgerError]) -> None:
        """Put the tick's bundle on disk: waiting files first, covers in the other places."""
        desk = SealingDesk(
            self.desk.signer,
            self.desk.network_id,
            self.desk.member_id,
            self.places_count,
            LIFE_MS,
        )
        for _, each in list(self._waiting(problems).items())[: self.places_count]:
            desk.hand_in(each.sealed)
        bundle = desk.tick(tick_ms, random).bundle
        path = self._path(tick_ms)
        self._write_durably(path, bundle.encode())
        self._pending[path] = bundle

    def _path(self, tick_ms: int) -> Path:
        return self.inbox / FOLDER / f"{tick_ms:014}{_SUFFIX}"

    def _waiting(self, problems: list[LedgerError]) -> dict[Digest, SealedFile]:
        """Files without a receipt whose digest is not on its way, the oldest first."""
        on_the_way = {each for bundle in self._pending.values() for each in _digests(bundle)}
        found: dict[Digest, SealedFile] = {}
        for path, held in self._files(problems):
            if held.receipt is not None or held.digest in on_the_way:
                continue
            if held.digest in self._committed_before:
                problems.append(LedgerError(Code.BID_COMMITTED, path=str(path)))
                continue
            found[held.digest] = held
        return found

    def _files(self, problems: list[LedgerError]) -> list[tuple[Path, SealedFile]]:
        """The inbox as far as it is this stream's, the oldest file first."""
        found: list[tuple[int, Path, SealedFile]] = []
        for path in self.inbox.glob(f"*{SEALED_SUFFIX}"):
            try:
                time_ns, held = _changed_ns(path), read_sealed(path)
            except CommandError as problem:
                reason = str(problem.detail["reason"])
                problems.append(LedgerError(Code.BID_FILE, path=str(path), reason=reason))
                continue
            if held.network_id != self.desk.network_id or held.committed_by != self.desk.member_id:
                network = held.network_id.hex()[:16]
                reason = f"network_id = {network}, committed_by = {held.committed_by}"
                problems.append(LedgerError(Code.BID_FILE, path=str(path), reason=reason))
                continue
            found.append((time_ns, path, held))
        return [(path, held) for _, path, held in sorted(found, key=lambda each: each[:2])]

    def _settle(self, problems: list[LedgerError]) -> list[Path]:
        """Send every bundle that is out again; keep the receipts of those that are committed."""
        committed: list[Path] = []
        for path, bundle in list(self._pending.items()):
            try:
                receipts = self.desk.client.submit(bundle, 0)
            except Pending:
                continue
            except LedgerError as problem:
                problems.append(problem)
                if not self._is_for_good(problem, bundle):
                    return committed
                self._refused(path, problem)
                continue
            committed += self._keep(receipts)
            self._forget(path)
        return committed

    def _keep(self, receipts: tuple[Receipt, ...]) -> list[Path]:
        """Write each receipt into the file whose digest its commitment holds."""
        held_in = {digest_in(decode_record(each.record)): each for each in receipts}
        kept: list[Path] = []
        for path, held in self._files([]):
            receipt = held_in.get(held.digest)
            if held.receipt is None and receipt is not None:
                full = SealedFile(held.network_id, held.committed_by, held.sealed, receipt)
                self._write_durably(path, full.encode())
                kept.append(path)
        return kept

    def _is_for_good(self, problem: LedgerError, bundle: Bundle) -> bool:
        """Whether a node refused the bundle itself, and will tomorrow."""
        if problem.code is Code.BUNDLE_EARLY:
            # Made before the clock was set back; or else the nodes' clocks will be there soon.
            return bundle.header.created_at_ms >= self.next_tick_ms
        return isinstance(problem, ClientError) and problem.code.startswith(_REFUSED)

    def _refused(self, path: Path, problem: LedgerError) -> None:
        """The bundle is not on the ledger and never will be: its files wait for another tick."""
        if problem.code is Code.SEALED_COMMITTED:
            digest = str(problem.detail.get("digest", ""))
            known = {each for each in _digests(self._pending[path]) if each.hex() == digest}
            self._committed_before |= known
        self._forget(path)

    def _forget(self, path: Path) -> None:
        del self._pending[path]
        path.unlink(missing_ok=True)

    def _write_durably(self, path: Path, data: bytes) -> None:
        """Put `data` at `path` for its owner only, whole or not at all; on disk at the return."""
        # A name of its own: that of a file in the inbox may have no room for another letter.
        draft = self.inbox / FOLDER / "draft"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as problem:
            raise _unwritable(path, problem) from problem


def _digests(bundle: Bundle) -> list[Digest]:
    """What the commitments of a tick hold, covers included."""
    found = (digest_in(decode_record(data)) for data in bundle.records)
    return [each for each in found if each is not None]


def _changed_ns(path: Path) -> int:
    """When a plain file was last written; of anything else it is said that it is none."""
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise OSError(EINVAL, os.strerror(EINVAL))
    except OSError as problem:
        raise unreadable(path, problem) from problem
    return status.st_mtime_ns


def _unwritable(path: Path, problem: OSError) -> StoreError:
    return StoreError(Code.FILE_UNWRITABLE, path=str(path), reason=str(problem.strerror))
