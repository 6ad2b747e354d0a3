"""At which function points a project left records, described: `api.coverage` makes it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from api.schemas.answers import Count, TimeMs
from api.schemas.completeness import NodeRecordJson, ProfileJson
from api.schemas.submitted import Model

PointName: TypeAlias = Annotated[str, Field(pattern="^[0-9]{2}\\.[0-9]$", examples=["15.3"])]


class PointJson(Model):
    """One function point, as a project or section stands to it."""

    key: PointName
    zh: str
    en: str
    planned: bool = Field(description="No record type stands at it yet")
    state: Literal["missing", "live", "awaited", "silent", "withheld", "elsewhere"]
    late: bool = Field(description="A mandatory node of it is late or out of order")
    record_count: Count
    last: NodeRecordJson | None = Field(description="The newest record at it that is shown")
    missing: list[list[str]] = Field(
        description="Mandatory nodes that lack: of each the types, any of which will do, by code"
    )
    passed_ms: TimeMs | None = Field(description="When its stage had passed")


class SubsystemJson(Model):
    """One subsystem of a trading centre."""

    key: str = Field(examples=["15"])
    zh: str
    en: str
    basis: Literal["stated", "inferred"]
    points: list[PointJson]


class PointCountsJson(Model):
    """How many points are in each state."""

    missing: Count
    live: Count
    awaited: Count
    silent: Count
    withheld: Count
    elsewhere: Count


class CoverageJson(Model):
    """How a project or section stands to each function point: docs/spec/contracts.md."""

    subject: str
    height: Count
    sections: list[str] = Field(description="Of a project: the sections that were looked at")
    more_sections: bool = Field(description="Whether there are more, which were not")
    profiles: list[ProfileJson]
    counts: PointCountsJson
    subsystems: list[SubsystemJson]


class PointTraceJson(Model):
    """What a section says of one function point of its procedure."""

    point: PointName
    passed_ms: TimeMs | None
    last_ms: TimeMs | None


class CoveredSectionJson(Model):
    """One section that follows a profile."""

    subject: str
    points: list[PointTraceJson]


class CoveredSectionsJson(Model):
    """A page of them."""

    time_ms: TimeMs = Field(description="Block time of the node's head")
    items: list[CoveredSectionJson]
    cursor: str | None
