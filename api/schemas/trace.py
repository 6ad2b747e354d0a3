"""Amendment traces as clients get them: `ledger.trace_json` makes them, a test compares."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers import Count, MemberName, TimeMs
from api.schemas.submitted import Hex32, Model


class TraceRecordJson(Model):
    """Who said something, when, and where it takes effect."""

    record_id: Hex32
    type: str
    issuer: MemberName
    subject: str
    height: Count
    index: Count
    committed_at_ms: TimeMs
    occurred_at_ms: TimeMs


class FieldChangeJson(Model):
    """One field, before and after."""

    kind: Literal["public", "private", "document"]
    name: str = Field(description="Of a document: its label")
    change: Literal[
        "changed",
        "unchanged",
        "added",
        "said",
        "dropped",
        "recommitted",
        "declared",
    ]
    before: Any = Field(description="null where it is not shown; of a document, its SHA-256s")
    after: Any
    before_shown: bool
    after_shown: bool
    declared: bool = Field(description="false where the record lists its changes without this one")


class TraceActJson(TraceRecordJson):
    """One record of a chain, and what it changed."""

    act: Literal["said", "amended", "replaced", "voided"]
    type_code: str = Field(examples=["T09"])
    type_zh: str
    type_en: str
    of: Hex32 | None = Field(description="What it amends, replaces or voids")
    reason: str | None
    declared: list[str] = Field(description="What it says that it changed")
    changes: list[FieldChangeJson]
    confirmed_by: list[TraceRecordJson] = Field(description="Of a voiding: it holds with the first")


class TraceChainJson(Model):
    """One record and everything that befell it."""

    record_id: Hex32
    shown: bool = Field(description="false where the caller may not see the first record")
    acts: list[TraceActJson]


class TraceJson(Model):
    """The chains that a record belongs to."""

    record_id: Hex32
    height: Count
    whole: bool = Field(description="false where the chain is longer than one answer")
    chains: list[TraceChainJson]
