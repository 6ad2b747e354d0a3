"""What a node answers to a question about addresses: `api.addresses` makes it."""

from pydantic import Field

from api.schemas.answers import Count, MemberName, TimeMs
from api.schemas.submitted import Hex32, Model


class AddressCertificateJson(Model):
    """A certificate that nobody revoked."""

    record_id: Hex32
    kind: str = Field(description="`property` or `use`")
    applicant: MemberName | None
    use: str | None = Field(description="`residence` or `premises`")
    route: str | None = Field(description="`owner` or `commitment`")
    list_version: Count | None = Field(description="Of the negative list it was checked on")
    until_ms: TimeMs | None
    valid: bool
    lacks: str | None = Field(description="`property`, `will`, `until_ms`: what failed first")
    called: bool = Field(description="It has served, and is not called again")


class FoundAddressJson(Model):
    """One address."""

    address: str
    recoded_to: str | None
    certificates: list[AddressCertificateJson]
    truncated: bool


class AddressAnswerJson(Model):
    """The answer to one question."""

    question: Hex32 = Field(description="The record that asked")
    by: str
    height: Count
    time_ms: TimeMs
    addresses: list[FoundAddressJson]
    truncated: bool
