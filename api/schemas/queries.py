"""What queries answer as JSON, described: `api.routes.queries` makes it."""

from typing import Annotated, TypeAlias

from pydantic import Field

from api.schemas.answers import Count, StoredRecordJson
from api.schemas.submitted import Hex32, Model

QueryCursor: TypeAlias = Annotated[
    str | None,
    Field(
        description="For the next page, with the same query; null where there is none",
        examples=["q1_AAAAAAAAACqxK3eUrD8jKg"],
    ),
]
HeightNow: TypeAlias = Annotated[
    int, Field(ge=0, description="Of the newest block that the answer knows", examples=[4711])
]


class QueryPageJson(Model):
    """A page of records that fit."""

    items: list[StoredRecordJson]
    cursor: QueryCursor
    height: HeightNow


class ProjectJson(Model):
    """A project in which a member acted."""

    project: str = Field(examples=["兰州-2026-001"])
    index: Count = Field(description="Of the first record of the page about it")
    height: Count
    record_id: Hex32
    type: str = Field(examples=["tender.announcement"])


class ProjectPageJson(Model):
    """Projects, in the order of the log."""

    items: list[ProjectJson]
    cursor: QueryCursor
    height: HeightNow


class OverdueJson(StoredRecordJson):
    """An alert about a deposit or guarantee of which no refund was recorded in time."""

    refunded: bool = Field(description="Whether a refund, release or claim was recorded since")


class OverduePageJson(Model):
    """Overdue refunds, in the order of the log."""

    items: list[OverdueJson]
    cursor: QueryCursor
    height: HeightNow
