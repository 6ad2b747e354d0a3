"""How a record stands, as JSON; `api.routes.certificates` makes it."""

from typing import Literal

from pydantic import Field

from api.schemas.answers import Count, TimeMs
from api.schemas.submitted import Hex32, Model


class StandingJson(Model):
    """What certificates print as status."""

    record_id: Hex32
    number: str = Field(examples=["JINCHENG-0000-0042-K"])
    stands: Literal["valid", "awaiting", "amended", "voided", "withdrawn", "superseded"]
    height: Count = Field(description="Of this node's newest block")
    time_ms: TimeMs
    words_zh: str
    words_en: str
