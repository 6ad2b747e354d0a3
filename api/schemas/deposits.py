"""What a node says of the deposits that it keeps: `api.routes.deposits` makes it."""

from pydantic import Field

from api.schemas.answers import Count, MemberName
from api.schemas.submitted import Hex32, Model


class DepositJson(Model):
    """What a deposit says openly: docs/spec/deposits.md."""

    digest: Hex32 = Field(description="SHA-256 of the file; its name")
    size_bytes: Count
    record_id: Hex32
    issuer: MemberName
    names: list[str] = Field(description="The private fields that it holds")
    recipients: list[MemberName]


class DepositPageJson(Model):
    """A page of deposits, ascending by digest."""

    items: list[DepositJson]
    cursor: Hex32 | None = Field(description="For the next page; null where there is none")
