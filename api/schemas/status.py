"""Rows of the slow state as JSON, described; `api.routes.status` makes them."""

from typing import Any

from pydantic import Field

from api.schemas.answers import Count, TimeMs
from api.schemas.submitted import Hex32, Model


class StatusRowJson(Model):
    """One row, and its path under the root."""

    key: str = Field(examples=["seal/SEAL-620100-0001/0000000000000012"])
    from_index: Count | None = Field(description="Null: since the genesis")
    from_time_ms: TimeMs | None
    until_index: Count | None = Field(description="Null: still")
    until_time_ms: TimeMs | None
    in_force: bool = Field(description="After the newest block of at most `at_ms`")
    value: list[Any] = Field(description="What stands behind the interval: docs/spec/status.md")
    index: Count
    path: list[Hex32]


class StatusJson(Model):
    """The rows of a key and below it, at this node's head."""

    row: str
    height: Count
    time_ms: TimeMs = Field(description="Of the newest block")
    at_ms: TimeMs
    status_size: Count
    status_root: Hex32
    items: list[StatusRowJson]
    truncated: bool = Field(description="There are more rows than an answer holds")


class GrantJson(Model):
    """A grant or a permission that a use cites."""

    row: str = Field(examples=["grant/SEAL-620100-0001/" + "0" * 64])
    record_id: Hex32
    in_force: bool = Field(description="At the place of the use in the log")


class StampAlertJson(Model):
    """An alert that rests on a use."""

    alert: str = Field(examples=["AL26"])
    because: str


class StampJson(Model):
    """One use of a seal on the document."""

    record_id: Hex32
    type: str
    seal: str
    issuer: str
    system: str
    height: Count
    index: Count
    time_ms: TimeMs = Field(description="Of the block that took the use in")
    status_when_stamped: str | None = Field(description="At the use's place in the log")
    owner: str | None
    grants: list[GrantJson]
    alerts: list[StampAlertJson]
    status_row: str = Field(description="Ask `/v1/status-answers/` about it, with `at=time_ms`")


class StampsJson(Model):
    """Where a document was stamped, the newest use first."""

    sha256: Hex32
    items: list[StampJson]
