"""What clients send as JSON: a bundle, its records, and what becomes of them here.

A model becomes the canonical value at once, so that nothing behind this file sees a model; sizes
and shapes that the canonical decoder checks are checked there, once. Spec: ``docs/spec/http.md``.
"""

from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.codes import Code
from ledger.core.bundle import Bundle, BundleHeader, check_covers
from ledger.core.canonical import Value
from ledger.core.identifiers import (
    Digest,
    KeyId,
    MemberId,
    NetworkId,
    RecordId,
    Subject,
    check_name,
)
from ledger.core.limits import Parameters
from ledger.core.record import Evidence, Private, Record, Ref, decode_record, record_id
from ledger.errors import FormatError, LedgerError

ITEMS_PER_RECORD: Final = 40
"""Values that a record may spell on average: a plain one spells 18. Bodies of empty brackets would
otherwise cost the parser a hundred times their size; larger records go as msgpack."""

Hex32: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["00" * 32])]
Hex16: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{32}$", examples=["00" * 16])]
Hex64: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{128}$", examples=["00" * 64])]
Time: TypeAlias = Annotated[int, Field(ge=0, le=1 << 53, strict=True)]


class Model(BaseModel):
    """Strict: an unknown member of an object is an error, not a typing mistake that is lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HexBytes(Model):
    """A byte string among the fields."""

    hex: Annotated[str, Field(pattern="^([0-9a-f]{2})*$", max_length=32_768)]


Scalar: TypeAlias = (
    Annotated[bool, Field(strict=True)] | Annotated[int, Field(strict=True)] | str | HexBytes | None
)
FieldValue: TypeAlias = Scalar | list[Scalar]


class EvidenceJson(Model):
    """One document that stays with its owner."""

    label: str
    sha256: Hex32
    sm3: Hex32 | None = None
    size_bytes: Annotated[int, Field(ge=0, strict=True)]
    media_type: str


class PrivateJson(Model):
    """Commitment to private fields."""

    root: Hex32
    names: list[str]


class RefJson(Model):
    """A cited record."""

    relation: str
    record_id: Hex32
    network_id: Hex32 | None = None


class RecordJson(Model):
    """What a member says."""

    type: str = Field(examples=["tender.announcement"])
    issuer: str
    subject: str
    occurred_at_ms: Time
    evidence: list[EvidenceJson] = Field(default=[], max_length=64)
    fields: dict[str, FieldValue] = Field(default={}, max_length=64)
    private: PrivateJson | None = None
    refs: list[RefJson] = Field(default=[], max_length=32)
    nonce: Hex16


class HeaderJson(Model):
    """What the member's key signed."""

    network_id: Hex32
    issuer: str
    key_id: Hex32
    created_at_ms: Time
    expires_at_ms: Time
    count: Annotated[int, Field(ge=1, strict=True)]
    records_root: Hex32
    nonce: Hex16


class BundleJson(Model):
    """A member's signed batch of records, as JSON objects."""

    header: HeaderJson
    signature: Hex64
    records: list[RecordJson] = Field(min_length=1, max_length=10_000)

    def bundle(self, limits: Parameters) -> Bundle:
        """The canonical bundle; its signature is judged later, over the canonical bytes.

        Raises:
            FormatError: as `ledger.core.bundle.decode_bundle`.
        """
        records = tuple(_record(each).encode() for each in self.records)
        for data in records:
            decode_record(data, limits)
        ids = tuple(record_id(data) for data in records)
        header = _header(self.header)
        signature = bytes.fromhex(self.signature)
        check_covers(header, signature, ids)
        return Bundle(header, header.encode(), signature, records, ids)


def read_bundle(data: bytes, limits: Parameters) -> Bundle:
    """The bundle in a JSON body.

    Raises:
        LedgerError: `api.parameter` where the body does not have the declared shape.
        FormatError: `format.too_large` for more values than a bundle has; as `BundleJson.bundle`.
    """
    items, limit = sum(map(data.count, b",[{")), ITEMS_PER_RECORD * limits.bundle_records_max
    if items > limit:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=items, limit=limit)
    try:
        return BundleJson.model_validate_json(data).bundle(limits)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        what = f"{place}: {first['msg']}"[:300]
        raise LedgerError(Code.API_PARAMETER, what=what) from problem


def _header(header: HeaderJson) -> BundleHeader:
    return BundleHeader(
        network_id=NetworkId(bytes.fromhex(header.network_id)),
        issuer=MemberId(check_name(header.issuer, "issuer")),
        key_id=KeyId(bytes.fromhex(header.key_id)),
        created_at_ms=header.created_at_ms,
        expires_at_ms=header.expires_at_ms,
        count=header.count,
        records_root=Digest(bytes.fromhex(header.records_root)),
        nonce=bytes.fromhex(header.nonce),
    )


def _record(record: RecordJson) -> Record:
    private = record.private
    return Record(
        type=record.type,
        issuer=MemberId(check_name(record.issuer, "issuer")),
        subject=Subject(record.subject),
        occurred_at_ms=record.occurred_at_ms,
        evidence=tuple(map(evidence_of, record.evidence)),
        fields={name: value_of(value) for name, value in record.fields.items()},
        private=None
        if private is None
        else Private(Digest(bytes.fromhex(private.root)), tuple(private.names)),
        refs=tuple(map(ref_of, record.refs)),
        nonce=bytes.fromhex(record.nonce),
    )


def evidence_of(said: EvidenceJson) -> Evidence:
    """The document that was named."""
    return Evidence(
        said.label,
        Digest(bytes.fromhex(said.sha256)),
        None if said.sm3 is None else Digest(bytes.fromhex(said.sm3)),
        said.size_bytes,
        said.media_type,
    )


def ref_of(said: RefJson) -> Ref:
    """The citation that was made."""
    network = None if said.network_id is None else NetworkId(bytes.fromhex(said.network_id))
    return Ref(said.relation, RecordId(bytes.fromhex(said.record_id)), network)


def value_of(value: FieldValue) -> Value:
    """The canonical value of a field."""
    if isinstance(value, list):
        return tuple(value_of(item) for item in value)
    if isinstance(value, HexBytes):
        return bytes.fromhex(value.hex)
    return value
