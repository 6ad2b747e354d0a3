"""What the folder of a node or observer says while it does not: read only, never in its way.

No lock is taken: who holds one is read from the kernel's table. The database is looked at through a
copy of its small files beside links to its tables, because LevelDB writes wherever it is opened.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cli.compose.repair import INTAKE_FILE, PROMISES_FILE
from cli.settings import ObserverSettings, Settings
from consensus.intake import Intake
from consensus.journal import Journal
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import Height
from ledger.errors import FormatError, InvariantBroken, LedgerError
from ledger.opening import stored_height
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot
from ledger.upgrading import LAYOUT_KEY, is_older
from ledger.words.moments import beijing_time

LOG_TAIL_BYTES: Final = 1 << 18
LINES_KEPT: Final = 5
_COPIED_BYTES_MAX: Final = 256 << 20
_SUSPENDED: Final = "T"
_TOLD: Final = frozenset(
    f"{what}.{event}" for what in ("node", "observer") for event in ("started", "stopped", "failed")
)
_LOCKS: Final = frozenset({"FLOCK", "POSIX"})
"""In the kernel's table: those of our files, and that of the database."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that has the folder open."""

    pid: int
    suspended: bool
    """Stopped by SIGSTOP or a debugger: it is there, and does nothing."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the node's log."""

    event: str
    time: str
    """As people read it."""
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What is known without the node."""

    begun: bool
    """A database is there: the node has run before."""
    holder: Holder | None
    head: Height | None
    """Of the stored chain; None where it is held, or cannot be read."""
    signed: Height | None
    """The highest undecided height that this node has signed anything at; None of an observer."""
    damaged: LedgerError | None
    """What is wrong with the journal."""
    last_event: LogLine | None
    """The last start, stop or failure in the log's tail."""
    lines: tuple[LogLine, ...]
    """The log's last lines."""
    free_bytes: int | None
    """Room on the disk of the folder: a log on a full disk lacks the last words."""


def look(settings: Settings | ObserverSettings, trust: TrustRoot | None) -> FolderFacts:
    """What the folder of a node or an observer says.

    Args:
        settings: of its node.toml or observer.toml.
        trust: its trust root; None where that cannot be read.
    """
    held = next(filter(None, map(holder, _locks_of(settings))), None)
    lines = _tail(settings.log_file)
    told = [line for line in lines if line.event in _TOLD]
    head = signed = damaged = None
    if held is None and trust is not None:
        head = _stored_head(settings.database_folder, trust)
        if isinstance(settings, Settings):
            signed, damaged = _promises(settings, trust)
    begun = (settings.database_folder / "CURRENT").exists()
    last = told[-1] if told else None
    kept = tuple(lines[-LINES_KEPT:])
    return FolderFacts(begun, held, head, signed, damaged, last, kept, _free(settings.folder))


def _locks_of(settings: Settings | ObserverSettings) -> Iterator[Path]:
    """What a process holds that uses the folder.

    One that brings an older database up has not come to its promises yet; an observer has none.
    """
    if isinstance(settings, Settings):
        yield settings.journal_folder / f"{PROMISES_FILE}.lock"
    yield settings.database_folder / "LOCK"


def holder(lock: Path) -> Holder | None:
    """The process that holds a lock file, as the kernel's table of locks says."""
    try:
        inode = lock.stat().st_ino
        table = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    for line in table.splitlines():
        words = line.split()
        if len(words) < 6 or words[1] not in _LOCKS or not words[5].endswith(f":{inode}"):
            continue
        pid = int(words[4])
        if _has_open(pid, lock):
            return Holder(pid, _state(pid) == _SUSPENDED)
    return None


def _has_open(pid: int, path: Path) -> bool:
    """Whether a process has this very file open; where we may not look, the inode must do."""
    try:
        return any(
            os.path.realpath(each) == os.path.realpath(path)
            for each in Path(f"/proc/{pid}/fd").iterdir()
        )
    except PermissionError:
        return True
    except OSError:
        return False


def _state(pid: int) -> str:
    """One letter of proc(5): R, S, T, Z …; empty where the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[0]


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _tail(path: Path | None) -> list[LogLine]:
    """The last lines of a log; what is no line of ours is left out."""
    if path is None:
        return []
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
            data = file.read(LOG_TAIL_BYTES)
    except OSError:
        return []
    return [line for raw in data.splitlines() if (line := _log_line(raw)) is not None]


def _log_line(raw: bytes) -> LogLine | None:
    try:
        given = json.loads(raw)
        time = datetime.fromisoformat(str(given["timestamp"]))
        return LogLine(str(given["event"]), beijing_time(int(time.timestamp() * 1000)), given)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _stored_head(folder: Path, trust: TrustRoot) -> Height | None:
    """The height of the chain in a database that nobody holds; None where it cannot be read."""
    try:
        with tempfile.TemporaryDirectory(prefix="bidwitness-look-") as place:
            copy = Path(place) / "db"
            if not _copied(folder, copy):
                return None
            with closing(LevelDBStore(copy)) as store:
                if is_older(store.get(LAYOUT_KEY)):
                    # Its next start brings it to the newest layout; a look does not take that long.
                    return stored_height(store, trust.genesis)
                return Chain(store, trust.genesis, genesis_rows(trust.genesis)).head.height
    except (OSError, LedgerError, InvariantBroken):
        return None


def _copied(folder: Path, copy: Path) -> bool:
    """Link the tables, which never change, and copy the rest; False where that is too much."""
    if not (folder / "CURRENT").exists():
        return False
    files = [each for each in folder.iterdir() if each.is_file() and each.name != "LOCK"]
    tables = [each for each in files if each.suffix in {".ldb", ".sst"}]
    others = [each for each in files if each not in tables]
    if sum(each.stat().st_size for each in others) > _COPIED_BYTES_MAX:
        return False
    copy.mkdir()
    for each in tables:
        (copy / each.name).symlink_to(each.resolve())
    for each in others:
        shutil.copyfile(each, copy / each.name)
    return True


@dataclass(slots=True)
class _Copy:
    """The bytes of a file, for whoever reads it; what is written stays in memory."""

    name: str
    data: bytes

    def read(self) -> bytes:
        return self.data

    def append(self, data: bytes) -> None:
        self.data += data

    def sync(self) -> None:
        """Nothing is ever durable here."""

    def replace(self, data: bytes) -> None:
        self.data = data


def _promises(settings: Settings, trust: TrustRoot) -> tuple[Height | None, LedgerError | None]:
    """The highest height signed at, and what is wrong with the two files beside the database."""
    files = []
    for name in (PROMISES_FILE, INTAKE_FILE):
        path = settings.journal_folder / name
        try:
            files.append(_Copy(str(path), path.read_bytes()))
        except OSError:
            return None, None
    try:
        journal = Journal(files[0], trust.network_id, settings.node_id)
        Intake(files[1], trust.genesis.parameters)
    except (LedgerError, FormatError) as problem:
        return None, problem
    return max((entry.height for entry in journal.entries), default=None), None
