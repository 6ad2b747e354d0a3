"""The map of a watched folder: which file is which document of which record, kept between rounds.

A line of JSON for each file, so that none of it is held twice. It is never believed about what was
anchored: receipts are. What it adds is how a file looked when it was last as anchored.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.documents import unreadable
from cli.failures import CommandError, Exit
from ledger.codes import Code
from ledger.core.identifiers import Digest, NetworkId, RecordId
from ledger.core.strict_json import INTEGER_MAX, JsonValue, digest, dump, integer, load, table, text
from ledger.errors import FormatError, StoreError

FORMAT: Final = "bidwitness.watch-map"
VERSION: Final = 1
ENTRIES_MAX: Final = 200_000
"""Documents of one folder; about 100 MiB of memory."""
PATH_MAX: Final = 4_096
LINE_BYTES_MAX: Final = 64 << 10
_HEAD: Final = ("format", "version", "network_id")
_NAMES: Final = (
    *("path", "record_id", "label", "sha256", "size_bytes", "seen_size", "seen_mtime_ns"),
    "reported",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as one document of one record."""

    path: str
    """Relative to the folder, parts joined by ``/``."""
    record_id: RecordId
    label: str
    """The document's; empty for one of a batch."""
    sha256: Digest
    """As anchored."""
    size_bytes: int
    """As anchored."""
    seen_size: int | None = None
    """Size and time of change when the file was last as anchored; None where it never was."""
    seen_mtime_ns: int | None = None
    reported: Digest | None = None
    """What the file's digest was in the last report of it; all zeros for a file that was gone."""

    @property
    def key(self) -> tuple[str, RecordId, Digest]:
        """One document of one record at one place."""
        return (self.path, self.record_id, self.sha256)


Entries = Mapping[tuple[str, RecordId, Digest], Entry]


def read_map(path: Path, network_id: NetworkId) -> dict[tuple[str, RecordId, Digest], Entry]:
    """The entries of a map; none where there is no such file yet.

    Raises:
        CommandError: `watch.map` where it is broken or of another network; `file.unreadable`.
    """
    found: dict[tuple[str, RecordId, Digest], Entry] = {}
    try:
        with path.open("rb") as file:
            head = _line(file.readline(LINE_BYTES_MAX + 1))
            named = table(head, "map", _HEAD)
            if named["format"] != FORMAT or named["version"] != VERSION:
                raise FormatError(Code.FORMAT_SHAPE, what="format")
            if named["network_id"] != network_id.hex():
                raise FormatError(Code.FORMAT_SHAPE, what="network_id")
            while line := file.readline(LINE_BYTES_MAX + 1):
                entry = _entry(_line(line))
                found[entry.key] = entry
                if len(found) > ENTRIES_MAX:
                    raise FormatError(Code.FORMAT_TOO_LARGE, size=len(found), limit=ENTRIES_MAX)
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise unreadable(path, problem) from problem
    except FormatError as problem:
        facts = {"path": str(path), "reason": str(problem)[:200]}
        raise CommandError(Exit.USAGE, Code.WATCH_MAP, **facts) from problem
    return found


def write_map(path: Path, network_id: NetworkId, entries: Entries) -> None:
    """Write the map whole: a crash leaves the old one or the new one, never half of either.

    Raises:
        StoreError: `file.unwritable`.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            named = (FORMAT, VERSION, network_id.hex())
            file.write(_spelled(dict(zip(_HEAD, named, strict=True))))
            for key in sorted(entries):
                file.write(_spelled(_value(entries[key])))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise StoreError(Code.FILE_UNWRITABLE, path=str(path), reason=reason) from problem


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other watchers away from a map.

    Raises:
        CommandError: `watch.held` where another process watches with it.
        StoreError: `file.unwritable`.
    """
    lock = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise StoreError(Code.FILE_UNWRITABLE, path=str(lock), reason=reason) from problem
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as problem:
        raise CommandError(Exit.UNAVAILABLE, Code.WATCH_HELD, path=str(path)) from problem
    finally:
        os.close(descriptor)


def _spelled(value: JsonValue) -> bytes:
    """`value` on one line."""
    return b" ".join(part.strip() for part in dump(value).splitlines()) + b"\n"


def _line(data: bytes) -> JsonValue:
    if not data.endswith(b"\n"):
        raise FormatError(Code.FORMAT_SHAPE, what="line")
    return load(data, LINE_BYTES_MAX)


def _value(entry: Entry) -> JsonValue:
    return {
        "path": entry.path,
        "record_id": entry.record_id.hex(),
        "label": entry.label,
        "sha256": entry.sha256.hex(),
        "size_bytes": entry.size_bytes,
        "seen_size": entry.seen_size,
        "seen_mtime_ns": entry.seen_mtime_ns,
        "reported": None if entry.reported is None else entry.reported.hex(),
    }


def _entry(value: JsonValue) -> Entry:
    fields = table(value, "file", _NAMES)
    return Entry(
        text(fields["path"], "path", PATH_MAX),
        RecordId(digest(fields["record_id"], "record_id")),
        text(fields["label"], "label", 200),
        digest(fields["sha256"], "sha256"),
        integer(fields["size_bytes"], "size_bytes"),
        _number(fields["seen_size"], "seen_size"),
        _number(fields["seen_mtime_ns"], "seen_mtime_ns"),
        None if fields["reported"] is None else digest(fields["reported"], "reported"),
    )


def _number(value: JsonValue, what: str) -> int | None:
    """A count or a time; a file may be older than 1970."""
    return None if value is None else integer(value, what, -INTEGER_MAX)
