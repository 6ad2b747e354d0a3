"""OCDS files as people have them: packages of releases or of records, JSON Lines, packed or not.

Read with a cap for everything that a file could make large; what is inside is not judged here.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from api.ocds.amounts import Written
from cli.documents import unreadable
from cli.failures import CommandError, Exit
from cli.plain_files import open_plain
from ledger.codes import Code
from ledger.json_objects import doubled

PACKAGE_BYTES_MAX: Final = 1 << 28
"""A whole file, or one line of JSON Lines, unpacked."""
FILE_BYTES_MAX: Final = 1 << 34
"""JSON Lines altogether, unpacked."""
RELEASES_MAX: Final = 1_000_000
"""Releases of one file."""
VERSION: Final = "1.1"
_GZIP: Final = b"\x1f\x8b"
_EMBEDDED: Final = "ocid"
"""What a release that is there has, and a link to one has not."""


@dataclass(frozen=True, slots=True)
class Item:
    """One release, or what stands where one should be."""

    position: int
    """In the file, from 1."""
    value: object
    """A JSON value that is not judged yet; None where `problem` says why there is none."""
    read_bytes: int
    """How much of the file is behind it, for a progress bar."""
    problem: Code | None = None
    reason: str = ""


class JsonObject(dict[str, object]):
    """A JSON object that remembers a key which occurs twice."""

    doubled: str | None = None

    @classmethod
    def of(cls, pairs: list[tuple[str, object]]) -> "JsonObject":
        """For ``json.loads(object_pairs_hook=…)``."""
        made = cls(pairs)
        if len(made) != len(pairs):
            made.doubled = doubled(pairs)
        return made


class NotOcds(ValueError):  # noqa: N818 - of a foreign file, not a mistake of ours
    """A JSON value is neither a release, a record nor a package of either, in words."""


def items_in(path: Path) -> Iterator[Item]:
    """What stands in a file, in order.

    Raises:
        CommandError: `file.unreadable`; `ocds.package` where it is nothing of OCDS 1.1;
            `ocds.too_large` where it is beyond a cap.
    """
    try:
        with open_plain(path) as raw:
            yield from _numbered(path, raw)
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise no_package(path, f"gzip: {problem}") from problem
    except OSError as problem:
        raise unreadable(path, problem) from problem


def size_of(path: Path) -> int:
    """The size of a file, for a progress bar.

    Raises:
        CommandError: `file.unreadable`.
    """
    try:
        return path.stat().st_size
    except OSError as problem:
        raise unreadable(path, problem) from problem


def no_package(path: Path, reason: str) -> CommandError:
    """The failure of a file that is nothing of OCDS."""
    return CommandError(Exit.USAGE, Code.OCDS_PACKAGE, path=str(path), reason=reason)


def _too_large(path: Path, what: str, limit: int) -> CommandError:
    return CommandError(Exit.USAGE, Code.OCDS_TOO_LARGE, path=str(path), what=what, limit=limit)


def _numbered(path: Path, raw: BinaryIO) -> Iterator[Item]:
    packed = raw.read(len(_GZIP)) == _GZIP
    raw.seek(0)
    file = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
    for position, (value, problem, reason) in enumerate(_values(path, file), 1):
        if position > RELEASES_MAX:
            raise _too_large(path, "releases", RELEASES_MAX)
        yield Item(position, value, raw.tell(), problem, reason)


_Entry = tuple[object, Code | None, str]


def _values(path: Path, file: BinaryIO) -> Iterator[_Entry]:
    first = _line(path, file)
    whole = _parsed(first)
    following = _next_line(path, file)
    if whole is not None and following:
        yield from _lines(path, file, [first, following])
        return
    data = first + following
    while more := file.read(PACKAGE_BYTES_MAX + 1 - len(data)):
        data += more
    if len(data) > PACKAGE_BYTES_MAX:
        raise _too_large(path, "bytes", PACKAGE_BYTES_MAX)
    try:
        yield from entries_of(json_value(data))
    except (NotOcds, ValueError, RecursionError) as problem:
        raise no_package(path, str(problem)) from problem


def _lines(path: Path, file: BinaryIO, begun: list[bytes]) -> Iterator[_Entry]:
    """Each line by itself: one that is broken does not hold up the others."""
    total = 0
    while True:
        line = begun.pop(0) if begun else _next_line(path, file)
        if not line:
            return
        total += len(line)
        if total > FILE_BYTES_MAX:
            raise _too_large(path, "bytes", FILE_BYTES_MAX)
        try:
            yield from entries_of(json_value(line))
        except (NotOcds, ValueError, RecursionError) as problem:
            yield None, Code.OCDS_RELEASE, str(problem)


def _line(path: Path, file: BinaryIO) -> bytes:
    line = file.readline(PACKAGE_BYTES_MAX + 1)
    if len(line) > PACKAGE_BYTES_MAX:
        raise _too_large(path, "bytes", PACKAGE_BYTES_MAX)
    return line


def _next_line(path: Path, file: BinaryIO) -> bytes:
    """The next line that is not blank; empty at the end."""
    while line := _line(path, file):
        if line.strip():
            return line
    return b""


def _parsed(line: bytes) -> Any:
    try:
        return json_value(line)
    except (ValueError, RecursionError):
        return None


def json_value(data: bytes) -> Any:
    """A JSON value whose numbers keep their digits and whose objects tell of doubled keys.

    Raises:
        ValueError: it is no JSON in UTF-8.
        RecursionError: it is nested beyond all measure.
    """
    text = data.decode("utf-8-sig")
    return json.loads(text, object_pairs_hook=JsonObject.of, parse_float=Written.of)


def entries_of(value: object) -> Iterator[_Entry]:
    """The releases in a JSON value, whichever form it has.

    Raises:
        NotOcds: it has none of the forms, or another version.
    """
    if not isinstance(value, dict):
        raise NotOcds("neither a release nor a package")
    if isinstance(records := value.get("records"), list):
        _check_version(value)
        for each in records:
            yield from _of_record(each)
    elif _EMBEDDED in value and "tag" in value:
        yield value, None, ""
    elif _EMBEDDED in value:
        yield from _of_record(value)
    elif isinstance(releases := value.get("releases"), list):
        _check_version(value)
        for each in releases:
            yield each, None, ""
    else:
        raise NotOcds("releases")


def _of_record(record: object) -> Iterator[_Entry]:
    """A record's releases; its compiled one where they stand elsewhere."""
    releases = record.get("releases") if isinstance(record, dict) else None
    listed = releases if isinstance(releases, list) else []
    embedded = [each for each in listed if not _is_link(each)]
    for each in embedded:
        yield each, None, ""
    if len(embedded) < len(listed) or not listed:
        compiled = record.get("compiledRelease") if isinstance(record, dict) else None
        if isinstance(compiled, dict):
            yield compiled, None, ""
        else:
            yield record, Code.OCDS_LINKED, ""


def _is_link(release: object) -> bool:
    return isinstance(release, dict) and _EMBEDDED not in release and "url" in release


def _check_version(package: dict[str, object]) -> None:
    version = package.get("version", "1.0")
    if version != VERSION:
        raise NotOcds(f"version {version}")
