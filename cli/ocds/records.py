"""The records that an OCDS release becomes: one for itself, one for each part that is mapped.

The digest is over the RFC 8785 form of the release or part, so amounts that JSON writes as floats
never reach canonical bytes. A record depends on the release, its issuer and the network only:
whoever imports it again finds the same record ids (docs/adr, 0006 and 0033).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import rfc8785

from api.ocds.embargo import secret_until
from api.ocds.paths import at, depth_of
from api.ocds.stating import Fields, LeftOutCount, Stated, TooManyParts, is_secret, stated_in
from api.ocds.tags import TAGS, type_of
from api.ocds.times import time_ms
from cli.documents import evidence_of
from cli.ocds.documents import Documents
from cli.ocds.files import Item, JsonObject
from ledger.codes import Code
from ledger.core.canonical import Value, encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import Digest, MemberId, NetworkId, Subject
from ledger.core.record import NONCE_BYTES, SUBJECT_BYTES_MAX, Evidence, Record, Ref
from ledger.errors import FormatError, Rejected

DEPTH_MAX: Final = 64
"""Lists and objects inside each other, of one release."""
MEDIA_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Release:
    """One release, ready to be anchored."""

    position: int
    """In the file, from 1."""
    ocid: str
    record: Record
    parts: tuple[Record, ...] = ()
    """What it says of each part; each cites the release's record."""
    left_out: LeftOutCount = field(default_factory=Counter)
    """What no record holds."""

    @property
    def records(self) -> tuple[Record, ...]:
        """All of them, each behind what it cites."""
        return (self.record, *self.parts)


@dataclass(frozen=True, slots=True)
class RefusedRelease:
    """One release that is not anchored, and why."""

    position: int
    ocid: str
    """Or ``?`` where it has none."""
    reason: Rejected


@dataclass(frozen=True, slots=True)
class Reader:
    """What judges releases: by whom they are said, where, when, and with which documents."""

    issuer: MemberId
    network_id: NetworkId
    fields: Fields
    """Of the types of records, as the catalogue declares them."""
    now_ms: int
    documents: Documents = field(default_factory=lambda: Documents(None))

    def judged(self, item: Item) -> Release | RefusedRelease:
        """The records of a release, or the reason why it has none."""
        ocid = at(item.value, ("ocid",))
        shown = ocid if isinstance(ocid, str) and ocid else "?"
        if item.problem is not None:
            return refused(item.position, shown, item.problem, reason=item.reason)
        if depth_of(item.value, DEPTH_MAX) > DEPTH_MAX:
            return refused(item.position, shown, Code.OCDS_DEPTH, limit=DEPTH_MAX)
        if code := _SECRET.get(secret_until(item.value, self.now_ms)):
            return refused(item.position, shown, code)
        try:
            return self._release(item, shown)
        except TooManyParts as problem:
            return refused(item.position, shown, Code.OCDS_PARTS, limit=str(problem))
        except (_ReleaseError, FormatError) as problem:
            return refused(item.position, shown, Code.OCDS_RELEASE, reason=str(problem))

    def _release(self, item: Item, ocid: str) -> Release:
        record = _record(item.value, self.issuer, self.network_id)
        record.encode()
        stated, left_out = stated_in(item.value, self.fields)
        parts = tuple(self._parts(record, stated, left_out))
        return Release(item.position, ocid, record, parts, left_out)

    def _parts(
        self, release: Record, stated: list[Stated], left_out: LeftOutCount
    ) -> Iterator[Record]:
        for each in stated:
            evidence = self._evidence(release, each, left_out)
            if evidence is not None:
                yield _part_record(release, self.network_id, each, evidence)

    def _evidence(self, release: Record, part: Stated, left_out: LeftOutCount) -> Evidence | None:
        """The part's own digest, or its document's; None where that is not at hand."""
        if not part.is_document:
            label = f"{release.fields['release_id']!s}#{part.pointer}"
            return evidence_of(label, _canonical_json(part.content), MEDIA_TYPE)
        found = None
        if not (secret := is_secret(part, self.now_ms)):
            found = self.documents.evidence(release.subject, part.content)
        if found is None:
            left_out[part.path, "embargo" if secret else "no_document"] += 1
        return found


_SECRET: Final[Mapping[str, Code]] = {
    "future": Code.OCDS_FUTURE,
    "open": Code.OCDS_OPEN,
    "status": Code.OCDS_OPEN,
}


def refused(position: int, ocid: str, code: Code, **detail: str | int) -> RefusedRelease:
    """A refusal whose sentence names release and reason."""
    return RefusedRelease(
        position, ocid, Rejected(code, {"position": position, "ocid": ocid, **detail})
    )


class _ReleaseError(ValueError):
    """A release is not what OCDS 1.1 says, in words."""


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
    for held, name in (("language", "language"), ("initiation_type", "initiationType")):
        if isinstance(value := release.get(name), str) and value:
            fields[held] = value
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


def _part_record(
    release: Record, network_id: NetworkId, part: Stated, evidence: Evidence
) -> Record:
    """The record of a part: it happened when its release was published, as that says."""
    (whole,) = release.evidence
    named = (network_id, release.issuer, release.subject, whole.sha256)
    body = encode((*named, part.type, part.pointer, evidence.sha256))
    return Record(
        type=part.type,
        issuer=release.issuer,
        subject=release.subject,
        occurred_at_ms=release.occurred_at_ms,
        evidence=(evidence,),
        fields={"pointer": part.pointer, **part.fields},
        private=None,
        refs=(Ref("follows", release.record_id),),
        nonce=tagged_hash(Tag.IMPORT, body)[:NONCE_BYTES],
    )


def _tags(release: Mapping[str, object]) -> list[str]:
    tags = release.get("tag")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise _ReleaseError("tag: a list of texts is needed")
    if not any(tag in TAGS for tag in tags):
        raise _ReleaseError(f"tag: none of {tags} is in the code list")
    return tags


def _canonical_json(release: object) -> bytes:
    """The RFC 8785 form; what it cannot spell exactly is refused."""
    if doubled := _doubled(release):
        raise _ReleaseError(f"the key “{doubled}” occurs twice")
    try:
        return rfc8785.dumps(release)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as problem:
        raise _ReleaseError(f"RFC 8785: {problem}") from problem


def _doubled(value: object) -> str | None:
    """The first key that occurs twice in one object, anywhere below `value`."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, JsonObject):
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
    if any("\ud800" <= each <= "\udfff" for each in value):
        # Only an escape can spell it, and no bytes can.
        raise _ReleaseError(f"{name}: half a surrogate pair")
    return value


def _date_ms(text: str) -> int:
    try:
        return time_ms(text)
    except (ValueError, OverflowError) as problem:
        raise _ReleaseError(f"date: {text}") from problem
