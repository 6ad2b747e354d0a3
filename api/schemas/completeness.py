"""What a section shows of its procedure, described: `api.completeness` makes it."""

from typing import Literal

from pydantic import Field

from api.schemas.answers import Count, MemberName, TimeMs, Words
from api.schemas.submitted import Hex32, Model


class NodeTypeJson(Model):
    """A record type that will do for a node."""

    key: str = Field(examples=["tender.announcement"])
    code: str = Field(examples=["T09"])
    zh: str
    en: str


class NodeRecordJson(Model):
    """A record that counts for a node, or that is open."""

    record_id: Hex32
    type: str
    type_code: str
    type_zh: str
    type_en: str
    member: MemberName
    index: Count = Field(description="Where it took effect; of a sealed record, its commitment's")
    effective_ms: TimeMs


class ProcedureNodeJson(Model):
    """One node of a procedure, as it stands."""

    types: list[NodeTypeJson] = Field(description="Any of them will do")
    state: Literal["present", "late", "out_of_order", "missing", "awaited", "not_needed"]
    mandatory: bool
    wanted_count: Count
    found_count: Count
    record_count: Count
    records: list[NodeRecordJson] = Field(description="As far as shown, at most 1000")
    lacking: list[list[NodeRecordJson]] = Field(
        description="For what it lacks, such as an expert's sign-in and a bid; at most 16"
    )


class ProcedureGroupJson(Model):
    """Nodes among which no order is judged."""

    key: str
    zh: str
    en: str
    nodes: list[ProcedureNodeJson]


class ProfileJson(Model):
    """The procedure profile that a section follows."""

    key: str
    version: int
    zh: str
    en: str


class CompletenessJson(Model):
    """What a section shows of its procedure: docs/spec/contracts.md."""

    subject: str
    height: Count
    sections: list[str] = Field(description="Of a project: its sections that follow a profile")
    profile: ProfileJson | None
    asked: bool = Field(description="Whether the certificate was asked for (T61)")
    settled: bool = Field(description="Whether nothing is open")
    complete: bool = Field(description="Whether no mandatory node lacks")
    certificate: NodeRecordJson | None = Field(description="The one in force")
    groups: list[ProcedureGroupJson]
    optional: list[ProcedureNodeJson]
    open: list[NodeRecordJson] = Field(description="What holds the certificate, as far as shown")
    words_zh: Words
    words_en: Words
