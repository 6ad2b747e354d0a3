"""What a node says of extraction codes: `api.routes.court_codes` makes it."""

from typing import Literal

from pydantic import Field

from api.schemas.answers import Count, MemberName
from api.schemas.submitted import Hex32, Model


class CourtCodeJson(Model):
    """A code without the code: docs/spec/court_code.md."""

    code_hash: Hex32
    member: MemberName = Field(description="Who made it")
    about: str
    records_count: Count
    package_sha256: Hex32
    package_bytes: Count
    made_at_ms: Count
    expires_at_ms: Count
    ended_at_ms: Count = Field(description="0 while it opens its package")
    revoked: bool
    given_count: Count
    refused_count: Count


class CourtCodePageJson(Model):
    """All codes that the caller is shown."""

    items: list[CourtCodeJson]
    cursor: None


class UseJson(Model):
    """One time that a code was typed."""

    at_ms: Count
    place: str = Field(description="The network that it came from")
    outcome: Literal["given", "expired", "revoked", "spent", "hidden"]


class CourtCodeUsesJson(CourtCodeJson):
    """A code with its uses, the first first."""

    uses: list[UseJson]
