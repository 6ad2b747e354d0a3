"""What a page asks a member's local signer for, as JSON: records to be signed, or a login.

A page says what is to be said and nothing of how it is signed: the signer adds the issuer, the
nonce, the salts of private fields and the whole header. Spec: ``docs/spec/signer.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from api.schemas.submitted import (
    EvidenceJson,
    FieldValue,
    Model,
    RefJson,
    Time,
    evidence_of,
    ref_of,
    value_of,
)
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import Subject
from ledger.core.record import Evidence, Ref
from ledger.errors import LedgerError

RECORDS_MAX: Final = 20
"""Of one consent: whoever signs reads every one of them."""
PRIVATE_MAX: Final = 32


class WishedRecordJson(Model):
    """One record that is to be said."""

    type: Annotated[str, Field(max_length=100)]
    subject: Annotated[str, Field(max_length=200)]
    occurred_at_ms: Time
    evidence: list[EvidenceJson] = Field(default=[], max_length=64)
    fields: dict[str, FieldValue] = Field(default={}, max_length=64)
    private: dict[str, FieldValue] = Field(default={}, max_length=PRIVATE_MAX)
    refs: list[RefJson] = Field(default=[], max_length=32)


class WishedRecordsJson(Model):
    """Records that are to be signed as one bundle."""

    sign: Literal["records"]
    records: list[WishedRecordJson] = Field(min_length=1, max_length=RECORDS_MAX)


class WishedLoginJson(Model):
    """A token by which the page reads as the member from one node."""

    sign: Literal["login"]
    node: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]


class CodeJson(Model):
    """A pairing code, as a person typed it."""

    code: Annotated[str, Field(max_length=20)]


@dataclass(frozen=True, slots=True)
class WishedRecord:
    """What is to be said; who says it is added by the signer."""

    type: str
    subject: Subject
    occurred_at_ms: int
    evidence: tuple[Evidence, ...]
    fields: Mapping[str, Value]
    private: Mapping[str, Value]
    """In plain words: the signer shows them, and commits to them with salts of its own."""
    refs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class WishedLogin:
    """A login at one node."""

    node_id: str


Wish: TypeAlias = tuple[WishedRecord, ...] | WishedLogin
_WISHES: Final[TypeAdapter[WishedRecordsJson | WishedLoginJson]] = TypeAdapter(
    Annotated[WishedRecordsJson | WishedLoginJson, Field(discriminator="sign")]
)


def read_wish(data: bytes) -> Wish:
    """What a page asks for.

    Raises:
        LedgerError: `signer.request`, saying which part has not the declared shape.
    """
    try:
        said = _WISHES.validate_json(data)
    except ValidationError as problem:
        raise _unread(problem) from problem
    if isinstance(said, WishedLoginJson):
        return WishedLogin(said.node)
    return tuple(_wished(each) for each in said.records)


def read_code(data: bytes) -> str:
    """The digits of a pairing code.

    Raises:
        LedgerError: `signer.request`.
    """
    try:
        code = CodeJson.model_validate_json(data).code
    except ValidationError as problem:
        raise _unread(problem) from problem
    return code.replace("-", "").replace(" ", "")


def _wished(said: WishedRecordJson) -> WishedRecord:
    return WishedRecord(
        said.type,
        Subject(said.subject),
        said.occurred_at_ms,
        tuple(map(evidence_of, said.evidence)),
        {name: value_of(value) for name, value in said.fields.items()},
        {name: value_of(value) for name, value in said.private.items()},
        tuple(map(ref_of, said.refs)),
    )


def _unread(problem: ValidationError) -> LedgerError:
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    what = f"{place}: {first['msg']}"[:300].encode(errors="replace").decode()
    return LedgerError(Code.SIGNER_REQUEST, what=what)
