"""Record: what a member says about one event, as digests and a few public facts.

A record never holds a document, a person's name or anything guessable; those are digests, private
fields or sealed. Its id is the tagged hash of its only spelling. Spec: ``docs/spec/record.md``.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.canonical import Value, decode, encode
from ledger.core.hashing import Tag, tagged_hash
from ledger.core.identifiers import (
    Digest,
    MemberId,
    NetworkId,
    RecordId,
    Subject,
    check_name,
)
from ledger.core.limits import DEFAULT, Parameters
from ledger.core.shapes import array, digest, integer, mapping, octets, text, time_ms, versioned
from ledger.errors import FormatError

VERSION: Final = 1
NONCE_BYTES: Final = 16
SUBJECT_BYTES_MAX: Final = 200
TYPE_BYTES_MAX: Final = 64
RELATIONS: Final = frozenset(
    {"follows", "amends", "opens", "answers", "voids", "confirms", "redacts", "alert", "batch"}
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One document that stays with its owner, named by its digests."""

    label: str
    """What the document is to its owner: a file name or a role, at most 200 bytes."""
    sha256: Digest
    sm3: Digest | None
    size_bytes: int
    media_type: str

    def value(self) -> Value:
        """``[label, sha256, sm3 or nil, size_bytes, media_type]``."""
        return (self.label, self.sha256, self.sm3, self.size_bytes, self.media_type)


@dataclass(frozen=True, slots=True)
class Ref:
    """A record that this one cites, and how."""

    relation: str
    """One of `RELATIONS`."""
    record_id: RecordId
    network_id: NetworkId | None = None
    """Another centre's ledger; None for this one."""

    def value(self) -> Value:
        """``[relation, record id, network id or nil]``."""
        return (self.relation, self.record_id, self.network_id)


@dataclass(frozen=True, slots=True)
class Private:
    """Commitment to fields that the ledger must not show."""

    root: Digest
    """RFC 6962 root over the leaves ``["field", issuer, name, value, salt16]``."""
    names: tuple[str, ...]
    """Strictly ascending; their count is the size of the tree."""

    def value(self) -> Value:
        """``[root, names]``."""
        return (self.root, self.names)


@dataclass(frozen=True, slots=True)
class Record:
    """What a member says."""

    type: str
    """Key of the catalogue, such as ``tender.announcement``."""
    issuer: MemberId
    """The member that answers for it; ``network`` for derived records."""
    subject: Subject
    """What it is about: ``project/section``, a seal id, an ocid …; empty where sealed."""
    occurred_at_ms: int
    """When it happened, as claimed."""
    evidence: tuple[Evidence, ...]
    fields: Mapping[str, Value]
    """Public facts: schema by type, and the common names."""
    private: Private | None
    refs: tuple[Ref, ...]
    nonce: bytes
    """16 random bytes: they make the id unguessable."""

    def encode(self) -> bytes:
        """The only spelling of this record.

        Raises:
            FormatError: where a value is outside the canonical profile.
        """
        return encode(
            (
                "record",
                VERSION,
                self.type,
                self.issuer,
                self.subject,
                self.occurred_at_ms,
                tuple(item.value() for item in self.evidence),
                self.fields,
                self.private.value() if self.private else None,
                tuple(ref.value() for ref in self.refs),
                self.nonce,
            )
        )

    @property
    def record_id(self) -> RecordId:
        """The tagged hash of the record's bytes; encodes anew at each call."""
        return record_id(self.encode())


def record_id(data: bytes) -> RecordId:
    """The id of the record that `data` spells."""
    return RecordId(tagged_hash(Tag.RECORD, data))


def decode_record(data: bytes, limits: Parameters = DEFAULT) -> Record:
    """The record that `data` spells.

    Args:
        data: canonical bytes.
        limits: the network's parameters.

    Raises:
        FormatError: one of the `format.*` codes, or `record.too_large` / `record.invalid`.
    """
    if len(data) > limits.record_bytes_max:
        raise FormatError(Code.RECORD_TOO_LARGE, size=len(data), limit=limits.record_bytes_max)
    items = versioned(decode(data, limits.record_bytes_max), "record", VERSION, 11)
    return Record(
        type=text(items[2], "type", TYPE_BYTES_MAX),
        issuer=MemberId(check_name(text(items[3], "issuer"), "issuer")),
        subject=Subject(text(items[4], "subject", SUBJECT_BYTES_MAX)),
        occurred_at_ms=time_ms(items[5], "occurred_at_ms"),
        evidence=tuple(_evidence(item) for item in _capped(items[6], "evidence", limits)),
        fields=mapping(items[7], "fields", limits.fields_max),
        private=_private(items[8], limits.fields_max),
        refs=tuple(_ref(item) for item in _capped(items[9], "refs", limits)),
        nonce=octets(items[10], "nonce", NONCE_BYTES),
    )


def _capped(value: Value, what: str, limits: Parameters) -> tuple[Value, ...]:
    """An array within the network's cap for `what`."""
    items = tuple(array(value, what))
    limit = limits.evidence_max if what == "evidence" else limits.refs_max
    if len(items) > limit:
        raise FormatError(Code.RECORD_INVALID, what=what, limit=limit)
    return items


def _evidence(value: Value) -> Evidence:
    label, sha256, sm3, size_bytes, media_type = array(value, "evidence", 5)
    return Evidence(
        text(label, "evidence.label", 200),
        digest(sha256, "evidence.sha256"),
        None if sm3 is None else digest(sm3, "evidence.sm3"),
        integer(size_bytes, "evidence.size_bytes", 0, 1 << 53),
        text(media_type, "evidence.media_type", 100),
    )


def _ref(value: Value) -> Ref:
    relation, cited, network = array(value, "ref", 3)
    name = text(relation, "ref.relation", 16)
    if name not in RELATIONS:
        raise FormatError(Code.RECORD_INVALID, what="ref.relation", limit=name)
    return Ref(
        name,
        RecordId(digest(cited, "ref.record")),
        None if network is None else NetworkId(digest(network, "ref.network")),
    )


def _private(value: Value, names_max: int) -> Private | None:
    if value is None:
        return None
    root, names = array(value, "private", 2)
    listed = tuple(text(name, "private.name", 64) for name in array(names, "private.names"))
    ascending = all(a < b for a, b in itertools.pairwise(listed))
    if not listed or len(listed) > names_max or not ascending:
        raise FormatError(Code.RECORD_INVALID, what="private.names", limit=names_max)
    return Private(digest(root, "private.root"), listed)
