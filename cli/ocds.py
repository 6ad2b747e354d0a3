"""OCDS 1.1 release packages as records: one record for each release, or the reason for none.

The digest is over the release's RFC 8785 form, so amounts that JSON writes as floats never reach
canonical bytes. The record of a release depends on the release, its issuer and the network only:
whoever imports it again finds the same record id (docs/adr, 0006).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import rfc8785

from cli.documents import evidence_of, unreadable
from cli.failures import CommandError, Exit
from ledger.codes import Code
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import Digest, MemberId, NetworkId, Subject
from ledger.core.record import NONCE_BYTES, SUBJECT_BYTES_MAX, Record
from ledger.errors import FormatError, Rejected

PACKAGE_BYTES_MAX: Final = 1 << 30
MEDIA_TYPE: Final = "application/json"
TAGS: Final = (
    "planning",
    "planningUpdate",
    "tender",
    "tenderAmendment",
    "tenderUpdate",
    "tenderCancellation",
    "award",
    "awardUpdate",
    "awardCancellation",
    "contract",
    "contractUpdate",
    "contractAmendment",
    "implementation",
    "implementationUpdate",
    "contractTermination",
    "compiled",
)
"""Code list `releaseTag` of OCDS 1.1, in its order."""
_MILLISECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class Release:
    """One release, ready to be anchored."""

    position: int
    """In the package, from 1."""
    ocid: str
    record: Record


@dataclass(frozen=True, slots=True)
class RefusedRelease:
    """One release that is not anchored, and why."""

    position: int
    ocid: str
    """Or ``?`` where it has none."""
    reason: Rejected


def read_package(path: Path) -> tuple[object, ...]:
    """The releases of the package at `path`, as JSON values that are not judged yet.

    Raises:
        CommandError: `file.unreadable`, or `ocds.package` where the file is not a release
            package of version 1.1.
    """
    try:
        if path.stat().st_size > PACKAGE_BYTES_MAX:
            raise _no_package(path, f"> {PACKAGE_BYTES_MAX} bytes")
        with path.open("rb") as file:
            package = json.loads(file.read(PACKAGE_BYTES_MAX + 1), object_pairs_hook=_Object.of)
    except OSError as problem:
        raise unreadable(path, problem) from problem
    except (ValueError, RecursionError) as problem:
        raise _no_package(path, str(problem)) from problem
    if not isinstance(package, dict) or not isinstance(package.get("releases"), list):
        raise _no_package(path, "releases")
    version = package.get("version", "1.0")
    if version != "1.1":
        raise _no_package(path, f"version {version}")
    return tuple(package["releases"])


def records_of(
    releases: tuple[object, ...], issuer: MemberId, network_id: NetworkId
) -> Iterator[Release | RefusedRelease]:
    """The record of each release in order, or the reason why it has none."""
    for position, release in enumerate(releases, 1):
        ocid = release.get("ocid") if isinstance(release, dict) else None
        shown = ocid if isinstance(ocid, str) and ocid else "?"
        try:
            record = _record(release, issuer, network_id)
            record.encode()
        except (_ReleaseError, FormatError) as problem:
            yield refused(position, shown, str(problem))
        else:
            yield Release(position, shown, record)


def refused(position: int, ocid: str, reason: str) -> RefusedRelease:
    """A refusal with the sentence that names release and reason."""
    detail: dict[str, str | int] = {"position": position, "ocid": ocid, "reason": reason}
    return RefusedRelease(position, ocid, Rejected(Code.OCDS_RELEASE, detail))


class _ReleaseError(ValueError):
    """A release is not what OCDS 1.1 says, in words."""


class _Object(dict[str, object]):
    """A JSON object that remembers a key which occurs twice."""

    doubled: str | None = None

    @classmethod
    def of(cls, pairs: list[tuple[str, object]]) -> "_Object":
        made = cls(pairs)
        if len(made) != len(pairs):
            names = [name for name, _ in pairs]
            made.doubled = next(name for name in names if names.count(name) > 1)
        return made


def _record(release: object, issuer: MemberId, network_id: NetworkId) -> Record:
    if not isinstance(release, dict):
        raise _ReleaseError("not an object")
    ocid = _text(release, "ocid")
    if len(ocid.encode()) > SUBJECT_BYTES_MAX:
        raise _ReleaseError(f"ocid: > {SUBJECT_BYTES_MAX} bytes")
    release_id = _text(release, "id")
    date_ms = _date_ms(_text(release, "date"))
    tags = _tags(release)
    data = _canonical_json(release)
    evidence = evidence_of(f"{release_id}.json", data, MEDIA_TYPE)
    fields: dict[str, Value] = {
        "release_id": release_id,
        "release_date_ms": date_ms,
        "tags": tuple(tags),
    }
    for field, name in (("language", "language"), ("initiation_type", "initiationType")):
        if isinstance(value := release.get(name), str) and value:
            fields[field] = value
    return Record(
        type=type_of(next(tag for tag in tags if tag in TAGS)),
        issuer=issuer,
        subject=Subject(ocid),
        occurred_at_ms=date_ms,
        evidence=(evidence,),
        fields=fields,
        private=None,
        refs=(),
        nonce=nonce_of(network_id, issuer, ocid, evidence.sha256),
    )


def nonce_of(network_id: NetworkId, issuer: MemberId, ocid: str, digest: Digest) -> bytes:
    """The nonce of a release's record: 16 bytes that follow from what is public anyway."""
    body = encode((network_id, issuer, ocid, digest))
    return tagged_hash(Tag.IMPORT, body)[:NONCE_BYTES]


def type_of(tag: str) -> str:
    """``tenderUpdate`` → ``ocds.tender_update``."""
    return "ocds." + re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), tag)


def _tags(release: Mapping[str, object]) -> list[str]:
    tags = release.get("tag")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise _ReleaseError("tag: a list of texts is needed")
    if not any(tag in TAGS for tag in tags):
        raise _ReleaseError(f"tag: none of {tags} is in the code list")
    return tags


def _canonical_json(release: Mapping[str, object]) -> bytes:
    """The RFC 8785 form; what it cannot spell exactly is refused."""
    if doubled := _doubled(release):
        raise _ReleaseError(f"the key “{doubled}” occurs twice")
    try:
        return rfc8785.dumps(dict(release))  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as problem:
        raise _ReleaseError(f"RFC 8785: {problem}") from problem


def _doubled(value: object) -> str | None:
    """The first key that occurs twice in one object, anywhere below `value`."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Object):
            if item.doubled is not None:
                return item.doubled
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return None


def _text(release: Mapping[str, object], name: str) -> str:
    value = release.get(name)
    if not isinstance(value, str) or not value:
        raise _ReleaseError(f"{name}: a text is needed")
    return value


def _date_ms(text: str) -> int:
    """RFC 3339 date and time to milliseconds; a date without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise _ReleaseError(f"date: {text}") from problem
    placed = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if placed.year < 1970:
        raise _ReleaseError(f"date: {text}")
    whole = int(placed.replace(microsecond=0).timestamp())
    return whole * _MILLISECOND + placed.microsecond // _MILLISECOND


def _no_package(path: Path, reason: str) -> CommandError:
    return CommandError(Exit.USAGE, Code.OCDS_PACKAGE, path=str(path), reason=reason)
